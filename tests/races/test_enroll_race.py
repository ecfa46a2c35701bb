"""Two at the desk enrol the same people at once: nobody twice, and no place is sold twice."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from tests.databases import PATIENCE, fresh_database

PLACES, PEOPLE, DATES = 3, 8, 3


@pytest.mark.django_db
def test_each_place_once_and_nobody_in_two_programs(tmp_path):
    """The programs name their groups in opposite orders: neither process waits for ever."""
    with fresh_database(tmp_path) as database:
        database.run("-m", "tests.races.enroll", "found")
        racers = [database.start("-m", "tests.races.enroll", way) for way in ("here", "back")]
        said: Counter[str] = Counter()
        for racer in racers:
            out, errors = racer.communicate(timeout=PATIENCE)
            assert racer.returncode == 0, errors[-3000:]
            said.update(json.loads(out))
        seats = json.loads(database.run("-m", "tests.races.seats_taken").stdout)
    assert said["enrolled"] == PLACES
    assert set(said) == {"enrolled", "enrolled_already", "enrollment_refused"}
    taken = [one for one in seats if one]
    assert taken == [list(range(1, PLACES + 1))] * 2 * DATES
