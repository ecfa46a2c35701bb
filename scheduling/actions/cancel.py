"""Cancel, and take a cancellation back while the time is still free."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts import audit
from accounts.actor import Actor, ActorKind
from accounts.models import Clinic
from scheduling import policy
from scheduling.actions.action import action, happened
from scheduling.actions.book import lock_patient
from scheduling.actions.offer import lock_therapists
from scheduling.actions.release import release_expired
from scheduling.actions.rooms import renew_room, revoke_room
from scheduling.actions.seats import free_numbers, lock_sessions, release_seats
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import UNDO, BookingState, CancelReason, SessionState
from scheduling.errors import (
    CancelledAlready,
    IllegalChange,
    OutsideProgram,
    ReasonMissing,
    StartedAlready,
    TooLate,
    UndoTooLate,
)
from scheduling.models import (
    Booking,
    Entry,
    EventKind,
    JoinLink,
    Kind,
    Member,
    Occupancy,
    Session,
)
from scheduling.queries.program_days import program_of, runs_at

BY_PATIENT = (CancelReason.PATIENT, CancelReason.PATIENT_LATE)
BY_STAFF = tuple(reason for reason in CancelReason if reason is not CancelReason.PATIENT_LATE)


@action("booking.cancel")
def cancel(
    *,
    booking: UUID,
    reason: str = "",
    note: str = "",
    others: Sequence[int] = (),
    actor: Actor,
    now: datetime,
) -> Booking:
    """Cancel a booking of a session that has not started; its time is free at once.

    Patients need no reason and have until the clinic's `change_notice`; staff give a coded one.
    Within `late_notice` a patient's cancellation is marked late. `others`: starts (minutes) that
    the message names in its place; they are not kept. Of a group it frees the seat alone (BL4).
    """
    seat = lock_booking(booking, actor, now)
    staff = acts_as_staff(actor, seat)
    require_changeable(seat, staff, now)
    clinic = seat.clinic
    early = seat.start - to_minute(now) >= clinic.late_notice
    code = coded(reason, staff, early)
    seat.state, seat.live, seat.cancelled_at = BookingState.CANCELLED.value, False, now
    seat.cancel_reason, seat.cancelled_by = code.value, actor.name
    seat.late = code is CancelReason.PATIENT_LATE
    if note:
        seat.override = note[:500]
    seat.save(
        update_fields=[
            "state",
            "live",
            "cancelled_at",
            "cancel_reason",
            "cancelled_by",
            "late",
            "override",
        ]
    )
    session = seat.session
    if in_group(seat):
        JoinLink.objects.filter(booking=seat).update(revoked_at=now)
    else:
        Occupancy.objects.filter(session=session).update(live=False)
        _turn(session, SessionState.CANCELLED)
        JoinLink.objects.filter(session=session).update(revoked_at=now)
        revoke_room(session)
    facts: dict[str, Any] = {"reason": code.value}
    if others:
        facts["others"] = list(others)
    happened(EventKind.CANCELLED, session=session, booking=seat, actor=actor, now=now, **facts)
    audit.record(actor, "booking.cancel", subject=seat.patient_id, obj=seat.uuid)
    return seat


@action("booking.undo_cancel")
def undo_cancel(*, booking: UUID, actor: Actor, now: datetime) -> Booking:
    """Take back a cancellation of the last five minutes, if the time is still free."""
    seat = lock_booking(booking, actor, now)
    if seat.state != BookingState.CANCELLED.value or seat.cancelled_at is None:
        raise IllegalChange(subject=seat.patient_id)
    if now - seat.cancelled_at > UNDO or seat.start <= to_minute(now):
        raise UndoTooLate(subject=seat.patient_id)
    require_undoer(seat, actor)
    session = seat.session
    if in_group(seat):
        sit_down_again(seat, now)
    require_in_program(seat, seat.start)
    if not in_group(seat):
        release_expired(therapist_of(session), now)
        Occupancy.objects.filter(session=session).update(live=True)
    seat.state, seat.live, seat.cancelled_at = BookingState.BOOKED.value, True, None
    seat.cancel_reason, seat.cancelled_by, seat.late = "", "", False
    seat.save(
        update_fields=[
            "start",
            "end",
            "state",
            "live",
            "seat",
            "cancelled_at",
            "cancel_reason",
            "cancelled_by",
            "late",
        ]
    )
    if in_group(seat):
        JoinLink.objects.filter(booking=seat).update(revoked_at=None)
    else:
        _turn(session, SessionState.SCHEDULED)
        JoinLink.objects.filter(session=session).update(revoked_at=None)
        renew_room(session)
    happened(EventKind.RESTORED, session=session, booking=seat, actor=actor, now=now)
    audit.record(actor, "booking.undo_cancel", subject=seat.patient_id, obj=seat.uuid)
    return seat


def in_group(seat: Booking) -> bool:
    """Whether it is one seat of several: the session is not this patient's to end."""
    return seat.session.service.kind == Kind.GROUP.value


def sit_down_again(seat: Booking, now: datetime) -> None:
    """A number that is free now, at the time that the date has by now; none for who has left the
    group, or where the date is off."""
    lock_sessions([seat.session])
    if seat.session.state != SessionState.SCHEDULED.value:
        raise IllegalChange(subject=seat.patient_id)
    seat.start, seat.end = seat.session.start, seat.session.end
    series = seat.session.series
    group = series.group if series else None
    if group is not None and group.entry != Entry.OPEN.value:
        places = Member.objects.filter(group=group, patient=seat.patient, left_at__isnull=True)
        if not places.exists():
            raise IllegalChange(subject=seat.patient_id)
    release_seats([seat.session], now)
    seat.seat = free_numbers([seat.session_id], now)[seat.session_id]


def require_in_program(seat: Booking, *starts: int, override: str = "") -> None:
    """What a program brought stays within its days and out of its pauses; staff say why not."""
    program = None if override else program_of(seat)
    if program is not None and not runs_at(program, *starts):
        raise OutsideProgram(subject=seat.patient_id)


def lock_booking(booking: UUID, actor: Actor, now: datetime, *others: int) -> Booking:
    """The booking with its therapist (and `others`), then the patient locked, read again under
    the locks. One that was handed to another therapist meanwhile is refused: a lock out of order
    could meet somebody else's."""
    seen = policy.find(Booking, actor, uuid=booking)
    users = {therapist_of(seen.session), *others}
    lock_therapists(*users)
    if therapist_of(seen.session) not in users:
        raise IllegalChange(subject=seen.patient_id)
    patient = lock_patient(seen.patient_id, actor, now)
    seat = Booking.objects.select_related("session__service", "clinic").get(pk=seen.pk)
    seat.patient = patient
    return seat


def therapist_of(session: Session) -> int:
    """The user id of the session's (first) therapist."""
    found: int = session.occupancies.order_by("pk").values_list("therapist_id", flat=True)[0]
    return found


def acts_as_staff(actor: Actor, seat: Booking) -> bool:
    """Staff for somebody else; one's own booking is changed as a patient."""
    own = actor.patient is not None and actor.patient == seat.patient_id
    return actor.kind is ActorKind.WORKER or (actor.is_staff and not own)


def require_changeable(seat: Booking, staff: bool, now: datetime) -> None:
    """Booked, not begun, and for a patient not within the clinic's `change_notice`."""
    if seat.state == BookingState.CANCELLED.value:
        raise CancelledAlready(subject=seat.patient_id)
    if seat.state != BookingState.BOOKED.value:
        raise IllegalChange(subject=seat.patient_id)
    left = seat.start - to_minute(now)
    if left <= 0:
        raise StartedAlready(subject=seat.patient_id)
    if not staff and left < change_notice(seat.clinic):
        raise TooLate(subject=seat.patient_id)


def change_notice(clinic: Clinic) -> int:
    """Minutes before the start until which a patient may change a booking online."""
    return clinic.change_notice


def require_undoer(seat: Booking, actor: Actor) -> None:
    """A patient takes back only the patient's own cancellation."""
    if not acts_as_staff(actor, seat) and seat.cancel_reason not in [r.value for r in BY_PATIENT]:
        raise IllegalChange(subject=seat.patient_id)


def coded(reason: str, staff: bool, early: bool) -> CancelReason:
    """The reason that is stored. Staff may enter a patient's call: late or not is computed."""
    if staff and reason not in [r.value for r in BY_STAFF]:
        raise ReasonMissing
    if staff and reason != CancelReason.PATIENT.value:
        return CancelReason(reason)
    return CancelReason.PATIENT if early else CancelReason.PATIENT_LATE


def _turn(session: Session, state: SessionState) -> None:
    session.state, session.revision = state.value, session.revision + 1
    session.save(update_fields=["state", "revision"])
