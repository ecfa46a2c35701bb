"""Whatever is done to an enrolment: no seat of it lies outside of its days, none in a pause."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as some

from scheduling.actions.enroll_out import seats_of
from scheduling.engine.interval import to_minute
from scheduling.engine.recurrence import weekly
from scheduling.errors import Refusal
from scheduling.models import Booking, Enrollment, Member, Occupancy, Program, Session
from scheduling.outbox.group_window import fill_windows
from scheduling.queries.enrollments import undoable
from scheduling.queries.repeat import Pattern
from tests.actions.test_enroll_undo import stands
from tests.courses import (
    FIRST,
    alone,
    discharged,
    enrolled,
    iop,
    mornings,
    paused,
    program,
    resumed,
    stepped,
    undone,
)
from tests.world import LA, NOW, World, build

pytestmark = pytest.mark.django_db

DAYS = some.integers(-2, 40)  # after the first
STEPS = some.one_of(
    some.tuples(some.just("step"), DAYS, some.integers(0, 2)),
    some.tuples(some.just("pause"), DAYS, some.none() | some.integers(0, 20)),
    some.tuples(some.just("resume"), DAYS, some.none()),
    some.tuples(some.just("away and back"), DAYS, some.integers(1, 20)),
    some.tuples(some.just("undo"), DAYS, some.none()),
    some.tuples(some.just("discharge"), DAYS, some.sampled_from(["left", "discharged"])),
    some.tuples(some.just("time"), some.integers(1, 20), some.none()),
)


@pytest.fixture
def world() -> World:
    made = build()
    made.clinic.horizon_days = 400
    made.clinic.save()
    return made


@pytest.fixture
def programs(world) -> list[Program]:
    """The mornings for four weeks and for sixteen, and another one for six."""
    made = iop(world, weeks=4)
    longer = program(world, made.parts.first().group, of=made.level, weeks=16)
    alone(world, longer)
    afternoons = mornings(
        world, name="Afternoons", entry="rolling", module_sessions=2, cycle_sessions=9,
        facilitators=[world.alma.uuid], pattern=Pattern(weekly((1, 3)), LA, 13 * 60, FIRST),
    )  # fmt: skip
    other = program(world, afternoons, of=made.level, weeks=6)
    alone(world, other, weekday=2, hour=14)
    return [made, longer, other]


@settings(
    max_examples=12, deadline=None, suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)  # fmt: skip
@given(steps=some.lists(STEPS, min_size=2, max_size=6))
def test_no_seat_outside_its_days_and_none_in_a_pause(world, programs, steps):
    with transaction.atomic():
        go_through(world, programs, steps)
        transaction.set_rollback(True)


def go_through(world: World, programs: list[Program], steps: list) -> None:
    now = NOW
    enrolled(world, programs[0])
    for verb, number, more in steps:
        now = after(world, verb, number, more, programs, now)
        for row in Enrollment.objects.all():
            holds(row, now)
    stands_together()


def after(world: World, verb: str, number: int, more, programs, now):
    """Do it, or be refused, and say what time it is then."""
    day = FIRST + timedelta(days=number)
    if verb == "time":
        now += timedelta(days=number)
        fill_windows(now)
        return now
    row = Enrollment.objects.latest("pk")
    try:
        with transaction.atomic():
            if verb == "step":
                stepped(world, row, programs[more], day, now=now)
            elif verb == "pause":
                until = None if more is None else day + timedelta(days=more)
                paused(world, row, day, until, now=now)
            elif verb == "away and back":
                paused(world, row, day, now=now)
                resumed(world, row, day + timedelta(days=more), now=now)
            elif verb == "resume":
                resumed(world, row, day, now=now)
            elif verb == "undo":
                undone(world, undoable(row, now) or row, now=now)
            else:
                discharged(world, row, day, reason=more, now=now)
    except Refusal:
        pass
    return now


def holds(row: Enrollment, now) -> None:
    """Of what is to come; the past is not touched."""
    seats = Booking.objects.filter(
        patient=row.patient_id, state="booked", start__gt=to_minute(now)
    ).values_list("start", flat=True)
    spans = Enrollment.objects.filter(live=True).values_list("start", "end")
    assert all(any(low <= one < high for low, high in spans) for one in seats)
    if not row.live:
        return
    own = list(seats_of(row).values_list("start", flat=True))
    for low, high in row.pauses.values_list("start", "end"):
        assert not [one for one in own if low <= one < (high or row.end)]


def stands_together() -> None:
    """Seats, sessions, therapists' time and places say the same."""
    live = set(Booking.objects.filter(live=True).values_list("session_id", flat=True))
    alone = Session.objects.filter(series__patient__isnull=False)
    assert set(alone.filter(state="scheduled").values_list("pk", flat=True)) == live & set(
        alone.values_list("pk", flat=True)
    )
    assert set(
        Occupancy.objects.filter(session__in=alone, live=True).values_list("session_id", flat=True)
    ) == set(alone.filter(state="scheduled").values_list("pk", flat=True))
    for member in Member.objects.filter(left_at__isnull=True):
        assert member.until_start is not None and member.enrollment is not None
        assert member.until_start < member.enrollment.end


CHANGES = some.one_of(
    some.tuples(some.just("step"), DAYS, some.integers(0, 2)),
    some.tuples(some.just("discharge"), DAYS, some.sampled_from(["left", "discharged"])),
)


@settings(
    max_examples=10, deadline=None, suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)  # fmt: skip
@given(steps=some.lists(STEPS, max_size=3), change=CHANGES)
def test_whatever_is_undone_all_stands_as_it_did(world, programs, steps, change):
    with transaction.atomic():
        now = NOW
        enrolled(world, programs[0])
        for verb, number, more in steps:
            now = after(world, verb, number, more, programs, now)
        now += timedelta(hours=1)
        before = stands(world.nora)
        after(world, *change, programs, now)
        ended = undoable(Enrollment.objects.latest("pk"), now)
        if ended is not None and ended.ended_at == now:
            undone(world, ended, now=now)
            assert stands(world.nora) == before
        transaction.set_rollback(True)
