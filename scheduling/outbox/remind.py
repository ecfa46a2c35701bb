"""Reminders: a sweep over near sessions plans them; each reads the state anew before it goes.

The key of a reminder is "<minutes before>:<start>", so a moved session gets new ones and no session
gets one twice. Minutes before the start: the clinic's, or the patient's own choice.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat

from accounts.models import Clinic, Patient
from scheduling.engine.interval import from_minute, to_minute
from scheduling.engine.lifecycle import BookingState
from scheduling.models import Booking, Event, EventKind, Task, TaskKind
from scheduling.outbox import queue
from scheduling.outbox.letters import write
from scheduling.outbox.queue import UNDONE
from scheduling.outbox.standing import Standing, of_patient
from scheduling.outbox.tell import mark, note_mail
from scheduling.outbox.words import News

LONGEST = 7 * 1440  # minutes; no reminder comes earlier
SET_BY = (EventKind.BOOKED.value, EventKind.MOVED.value, EventKind.RESTORED.value)


def sweep(now: datetime) -> int:
    """Plan the reminders that are due by now; answers how many. Safe to run anywhere, any time."""
    made = 0
    for minutes in in_use():
        seats = [seat for seat in near(minutes, now) if wants_now(seat, minutes, now)]
        tasks = [reminder(seat, minutes, now) for seat in seats]
        Task.objects.bulk_create(tasks, ignore_conflicts=True)
        made += len(tasks)
    return made


def in_use() -> list[int]:
    """Every choice that a clinic or a patient has made."""
    own = Patient.objects.exclude(reminders__in=["default", ""]).values_list("reminders")
    chosen = [*own.distinct(), *Clinic.objects.values_list("reminders").distinct()]
    return sorted({minutes for (text,) in chosen for minutes in parse(text)})


def parse(text: str) -> list[int]:
    """ "1440,60" -> [60, 1440]; what is no number of minutes up to a week is left out."""
    numbers = {int(part) for part in text.split(",") if part.strip().isdecimal()}
    return sorted(minutes for minutes in numbers if 0 < minutes <= LONGEST)


def choice(patient: Patient, clinic: Clinic) -> list[int]:
    own = patient.reminders
    return parse(clinic.reminders if own == "default" else own)


def near(minutes: int, now: datetime) -> QuerySet[Booking]:
    """Seats whose session starts within so many minutes, without this reminder so far.

    By clinic, since that is how seats are indexed by time. Nobody is reminded of what is still on
    its way to them: after an outage the confirmation goes first.
    """
    this = to_minute(now)
    key = Concat(Value(f"{minutes}:"), Cast(OuterRef("start"), CharField()))
    there = Task.objects.filter(kind=TaskKind.REMIND.value, booking=OuterRef("pk"), key=key)
    unplanned = Event.objects.filter(session=OuterRef("session"), planned_at__isnull=True)
    telling = Task.objects.filter(
        UNDONE,
        Q(session=OuterRef("session"))
        | Q(series=OuterRef("session__series"))
        | Q(kind=TaskKind.TELL_PROGRAM.value),
        kind__in=(TaskKind.TELL_PATIENT.value, TaskKind.TELL_PROGRAM.value),
        patient=OuterRef("patient"),
    )
    soon = Booking.objects.filter(
        ~Exists(there),
        ~Exists(unplanned),
        ~Exists(telling),
        clinic__in=list(Clinic.objects.filter(active=True).values_list("pk", flat=True)),
        state=BookingState.BOOKED.value,
        start__gt=this,
        start__lte=this + minutes,
        patient__active=True,
    )
    history = Event.objects.filter(session=OuterRef("session"), booking=OuterRef("pk"))
    last = history.filter(kind__in=SET_BY).order_by("-at").values("at")[:1]
    return soon.select_related("patient", "clinic").annotate(set_at=Subquery(last)).order_by("pk")


def wants_now(seat: Booking, minutes: int, now: datetime) -> bool:
    """Chosen, not overtaken by a later one, and the time was made before this was due."""
    patient, this = seat.patient, to_minute(now)
    assert patient is not None
    due = [one for one in choice(patient, seat.clinic) if seat.start - one <= this]
    if not due or due[0] != minutes:
        return False
    set_at: datetime | None = seat.set_at  # type: ignore[attr-defined]  # annotated by `near`
    return set_at is None or set_at <= from_minute(seat.start - minutes)


def reminder(seat: Booking, minutes: int, now: datetime) -> Task:
    return Task(
        kind=TaskKind.REMIND.value,
        clinic_id=seat.clinic_id,
        session_id=seat.session_id,
        booking=seat,
        patient_id=seat.patient_id,
        key=f"{minutes}:{seat.start}",
        created_at=now,
        due_at=now,
    )


def ready(task: Task, now: datetime) -> str:
    """Whether it is still true and wanted (P24)."""
    if not queue.lock(task):
        return "taken"
    seat = Booking.objects.select_related("session__clinic", "patient").get(tasks=task)
    standing = still_true(task, seat, now)
    if isinstance(standing, str):
        return standing
    unchanged = task.revision == seat.session.revision and task.recipient == standing.address
    if not (task.message and unchanged):
        if task.maybe_sent:
            return "maybe_sent"  # a second one, other than the first, would only confuse
        task.revision = seat.session.revision
        write(task, standing, News.REMINDER, now)
    return mark(task)


def still_true(task: Task, seat: Booking, now: datetime) -> Standing | str:
    """Where the patient stands, or the code of why this reminder is not sent."""
    minutes, _, start = task.key.partition(":")
    patient = seat.patient
    if patient is None or not seat.clinic.active:
        return "inactive"
    if seat.start != int(start) or seat.start <= to_minute(now):
        return "over"
    if int(minutes) not in choice(patient, seat.clinic):
        return "not_wanted"
    standing = of_patient(patient, seat.session, now, seat)
    if isinstance(standing, str):
        return standing
    if not standing.on:
        return "cancelled"
    return standing if standing.full else "no_consent"


def finish(task: Task, outcome: str, now: datetime) -> None:
    with transaction.atomic():
        if not queue.lock(task):
            return
        if outcome == "sent":
            note_mail(task)
        queue.done(task, outcome, now)
