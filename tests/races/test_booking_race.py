"""BL1: eight processes and 1,520 attempts at overlapping times; nobody gets what another has."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.databases import fresh_database
from tests.races.at_once import raced

PROCESSES, ATTEMPTS = 8, 190
FOUND = ("overlaps", "found")


@pytest.mark.django_db
def test_eight_processes_at_overlapping_times(tmp_path):
    """Book, hold, let go, let holds expire, move and cancel, all at once. A refusal is an answer; a
    lock error, a deadlock or any other exception ends a racer and fails the test."""
    with fresh_database(tmp_path) as database:
        racers = [("racer", "race", seed, ATTEMPTS) for seed in range(PROCESSES)]
        said, found = raced(database, fill=("world", "fill", 3), racers=racers, found=FOUND)
    happened: Counter[str] = Counter()
    for one in said:
        happened.update(one)
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
        rivals = [("rival", "race", number) for number in range(PROCESSES)]
        said, found = raced(database, fill=("world", "fill", 10), racers=rivals, found=FOUND)
    # A day of nine to five holds eight sessions of 50 minutes with 10 after; each was tried by
    # every rival, and a quarter of an hour later again.
    assert sum(len(won) for won in said) == 8
    assert found == {"therapists": 0, "patients": 0, "live": 8, "orphans": 0}
