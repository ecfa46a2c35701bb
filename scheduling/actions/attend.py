"""Mark who came. A mark is apart from the booking's state, so that it can be corrected."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from accounts import audit
from accounts.actor import Actor, ActorKind
from scheduling import policy
from scheduling.actions.action import action, happened
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import Attendance, BookingState
from scheduling.errors import BadInput, IllegalChange, NotFound, NotStarted
from scheduling.models import Booking, EventKind, Occupancy, Session


class Mark(NamedTuple):
    """`attendance`: "" takes a mark back. Minutes are those of who attended."""

    attendance: str
    late_by: int | None = None
    left_early_by: int | None = None


@action("booking.attend")
def mark(
    *,
    booking: UUID,
    attendance: str,
    late_by: int | None = None,
    left_early_by: int | None = None,
    actor: Actor,
    now: datetime,
) -> Booking:
    """Attended, no-show, technical failure, excused, or "" to take a mark back; staff only.

    Nobody attends before the start (BL2); the patient's own booking is not the patient's to mark.
    """
    rows = policy.visible(Booking, actor).filter(uuid=booking)
    seen = rows.values_list("pk", "session_id", "patient__user_id").first()
    if seen is None or seen[2] == getattr(actor.user, "pk", 0):
        raise NotFound
    require_marker(seen[1], actor)
    return put(seen[0], Mark(attendance, late_by, left_early_by), actor, now)


@action("group.attend")
def mark_group(
    *,
    session: UUID,
    marks: Mapping[UUID, Mark],
    present: int | None = None,
    actor: Actor,
    now: datetime,
) -> Session:
    """The marks of a group's session in one go, by booking, and how many were there in all."""
    row = policy.find(Session, actor, uuid=session, series__group__isnull=False)
    require_marker(row.pk, actor)
    if row.start > to_minute(now):
        raise NotStarted
    seats = policy.visible(Booking, actor).filter(session=row, uuid__in=marks)
    known = dict(seats.exclude(patient__user=actor.user).values_list("uuid", "pk"))
    if len(known) < len(marks) or (present is not None and not 0 <= present <= 999):
        raise NotFound
    for uuid, pk in sorted(known.items(), key=lambda one: one[1]):
        put(pk, marks[uuid], actor, now)
    Session.objects.filter(pk=row.pk).update(present=present)
    audit.record(actor, "group.attend", obj=row)
    return row


def require_marker(session: int, actor: Actor) -> None:
    """Who gives the session, or the desk."""
    if actor.has(policy.DESK) or actor.kind is ActorKind.WORKER:
        return
    given = Occupancy.objects.filter(session=session, profile__in=policy.caseload(actor))
    if not given.exists():
        raise NotFound


def put(pk: int, said: Mark, actor: Actor, now: datetime) -> Booking:
    require_sense(said)
    rows = Booking.objects.select_related("session")
    seat = rows.select_for_update(no_key=True, of=("self",)).get(pk=pk)
    if seat.state != BookingState.BOOKED.value:
        raise IllegalChange(subject=seat.patient_id)
    if said.attendance and seat.start > to_minute(now):
        raise NotStarted(subject=seat.patient_id)
    if (seat.attendance, seat.late_by, seat.left_early_by) == said:
        return seat  # said twice
    before, seat.attendance = seat.attendance, said.attendance
    seat.late_by, seat.left_early_by = said.late_by, said.left_early_by
    seat.attendance_at = now if said.attendance else None
    seat.save(update_fields=["attendance", "attendance_at", "late_by", "left_early_by"])
    happened(
        EventKind.ATTENDANCE,
        session=seat.session,
        booking=seat,
        actor=actor,
        now=now,
        before=before,
        after=said.attendance,
    )
    audit.record(actor, "booking.attend", subject=seat.patient_id, obj=seat.uuid)
    return seat


def require_sense(said: Mark) -> None:
    if said.attendance not in [a.value for a in Attendance]:
        raise BadInput(field="attendance")
    minutes = [one for one in (said.late_by, said.left_early_by) if one is not None]
    if minutes and said.attendance != Attendance.ATTENDED.value:
        raise BadInput(field="late_by")
    if any(not 0 < one <= 480 for one in minutes):
        raise BadInput(field="late_by")
