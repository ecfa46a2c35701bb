"""A therapist falls out: everything that is decided about the sessions, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from accounts import audit
from accounts.actor import Actor
from accounts.models import Therapist
from scheduling import policy
from scheduling.actions.action import action
from scheduling.actions.cancel import BY_STAFF, cancel
from scheduling.actions.hours import add_time_off
from scheduling.actions.offer import lock_people
from scheduling.actions.reschedule import reschedule
from scheduling.errors import BadInput, NotFound, ReasonMissing, Refusal
from scheduling.models import Booking, Medium


class What(StrEnum):
    """What becomes of one session."""

    KEEP = "keep"  # as it is
    MOVE = "move"  # to a colleague, at the same time
    OFFER = "offer"  # cancelled, with other times in the message
    TELEPHONE = "telephone"  # by telephone, at the same time with the same therapist
    CANCEL = "cancel"


class Decision(NamedTuple):
    """`therapist`: the colleague of a MOVE. `others`: the times (minutes) of an OFFER."""

    booking: UUID
    what: What
    therapist: UUID | None = None
    others: tuple[int, ...] = ()


@action("therapist.out")
def settle_out(
    *,
    therapist: UUID,
    decisions: Sequence[Decision],
    reason: str,
    time_off: tuple[date, date] | None = None,
    actor: Actor,
    now: datetime,
) -> int:
    """Do all of it or nothing; answers how many sessions change. By the desk, or the therapist.

    `reason`: one of BY_STAFF, kept with each. `time_off`: first and last day on which nothing more
    can be booked with the therapist. A refusal carries the `booking` that it is about.
    """
    who = policy.find(Therapist, actor, uuid=therapist)
    if not (actor.has(policy.DESK) or actor.therapist == who.pk):
        raise NotFound
    if reason not in [code.value for code in BY_STAFF]:
        raise ReasonMissing
    changes = [one for one in decisions if one.what is not What.KEEP]
    rows = Booking.objects.filter(uuid__in=[one.booking for one in changes])
    theirs = rows.filter(session__occupancies__profile=who)
    whose = dict(theirs.values_list("uuid", "patient_id"))
    if not whose.keys() >= {one.booking for one in changes}:
        raise NotFound
    colleagues = Therapist.objects.filter(uuid__in=[one.therapist for one in changes])
    users = colleagues.values_list("user_id", flat=True)
    lock_people([who.user_id, *users], [one for one in whose.values() if one])
    for one in changes:
        try:
            _settle(one, reason, actor, now)
        except Refusal as refusal:
            refusal.extra["booking"] = one.booking
            raise
    if time_off is not None:
        add_time_off(
            therapist=who, first_day=time_off[0], last_day=time_off[1], actor=actor, now=now
        )
    audit.record(actor, "therapist.out", obj=who, detail={"sessions": len(changes)})
    return len(changes)


def _settle(one: Decision, reason: str, actor: Actor, now: datetime) -> None:
    """By the same actions as for a single session: their rules, events and audit rows."""
    if one.what in (What.CANCEL, What.OFFER):
        cancel(booking=one.booking, reason=reason, others=one.others, actor=actor, now=now)
        return
    if one.what is What.MOVE and one.therapist is None:
        raise BadInput(field="therapist")
    row = policy.find(Booking, actor, uuid=one.booking)
    reschedule(
        booking=one.booking,
        start=row.start,
        therapist=one.therapist,
        medium=Medium.TELEPHONE.value if one.what is What.TELEPHONE else "",
        override=reason,
        reason=reason,
        actor=actor,
        now=now,
    )
