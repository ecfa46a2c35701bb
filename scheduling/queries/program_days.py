"""Whether what a program brought lies within its days, and in no pause of it."""

from __future__ import annotations

from collections.abc import Sequence

from scheduling.engine.lifecycle import BookingState
from scheduling.models import Booking, Enrollment, Member, Session


def program_of(seat: Booking) -> Enrollment | None:
    """Which brought the seat: by a session of its own, or by a place in a group."""
    series = seat.session.series
    if series is None:
        return None
    if series.group_id is None:
        return series.enrollment
    places = Member.objects.filter(
        group=series.group_id, patient=seat.patient_id, left_at__isnull=True
    )
    member = places.select_related("enrollment").first()
    return member.enrollment if member else None


def runs_at(row: Enrollment, *starts: int) -> bool:
    """At each of them: not before its first day, not in a pause, not when it is over."""
    away = [(one.start, row.end if one.end is None else one.end) for one in row.pauses.all()]
    return row.live and all(
        row.start <= start < row.end and not any(low <= start < high for low, high in away)
        for start in starts
    )


def left_by(sessions: Sequence[Session]) -> list[Booking]:
    """Seats of a group's sessions that a program brought which does not run when these are held
    now. Four queries or fewer, whoever sits in them."""
    groups_of = {one.series.group_id for one in sessions if one.series}
    brought = Member.objects.filter(
        group__in=groups_of, enrollment__isnull=False, left_at__isnull=True
    )
    rows = brought.select_related("enrollment").prefetch_related("enrollment__pauses")
    programs = {one.patient_id: one.enrollment for one in rows if one.enrollment}
    seats = Booking.objects.filter(
        session__in=sessions, patient__in=programs, state=BookingState.BOOKED.value
    )
    start = {one.pk: one.start for one in sessions}
    return [
        one for one in seats if not runs_at(programs[one.patient_id or 0], start[one.session_id])
    ]
