"""A report's sums counted anew, session by session in plain Python: slow, and plain to see.

Nothing is stored for reports, so nothing can drift from the bookings; this is to check the one
statement that sums them up (`manage.py utilization_check`).
"""

from __future__ import annotations

from collections import Counter

from django.db.models import Prefetch

from accounts.models import Clinic
from scheduling.engine.hours import day_span
from scheduling.engine.lifecycle import Attendance, BookingState, CancelReason, SessionState
from scheduling.engine.periods import Period
from scheduling.models import Booking, Kind, Session
from scheduling.queries.recount_hours import recount_hours

MARKS = {
    Attendance.UNKNOWN: "unmarked",
    Attendance.ATTENDED: "attended",
    Attendance.NO_SHOW: "no_show",
    Attendance.TECHNICAL_FAILURE: "technical",
    Attendance.EXCUSED: "excused",
}
CANCELS = {
    CancelReason.PATIENT: "cancelled",
    CancelReason.PATIENT_LATE: "cancelled_late",
    CancelReason.TECHNICAL_FAILURE: "cancelled_technical",
}
LOST = {  # the first that one of the seats was cancelled for
    "cancelled_technical": "lost_technical",
    "cancelled_clinic": "lost_clinic",
    "cancelled_late": "lost_late",
}


def recount(clinic: Clinic, period: Period) -> Counter[str]:
    """The fields of `Sums` but for lead times and new bookings."""
    low, high = day_span(clinic.time_zone, period.first, period.last)
    known = Booking.objects.filter(
        state__in=[BookingState.BOOKED.value, BookingState.CANCELLED.value]
    )
    sessions = Session.objects.filter(clinic=clinic, start__gte=low, start__lt=high)
    sessions = sessions.exclude(state=SessionState.HELD.value).select_related("service")
    sums: Counter[str] = Counter()
    patients: set[int | None] = set()
    for session in sessions.prefetch_related(
        Prefetch("bookings", known, to_attr="seats"), "occupancies"
    ).iterator(500):
        seats: list[Booking] = session.seats
        sums.update(fate(seat) for seat in seats)
        sums.update(_time(session, seats))
        sums.update(_group(session, seats))
        patients |= {seat.patient_id for seat in seats if stands(seat)}
        sums["seats"] += sum(stands(seat) for seat in seats)
    sums["patients"] = len(patients)
    sums["offered"] = recount_hours(clinic, (low, high))
    return sums


def stands(seat: Booking) -> bool:
    return seat.state == BookingState.BOOKED.value


def fate(seat: Booking) -> str:
    if stands(seat):
        return MARKS[Attendance(seat.attendance)]
    return CANCELS.get(CancelReason(seat.cancel_reason), "cancelled_clinic")


def _time(session: Session, seats: list[Booking]) -> dict[str, int]:
    """Minutes of all who give it."""
    length = session.end - session.start
    scheduled = session.state == SessionState.SCHEDULED.value
    givers = sum(one.live or not scheduled for one in session.occupancies.all())
    fates = {fate(seat) for seat in seats}
    if not scheduled or not (session.present or any(map(stands, seats))):
        lost = next((field for name, field in LOST.items() if name in fates), None)
        return {lost: length * givers} if lost else {}
    found = {"booked": length * givers}
    if session.present or "attended" in fates:
        found["delivered"] = _delivered(session, seats, length) * givers
    elif "technical" in fates:
        found["lost_technical"] = length * givers
    elif "no_show" in fates:
        found["lost_no_show"] = length * givers
    return found


def _delivered(session: Session, seats: list[Booking], length: int) -> int:
    if session.service.kind == Kind.GROUP.value:
        return length
    here = [seat for seat in seats if fate(seat) == "attended"]
    missed = sum((seat.late_by or 0) + (seat.left_early_by or 0) for seat in here)
    return max(0, length - missed)


def _group(session: Session, seats: list[Booking]) -> dict[str, int]:
    group = session.service.kind == Kind.GROUP.value
    if not group or session.state != SessionState.SCHEDULED.value:
        return {}
    attended = sum(fate(seat) == "attended" for seat in seats)
    return {
        "group_sessions": 1,
        "group_taken": sum(map(stands, seats)),
        "group_present": attended if session.present is None else session.present,
    }
