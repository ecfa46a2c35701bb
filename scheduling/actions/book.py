"""Book: confirm a hold, or take a time at once for a patient on the telephone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from accounts import audit
from accounts.actions.consent import missing_consents, sign
from accounts.actor import Actor
from accounts.models import Form, Patient
from scheduling import policy
from scheduling.actions.action import action, happened
from scheduling.actions.hold import lock_hold, require_alive, take
from scheduling.actions.links import new_join_link
from scheduling.actions.offer import licensed_on, require_offer
from scheduling.actions.release import overdue, release_overdue
from scheduling.actions.rooms import want_room
from scheduling.engine.lifecycle import BookingState, SessionState
from scheduling.errors import (
    ConsentMissing,
    NotAPatient,
    NotFound,
    NotLicensed,
    ReasonMissing,
)
from scheduling.models import (
    Booking,
    EventKind,
    JoinLink,
    Occupancy,
    Session,
)


@action("booking.confirm")
def confirm(
    *,
    hold: UUID,
    secret: str,
    patient: int | None,
    accept: Mapping[str, int] | None = None,
    actor: Actor,
    now: datetime,
) -> Booking:
    """Make a hold the patient's booking. `accept`: forms signed on the check page -> version."""
    held = lock_hold(hold, secret, actor)
    if held.state == BookingState.BOOKED.value and held.patient_id == patient:
        return held  # confirmed twice: the same booking, told once
    require_alive(held, now)
    who = lock_patient(patient, actor, now)
    require_consent(who, accept or {}, actor, now)
    return make_booked(held, who, actor, now)


def make_booked(held: Booking, who: Patient, actor: Actor, now: datetime) -> Booking:
    """Turn the rows of a hold into a booking, if the therapist may treat there that day."""
    session, occupancy = held.session, held.session.occupancies.get()
    if not licensed_on(occupancy.profile_id, held.place, held.zone, held.start):
        raise NotLicensed
    held.patient, held.state, held.held_until = who, BookingState.BOOKED.value, None
    held.booked_at = now
    held.save(update_fields=["patient", "state", "held_until", "booked_at"])
    Occupancy.objects.filter(pk=occupancy.pk).update(held_until=None)
    session.state, session.revision = SessionState.SCHEDULED.value, session.revision + 1
    session.save(update_fields=["state", "revision"])
    return settle(held, session, occupancy.therapist_id, actor, now)


@action("booking.book")
def book(
    *,
    service: UUID,
    therapist: UUID,
    start: int,
    medium: str,
    place: str,
    zone: str,
    patient: int,
    accept: Mapping[str, int] | None = None,
    override: str = "",
    actor: Actor,
    now: datetime,
) -> Booking:
    """Book in one step for a patient of the clinic; by staff, or by the worker's demo.

    `override` is the reason why notice, hours, grid or daily limit are set aside.
    """
    if not policy.acts_for_patients(actor):
        raise NotFound
    if override and not policy.may_override(actor):
        raise ReasonMissing
    offer = require_offer(
        service=service,
        therapist=therapist,
        start=start,
        medium=medium,
        place=place,
        zone=zone,
        override=override,
        known=True,
        actor=actor,
        now=now,
    )
    who = lock_patient(patient, actor, now)
    require_consent(who, accept or {}, actor, now)
    booking = take(offer, now=now, patient=who.pk, override=override)
    return settle(booking, booking.session, offer.therapist, actor, now)


def lock_patient(patient: int | None, actor: Actor, now: datetime) -> Patient:
    """An active patient whom the actor may know of, locked."""
    if patient is None:
        raise NotAPatient
    return locked(policy.visible(Patient, actor).filter(pk=patient, active=True), now)


def locked(rows: QuerySet[Patient], now: datetime) -> Patient:
    """The one patient, locked: the read that the action needs is the lock.

    What was held for the patient for too long is let go: the guard would still see it.
    """
    rows = rows.only("clinic", "user", "active").annotate(
        overdue=Exists(overdue(now).filter(patient=OuterRef("pk")))
    )
    found = next(iter(rows.select_for_update(no_key=True, of=("self",))), None)
    if found is None:
        raise NotFound
    if found.overdue:
        release_overdue(found.pk, now)
    return found


def require_consent(
    patient: Patient, accept: Mapping[str, int], actor: Actor, now: datetime
) -> None:
    """Sign what was accepted; consent to telehealth must then be on file (TH3)."""
    for form, version in accept.items():
        sign(patient, form, version, actor=actor, now=now)
    if Form.TELEHEALTH.value in missing_consents(patient, now):
        raise ConsentMissing(subject=patient.pk)


def settle(
    booking: Booking, session: Session, therapist: int, actor: Actor, now: datetime
) -> Booking:
    """What every new booking gets: its ways in, a room to be filled, an event, an audit row."""
    JoinLink.objects.bulk_create(
        [
            new_join_link(session, now, booking=booking),
            new_join_link(session, now, therapist_id=therapist),
        ]
    )
    want_room(session)
    happened(EventKind.BOOKED, session=session, booking=booking, actor=actor, now=now)
    audit.record(actor, "booking.book", subject=booking.patient_id, obj=booking.uuid)
    return booking
