"""What somebody could try: times that cannot be, two at once, places that nobody has made yet."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from scheduling.actions.wait_offers import offer_place
from scheduling.actions.waitlist import wait_for_group
from scheduling.errors import EnrollmentRefused, GroupFull, StartedAlready
from scheduling.models import Booking, Member, Offering
from scheduling.outbox.group_window import fill_windows
from scheduling.outbox.offers import end_overdue
from scheduling.queries.plan import Choice, Instead
from tests.courses import (
    FIRST,
    alone,
    discharged,
    enrolled,
    iop,
    laid,
    mornings,
    program,
    starts,
    stepped,
    undone,
)
from tests.groups import comes_in
from tests.world import LA, NOW, World, at, build

pytestmark = pytest.mark.django_db

WEEK = timedelta(weeks=1)
SOON = NOW + timedelta(minutes=4)


@pytest.fixture
def world() -> World:
    made = build()
    made.clinic.horizon_days = 400
    made.clinic.save()
    return made


# Times


def nights(world):
    """A session alone on Sundays at half past two: on March 14, the clock skips that."""
    made = program(world, weeks=3)
    part = alone(world, made, weekday=6)
    part.at = 150
    part.save()
    return made, part


def choice(world, part, **dates) -> list[Choice]:
    return [Choice(part=part.pk, therapist=world.alma.uuid, dates=dates.get("dates", {}))]


def test_a_date_that_the_clock_skips_is_told_and_left_out(world):
    made, part = nights(world)
    plan = laid(world, made, override=True)
    assert plan.against == {part.pk: {0: "spring_gap"}}
    enrolled(world, made, override="Nights", choices=choice(world, part, dates={0: None}))
    assert starts(world.nora) == [at("2027-03-21", 2, 30), at("2027-03-28", 2, 30)]


def test_or_gets_another_time_that_day(world):
    made, part = nights(world)
    instead = {0: Instead(at("2027-03-14", 14), world.alma.uuid)}
    enrolled(world, made, override="Nights", choices=choice(world, part, dates=instead))
    assert len(starts(world.nora)) == 3 and at("2027-03-14", 14) in starts(world.nora)


@pytest.mark.parametrize("start", [("2027-03-05", 14), ("2027-05-31", 14), ("2027-03-01", 8)])
def test_no_date_gets_a_time_outside_of_the_program(world, start):
    made = iop(world)
    part = made.parts.get(service__isnull=False)
    slot = at("2027-03-09", 10)
    choices = choice(world, part, dates={slot: Instead(at(*start), world.alma.uuid)})
    with pytest.raises(EnrollmentRefused) as refused:
        enrolled(world, made, choices=choices, override="For once")
    assert refused.value.extra["parts"] == {part.pk: {slot: "outside_program"}}


def test_two_parts_with_one_therapist_leave_the_time_between(world):
    """Ten minutes after each session: the plan says so before the database does."""
    world.cbt.minutes = 60
    world.cbt.save()
    Offering.objects.update(buffer_after=10)
    made = program(world, weeks=2)
    alone(world, made, hour=10)
    late = alone(world, made, hour=11)
    plan = laid(world, made)
    assert set(plan.against[late.pk].values()) == {"own_plan"}
    choices = [*choice(world, made.parts.first()),
               Choice(part=late.pk, therapist=world.ben.uuid)]  # fmt: skip
    assert laid(world, made, choices=choices).fits
    enrolled(world, made, choices=choices)
    assert len(starts(world.nora)) == 4


# Places


def rolling(world, **more):
    said = {"entry": "rolling", "capacity": 1, "module_sessions": 1, "cycle_sessions": 60}
    return mornings(world, **said | more)


def test_a_place_that_is_promised_for_later_is_not_sold_before(world):
    """From the fifteenth week on it is Nora's: those dates are not made yet."""
    group = rolling(world)
    row = enrolled(world, program(world, group, weeks=8), choices=[], first_day=FIRST + 14 * WEEK)
    assert row.members.get().from_start == at("2027-06-14", 9)
    with pytest.raises(GroupFull):
        comes_in(world, group, world.omar)
    assert not Member.objects.filter(patient=world.omar).exists()


def test_the_window_is_filled_where_places_meet_all_the_same(world):
    """However it came about: nobody's seat stops a group's dates from being made."""
    group = rolling(world)
    row = enrolled(world, program(world, group, weeks=8), choices=[], first_day=FIRST + 14 * WEEK)
    one = row.members.get()
    Member.objects.create(
        group=group, patient=world.omar, from_start=one.from_start, place="CA", zone=LA,
        joined_at=NOW,
    )  # fmt: skip
    assert fill_windows(NOW + 8 * WEEK) > 0
    seats = Booking.objects.filter(session__start=one.from_start, live=True)
    assert [seat.patient for seat in seats] == [world.nora]


# Changes


def test_a_step_while_a_session_runs_waits_for_the_next_day(world):
    less = iop(world, weeks=4)
    row = enrolled(world, less)
    more = program(world, of=less.level, weeks=4)
    alone(world, more, weekday=3)
    at_ten = datetime(2027, 3, 8, 18, tzinfo=UTC)
    with pytest.raises(StartedAlready):
        stepped(world, row, more, FIRST, now=at_ten)
    stepped(world, row, more, date(2027, 3, 9), now=at_ten)
    assert starts(world.nora)[:2] == [at("2027-03-08", 9), at("2027-03-09", 10)]
    row.refresh_from_db()
    assert row.last_day == FIRST


def test_a_step_that_is_taken_back_leaves_the_end_that_was_said_before(world):
    less = iop(world, weeks=4)
    row = enrolled(world, less)
    discharged(world, row, FIRST + 3 * WEEK, now=NOW - timedelta(hours=1))
    row.refresh_from_db()
    before = (row.end, row.ended_at, row.end_reason)
    more = program(world, of=less.level, weeks=4)
    alone(world, more, weekday=3)
    stepped(world, row, more, FIRST + WEEK)
    undone(world, row, now=SOON)
    row.refresh_from_db()
    assert (row.end, row.ended_at, row.end_reason) == before


# Who waits for a group of the program


def offered(world):
    """Nora waits for the one place in a group; it is held for her just now."""
    group = rolling(world)
    made = program(world, group, weeks=4)
    wait = wait_for_group(
        patient=world.nora.pk, group=group.uuid, place="CA", zone=LA,
        actor=world.actor(world.nora), now=NOW,
    )  # fmt: skip
    return made, offer_place(waiting=wait.uuid, actor=world.actor(world.dana), now=NOW)


def test_what_is_held_for_who_waits_is_booked_by_the_program(world):
    """And the line is left: nothing of it runs out later."""
    made, offer = offered(world)
    assert laid(world, made, choices=[]).fits
    enrolled(world, made, choices=[], now=SOON)
    mine = Booking.objects.filter(patient=world.nora, live=True)
    assert set(mine.values_list("state", flat=True)) == {"booked"} and mine.count() == 12
    offer.refresh_from_db()
    assert (offer.state, offer.waiting.state) == ("withdrawn", "left")
    end_overdue(offer.until + timedelta(minutes=1))
    assert len(starts(world.nora)) == 12


def test_and_held_again_by_nobody_when_the_step_is_taken_back(world):
    made, offer = offered(world)
    first = program(world, of=made.level, weeks=4)
    alone(world, first)
    row = enrolled(world, first)
    stepped(world, row, made, FIRST + WEEK, choices=[])
    undone(world, row, now=SOON)
    offer.waiting.refresh_from_db()
    assert offer.waiting.state == "waiting"
    assert not Booking.objects.filter(session__series__group__isnull=False, live=True).exists()
