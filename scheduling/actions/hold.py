"""Keep a time for some minutes while somebody makes up their mind."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts import limits
from accounts.actor import Actor
from scheduling.actions.action import action
from scheduling.actions.offer import Offer, lock_therapists, occupancy, require_offer
from scheduling.actions.release import release
from scheduling.engine.lifecycle import BookingState, SessionState
from scheduling.errors import ExtendedAlready, HoldExpired, NotFound, TooManyHolds
from scheduling.models import Booking, Occupancy, Session
from scheduling.queries import slots

MOST_HOLDS = 15  # in `limits.MINUTES`, of one person or address
TOO_OFTEN = _("Too many times were kept from here just now. Please try again in a few minutes.")


def owner_hash(secret: str) -> str:
    """What is kept of the secret that owns a hold."""
    return hashlib.sha256(secret.encode()).hexdigest()


@action("hold.take")
def hold(
    *,
    service: UUID,
    therapist: UUID,
    start: int,
    medium: str,
    place: str,
    zone: str,
    secret: str,
    actor: Actor,
    now: datetime,
) -> Booking:
    """Hold one start for the clinic's `hold_minutes`. Nobody's patient yet: `secret` owns it."""
    require_holds_left(secret, actor, now)
    own = slots.treated_by(actor)
    offer = require_offer(
        service=service,
        therapist=therapist,
        start=start,
        medium=medium,
        place=place,
        zone=zone,
        own=own,
        actor=actor,
        now=now,
    )
    assert actor.clinic is not None
    until = int(now.timestamp()) + 60 * actor.clinic.hold_minutes
    return take(offer, now=now, held_until=until, owner=owner_hash(secret))


def require_holds_left(secret: str, actor: Actor, now: datetime) -> None:
    """At most the clinic's `max_holds` at a time for one browser or program (BL3)."""
    assert actor.clinic is not None
    mine = Booking.objects.filter(
        owner_hash=owner_hash(secret),
        clinic=actor.clinic,
        state=BookingState.HELD.value,
        held_until__gt=int(now.timestamp()),
    )
    if mine.count() >= actor.clinic.max_holds:
        raise TooManyHolds


def require_few_holds(actor: Actor, address: str, now: datetime) -> None:
    """Count one more hold of this person, or of this address, whatever it throws away (BL3).

    The doors ask before they hold: what is refused afterwards counts too.
    """
    who = f"user:{actor.user.pk}" if actor.user else f"from:{address}"
    if limits.spent("holds", who, MOST_HOLDS, now):
        raise TooManyHolds(TOO_OFTEN)
    limits.count("holds", who, now)


def take(
    offer: Offer,
    *,
    now: datetime,
    held_until: int | None = None,
    owner: str = "",
    patient: int | None = None,
    override: str = "",
) -> Booking:
    """Insert session, occupancy and booking: held until then, or booked at once."""
    terms, end = offer.terms, offer.end
    booked = held_until is None
    session = Session.objects.create(
        clinic_id=offer.clinic,
        service_id=offer.service,
        start=offer.start,
        end=end,
        zone=terms.hours.zone,
        medium=offer.medium,
        state=(SessionState.SCHEDULED if booked else SessionState.HELD).value,
        created_at=now,
    )
    margins = terms.before, terms.after
    occupancy(session, (offer.therapist, offer.profile), margins, held_until).save()
    return Booking.objects.create(
        clinic_id=offer.clinic,
        session=session,
        patient_id=patient,
        owner_hash=owner,
        start=offer.start,
        end=end,
        state=(BookingState.BOOKED if booked else BookingState.HELD).value,
        held_until=held_until,
        place=offer.place,
        zone=offer.zone,
        override=override,
        created_at=now,
        booked_at=now if booked else None,
    )


def find_hold(hold: UUID, secret: str, actor: Actor) -> Booking:
    """The hold that this secret owns, expired or not, with session and service; else NotFound."""
    found = (
        Booking.objects.select_related("session__service")
        .filter(uuid=hold, owner_hash=owner_hash(secret), clinic=actor.clinic)
        .first()
    )
    if found is None or not secret:
        raise NotFound
    return found


def require_alive(held: Booking, now: datetime) -> None:
    if held.state != BookingState.HELD.value or (held.held_until or 0) <= now.timestamp():
        raise HoldExpired


@action("hold.extend")
def extend(*, hold: UUID, secret: str, actor: Actor, now: datetime) -> Booking:
    """Keep it for the same time again, once (WCAG 2.2.1)."""
    held = lock_hold(hold, secret, actor)
    require_alive(held, now)
    if held.extended:
        raise ExtendedAlready
    assert actor.clinic is not None
    held.held_until = int(now.timestamp()) + 60 * actor.clinic.hold_minutes
    held.extended = True
    held.save(update_fields=["held_until", "extended"])
    Occupancy.objects.filter(session=held.session).update(held_until=held.held_until)
    return held


@action("hold.release")
def let_go(*, hold: UUID, secret: str, actor: Actor, now: datetime) -> None:
    """Give a held time back; doing so twice is no error."""
    held = lock_hold(hold, secret, actor)
    if held.state == BookingState.HELD.value:
        release([held.session_id])


def lock_hold(hold: UUID, secret: str, actor: Actor) -> Booking:
    """The hold with its therapist locked, read again under the lock."""
    held = find_hold(hold, secret, actor)
    lock_therapists(held.session.occupancies.values_list("therapist_id", flat=True)[0])
    return find_hold(hold, secret, actor)
