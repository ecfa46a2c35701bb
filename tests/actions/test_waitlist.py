"""Wait, be offered what is held meanwhile, take it or pass it on."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Licence
from scheduling.actions import wait_offers as answers
from scheduling.actions import waitlist as acts
from scheduling.errors import (
    ConsentMissing,
    NotLicensed,
    OfferGone,
    OfferOpen,
    PatientBusy,
    ReasonMissing,
    SlotGone,
    TooLate,
    WaitingAlready,
)
from scheduling.models import Booking, Event, JoinLink, Occupancy, Session, Waiting
from scheduling.queries.waitlist import Look, line, unoffered
from tests.outbox.acts import booked, cancelled
from tests.waiting import earlier, offered, waiting
from tests.world import NOW, World, at, build

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return build()


def test_it_is_entered_once(world):
    waiting(world, world.nora)
    with pytest.raises(WaitingAlready):
        waiting(world, world.nora)
    waiting(world, world.omar)


def test_the_order_is_by_priority_then_by_entry(world):
    first = waiting(world, world.nora)
    second = waiting(world, world.omar, now=NOW + timedelta(minutes=1))
    assert list(line(Waiting.objects.all())) == [first, second]
    dana = world.actor(world.dana)
    with pytest.raises(ReasonMissing):
        acts.prefer(waiting=second.uuid, priority=2, actor=dana, now=NOW)
    acts.prefer(waiting=second.uuid, priority=2, reason="discharged", actor=dana, now=NOW)
    assert list(line(Waiting.objects.all())) == [second, first]


def test_what_suits(world):
    """Therapist, weekdays and parts of the day; nothing within an hour of its start."""
    row = waiting(world, world.nora, therapist=world.alma, days="2", parts="afternoon")
    times = list(Look(world.clinic.pk, NOW).times(row))
    assert times[0] == (at("2027-03-03", 12), world.alma.user_id, world.alma.pk)
    assert {one.profile for one in times} == {world.alma.pk}
    soon = waiting(world, world.omar, therapist=world.alma)
    times = list(Look(world.clinic.pk, NOW).times(soon))
    assert times[0].start - NOW.timestamp() / 60 > 60


@pytest.mark.parametrize(
    ("hours", "minutes"), [(1, None), (1.25, 37), (10, 300), (48, 1440), (500, 1440)]
)
def test_the_deadline_fits(hours, minutes):
    start = int(NOW.timestamp() / 60 + 60 * hours)
    until = answers.deadline(start, NOW)
    assert until == (None if minutes is None else NOW + timedelta(minutes=minutes))


def test_an_offer_is_held_for_one_and_becomes_the_booking(world):
    row = waiting(world, world.nora)
    offer = offered(world, row)
    held = offer.booking
    assert (held.state, held.patient_id, held.session.state) == ("held", world.nora.pk, "held")
    with pytest.raises(SlotGone):
        booked(world, world.omar, start=held.start)
    done = answers.accept(offer=offer.uuid, actor=world.actor(world.nora), now=NOW)
    assert (done.pk, done.state, done.held_until) == (held.pk, "booked", None)
    assert Session.objects.get(pk=done.session_id).state == "scheduled"
    assert Occupancy.objects.get(session=done.session_id).held_until is None
    assert JoinLink.objects.filter(session=done.session_id).count() == 2
    assert Event.objects.filter(booking=done, kind="booked").count() == 1
    row.refresh_from_db()
    assert row.state == "booked"
    again = answers.accept(offer=offer.uuid, actor=world.actor(world.nora), now=NOW)
    assert again.pk == done.pk
    assert Event.objects.filter(booking=done, kind="booked").count() == 1


def test_only_one_offer_at_a_time(world):
    row = waiting(world, world.nora)
    offered(world, row)
    assert not unoffered(line(Waiting.objects.all())).exists()
    with pytest.raises(OfferOpen):
        offered(world, row, start=at("2027-03-03", 11))


def test_declined_it_is_free_at_once_and_nobodys(world):
    row = waiting(world, world.nora)
    offer = offered(world, row)
    answers.decline(offer=offer.uuid, actor=world.actor(world.nora), now=NOW)
    held = Booking.objects.get(pk=offer.booking_id)
    assert (held.state, held.live, held.patient_id) == ("released", False, None)
    assert booked(world, world.omar, start=held.start).state == "booked"
    row.refresh_from_db()
    assert row.state == "waiting"
    with pytest.raises(OfferGone):
        answers.accept(offer=offer.uuid, actor=world.actor(world.nora), now=NOW)
    times = Look(world.clinic.pk, NOW).times(row)
    assert (held.start, world.alma.user_id) not in {(one.start, one.therapist) for one in times}


def test_a_hold_never_outlives_its_deadline_without_a_worker(world):
    """Found free, booked by others, and the patient is free for something else."""
    row = waiting(world, world.nora)
    offer = offered(world, row)
    late = offer.until
    with pytest.raises(OfferGone):
        answers.accept(offer=offer.uuid, actor=world.actor(world.nora), now=late)
    start = offer.booking.start
    with pytest.raises(PatientBusy):
        booked(world, world.nora, start=start, therapist=world.ben, now=late - timedelta(minutes=1))
    assert booked(world, world.nora, start=start, therapist=world.ben, now=late).live
    assert booked(world, world.omar, start=start, now=late).live


def test_the_next_offer_needs_no_worker_either(world):
    row = waiting(world, world.nora)
    first = offered(world, row)
    second = offered(world, row, start=at("2027-03-05", 11), now=first.until)
    assert second.state == "open"
    first.refresh_from_db()
    assert first.state == "expired"


def test_nothing_is_offered_within_an_hour(world):
    row = waiting(world, world.nora)
    start = at("2027-03-03", 10)
    with pytest.raises(TooLate):
        offered(
            world, row, start=start, now=NOW + timedelta(minutes=start - 60 - NOW.timestamp() // 60)
        )


def test_the_licence_counts_on_that_day(world):
    row = waiting(world, world.nora)
    offer = offered(world, row)
    Licence.objects.filter(therapist=world.alma).update(revoked_at=NOW)
    with pytest.raises(NotLicensed):
        answers.accept(offer=offer.uuid, actor=world.actor(world.nora), now=NOW)
    with pytest.raises(NotLicensed):
        offered(world, waiting(world, world.omar), start=at("2027-03-03", 13))


def test_consent_is_asked_when_it_is_taken(world):
    world.nora.consents.all().delete()
    offer = offered(world, waiting(world, world.nora))
    nora = world.actor(world.nora)
    with pytest.raises(ConsentMissing):
        answers.accept(offer=offer.uuid, actor=nora, now=NOW)
    done = answers.accept(offer=offer.uuid, accept={"telehealth": 1}, actor=nora, now=NOW)
    assert done.state == "booked"


def test_a_patient_who_is_busy_is_offered_nothing_then(world):
    booked(world, world.nora, therapist=world.ben, start=at("2027-03-03", 10))
    row = waiting(world, world.nora, therapist=world.alma)
    starts = {one.start for one in Look(world.clinic.pk, NOW).times(row)}
    assert at("2027-03-03", 10) not in starts
    with pytest.raises(PatientBusy):
        offered(world, row)


def test_a_look_asks_as_much_for_many_times_as_for_one(world):
    """Also where an hour was given up that could still be taken back: that one is left out."""
    given_up = booked(world, world.omar, start=at("2027-03-03", 10))
    cancelled(world, given_up)
    row = waiting(world, world.nora, therapist=world.alma)
    with CaptureQueriesContext(connection) as sent:
        first = next(Look(world.clinic.pk, NOW).times(row))
    once = len(sent)
    with CaptureQueriesContext(connection) as sent:
        times = list(Look(world.clinic.pk, NOW).times(row))
    assert len(times) > 100 and times[0] == first
    assert len(sent) <= once + 3 <= 15
    assert given_up.start not in {one.start for one in times}


def test_an_earlier_time_moves_the_booking_and_frees_the_old_one(world):
    """Same reference, same link, same session."""
    seat = booked(world, start=at("2027-03-10", 10))
    link = JoinLink.objects.get(booking=seat)
    row = earlier(world, seat)
    assert all(one.start < seat.start for one in Look(world.clinic.pk, NOW).times(row))
    offer = offered(world, row)
    done = answers.accept(offer=offer.uuid, actor=world.actor(world.nora), now=NOW)
    assert (done.pk, done.start, done.session_id) == (seat.pk, offer.booking.start, seat.session_id)
    assert JoinLink.objects.get(booking=seat).token_hash == link.token_hash
    assert Occupancy.objects.filter(live=True).count() == 1
    assert Event.objects.filter(booking=seat, kind="moved").count() == 1
    assert booked(world, world.omar, start=at("2027-03-10", 10)).live
    again = answers.accept(offer=offer.uuid, actor=world.actor(world.nora), now=NOW)
    assert again.pk == seat.pk


def test_leaving_frees_what_is_held(world):
    row = waiting(world, world.nora)
    offer = offered(world, row)
    acts.leave(waiting=row.uuid, actor=world.actor(world.nora), now=NOW)
    offer.refresh_from_db()
    row.refresh_from_db()
    assert (row.state, offer.state, offer.booking.live) == ("left", "declined", False)


def test_staff_take_back(world):
    offer = offered(world, waiting(world, world.nora))
    answers.withdraw(offer=offer.uuid, actor=world.actor(world.dana), now=NOW)
    with pytest.raises(OfferGone):
        answers.accept(offer=offer.uuid, actor=world.actor(world.nora), now=NOW)
