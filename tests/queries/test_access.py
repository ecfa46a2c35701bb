"""How people could come to a service in a period: what the worker noted day by day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from scheduling.engine.interval import to_minute
from scheduling.engine.periods import Length, period
from scheduling.models import AccessDay, Waiting
from scheduling.outbox.access import look
from scheduling.queries.access import access
from tests.world import NOW, World, build, patient

pytestmark = pytest.mark.django_db
WEEK = period(Length.WEEK, date(2027, 3, 1), 0)


@pytest.fixture
def world() -> World:
    return build()


def noted(world: World, day: int, minutes: int | None, **fields: int) -> None:
    AccessDay.objects.create(
        clinic=world.clinic,
        service=world.cbt,
        day=date(2027, 3, day),
        looked_at=NOW,
        wait_minutes=minutes,
        **fields,
    )


def test_the_middle_wait_and_the_last_line(world, django_assert_num_queries):
    noted(world, 1, 300, waiting=9, waited_minutes=50)
    noted(world, 2, None)
    noted(world, 3, 100, waiting=2, waited_minutes=700)
    noted(world, 8, 5)  # the week after
    with django_assert_num_queries(1):
        [found] = access(world.clinic, WEEK)
    assert found == (world.cbt, 3, 300, 2, 700)


def test_a_day_without_three_times_is_the_longest_wait(world):
    for day, minutes in ((1, None), (2, 60), (3, None)):
        noted(world, day, minutes)
    assert access(world.clinic, WEEK)[0].wait_minutes is None


def test_nothing_noted_nothing_told(world):
    assert access(world.clinic, WEEK) == []


def test_who_waits_for_a_first_place_is_counted_with_the_middle_wait(world):
    def waits(who, days: int, **fields) -> None:
        Waiting.objects.create(
            clinic=world.clinic,
            patient=who,
            service=world.cbt,
            medium="video",
            place="CA",
            zone="UTC",
            entered_at=NOW - timedelta(days=days),
            **fields,
        )

    waits(world.nora, 1)
    waits(world.omar, 10)
    waits(patient(world.clinic, "Left"), 50, state="left")
    row = look(world.cbt, date(2027, 3, 1), NOW)
    assert (row.waiting, row.waited_minutes) == (2, 1440)
    waits(patient(world.clinic, "Third"), 3)
    row = look(world.cbt, date(2027, 3, 1), NOW)
    assert (row.waiting, row.waited_minutes) == (3, 3 * 1440)
    assert to_minute(row.looked_at) == to_minute(NOW)


def test_nobody_waits(world):
    row = look(world.cbt, date(2027, 3, 1), NOW)
    assert (row.waiting, row.waited_minutes) == (0, None)
