"""Wait for a place in a group: every seat of it is held, then joined or passed on."""

from datetime import timedelta

import pytest

from accounts.models import ConsentForm, Licence
from scheduling.actions import wait_offers as answers
from scheduling.actions import waitlist as acts
from scheduling.errors import (
    ConsentMissing,
    GroupFull,
    MemberAlready,
    NotLicensed,
    OfferGone,
    WaitingAlready,
)
from scheduling.models import Booking, Member, WaitOffer
from scheduling.queries.waitlist import Look
from tests.groups import comes_in, founded
from tests.outbox.acts import booked, cancelled
from tests.waiting import for_a_place, placed
from tests.world import NOW, World, at, build, offer, patient, therapist

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return build()


@pytest.fixture
def one_left(world):
    """A group with one place."""
    return founded(world, capacity=1)


def held_seats(who):
    return Booking.objects.filter(patient=who, state="held", live=True)


def test_a_place_is_held_in_every_session_and_then_joined(world, one_left):
    """Really held: nobody else comes in meanwhile."""
    row = for_a_place(world, one_left, world.nora)
    with pytest.raises(WaitingAlready):
        for_a_place(world, one_left, world.nora)
    kept = placed(world, row)
    dates = held_seats(world.nora).count()
    assert dates > 10
    with pytest.raises(GroupFull):
        comes_in(world, one_left, world.omar)
    answers.accept(offer=kept.uuid, actor=world.actor(world.nora), now=NOW)
    assert Member.objects.get().patient == world.nora
    assert not held_seats(world.nora).exists()
    assert Booking.objects.filter(patient=world.nora, state="booked").count() == dates
    answers.accept(offer=kept.uuid, actor=world.actor(world.nora), now=NOW)
    assert Member.objects.count() == 1
    with pytest.raises(MemberAlready):
        for_a_place(world, one_left, world.nora)


def test_who_comes_in_without_an_offer_waits_no_longer(world):
    """A place was open after all."""
    group = founded(world)
    row = for_a_place(world, group, world.nora)
    comes_in(world, group, world.nora)
    row.refresh_from_db()
    assert (row.state, row.closed_at) == ("booked", NOW)


def test_let_go_every_seat_is_free(world, one_left):
    kept = placed(world, for_a_place(world, one_left, world.nora))
    answers.decline(offer=kept.uuid, actor=world.actor(world.nora), now=NOW)
    assert not Booking.objects.filter(live=True).exists()
    assert not Booking.objects.filter(patient=world.nora).exists()
    assert comes_in(world, one_left, world.omar)


def test_unanswered_it_is_free_without_a_worker(world, one_left):
    row = for_a_place(world, one_left, world.nora)
    kept = placed(world, row)
    assert comes_in(world, one_left, world.omar, now=kept.until)
    with pytest.raises(OfferGone):
        answers.accept(offer=kept.uuid, actor=world.actor(world.nora), now=kept.until)
    answers.expire(offer=kept.uuid, actor=world.actor(world.dana), now=kept.until)
    assert WaitOffer.objects.get().state == "expired"


def test_leaving_gives_the_seats_back(world, one_left):
    row = for_a_place(world, one_left, world.nora)
    placed(world, row)
    acts.leave(waiting=row.uuid, actor=world.actor(world.nora), now=NOW)
    assert not Booking.objects.filter(live=True).exists()


def test_what_is_full_is_offered_to_nobody(world, one_left):
    """A member who is away keeps the place."""
    seats = comes_in(world, one_left, world.omar)
    row = for_a_place(world, one_left, world.nora)
    assert Look(world.clinic.pk, NOW).seats(row) == []
    for seat in seats:
        cancelled(world, seat, by=world.omar, reason="")
    assert Look(world.clinic.pk, NOW).seats(row) == []
    with pytest.raises(GroupFull):
        placed(world, row)


def test_the_licence_and_the_calendar_are_asked_first(world, one_left):
    """TH2; and who sits elsewhere then is offered nothing."""
    row = for_a_place(world, one_left, world.nora)
    assert Look(world.clinic.pk, NOW).seats(row) == [at("2027-03-09", 16)]
    cara = therapist(world.clinic, "Cara")
    offer(cara, world.cbt)
    booked(world, world.nora, therapist=cara, start=at("2027-03-09", 15, 30))
    assert Look(world.clinic.pk, NOW).seats(row) == []
    Licence.objects.filter(therapist=world.alma).update(revoked_at=NOW)
    with pytest.raises(NotLicensed):
        placed(world, for_a_place(world, one_left, world.omar))


def test_confidentiality_is_agreed_when_it_is_taken(world, one_left):
    ConsentForm.objects.create(clinic=world.clinic, form="group", version=1, text="What is said.")
    kept = placed(world, for_a_place(world, one_left, world.nora))
    nora = world.actor(world.nora)
    with pytest.raises(ConsentMissing):
        answers.accept(offer=kept.uuid, actor=nora, now=NOW)
    assert held_seats(world.nora).exists()
    answers.accept(offer=kept.uuid, accept={"group": 1}, actor=nora, now=NOW)
    assert Member.objects.get().patient == world.nora


def test_a_seat_in_one_session_of_an_open_group(world):
    group = founded(world, entry="open", capacity=1)
    first, second = at("2027-03-09", 16), at("2027-03-16", 16)
    comes_in(world, group, world.omar, start=first)
    row = for_a_place(world, group, world.nora)
    assert Look(world.clinic.pk, NOW).seats(row)[0] == second
    kept = placed(world, row, start=second)
    assert held_seats(world.nora).count() == 1
    with pytest.raises(GroupFull):
        comes_in(world, group, patient(world.clinic, "Rosa"), start=second)
    answers.accept(offer=kept.uuid, actor=world.actor(world.nora), now=NOW)
    assert Booking.objects.get(patient=world.nora, state="booked").start == second


def test_unlisted_groups_can_be_waited_for_by_staff(world):
    group = founded(world, capacity=1, listed=False)
    row = for_a_place(world, group, world.nora, by=world.dana)
    kept = placed(world, row)
    answers.accept(offer=kept.uuid, actor=world.actor(world.nora), now=NOW + timedelta(hours=1))
    assert Member.objects.get().patient == world.nora
