"""The worker keeps the sessions of groups made thirteen weeks ahead, and ends what has run out."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scheduling.engine.interval import from_minute
from scheduling.models import Group, Member, Session
from scheduling.outbox.group_window import end_what_is_over, fill_windows
from scheduling.queries.repeat import Pattern
from tests.actions.test_groups import MONDAYS, a_group, joined, seats
from tests.world import LA, NOW, World, at, build

pytestmark = pytest.mark.django_db
SWEPT = [fill_windows, end_what_is_over]


@pytest.fixture
def world() -> World:
    return build()


def test_the_worker_makes_what_the_window_lacks(world, sink, work):
    group = a_group(world)
    joined(world, group)
    later = NOW + timedelta(weeks=3)
    work(later)
    last = Session.objects.order_by("slot").last()
    assert last.start == at("2027-06-21", 10)
    assert seats(group, world.nora)[-1].session == last


def test_a_full_window_costs_one_look(world):
    a_group(world)
    with CaptureQueriesContext(connection) as sent:
        assert fill_windows(NOW) == 0
    assert len(sent) == 1


def test_what_is_paused_or_ended_is_left_alone(world):
    a_group(world)
    Group.objects.update(state="paused")
    assert fill_windows(NOW + timedelta(weeks=5)) == 0


def test_a_group_and_its_members_end_with_the_last_day(world):
    group = a_group(world, pattern=Pattern(MONDAYS, LA, 600, date(2027, 3, 8), date(2027, 4, 5)))
    joined(world, group)
    last = from_minute(at("2027-04-05", 10))
    assert end_what_is_over(last) == 0
    assert end_what_is_over(last + timedelta(days=1)) == 1
    group.refresh_from_db()
    assert group.state == "ended" and Member.objects.get().left_reason == "completed"


def test_a_cycle_that_is_over_ends_its_membership(world):
    group = a_group(world, entry="rolling", cycle_sessions=4)
    joined(world, group)
    assert end_what_is_over(from_minute(at("2027-03-29", 12))) == 1
    assert Member.objects.get().left_reason == "completed"
