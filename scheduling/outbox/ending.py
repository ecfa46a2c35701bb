"""A series of one patient that comes to its end is told of three dates before: to the patient, and
to whoever gives them. Once, and only if nothing follows it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q

from scheduling.engine.hours import local_day
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import BookingState, SessionState
from scheduling.models import Booking, Occupancy, Series, Session, Task, TaskKind
from scheduling.outbox import queue
from scheduling.outbox.letters import put
from scheduling.outbox.series import SeriesStanding, revision_of
from scheduling.outbox.series_letters import ending_page
from scheduling.outbox.tell import mark, read

BEFORE = 3  # dates
KIND = TaskKind.SERIES_ENDS.value


def sweep(now: datetime) -> int:
    """Plan the notices that are due; answers how many. Safe to run anywhere, any time."""
    tasks = [
        Task(
            kind=KIND, clinic_id=series.clinic_id, series=series, created_at=now, due_at=now, **who
        )
        for series in near_the_end(now)
        if not ended_by_hand(series)
        for who in recipients(series, now)
    ]
    Task.objects.bulk_create(tasks, ignore_conflicts=True)
    return len(tasks)


def near_the_end(now: datetime) -> list[Series]:
    """With one to three dates left, of more than that, and not told of yet. One that follows
    another counts from when that is over."""
    coming = Q(sessions__state=SessionState.SCHEDULED.value, sessions__start__gt=to_minute(now))
    yesterday = local_day("Etc/UTC", to_minute(now) - 1440)
    ahead = Session.objects.filter(
        series=OuterRef("follows"),
        state=SessionState.SCHEDULED.value,
        start__gt=to_minute(now),
    )
    told = Task.objects.filter(kind=KIND, series=OuterRef("pk"))
    rows = Series.objects.filter(
        ~Exists(told),
        ~Exists(ahead),
        patient__isnull=False,
        enrollment__isnull=True,  # a program's end is its own
        ended_at__isnull=True,
        followed_by__isnull=True,
        last_day__gte=yesterday,
        clinic__active=True,
    )
    rows = rows.annotate(left=Count("sessions", filter=coming), made=Count("sessions"))
    long = Q(made__gt=BEFORE) | Q(follows__isnull=False)
    return list(rows.filter(long, left__gte=1, left__lte=BEFORE).order_by("pk"))


def ended_by_hand(series: Series) -> bool:
    """Its last dates were cancelled when no more than three stood before them: whoever did that
    knows that it ends."""
    stands = series.sessions.filter(state=SessionState.SCHEDULED.value).order_by("-slot")
    slots = [slot or 0 for slot in stands.values_list("slot", flat=True)[: BEFORE + 1]]
    gone = Booking.objects.filter(
        session__series=series, session__slot__gt=slots[0], state=BookingState.CANCELLED.value
    )
    when = gone.aggregate(last=Max("cancelled_at"))["last"]
    return when is not None and (len(slots) <= BEFORE or slots[BEFORE] <= to_minute(when))


def recipients(series: Series, now: datetime) -> list[dict[str, Any]]:
    given = Occupancy.objects.filter(session__series=series, live=True, start__gt=to_minute(now))
    hosts = given.order_by("profile_id").values_list("profile_id", flat=True).distinct()
    return [{"patient_id": series.patient_id}, *({"therapist_id": host} for host in hosts)]


def ready(task: Task, now: datetime) -> str:
    """Whether it is still true."""
    if not queue.lock(task):
        return "taken"
    assert task.series_id is not None
    revision = revision_of(task.series_id)
    standing = read(task, now)
    if not isinstance(standing, SeriesStanding):
        return str(standing)
    if not standing.full:
        return "no_consent"
    if not 1 <= len(standing.dates) <= BEFORE:
        return "over"
    unchanged = task.revision == revision and task.recipient == standing.address
    if not (task.message and unchanged):
        if task.maybe_sent:
            return "maybe_sent"  # a second one, other than the first, would only confuse
        task.revision = revision
        clinic = standing.series.clinic
        put(task, standing.address, clinic, ending_page(standing, now), now, None, None)
    return mark(task)
