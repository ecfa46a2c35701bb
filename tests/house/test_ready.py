"""/readyz: what a watcher of the service reads."""

from datetime import timedelta

import pytest

from scheduling.outbox import heartbeat
from tests.world import NOW

pytestmark = pytest.mark.django_db


def test_without_a_worker_it_says_so(client, clock):
    assert client.get("/readyz").content == b"ok, but no worker\n"


def test_a_workers_sign_of_life_counts_for_two_minutes(client, clock, monkeypatch):
    monkeypatch.setattr(heartbeat, "_last", [])  # workers of other tests gave theirs at NOW, too
    heartbeat.beat(NOW)
    assert client.get("/readyz").content == b"ok\n"
    clock.shift(timedelta(minutes=2))
    assert client.get("/readyz").content == b"ok, but no worker\n"
