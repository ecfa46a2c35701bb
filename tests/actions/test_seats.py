"""Seats in a group's sessions: the lowest free number, held or booked, never one too many."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.actor import Actor
from scheduling.actions.seats import take_seats
from scheduling.errors import CancelledAlready, GroupFull, StartedAlready
from scheduling.models import Booking, Event, JoinLink
from scheduling.queries.seats import seats_left
from tests.groups import a_session, group, group_series
from tests.world import LA, NOW, World, build, patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return build()


@pytest.fixture
def sessions(world):
    series = group_series(group(world, capacity=2))
    return [a_session(series, day, world.alma) for day in ("2027-03-08", "2027-03-15")]


def take(world, sessions, who, **more):
    said = {"place": "CA", "zone": LA, "actor": Actor.worker(world.clinic), "now": NOW}
    return take_seats(sessions, who, **said | more)


def numbers(session) -> list[int]:
    return sorted(session.bookings.filter(live=True).values_list("seat", flat=True))


def left(sessions, now=NOW) -> list[int]:
    found = seats_left([one.pk for one in sessions], now)
    return [found[one.pk] for one in sessions]


def test_a_seat_in_each_session_with_a_way_in_and_an_event_of_its_own(world, sessions):
    seats = take(world, sessions, world.nora)
    assert [one.session_id for one in seats] == [one.pk for one in sessions]
    assert [one.state for one in seats] == ["booked", "booked"]
    assert JoinLink.objects.filter(booking__in=seats).count() == 2
    assert Event.objects.filter(booking__in=seats, kind="booked").count() == 2
    assert left(sessions) == [1, 1]


def test_the_lowest_free_number_and_no_more_than_there_are(world, sessions):
    first, _ = take(world, sessions, world.nora)
    take(world, sessions, world.omar)
    assert numbers(sessions[0]) == [1, 2] and left(sessions) == [0, 0]
    with pytest.raises(GroupFull):
        take(world, sessions, patient(world.clinic, "Petra"))
    Booking.objects.filter(pk=first.pk).update(live=False, state="cancelled")
    assert left(sessions) == [1, 0]
    (petra,) = take(world, sessions[:1], patient(world.clinic, "Quentin"))
    assert petra.seat == 1


def test_all_or_none(world, sessions):
    take(world, sessions[1:], world.nora)
    take(world, sessions[1:], world.omar)
    with pytest.raises(GroupFull):
        take(world, sessions, patient(world.clinic, "Petra"))
    assert numbers(sessions[0]) == []


def test_no_more_than_the_facilitators_can_look_after(world, sessions):
    """Who has a seat keeps it when a facilitator falls out; no further one is sold."""
    sessions[0].series.group.__class__.objects.update(capacity=4, per_facilitator=1)
    assert left(sessions) == [1, 1]
    take(world, sessions, world.nora)
    with pytest.raises(GroupFull):
        take(world, sessions, world.omar)
    session = a_session(sessions[0].series, "2027-03-22", world.alma, world.ben)
    take(world, [session], world.omar)
    take(world, [session], world.nora)
    session.occupancies.filter(profile=world.ben).update(live=False)
    assert left([session]) == [0]
    Booking.objects.filter(session=session, patient=world.omar).update(live=False)
    with pytest.raises(GroupFull):
        take(world, [session], patient(world.clinic, "Petra"))


def test_a_kept_seat_counts_until_its_deadline_and_not_after_it(world, sessions):
    """Even when no worker runs."""
    until = int(NOW.timestamp()) + 600
    (held,) = take(world, sessions[:1], world.nora, held_until=until)
    assert (held.state, held.patient) == ("held", world.nora)
    assert not JoinLink.objects.exists() and not Event.objects.exists()
    take(world, sessions[:1], world.omar)
    petra = patient(world.clinic, "Petra")
    with pytest.raises(GroupFull):
        take(world, sessions[:1], petra)
    later = NOW + timedelta(minutes=10)
    assert left(sessions[:1], later) == [1]
    (seat,) = take(world, sessions[:1], petra, now=later)
    assert seat.seat == 1
    held.refresh_from_db()
    assert (held.state, held.live) == ("released", False)


def test_what_was_kept_for_a_patient_is_in_the_patients_way_no_longer_than_that(world, sessions):
    until = int(NOW.timestamp()) + 600
    take(world, sessions[:1], world.nora, held_until=until)
    with pytest.raises(IntegrityError), transaction.atomic():
        take(world, sessions[:1], world.nora)
    take(world, sessions[:1], world.nora, now=NOW + timedelta(minutes=10))


def test_nobody_sits_in_two_things_at_once(world, sessions):
    other = group_series(group(world, capacity=3, name="Others"))
    same_time = a_session(other, "2027-03-08", world.ben)
    take(world, sessions, world.nora)
    with pytest.raises(IntegrityError), transaction.atomic():
        take(world, [same_time], world.nora)


def test_neither_what_was_cancelled_nor_what_has_begun(world, sessions):
    with pytest.raises(StartedAlready):
        take(world, sessions[:1], world.nora, now=sessions[0].starts_at)
    type(sessions[0]).objects.filter(pk=sessions[0].pk).update(state="cancelled")
    with pytest.raises(CancelledAlready):
        take(world, sessions, world.nora)
