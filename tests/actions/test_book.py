"""Book: hold a time, check it, confirm it; every refusal; what the database refuses itself."""

from datetime import timedelta

import pytest

from accounts.actor import Actor
from accounts.models import Consent
from scheduling.actions.book import book, confirm
from scheduling.actions.cancel import cancel, undo_cancel
from scheduling.actions.hold import extend, hold
from scheduling.actions.reschedule import reschedule
from scheduling.errors import (
    ConsentMissing,
    DailyLimit,
    ExtendedAlready,
    HoldExpired,
    NotLicensed,
    OutsideHours,
    PatientBusy,
    ReasonMissing,
    SlotGone,
    TooManyHolds,
)
from scheduling.models import Booking, Event, Occupancy, Session
from tests.world import LA, NOW, World, at, build

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return build()


def take(world: World, start: int, *, secret="s1", now=NOW, therapist=None, **said):
    return hold(
        **{
            "service": world.cbt.uuid,
            "therapist": (therapist or world.alma).uuid,
            "start": start,
            "medium": "video",
            "place": "CA",
            "zone": LA,
            "secret": secret,
            "actor": Actor.anonymous(world.clinic),
            "now": now,
        }
        | said
    )


def confirmed(world: World, who, start: int, **said):
    held = take(world, start, **said)
    return confirm(
        hold=held.uuid,
        secret=said.get("secret", "s1"),
        patient=who.pk,
        actor=world.actor(who),
        now=said.get("now", NOW),
    )


def test_a_hold_becomes_a_booking(world):
    booking = confirmed(world, world.nora, at("2027-03-02", 10))
    session = Session.objects.get()
    assert (booking.state, session.state) == ("booked", "scheduled")
    assert Occupancy.objects.get().held_until is None
    assert Event.objects.get().kind == "booked"
    assert session.room.state == "pending"
    assert len(booking.reference) == 8


def test_an_overlapping_time_is_gone_for_everybody_else(world):
    confirmed(world, world.nora, at("2027-03-02", 10))
    with pytest.raises(SlotGone):
        take(world, at("2027-03-02", 10, 30), secret="other")


def test_an_expired_hold_is_free_again_without_a_worker(world):
    start = at("2027-03-02", 10)
    take(world, start)
    later = NOW + timedelta(minutes=10)
    again = take(world, start, secret="other", now=later)
    assert again.state == "held"
    assert Booking.objects.filter(state="released").count() == 1


def test_confirming_too_late_is_refused(world):
    held = take(world, at("2027-03-02", 10))
    with pytest.raises(HoldExpired):
        confirm(
            hold=held.uuid,
            secret="s1",
            patient=world.nora.pk,
            actor=world.actor(world.nora),
            now=NOW + timedelta(minutes=10),
        )


def test_a_hold_is_extended_once(world):
    held = take(world, at("2027-03-02", 10))
    actor = Actor.anonymous(world.clinic)
    extend(hold=held.uuid, secret="s1", actor=actor, now=NOW + timedelta(minutes=9))
    with pytest.raises(ExtendedAlready):
        extend(hold=held.uuid, secret="s1", actor=actor, now=NOW + timedelta(minutes=10))


def test_a_third_hold_is_one_too_many(world):
    """BL3."""
    take(world, at("2027-03-02", 10))
    take(world, at("2027-03-02", 13))
    with pytest.raises(TooManyHolds):
        take(world, at("2027-03-02", 15))


def test_outside_hours(world):
    with pytest.raises(OutsideHours):
        take(world, at("2027-03-02", 18))


def test_not_licensed_where_the_patient_will_be(world):
    """TH2."""
    with pytest.raises(NotLicensed):
        take(world, at("2027-03-02", 10), place="TX")


def test_a_patient_sits_in_one_session_at_a_time(world):
    confirmed(world, world.nora, at("2027-03-02", 10))
    with pytest.raises(PatientBusy):
        confirmed(world, world.nora, at("2027-03-02", 10, 30), therapist=world.ben)


def test_consent_to_telehealth_is_asked_for(world):
    """TH3."""
    Consent.objects.all().delete()
    start = at("2027-03-02", 10)
    held = take(world, start)
    said = {"hold": held.uuid, "secret": "s1", "patient": world.nora.pk, "now": NOW}
    actor = world.actor(world.nora)
    with pytest.raises(ConsentMissing):
        confirm(**said, actor=actor)
    booking = confirm(**said, accept={"telehealth": 1}, actor=actor)
    assert booking.state == "booked"


def test_staff_book_in_one_step_and_override_hours_with_a_reason(world):
    said = {
        "service": world.cbt.uuid,
        "therapist": world.alma.uuid,
        "start": at("2027-03-02", 18),
        "medium": "video",
        "place": "CA",
        "zone": LA,
        "patient": world.nora.pk,
        "actor": world.actor(world.dana),
        "now": NOW,
    }
    with pytest.raises(OutsideHours):
        book(**said)
    assert book(**said, override="She agreed by telephone").state == "booked"


def test_moving_keeps_row_and_reference(world):
    booking = confirmed(world, world.nora, at("2027-03-02", 10))
    moved = reschedule(
        booking=booking.uuid,
        start=at("2027-03-02", 10, 30),
        actor=world.actor(world.nora),
        now=NOW,
    )
    assert moved.pk == booking.pk
    assert moved.reference == booking.reference
    assert Occupancy.objects.get().start == at("2027-03-02", 10, 30)


def test_who_loses_the_race_keeps_the_old_time(world):
    booking = confirmed(world, world.nora, at("2027-03-02", 10))
    confirmed(world, world.omar, at("2027-03-02", 13), secret="other")
    with pytest.raises(SlotGone):
        reschedule(
            booking=booking.uuid,
            start=at("2027-03-02", 13),
            actor=world.actor(world.nora),
            now=NOW,
        )
    booking.refresh_from_db()
    assert booking.start == at("2027-03-02", 10)


def test_cancel_and_undo(world):
    booking = confirmed(world, world.nora, at("2027-03-08", 10))
    actor = world.actor(world.nora)
    cancelled = cancel(booking=booking.uuid, actor=actor, now=NOW)
    assert (cancelled.state, cancelled.cancel_reason, cancelled.late) == (
        "cancelled",
        "patient",
        False,
    )
    back = undo_cancel(booking=booking.uuid, actor=actor, now=NOW + timedelta(minutes=5))
    assert back.state == "booked"
    assert Occupancy.objects.get().live


def test_a_daily_limit(world):
    world.cbt.max_per_day = 1
    world.cbt.save()
    confirmed(world, world.nora, at("2027-03-02", 10))
    with pytest.raises(DailyLimit):
        take(world, at("2027-03-02", 14), secret="other")


def test_another_therapist_gets_a_link_of_their_own(world):
    """TK1: the old therapist's way in opens nothing any more; the patient's stays."""
    booking = confirmed(world, world.nora, at("2027-03-02", 10))
    links = booking.session.join_links
    old, patients = links.get(therapist=world.alma.user), links.get(booking=booking)
    reschedule(
        booking=booking.uuid,
        start=at("2027-03-02", 11),
        therapist=world.ben.uuid,
        reason="therapist_ill",
        actor=world.actor(world.dana),
        now=NOW,
    )
    new = links.get(therapist__isnull=False)
    assert new.therapist == world.ben.user
    assert new.token_hash != old.token_hash
    assert links.get(booking=booking).token_hash == patients.token_hash


def test_staff_move_with_a_reason_that_is_kept(world):
    booking = confirmed(world, world.nora, at("2027-03-02", 10))
    said = {"booking": booking.uuid, "start": at("2027-03-02", 11), "now": NOW}
    for reason in ("", "because", "patient_late"):
        with pytest.raises(ReasonMissing):
            reschedule(**said, reason=reason, actor=world.actor(world.dana))
    reschedule(**said, reason="patient", actor=world.actor(world.dana))
    assert Event.objects.get(kind="moved").facts["reason"] == "patient"
