"""BL1: eight processes and 1,600 attempts at overlapping times; nobody gets what another has."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from tests.databases import PATIENCE, fresh_database

PROCESSES, ATTEMPTS = 8, 200


@pytest.mark.django_db
def test_eight_processes_at_overlapping_times(tmp_path):
    """Book, hold, let go, let holds expire, move and cancel, all at once. A refusal is an answer; a
    lock error, a deadlock or any other exception ends a racer and fails the test."""
    with fresh_database(tmp_path) as database:
        database.run("-m", "tests.races.world", "3")
        racers = [
            database.start("-m", "tests.races.racer", str(seed), str(ATTEMPTS))
            for seed in range(PROCESSES)
        ]
        happened: Counter[str] = Counter()
        for racer in racers:
            said, errors = racer.communicate(timeout=PATIENCE)
            assert racer.returncode == 0, errors[-3000:]
            happened.update(json.loads(said))
        found = json.loads(database.run("-m", "tests.races.overlaps").stdout)

    assert sum(happened.values()) == PROCESSES * ATTEMPTS
    assert (found["therapists"], found["patients"], found["orphans"]) == (0, 0, 0)
    assert found["live"] > 0
    # The race was one: each kind of thing happened, and each kind of loser heard of it.
    for said in ("book ok", "hold ok", "let_go ok", "expire ok", "move ok", "cancel ok"):
        assert happened[said] > 0, happened
    assert happened["book slot_gone"] > 0 and happened["book patient_busy"] > 0, happened


@pytest.mark.django_db
def test_one_slot_has_one_owner(tmp_path):
    """Eight processes want the very same therapist and minutes: exactly the possible number win."""
    with fresh_database(tmp_path) as database:
        database.run("-m", "tests.races.world", "10")
        rivals = [
            database.start("-m", "tests.races.rival", str(number)) for number in range(PROCESSES)
        ]
        won: Counter[int] = Counter()
        for rival in rivals:
            said, errors = rival.communicate(timeout=PATIENCE)
            assert rival.returncode == 0, errors[-3000:]
            won.update(json.loads(said))
        found = json.loads(database.run("-m", "tests.races.overlaps").stdout)
    # A day of nine to five holds eight sessions of 50 minutes with 10 after; each was tried by
    # every rival, and a quarter of an hour later again.
    assert len(won) == 8
    assert found == {"therapists": 0, "patients": 0, "live": 8, "orphans": 0}
