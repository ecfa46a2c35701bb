"""The lives of sessions, bookings and rooms, each as one table that everybody reads.

Only what happened is a state. What the clock alone decides ("joinable now", "late", "over") is
computed from `now` where it is asked. In models use `.value`, so that no migration imports this.
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar


class SessionState(StrEnum):
    HELD = "held"  # a time is kept while somebody confirms; free again at `held_until`
    SCHEDULED = "scheduled"  # it stands in the calendar; past or to come
    CANCELLED = "cancelled"  # it does not take place and takes no time


class BookingState(StrEnum):
    HELD = "held"  # a seat is kept while somebody confirms; free again at `held_until`
    BOOKED = "booked"  # the patient has the seat
    CANCELLED = "cancelled"  # was booked and was given up, with a reason
    RELEASED = "released"  # was only held: it expired or was let go, nobody was ever told


UNDO = timedelta(minutes=5)  # so long a cancellation can be taken back


class Attendance(StrEnum):
    UNKNOWN = ""  # nobody has said yet
    ATTENDED = "attended"  # was there, if only for a part
    NO_SHOW = "no_show"  # the therapist was there, the patient was not
    TECHNICAL_FAILURE = "technical_failure"  # the call failed: never the patient's fault
    EXCUSED = "excused"  # was not there, and it is not held against the patient


class CancelReason(StrEnum):
    PATIENT = "patient"  # by the patient, within the clinic's notice
    PATIENT_LATE = "patient_late"  # by the patient, later than that
    CLINIC = "clinic"  # by the clinic, for its own reasons
    THERAPIST_ILL = "therapist_ill"  # by the clinic, because the therapist cannot come
    TECHNICAL_FAILURE = "technical_failure"  # known beforehand that no call is possible
    OTHER = "other"  # none of these; staff say more in a note


class RoomState(StrEnum):
    PENDING = "pending"  # wanted; the platform or the therapist has not filled it in
    READY = "ready"  # filled in; nobody is let through yet
    OPEN = "open"  # people are let through
    CLOSED = "closed"  # the session is over
    REVOKED = "revoked"  # withdrawn: its address must never be handed out again


class GroupState(StrEnum):
    RUNNING = "running"  # its sessions are made ahead of time
    PAUSED = "paused"  # none are made; what was to come is cancelled
    ENDED = "ended"  # for good; the past stays


class LeaveReason(StrEnum):
    PATIENT = "patient"  # by the member
    CLINIC = "clinic"  # by the clinic
    COMPLETED = "completed"  # the group or the member's time in it came to its end


class EndReason(StrEnum):
    """Why an enrolment ended before or at its planned day."""

    COMPLETED = "completed"  # it came to its planned end
    STEPPED = "stepped"  # another level of care goes on
    DISCHARGED = "discharged"  # by the clinic
    LEFT = "left"  # the patient left
    UNDONE = "undone"  # it came by a step that was taken back


class WaitState(StrEnum):
    WAITING = "waiting"  # in the line; may have an offer open
    BOOKED = "booked"  # took an offer, or the place itself
    LEFT = "left"  # no longer wants it, or was taken out


class OfferState(StrEnum):
    OPEN = "open"  # held for one person until its deadline
    ACCEPTED = "accepted"  # booked
    DECLINED = "declined"  # passed on at once
    EXPIRED = "expired"  # nobody answered in time
    WITHDRAWN = "withdrawn"  # taken back by the clinic, or by a change of the session


S, B, A, R = SessionState, BookingState, Attendance, RoomState

# The way back from CANCELLED is the undo, for a few minutes and only if the time is still free.
SESSION_MOVES: Mapping[SessionState, frozenset[SessionState]] = {
    S.HELD: frozenset({S.SCHEDULED, S.CANCELLED}),
    S.SCHEDULED: frozenset({S.CANCELLED}),
    S.CANCELLED: frozenset({S.SCHEDULED}),
}

BOOKING_MOVES: Mapping[BookingState, frozenset[BookingState]] = {
    B.HELD: frozenset({B.BOOKED, B.RELEASED}),
    B.BOOKED: frozenset({B.CANCELLED}),
    B.CANCELLED: frozenset({B.BOOKED}),
    B.RELEASED: frozenset(),
}

# A mark can be corrected to any other, or taken back.
ATTENDANCE_MOVES: Mapping[Attendance, frozenset[Attendance]] = {
    mark: frozenset(Attendance) - {mark} for mark in Attendance
}

# PENDING again is a new generation of the room: moved, another address, or an undone cancel.
ROOM_MOVES: Mapping[RoomState, frozenset[RoomState]] = {
    R.PENDING: frozenset({R.READY, R.CLOSED, R.REVOKED}),
    R.READY: frozenset({R.PENDING, R.OPEN, R.CLOSED, R.REVOKED}),
    R.OPEN: frozenset({R.PENDING, R.CLOSED, R.REVOKED}),
    R.CLOSED: frozenset(),
    R.REVOKED: frozenset({R.PENDING}),
}


GROUP_MOVES: Mapping[GroupState, frozenset[GroupState]] = {
    GroupState.RUNNING: frozenset({GroupState.PAUSED, GroupState.ENDED}),
    GroupState.PAUSED: frozenset({GroupState.RUNNING, GroupState.ENDED}),
    GroupState.ENDED: frozenset(),
}

WAIT_MOVES: Mapping[WaitState, frozenset[WaitState]] = {
    WaitState.WAITING: frozenset({WaitState.BOOKED, WaitState.LEFT}),
    WaitState.BOOKED: frozenset(),
    WaitState.LEFT: frozenset({WaitState.WAITING}),  # what took them out of the line is undone
}

OFFER_MOVES: Mapping[OfferState, frozenset[OfferState]] = {
    OfferState.OPEN: frozenset(OfferState) - {OfferState.OPEN},
    OfferState.ACCEPTED: frozenset(),
    OfferState.DECLINED: frozenset(),
    OfferState.EXPIRED: frozenset(),
    OfferState.WITHDRAWN: frozenset(),
}


class IllegalMove(ValueError):
    """A state was asked for that the table does not allow from the present one."""

    def __init__(self, old: StrEnum, new: StrEnum) -> None:
        super().__init__(f"{type(old).__name__}: no way from {old.name} to {new.name}")
        self.old, self.new = old, new


State = TypeVar("State", bound=StrEnum)


def require_move(table: Mapping[State, frozenset[State]], old: State, new: State) -> None:
    """Raise IllegalMove unless `table` allows `old` to become `new`; staying is no move."""
    if new not in table[old]:
        raise IllegalMove(old, new)
