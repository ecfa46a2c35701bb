"""Two hundred who want a place in the same group at once: exactly `capacity` get one."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from tests.databases import PATIENCE, fresh_database

PROCESSES, WANTING, CAPACITY = 8, 200, 12


@pytest.mark.django_db
def test_exactly_as_many_seats_as_there_are(tmp_path):
    """Eight processes try for two hundred patients; a seat in both sessions or none at all."""
    with fresh_database(tmp_path) as database:
        database.run("-m", "tests.races.group", str(WANTING), str(CAPACITY))
        racers = [
            database.start("-m", "tests.races.seat", str(number), str(PROCESSES))
            for number in range(PROCESSES)
        ]
        said: Counter[str] = Counter()
        for racer in racers:
            out, errors = racer.communicate(timeout=PATIENCE)
            assert racer.returncode == 0, errors[-3000:]
            said.update(json.loads(out))
        seats = json.loads(database.run("-m", "tests.races.seats_taken").stdout)
    assert said == {"seat": CAPACITY, "group_full": WANTING - CAPACITY}
    assert seats == [list(range(1, CAPACITY + 1))] * 2
