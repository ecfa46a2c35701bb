"""Offers to those who wait: a hold with a patient and a later deadline, for one at a time.

Whoever makes or answers one locks the therapists, then the patient, as everybody who takes time: so
one time has one owner.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from accounts import audit
from accounts.actor import Actor
from accounts.models import Patient
from scheduling import policy
from scheduling.actions.action import action, happened
from scheduling.actions.book import locked, make_booked, require_consent
from scheduling.actions.cancel import require_in_program
from scheduling.actions.hold import take
from scheduling.actions.offer import Offer, lock_therapists, require_offer
from scheduling.actions.release import release
from scheduling.actions.reschedule import move_rows
from scheduling.actions.wait_seats import hold_seats, join_held, let_seats_go, sessions_of
from scheduling.engine.interval import from_minute
from scheduling.engine.lifecycle import BookingState, OfferState, WaitState
from scheduling.errors import IllegalChange, NotFound, NotOffered, OfferGone, OfferOpen, TooLate
from scheduling.models import Booking, EventKind, Occupancy, Waiting, WaitOffer
from scheduling.queries.waitlist import CLOSED, treated

LONGEST, SHORTEST = timedelta(hours=24), timedelta(minutes=15)

# Make


def deadline(start: int, now: datetime) -> datetime | None:
    """Until when a time is held for an answer: a day, or half of what is left until it starts.
    None: it starts too soon to be offered."""
    left = from_minute(start) - now
    if left <= timedelta(minutes=CLOSED):
        return None
    until = now + max(SHORTEST, min(LONGEST, left / 2))
    return until.replace(second=0, microsecond=0)


@action("offer.make")
def offer_time(
    *, waiting: UUID, therapist: UUID, start: int, actor: Actor, now: datetime
) -> WaitOffer:
    """Hold a time for one who waits, until the deadline: by the worker, or by hand."""
    seen = policy.find(Waiting, actor, uuid=waiting, group__isnull=True)
    require_staff(seen, actor)
    until = deadline(start, now)
    if until is None:
        raise TooLate(subject=seen.patient_id)
    offer = require_offer(
        service=seen.service.uuid,
        therapist=therapist,
        start=start,
        medium=seen.medium,
        place=seen.place,
        zone=seen.zone,
        own=tuple(treated(seen.patient_id)),
        actor=actor,
        now=now,
    )
    who = lock_who(seen, now)
    row = Waiting.objects.select_related("booking").get(pk=seen.pk)
    _require_free(row, who, now)
    _require_sense(row, offer)
    held = take(offer, now=now, held_until=int(until.timestamp()), patient=who.pk)
    return _made(row, held, until, actor, now)


@action("offer.make")
def offer_place(
    *, waiting: UUID, start: int | None = None, actor: Actor, now: datetime
) -> WaitOffer:
    """Hold a place in a group for one who waits; `start`: the session, or the entry point."""
    seen = policy.find(Waiting, actor, uuid=waiting, group__isnull=False)
    require_staff(seen, actor)
    who = lock_who(seen, now)
    row = Waiting.objects.select_related("group").get(pk=seen.pk)
    _require_free(row, who, now)
    sessions = sessions_of(row, who, start, actor, now)
    until = deadline(sessions[0].start, now)
    if until is None:
        raise TooLate(subject=row.patient_id)
    held = hold_seats(row, who, sessions, int(until.timestamp()), actor, now)
    return _made(row, held, until, actor, now)


def _require_free(row: Waiting, who: Patient, now: datetime) -> None:
    """Still waits, and no other offer is open; the patient is locked."""
    if row.state != WaitState.WAITING.value or not who.active:
        raise IllegalChange(subject=row.patient_id)
    for one in WaitOffer.objects.filter(waiting=row, state=OfferState.OPEN.value):
        if one.until > now:
            raise OfferOpen(subject=row.patient_id)
        _answer(one, OfferState.EXPIRED, now)


def _require_sense(row: Waiting, offer: Offer) -> None:
    """With the right therapist; earlier than the present session, where that is what is wanted."""
    if row.therapist_id not in (None, offer.profile):
        raise NotOffered(subject=row.patient_id)
    if row.booking and (
        row.booking.state != BookingState.BOOKED.value or offer.end > row.booking.start
    ):
        raise IllegalChange(subject=row.patient_id)
    if row.booking:
        require_in_program(row.booking, offer.start)


def _made(row: Waiting, held: Booking, until: datetime, actor: Actor, now: datetime) -> WaitOffer:
    made = WaitOffer.objects.create(waiting=row, booking=held, made_at=now, until=until)
    _note(made, "made", actor, now)
    return made


def _note(offer: WaitOffer, what: str, actor: Actor, now: datetime) -> None:
    """The Event that the worker plans mail or another look from, and the audit row."""
    held, patient = offer.booking, offer.waiting.patient_id
    happened(EventKind.OFFER, session=held.session, booking=held, actor=actor, now=now, what=what)
    audit.record(actor, f"offer.{what}", subject=patient, obj=offer)


# Answer


@action("offer.accept")
def accept(
    *, offer: UUID, accept: Mapping[str, int] | None = None, actor: Actor, now: datetime
) -> Booking:
    """Take what is held: it becomes the booking or, for an earlier time, the booking moves there.

    `accept`: forms that are signed with it -> version. Accepted twice is accepted once.
    """
    found = lock_offer(offer, actor)
    row, held = found.waiting, found.booking
    who = lock_who(row, now)
    if found.state == OfferState.ACCEPTED.value:
        return row.booking or joined(row) or held
    _require_open(found, now)
    booked = _book(row, held, who, accept or {}, actor, now)
    _answer(found, OfferState.ACCEPTED, now)
    end(row, WaitState.BOOKED, now)
    audit.record(actor, "offer.accept", subject=who.pk, obj=found)
    return booked


def _book(
    row: Waiting,
    held: Booking,
    who: Patient,
    accept: Mapping[str, int],
    actor: Actor,
    now: datetime,
) -> Booking:
    if row.group is not None:
        return join_held(row, held, accept, actor, now)
    require_consent(who, accept, actor, now)
    if row.booking is not None:
        return _move_there(row.booking, held, actor, now)
    return make_booked(held, who, actor, now)


def joined(row: Waiting) -> Booking | None:
    """The next seat in the group, of who took a place."""
    mine = Booking.objects.filter(patient=row.patient_id, state=BookingState.BOOKED.value)
    return mine.filter(session__series__group=row.group_id or 0).order_by("start").first()


def _require_open(found: WaitOffer, now: datetime) -> None:
    if not is_open(found, now):
        raise OfferGone(subject=found.waiting.patient_id)


def is_open(offer: WaitOffer, now: datetime) -> bool:
    """Whether it can be answered: the time is still held."""
    held = offer.booking.state == BookingState.HELD.value
    return offer.state == OfferState.OPEN.value and held and offer.until > now


def _move_there(booking: Booking, held: Booking, actor: Actor, now: datetime) -> Booking:
    """The same rows get the time that was held: its link and its calendar entry stay.

    Notice and hours were asked when it was held, and are not asked again.
    """
    seat = Booking.objects.select_related("session__service").get(pk=booking.pk)
    if seat.state != BookingState.BOOKED.value or from_minute(seat.start) <= now:
        raise IllegalChange(subject=seat.patient_id)
    require_in_program(seat, held.start)
    there = held.session.occupancies.select_related("profile").get()
    occupancy = seat.session.occupancies.get()
    release([held.session_id])
    to = require_offer(
        service=seat.session.service.uuid,
        therapist=there.profile.uuid,
        start=held.start,
        medium=held.session.medium,
        place=held.place,
        zone=held.zone,
        override="waiting list",
        known=True,
        without_session=seat.session_id,
        actor=actor,
        now=now,
    )
    before = seat.start
    move_rows(seat, occupancy, to, "", now)
    facts = {"from": before, "to": to.start}
    if there.profile_id != occupancy.profile_id:
        facts["host"] = True
    happened(EventKind.MOVED, session=seat.session, booking=seat, actor=actor, now=now, **facts)
    audit.record(actor, "booking.reschedule", subject=seat.patient_id, obj=seat.uuid)
    return seat


@action("offer.decline")
def decline(*, offer: UUID, actor: Actor, now: datetime) -> WaitOffer:
    """Pass it on at once. Who waits goes on waiting."""
    found = lock_offer(offer, actor)
    lock_who(found.waiting, now)
    if found.state == OfferState.DECLINED.value:
        return found
    _require_open(found, now)
    return close(found, OfferState.DECLINED, actor, now)


@action("offer.withdraw")
def withdraw(*, offer: UUID, actor: Actor, now: datetime) -> WaitOffer:
    """Staff: take it back before it was answered."""
    found = lock_offer(offer, actor)
    require_staff(found.waiting, actor)
    lock_who(found.waiting, now)
    _require_open(found, now)
    return close(found, OfferState.WITHDRAWN, actor, now)


def lock_offer(offer: UUID, actor: Actor) -> WaitOffer:
    """The offer with its therapists locked, read again under the lock."""
    rows = policy.visible(WaitOffer, actor).filter(uuid=offer)
    rows = rows.select_related(
        "booking__session__service",
        "waiting__booking__session",
        "waiting__service",
        "waiting__group",
    )
    seen = rows.first()
    if seen is None or not (
        actor.patient == seen.waiting.patient_id or policy.acts_for_patients(actor)
    ):
        raise NotFound
    about = [seen.booking, seen.waiting.booking]
    hosts = Occupancy.objects.filter(session__in=[one.session_id for one in about if one])
    lock_therapists(*hosts.values_list("therapist_id", flat=True))
    return rows.get()


def close(found: WaitOffer, state: OfferState, actor: Actor, now: datetime) -> WaitOffer:
    """End an open offer that was not accepted; what it held is free for the next."""
    if found.state != OfferState.OPEN.value:
        return found
    if found.waiting.group_id is not None:
        let_seats_go(found.waiting)
    elif found.booking.state == BookingState.HELD.value:
        release([found.booking.session_id])
    _answer(found, state, now)
    _note(found, state.value, actor, now)
    return found


def _answer(found: WaitOffer, state: OfferState, now: datetime) -> None:
    found.state, found.answered_at = state.value, now
    found.save(update_fields=["state", "answered_at"])


@action("offer.expire")
def expire(*, offer: UUID, actor: Actor, now: datetime) -> WaitOffer:
    """By the worker: nobody answered in time, or the session fell through. The next one's turn."""
    found = lock_offer(offer, actor)
    lock_who(found.waiting, now)
    return found if is_open(found, now) else close(found, OfferState.EXPIRED, actor, now)


# Who and what


def lock_who(row: Waiting, now: datetime) -> Patient:
    """Who waits, locked. Whoever may know of the wait may act on it."""
    return locked(Patient.objects.filter(pk=row.patient_id), now)


def require_staff(row: Waiting, actor: Actor) -> None:
    """Nobody steers the list in one's own favour."""
    if not policy.acts_for_patients(actor) or actor.patient == row.patient_id:
        raise NotFound


def end(row: Waiting, state: WaitState, now: datetime) -> None:
    row.state, row.closed_at = state.value, now
    row.save(update_fields=["state", "closed_at"])
