"""Mark who came. A mark is apart from the booking's state, so that it can be corrected."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from accounts import audit
from accounts.actor import Actor, ActorKind
from scheduling import policy
from scheduling.actions.action import action, happened
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import Attendance, BookingState
from scheduling.errors import BadInput, IllegalChange, NotFound, NotStarted
from scheduling.models import Booking, EventKind


@action("booking.attend")
def mark(*, booking: UUID, attendance: str, actor: Actor, now: datetime) -> Booking:
    """Attended, no-show, technical failure, excused, or "" to take a mark back; staff only.

    Nobody attends before the start (BL2); the patient's own booking is not the patient's to mark.
    """
    if attendance not in [a.value for a in Attendance]:
        raise BadInput(field="attendance")
    seen = policy.find(Booking, actor, uuid=booking)
    if seen.patient is not None and seen.patient.user_id == getattr(actor.user, "pk", -1):
        raise NotFound
    treats = policy.caseload(actor) & set(
        seen.session.occupancies.values_list("profile_id", flat=True)
    )
    if not (treats or actor.has(policy.DESK) or actor.kind is ActorKind.WORKER):
        raise NotFound
    seat = Booking.objects.select_for_update(no_key=True, of=("self",)).get(pk=seen.pk)
    if seat.state != BookingState.BOOKED.value:
        raise IllegalChange(subject=seat.patient_id)
    if attendance and seat.start > to_minute(now):
        raise NotStarted(subject=seat.patient_id)
    if seat.attendance == attendance:
        return seat  # said twice
    before, seat.attendance = seat.attendance, attendance
    seat.attendance_at = now if attendance else None
    seat.save(update_fields=["attendance", "attendance_at"])
    happened(
        EventKind.ATTENDANCE,
        session=seat.session,
        booking=seat,
        actor=actor,
        now=now,
        before=before,
        after=attendance,
    )
    audit.record(actor, "booking.attend", subject=seat.patient_id, obj=seat.uuid)
    return seat
