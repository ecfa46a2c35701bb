"""Two hundred who want a place in the same group at once: exactly `capacity` get one."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.databases import fresh_database
from tests.races.at_once import raced

PROCESSES, WANTING, CAPACITY = 8, 200, 12


@pytest.mark.django_db
def test_exactly_as_many_seats_as_there_are(tmp_path):
    """Eight processes try for two hundred patients; a seat in both sessions or none at all."""
    with fresh_database(tmp_path) as database:
        each, seats = raced(
            database,
            fill=("group", "fill", WANTING, CAPACITY),
            racers=[("seat", "race", number, PROCESSES) for number in range(PROCESSES)],
            found=("seats_taken", "found"),
        )
    said: Counter[str] = Counter()
    for one in each:
        said.update(one)
    assert said == {"seat": CAPACITY, "group_full": WANTING - CAPACITY}
    assert seats == [list(range(1, CAPACITY + 1))] * 2
