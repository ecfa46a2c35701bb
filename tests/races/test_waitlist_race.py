"""One seat, one owner: an offer accepted twice or while it expires, and several workers at once."""

from __future__ import annotations

import pytest

from tests.databases import Database, fresh_database
from tests.races.at_once import raced
from tests.world import at

DAYS = ("2027-03-09", "2027-03-10", "2027-03-11")


def outcome(database: Database, fill: str, *steps: str) -> dict:
    racers = [("waitlist", step) for step in steps]
    found = ("waitlist", "outcome")
    return raced(database, fill=("waitlist", fill), racers=racers, found=found)[1]


@pytest.mark.django_db
def test_accepted_twice_and_while_it_expires(tmp_path):
    """Two take each offer in its last minute while others end it and book its hour: each hour has
    exactly one owner, who is told of it once."""
    with fresh_database(tmp_path) as database:
        said = outcome(database, "answered", "taking", "taking", "taking_over", "taking_over")
    hours = [at(day, hour) for day in DAYS for hour in range(9, 13)]
    assert said["owners"] == hours
    assert (said["booked"], said["held"], said["told"]) == (len(hours), 0, len(hours))
    accepted, still_open = said["offers"]
    assert (accepted, still_open) == (said["accepted"], 0)


@pytest.mark.django_db
def test_several_workers_offer_each_time_once(tmp_path):
    """Eight hours and two places, nineteen who wait, three workers that look again and again."""
    with fresh_database(tmp_path) as database:
        said = outcome(database, "worked", "working", "working", "working")
    assert said["owners"] == [at(day, hour) for day in DAYS[:2] for hour in range(9, 13)]
    assert said["held"] == 8
    assert said["places"] == 2
    assert said["offers"] == [0, 10]
