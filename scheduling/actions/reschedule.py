"""Move a booking. The old time is kept until the new one is confirmed, in one update."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from accounts import audit
from accounts.actor import Actor
from accounts.models import Therapist
from scheduling import policy
from scheduling.actions.action import action, happened
from scheduling.actions.cancel import (
    BY_STAFF,
    acts_as_staff,
    in_group,
    lock_booking,
    require_changeable,
    require_in_program,
)
from scheduling.actions.links import new_join_link
from scheduling.actions.offer import Offer, require_offer
from scheduling.actions.rooms import renew_room
from scheduling.errors import GroupService, NotFound, ReasonMissing
from scheduling.models import Booking, EventKind, JoinLink, Occupancy, Session


@action("booking.reschedule")
def reschedule(
    *,
    booking: UUID,
    start: int,
    therapist: UUID | None = None,
    medium: str = "",
    place: str = "",
    zone: str = "",
    override: str = "",
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> Booking:
    """Move a booking to another start (and therapist, medium or state) of the same service.

    The same rows are updated: same reference, same link, same calendar UID. Who loses the race
    keeps the old time. `reason`: one of BY_STAFF, kept in the history; staff always give it.
    """
    before = policy.find(Booking, actor, uuid=booking)
    if in_group(before):
        raise GroupService(subject=before.patient_id)
    occupancy = before.session.occupancies.select_related("profile").get()
    staff = acts_as_staff(actor, before)
    if (staff or reason) and reason not in [code.value for code in BY_STAFF]:
        raise ReasonMissing(subject=before.patient_id)
    if override and not (staff and policy.may_override(actor)):
        raise NotFound
    require_changeable(before, staff, now)
    other = policy.find(Therapist, actor, uuid=therapist) if therapist else occupancy.profile
    seat = lock_booking(booking, actor, now, other.user_id)
    require_changeable(seat, staff, now)
    require_in_program(seat, start, override=override)
    occupancy = seat.session.occupancies.select_related("profile").get()
    offer = require_offer(
        service=before.session.service.uuid,
        therapist=other.uuid,
        start=start,
        medium=medium or before.session.medium,
        place=place or before.place,
        zone=zone or before.zone,
        override=override,
        known=other.pk == occupancy.profile_id,
        without_session=before.session_id,
        actor=actor,
        now=now,
    )
    facts: dict[str, Any] = {"from": seat.start, "to": offer.start}
    if reason:
        facts["reason"] = reason
    if offer.therapist != occupancy.therapist_id:
        facts["host"] = True  # somebody else gives it now
    move_rows(seat, occupancy, offer, override, now)
    happened(EventKind.MOVED, session=seat.session, booking=seat, actor=actor, now=now, **facts)
    audit.record(actor, "booking.reschedule", subject=seat.patient_id, obj=seat.uuid)
    return seat


def move_rows(
    seat: Booking, occupancy: Occupancy, offer: Offer, override: str, now: datetime
) -> None:
    """Give session, occupancy and booking the time of the offer."""
    session, terms = seat.session, offer.terms
    if offer.therapist != occupancy.therapist_id:
        _hand_over(session, offer.therapist, now)
    occupancy.therapist_id, occupancy.profile_id = offer.therapist, offer.profile
    occupancy.start, occupancy.end = offer.start, offer.end
    occupancy.buffer_before, occupancy.buffer_after = terms.before, terms.after
    occupancy.busy_from, occupancy.busy_until = offer.start - terms.before, offer.end + terms.after
    occupancy.save()
    session.start, session.end, session.zone = offer.start, offer.end, terms.hours.zone
    session.medium, session.revision = offer.medium, session.revision + 1
    session.save(update_fields=["start", "end", "zone", "medium", "revision"])
    seat.start, seat.end, seat.place, seat.zone = offer.start, offer.end, offer.place, offer.zone
    seat.override = override or seat.override
    seat.save(update_fields=["start", "end", "place", "zone", "override"])
    renew_room(session)


def _hand_over(session: Session, therapist: int, now: datetime) -> None:
    """A link of their own for the new therapist; the old one's opens nothing any more (TK1)."""
    JoinLink.objects.filter(session=session, therapist__isnull=False).delete()
    new_join_link(session, now, therapist_id=therapist).save()
