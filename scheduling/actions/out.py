"""A therapist falls out: everything that is decided about the sessions, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
from scheduling.actions.group_dates import cancel_date, change_facilitator
from scheduling.actions.hours import add_time_off
from scheduling.actions.offer import lock_people
from scheduling.actions.reschedule import reschedule
from scheduling.engine.hours import local_day
from scheduling.errors import BadInput, NotFound, ReasonMissing, Refusal
from scheduling.models import Booking, Medium, Occupancy, Session


class What(StrEnum):
    """What becomes of one session."""

    KEEP = "keep"  # as it is
    MOVE = "move"  # to a colleague, at the same time
    OFFER = "offer"  # cancelled, with other times in the message
    TELEPHONE = "telephone"  # by telephone, at the same time with the same therapist
    CANCEL = "cancel"
    WITHOUT = "without"  # a group's date: whoever gives it too goes on alone
    SUBSTITUTE = "substitute"  # a group's date: somebody else comes in


class DateDecision(NamedTuple):
    """About a group's session: KEEP, CANCEL, WITHOUT, or SUBSTITUTE by `therapist`."""

    session: UUID
    what: What
    therapist: UUID | None = None


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
    dates: Sequence[DateDecision] = (),
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
    groups = [one for one in dates if one.what is not What.KEEP]
    named = [*(one.therapist for one in changes), *(one.therapist for one in groups)]
    colleagues = Therapist.objects.filter(uuid__in=[one for one in named if one])
    users = [*colleagues.values_list("user_id", flat=True), *_givers(groups)]
    lock_people([who.user_id, *users], [one for one in whose.values() if one])
    for one in changes:
        try:
            _settle(one, reason, actor, now)
        except Refusal as refusal:
            refusal.extra["booking"] = one.booking
            raise
    for date_ in groups:
        _settle_date(date_, who, reason, actor, now)
    if time_off is not None:
        add_time_off(
            therapist=who, first_day=time_off[0], last_day=time_off[1], actor=actor, now=now
        )
    count = len(changes) + len(groups)
    audit.record(actor, "therapist.out", obj=who, detail={"sessions": count})
    return count


def _givers(dates: Sequence[DateDecision]) -> Iterable[int]:
    rows = Occupancy.objects.filter(session__uuid__in=[one.session for one in dates], live=True)
    return rows.values_list("therapist_id", flat=True)


def _settle_date(
    one: DateDecision, who: Therapist, reason: str, actor: Actor, now: datetime
) -> None:
    """By the group's own actions; the date's day is that of its series' zone."""
    row = policy.find(Session, actor, uuid=one.session, occupancies__profile=who)
    if one.what is What.CANCEL:
        cancel_date(session=one.session, reason=reason, actor=actor, now=now)
        return
    series = row.series
    if series is None or series.group is None:
        raise NotFound
    if one.what is What.SUBSTITUTE and one.therapist is None:
        raise BadInput(field="therapist")
    day = local_day(series.zone, row.start)
    change_facilitator(
        group=series.group.uuid,
        from_day=day,
        until_day=day,
        leaving=who.uuid,
        coming=one.therapist,
        actor=actor,
        now=now,
    )


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
