"""Two at the desk at once: nobody is in two programs, and no place is sold twice, undone or not."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.databases import fresh_database
from tests.races.at_once import raced

PLACES, PEOPLE, DATES = 3, 8, 3


@pytest.mark.django_db
def test_each_place_once_and_nobody_in_two_programs(tmp_path):
    """The programs name their groups in opposite orders: neither process waits for ever."""
    with fresh_database(tmp_path) as database:
        each, seats = raced(
            database,
            fill=("enroll", "found"),
            racers=[("enroll", "race", place) for place in (0, 1)],
            found=("seats_taken", "found"),
        )
    said: Counter[str] = Counter()
    for one in each:
        said.update(one)
    assert said["enrolled"] == PLACES
    assert set(said) == {"enrolled", "enrolled_already", "enrollment_refused"}
    taken = [one for one in seats if one]
    assert taken == [list(range(1, PLACES + 1))] * 2 * DATES


@pytest.mark.django_db
def test_a_place_is_taken_back_or_taken(tmp_path):
    """Four ends are undone while six others join: four places, one owner each."""
    with fresh_database(tmp_path) as database:
        each, seats = raced(
            database,
            fill=("undo", "found"),
            racers=[("undo", "back"), ("undo", "come")],
            found=("seats_taken", "found"),
        )
    said: Counter[str] = Counter()
    for one in each:
        said.update(one)
    assert said["back"] + said["come"] == 4
    assert set(said) <= {"back", "come", "taken_meanwhile", "group_full"}
    assert [one for one in seats if one][:3] == [[1, 2, 3, 4]] * 3
