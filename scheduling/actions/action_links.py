"""Do what a link in mail is for: one action on one booking, once, before it starts (TK3)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db.models import Q

from accounts import audit
from accounts.actor import Actor
from scheduling.actions.action import action
from scheduling.actions.cancel import cancel
from scheduling.actions.links import hash_token
from scheduling.actions.reschedule import reschedule
from scheduling.actions.wait_offers import accept, decline
from scheduling.engine.lifecycle import BookingState, OfferState, SessionState
from scheduling.errors import NotFound, Refusal
from scheduling.models import ActionLink, Booking

CANCEL, MOVE, OFFER = "cancel", "move", "offer"
BOOKED = Q(
    action__in=(CANCEL, MOVE),
    booking__state=BookingState.BOOKED.value,
    booking__session__state=SessionState.SCHEDULED.value,
)
OFFERED = Q(
    action=OFFER,
    booking__state=BookingState.HELD.value,
    booking__offer__state=OfferState.OPEN.value,
)


def find_action_link(token: str, now: datetime) -> ActionLink | None:
    """The live link; None for unknown, used, expired, and for bookings that are no more."""
    return _live(now, token_hash=hash_token(token))


def _live(now: datetime, **lookup: Any) -> ActionLink | None:
    rows = ActionLink.objects.select_related(
        "booking__session__clinic", "booking__session__service", "booking__patient__user"
    )
    return (
        rows.filter(
            BOOKED | OFFERED,
            **lookup,
            used_at__isnull=True,
            expires_at__gt=now,
            booking__session__clinic__active=True,
            booking__patient__active=True,
        )
        .exclude(booking__patient__user__is_active=False)
        .first()
    )


def holder(link: ActionLink, where: str) -> Actor:
    """Who has proven to be the person of this link."""
    booking = link.booking
    return Actor.link(
        f"action-{link.pk}", booking.session.clinic, patient=booking.patient_id, where=where
    )


@action("link.cancel")
def cancel_by_link(*, link: ActionLink, actor: Actor, now: datetime) -> Booking:
    """Cancel the booking of the link, as its patient; the link is used up."""
    booking = _use(link, CANCEL, actor, now)
    with _about(booking):
        return cancel(booking=booking.uuid, actor=actor, now=now)


@action("link.move")
def move_by_link(*, link: ActionLink, start: int, actor: Actor, now: datetime) -> Booking:
    """Move the booking of the link to another start with the same therapist; used up."""
    booking = _use(link, MOVE, actor, now)
    with _about(booking):
        return reschedule(booking=booking.uuid, start=start, actor=actor, now=now)


@action("link.offer")
def answer_by_link(*, link: ActionLink, take: bool, actor: Actor, now: datetime) -> Booking:
    """Take the time that is kept, or pass it on; the link is used up."""
    held = _use(link, OFFER, actor, now)
    with _about(held):
        if take:
            return accept(offer=held.offer.uuid, actor=actor, now=now)
        return decline(offer=held.offer.uuid, actor=actor, now=now).booking


@contextmanager
def _about(booking: Booking) -> Iterator[None]:
    """What is refused in here is rolled back, its audit row too: our own row says whom it was."""
    try:
        yield
    except Refusal as refusal:
        refusal.extra["subject"] = booking.patient_id
        raise


def _use(link: ActionLink, what: str, actor: Actor, now: datetime) -> Booking:
    """Spend the link under its lock. A refusal afterwards rolls this back."""
    rows = ActionLink.objects.select_for_update(no_key=True, of=("self",))
    rows.filter(pk=link.pk).first()
    fresh = _live(now, pk=link.pk, action=what)
    if fresh is None or actor.patient != fresh.booking.patient_id:
        raise NotFound
    ActionLink.objects.filter(pk=fresh.pk).update(used_at=now)
    audit.record(
        actor, "link.use", subject=fresh.booking.patient_id, obj=fresh, detail={"for": what}
    )
    return fresh.booking
