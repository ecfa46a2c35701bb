"""Turn what happened into what the worker owes: one undone task per recipient and session."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import BookingState
from scheduling.models import Booking, Event, EventKind, Invite, Occupancy, Session, Task, TaskKind
from scheduling.outbox import rooms
from scheduling.outbox.queue import UNDONE

TOLD = {
    EventKind.BOOKED.value,
    EventKind.MOVED.value,
    EventKind.CANCELLED.value,
    EventKind.RESTORED.value,
}
TELL = (TaskKind.TELL_PATIENT.value, TaskKind.TELL_THERAPIST.value)


class Owed(NamedTuple):
    """Somebody who is to be brought up to date about a session."""

    session: int
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
        owed = owed_for(to_come([event for event in events if event.kind in TOLD], now))
        create(owed - undone({one.session for one in owed}), events, now)
        rooms.owe(events, now)
        Event.objects.filter(pk__in=[event.pk for event in events]).update(planned_at=now)
    return len(events)


def to_come(events: Sequence[Event], now: datetime) -> list[Event]:
    """Nothing is told of a session that has ended."""
    sessions = Session.objects.filter(pk__in={event.session_id for event in events})
    ahead = set(sessions.filter(end__gt=to_minute(now)).values_list("pk", flat=True))
    return [event for event in events if event.session_id in ahead]


def owed_for(events: Sequence[Event]) -> set[Owed]:
    """The patient of each event's seat alone (BL4), and every therapist who gives or gave it."""
    return patients_of(events) | therapists_of({event.session_id for event in events})


def patients_of(events: Sequence[Event]) -> set[Owed]:
    """An event about the whole session is for all who sit in it or were told of it."""
    seats = Booking.objects.filter(pk__in=[e.booking_id for e in events if e.booking_id])
    whole = [event.session_id for event in events if event.booking_id is None]
    everybody = Booking.objects.filter(session__in=whole, state=BookingState.BOOKED.value)
    told = Invite.objects.filter(session__in=whole, patient__isnull=False)
    pairs = [
        *seats.values_list("session_id", "patient_id"),
        *(everybody.values_list("session_id", "patient_id") if whole else ()),
        *(told.values_list("session_id", "patient_id") if whole else ()),
    ]
    kind = TaskKind.TELL_PATIENT.value
    return {Owed(session, kind, patient, None) for session, patient in pairs if patient}


def therapists_of(sessions: Iterable[int]) -> set[Owed]:
    sessions = list(sessions)
    pairs = [
        *Occupancy.objects.filter(session__in=sessions).values_list("session_id", "profile_id"),
        *Invite.objects.filter(session__in=sessions, therapist__isnull=False).values_list(
            "session_id", "therapist_id"
        ),
    ]
    kind = TaskKind.TELL_THERAPIST.value
    return {Owed(session, kind, None, who) for session, who in pairs if who}


def undone(sessions: set[int]) -> set[Owed]:
    """What is owed already; the tasks stay locked until the plan is committed."""
    tasks = Task.objects.filter(UNDONE, session__in=sessions, kind__in=TELL)
    rows = tasks.select_for_update(of=("self",)).order_by("pk")
    return {Owed(*row) for row in rows.values_list(*Owed._fields)}


def create(owed: Iterable[Owed], events: Iterable[Event], now: datetime) -> None:
    """Insert the tasks; one that another planner has just made is left to it."""
    clinics = {event.session_id: event.clinic_id for event in events}
    tasks = [
        Task(
            kind=one.kind,
            clinic_id=clinics[one.session],
            session_id=one.session,
            patient_id=one.patient,
            therapist_id=one.therapist,
            created_at=now,
            due_at=now,
        )
        for one in sorted(owed, key=str)
    ]
    Task.objects.bulk_create(tasks, ignore_conflicts=True)
