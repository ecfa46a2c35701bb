"""The report on the clinic's time over the API: the same numbers, and the same left out."""

from __future__ import annotations

from datetime import date

import pytest

from tests.attended import crowd, held, starts
from tests.world import World, offer, service

PATH = "utilization/"


@pytest.fixture
def february(world) -> World:
    """Twenty people saw Alma, three of them Ben in DBT."""
    people = crowd(world.clinic, 20)
    dbt = service(world.clinic, "dbt-50", "dbt")
    offer(world.ben, dbt)
    held(world.alma, world.cbt, starts(date(2027, 2, 1), 40), people)
    held(world.alma, world.cbt, starts(date(2027, 2, 8), 12), people, "no_show")
    held(world.ben, dbt, starts(date(2027, 2, 15), 3), people[:3])
    return world


def test_the_last_whole_month_with_everything(february, caller) -> None:
    told = caller(february.ada).get(PATH, {"by": "service"}).json()
    assert told["period"] == {"first": "2027-02-01", "last": "2027-02-28"}
    assert told["before"] == {"first": "2027-01-01", "last": "2027-01-31"}
    assert (told["length"], told["by"], told["zone"]) == ("month", "service", "America/Los_Angeles")
    total = told["total"]
    assert (total["booked"], total["delivered"]) == (55 * 50, 43 * 50)
    assert total["offered"] == 2 * 20 * 8 * 60
    assert total["people"]["attended"] == 43 and total["people"]["no_show"] == 12
    assert len(told["heat"]) == 7 and {len(day) for day in told["heat"]} == {24}
    assert sum(cell["booked"] for day in told["heat"] for cell in day) == 55 * 50


def test_small_counts_are_kept_back_by_name(february, caller) -> None:
    """PR5: three visits, and the other row that would give them away."""
    rows = caller(february.ada).get(PATH, {"by": "service"}).json()["rows"]
    assert [row["name"] for row in rows] == ["CBT session", "DBT session"]
    for row in rows:
        assert "attended" in row["numbers"]["kept_back"]
        assert "attended" not in row["numbers"]["people"]
    assert [row["numbers"]["booked"] for row in rows] == [52 * 50, 3 * 50]


def test_filters_and_periods_as_on_the_page(february, caller) -> None:
    ada = caller(february.ada)
    week = {"period": "week", "from": "2027-02-10"}
    told = ada.get(PATH, week | {"therapist": str(february.alma.uuid)}).json()
    assert told["period"] == {"first": "2027-02-08", "last": "2027-02-14"}
    assert told["total"]["booked"] == 12 * 50 and told["total"]["people"] == {}
    assert ada.get(PATH, week | {"kind": "group"}).json()["total"]["booked"] == 0
    year = ada.get(PATH, {"period": "year", "from": "2027-01-01"}).json()
    assert [one["key"] for one in year["series"]][:2] == ["2027-01-01", "2027-02-01"]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"by": "patient"}, 422),
        ({"period": "day"}, 422),
        ({"from": "soon"}, 422),
        ({"ordering": "patient__user__password"}, 400),
    ],
)
def test_what_makes_no_sense_is_refused(february, caller, asked, status) -> None:
    """AC8."""
    assert caller(february.ada).get(PATH, asked).status_code == status


def test_therapists_read_their_own_whole(february, caller) -> None:
    told = caller(february.ben).get(f"{PATH}mine/").json()
    assert told["total"]["people"]["attended"] == 3 and told["total"]["kept_back"] == []
    assert told["total"]["booked"] == 150
    assert caller(february.ben).get(f"{PATH}mine/", {"by": "service"}).status_code == 400


def test_nobody_else_reads_either(february, caller) -> None:
    """AC1."""
    for person in (february.dana, february.pia, february.nora):
        assert caller(person).get(PATH).status_code == 404
        assert caller(person).get(f"{PATH}mine/").status_code == 404
    assert caller(february.alma).get(PATH).status_code == 404
    assert caller(february.ada).get(f"{PATH}mine/").status_code == 404
    assert caller().get(PATH).status_code == 401
