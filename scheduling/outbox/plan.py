"""Turn what happened into what the worker owes: one undone task per recipient and session.

Of a series, a recipient is told as a whole: one task, however many of its dates have changed. Of
what a program brings, a patient is told as a whole: one task, however many series that is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q

from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import BookingState
from scheduling.models import Booking, Event, EventKind, Invite, Occupancy, Session, Task, TaskKind
from scheduling.outbox import offers, rooms
from scheduling.outbox.program import Together, told_together
from scheduling.outbox.queue import UNDONE
from scheduling.outbox.series import told_as_series

TOLD = {
    EventKind.BOOKED.value,
    EventKind.MOVED.value,
    EventKind.CANCELLED.value,
    EventKind.RESTORED.value,
    EventKind.PROGRAM.value,
}
PROGRAM = TaskKind.TELL_PROGRAM.value
TELL = (TaskKind.TELL_PATIENT.value, TaskKind.TELL_THERAPIST.value, PROGRAM)


class Owed(NamedTuple):
    """Somebody who is to be brought up to date about a session, about a series as a whole, or (with
    neither) about all that programs bring."""

    clinic: int
    session: int | None
    series: int | None
    kind: str
    patient: int | None
    therapist: int | None


def plan(now: datetime, limit: int = 200) -> int:
    """Plan the oldest unplanned events; answers how many. Several planners share them out.

    An undone task is locked while it is relied on: whoever ends it looks, under the same lock,
    whether the session has changed since, so a change falls to one of the two.
    """
    waiting = Event.objects.filter(planned_at__isnull=True)
    if not waiting.exists():  # an idle worker takes no lock
        return 0
    with transaction.atomic():
        rows = waiting.select_for_update(skip_locked=True, of=("self",))
        events = list(rows.order_by("pk")[:limit])
        plan_these(events, now)
        rooms.owe(events, now)
        offers.owe(events, now)
        Event.objects.filter(pk__in=[event.pk for event in events]).update(planned_at=now)
    return len(events)


def plan_these(events: Sequence[Event], now: datetime) -> None:
    """The messages that these events bring about."""
    owed = owed_for(to_come([event for event in events if event.kind in TOLD], now))
    create(owed - undone(owed), now)


def to_come(events: Sequence[Event], now: datetime) -> list[Event]:
    """Nothing is told of a session that has ended."""
    sessions = Session.objects.filter(pk__in={event.session_id for event in events})
    ahead = set(sessions.filter(end__gt=to_minute(now)).values_list("pk", flat=True))
    return [event for event in events if event.session_id in ahead]


def owed_for(events: Sequence[Event]) -> set[Owed]:
    """The patient of each event's seat alone (BL4), and every therapist who gives or gave it."""
    rows = Session.objects.filter(pk__in={event.session_id for event in events})
    sessions = {row.pk: row for row in rows.select_related("series__group")}
    alone = [row.pk for row in sessions.values() if row.series is None]
    series = {one for row in sessions.values() for one in concerned(row)}
    seats = [(sessions[pk], who) for pk, who in patients_of(events) if who is not None]
    together = told_together((who, one.series) for one, who in seats)
    whole = {event.session_id for event in events if event.booking_id is None}
    return {
        *(owed for one, who in seats for owed in about(one, who, together)),
        *members_of({one for pk in whole for one in concerned(sessions[pk])}),
        *therapists_of(alone),
        *therapists_of_series(series),
    }


def concerned(session: Session) -> list[int]:
    """Its series, and the one that it may have come from."""
    if session.series is None:
        return []
    return [one for one in (session.series_id, session.series.follows_id) if one is not None]


def about(session: Session, patient: int, together: Together) -> tuple[Owed, ...]:
    """What one seat's patient is told of: the program that brings it, or the series, or the session
    where there is none, or where it is one of those that people drop in to."""
    kind, clinic = TaskKind.TELL_PATIENT.value, session.clinic_id
    if (patient, session.series_id) in together:
        return (Owed(clinic, None, None, PROGRAM, patient, None),)
    if session.series is None or not told_as_series(session.series):
        return (Owed(clinic, session.pk, None, kind, patient, None),)
    return tuple(Owed(clinic, None, one, kind, patient, None) for one in concerned(session))


def patients_of(events: Sequence[Event]) -> Iterable[tuple[int, int | None]]:
    """Pairs of session and patient. An event about the whole session is for all who sit in it or
    were told of it."""
    seats = Booking.objects.filter(pk__in=[e.booking_id for e in events if e.booking_id])
    whole = [event.session_id for event in events if event.booking_id is None]
    everybody = Booking.objects.filter(session__in=whole, state=BookingState.BOOKED.value)
    told = Invite.objects.filter(session__in=whole, patient__isnull=False)
    return {
        *seats.values_list("session_id", "patient_id"),
        *(everybody.values_list("session_id", "patient_id") if whole else ()),
        *(told.values_list("session_id", "patient_id") if whole else ()),
    }


def members_of(series: Iterable[int]) -> set[Owed]:
    """The patients who were told of a series."""
    told = Invite.objects.filter(series__in=list(series), patient__isnull=False)
    rows = list(told.select_related("series"))
    together = told_together((one.patient_id or 0, one.series) for one in rows)
    return {
        Owed(one.series.clinic_id, None, None, PROGRAM, one.patient_id, None)
        if (one.patient_id, one.series_id) in together
        else Owed(
            one.series.clinic_id, None, one.series_id, TaskKind.TELL_PATIENT.value, one.patient_id,
            None,
        )
        for one in rows
        if one.series is not None
    }  # fmt: skip


def therapists_of(sessions: Iterable[int]) -> set[Owed]:
    given = Occupancy.objects.filter(session__in=list(sessions))
    told = Invite.objects.filter(session__in=list(sessions), therapist__isnull=False)
    found = [
        *given.values_list("session__clinic_id", "session_id", "profile_id"),
        *told.values_list("session__clinic_id", "session_id", "therapist_id"),
    ]
    kind = TaskKind.TELL_THERAPIST.value
    return {Owed(clinic, one, None, kind, None, who) for clinic, one, who in found}


def therapists_of_series(series: Iterable[int]) -> set[Owed]:
    given = Occupancy.objects.filter(session__series__in=list(series))
    told = Invite.objects.filter(series__in=list(series), therapist__isnull=False)
    found = [
        *given.values_list("session__clinic_id", "session__series_id", "profile_id").distinct(),
        *told.values_list("series__clinic_id", "series_id", "therapist_id"),
    ]
    kind = TaskKind.TELL_THERAPIST.value
    return {Owed(clinic, None, one, kind, None, who) for clinic, one, who in found}


def undone(owed: set[Owed]) -> set[Owed]:
    """What is owed already; the tasks stay locked until the plan is committed."""
    subjects = (
        Q(session__in={one.session for one in owed if one.session})
        | Q(series__in={one.series for one in owed if one.series})
        | Q(kind=PROGRAM, patient__in={one.patient for one in owed if one.kind == PROGRAM})
    )
    rows = Task.objects.filter(UNDONE, subjects, kind__in=TELL).select_for_update(of=("self",))
    return {Owed(*row) for row in rows.order_by("pk").values_list(*Owed._fields)}


def create(owed: Iterable[Owed], now: datetime) -> None:
    """Insert the tasks; one that another planner has just made is left to it."""
    tasks = [
        Task(
            kind=one.kind,
            clinic_id=one.clinic,
            session_id=one.session,
            series_id=one.series,
            patient_id=one.patient,
            therapist_id=one.therapist,
            created_at=now,
            due_at=now,
        )
        for one in sorted(owed, key=str)
    ]
    Task.objects.bulk_create(tasks, ignore_conflicts=True)
