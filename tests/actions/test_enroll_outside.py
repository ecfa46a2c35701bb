"""A single session of a program is not moved out of its days by hand, nor into a pause of it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from scheduling.actions.cancel import cancel, undo_cancel
from scheduling.actions.group_dates import move_date
from scheduling.actions.reschedule import reschedule
from scheduling.actions.series_life import change_from
from scheduling.actions.wait_offers import accept, offer_time
from scheduling.actions.waitlist import wait_for_earlier
from scheduling.engine.recurrence import weekly
from scheduling.errors import GroupService, OutsideProgram
from scheduling.models import Booking, Enrollment, Occupancy, Session
from scheduling.queries.repeat import Pattern
from tests.actions.test_repeat import all_of
from tests.courses import (
    FIRST,
    discharged,
    enrolled,
    iop,
    mornings,
    paused,
    program,
    starts,
)
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


@pytest.fixture
def row(world) -> Enrollment:
    """From March 8 to April 4, 2027; away from March 22 to 28."""
    made = enrolled(world, iop(world, weeks=4))
    paused(world, made, FIRST + 2 * WEEK, FIRST + 2 * WEEK + timedelta(days=6))
    return made


def seat(world, day: str, hour: int = 10) -> Booking:
    return Booking.objects.get(patient=world.nora, start=at(day, hour))


def moves(world, who, start: int, **more):
    one = seat(world, "2027-03-16")
    return reschedule(booking=one.uuid, start=start, actor=world.actor(who), now=NOW, **more)


OUTSIDE = ["2027-03-02", "2027-03-23", "2027-04-06"]  # before it, in the pause, after it


@pytest.mark.parametrize("day", OUTSIDE)
def test_the_patient_keeps_to_the_days_of_the_program(world, row, day):
    with pytest.raises(OutsideProgram):
        moves(world, world.nora, at(day, 14))
    moves(world, world.nora, at("2027-03-31", 14))
    assert at("2027-03-31", 14) in starts(world.nora)


@pytest.mark.parametrize("day", OUTSIDE)
def test_staff_say_why_not(world, row, day):
    with pytest.raises(OutsideProgram):
        moves(world, world.dana, at(day, 14), reason="patient")
    moves(world, world.dana, at(day, 14), reason="patient", override="A last look together")
    assert seat(world, day, 14).override == "A last look together"


def test_what_staff_have_moved_past_the_end_goes_with_the_program(world, row):
    moves(world, world.dana, at("2027-04-06", 14), reason="patient", override="A last look")
    discharged(world, row, FIRST)
    assert not starts(world.nora)


def test_a_session_of_no_program_goes_where_it_likes(world, row):
    one = seat(world, "2027-03-16")
    Session.objects.filter(pk=one.session_id).update(series=None, slot=None)
    moves(world, world.nora, at("2027-04-06", 14))


def test_the_rest_of_its_series_neither(world, row):
    series = row.series.get()
    later = Pattern(weekly((3,)), LA, 600, date(2027, 3, 29), count=2)
    said = {
        "series": series.uuid, "slot": 0, "pattern": later, "chosen": all_of(world, later),
        "reason": "clinic", "actor": world.actor(world.dana), "now": NOW,
    }  # fmt: skip
    before = starts(world.nora)
    with pytest.raises(OutsideProgram):
        change_from(**said)
    assert starts(world.nora) == before
    change_from(**said, override="Two more weeks")
    assert at("2027-04-08", 10) in starts(world.nora)


def test_no_earlier_time_in_a_pause_is_offered_or_taken(world, row):
    one = seat(world, "2027-03-30")
    wait = wait_for_earlier(booking=one.uuid, actor=world.actor(world.nora), now=NOW)
    dana = world.actor(world.dana)
    said = {"waiting": wait.uuid, "therapist": world.alma.uuid, "actor": dana, "now": NOW}
    with pytest.raises(OutsideProgram):
        offer_time(start=at("2027-03-23", 14), **said)
    offer = offer_time(start=at("2027-03-18", 14), **said)
    row.pauses.update(start=at("2027-03-17", 0))
    with pytest.raises(OutsideProgram):
        accept(offer=offer.uuid, actor=world.actor(world.nora), now=NOW)
    assert at("2027-03-30", 10) in starts(world.nora)


def test_no_single_date_comes_back_into_a_pause_or_past_the_end(world):
    """The program takes them back together, and brings them back together."""
    row = enrolled(world, iop(world, weeks=4))
    alone, together = seat(world, "2027-03-23"), seat(world, "2027-03-22", 9)
    paused(world, row, FIRST + 2 * WEEK)
    for one in (alone, together):
        with pytest.raises(OutsideProgram):
            undo_cancel(booking=one.uuid, actor=world.actor(world.dana), now=SOON)
    discharged(world, row, FIRST + WEEK, now=SOON)
    with pytest.raises(OutsideProgram):
        undo_cancel(booking=alone.uuid, actor=world.actor(world.dana), now=SOON)
    assert not Occupancy.objects.filter(session=alone.session, live=True).exists()


def test_a_seat_comes_back_to_where_its_date_is_by_now(world, row):
    one, dana = seat(world, "2027-03-17", 9), world.actor(world.dana)
    cancel(booking=one.uuid, reason="clinic", actor=dana, now=NOW)
    there = at("2027-03-17", 13)
    move_date(session=one.session.uuid, start=there, reason="clinic", actor=dana, now=NOW)
    undo_cancel(booking=one.uuid, actor=dana, now=SOON)
    assert there in starts(world.nora) and at("2027-03-17", 9) not in starts(world.nora)


@pytest.mark.parametrize("day", ["2027-03-06", "2027-03-24", "2027-04-05"])
def test_a_date_of_a_group_that_goes_there_takes_no_seat_along(world, day):
    group = mornings(world, entry="rolling", module_sessions=1, cycle_sessions=60)
    row = enrolled(world, program(world, group, weeks=4), choices=[])
    paused(world, row, FIRST + 2 * WEEK, FIRST + 2 * WEEK + timedelta(days=6))
    one = Session.objects.get(series__group=group, start=at("2027-03-17", 9))
    dana = world.actor(world.dana)
    with pytest.raises(GroupService):
        moves_seat(world, at(day, 14))
    move_date(session=one.uuid, start=at(day, 14), reason="clinic", actor=dana, now=NOW)
    gone = Booking.objects.get(session=one)
    assert (gone.state, gone.cancel_reason) == ("cancelled", "clinic")


def moves_seat(world, start: int) -> None:
    one = seat(world, "2027-03-17", 9)
    reschedule(booking=one.uuid, start=start, actor=world.actor(world.nora), now=NOW)
