"""The numbers of the last week, by mail to the admins who asked for them: minutes and nothing else.

Sent on the first weekday of the clinic's week, in the morning of its zone; if no worker ran then,
as soon as one does. Once a week for each.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils.dateformat import format as say
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import Clinic, Membership, MembershipState, Role
from scheduling.engine.hours import local_day, wall_to_minute
from scheduling.engine.interval import to_minute
from scheduling.engine.periods import Length, Period, beginning, latest, period
from scheduling.models import Task, TaskKind
from scheduling.outbox import queue
from scheduling.outbox.letters import put
from scheduling.outbox.tell import mark
from scheduling.outbox.words import Page, link, sender_name
from scheduling.queries.times import h_mm
from scheduling.queries.utilization import Asked, report

KIND = TaskKind.WEEKLY.value
MORNING = 6 * 60  # on the wall clock
SATURDAY = 5


def sweep(now: datetime) -> int:
    """Plan what is due; answers how much. Safe to run anywhere, any time."""
    made = [
        Task(kind=KIND, clinic=one.clinic, key=key, created_at=now, due_at=now)
        for one in wanted().select_related("clinic")
        if begun(one.clinic, now)
        for key in [f"{one.pk}:{last_week(one.clinic, now).first}"]
    ]
    known = Task.objects.filter(kind=KIND, key__in=[task.key for task in made])
    told = set(known.values_list("key", flat=True))
    new = [task for task in made if task.key not in told]
    Task.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def wanted() -> QuerySet[Membership]:
    return Membership.objects.filter(
        weekly_report=True,
        role=Role.ADMIN.value,
        state=MembershipState.ACTIVE.value,
        user__is_active=True,
        clinic__active=True,
    )


def last_week(clinic: Clinic, now: datetime) -> Period:
    return latest(Length.WEEK, today(clinic, now), clinic.week_starts)


def begun(clinic: Clinic, now: datetime) -> bool:
    """Whether the first weekday of the week has come, and its morning."""
    day = period(Length.WEEK, today(clinic, now), clinic.week_starts).first
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    return to_minute(now) >= wall_to_minute(clinic.time_zone, day, MORNING)


def today(clinic: Clinic, now: datetime) -> date:
    return local_day(clinic.time_zone, to_minute(now))


def ready(task: Task, now: datetime) -> str:
    """Whether it is still wanted."""
    if not queue.lock(task):
        return "taken"
    who, _colon, first = task.key.partition(":")
    found = wanted().filter(pk=who).select_related("user", "clinic").first()
    if found is None:
        return "unwanted"
    if not task.message:
        week = beginning(Length.WEEK, date.fromisoformat(first))
        put(task, found.user.email, found.clinic, letter(found.clinic, week), now, None, None)
    return mark(task)


def letter(clinic: Clinic, week: Period) -> Page:
    """No name, no count of people: minutes of therapists (PR1)."""
    found = report(Asked(clinic, week, people=False))
    form = pgettext("a day of a year, Django's format", "F j, Y")
    told = {
        "first": say(week.first, form),
        "last": say(week.last, form),
        "lines": [
            (_("Offered"), h_mm(found.total.offered or 0), h_mm(found.before.offered or 0)),
            (_("Booked"), h_mm(found.total.booked or 0), h_mm(found.before.booked or 0)),
            (_("Delivered"), h_mm(found.total.delivered or 0), h_mm(found.before.delivered or 0)),
        ],
        "url": link(f"/c/{clinic.slug}/office/utilization/?period=week&from={week.first}"),
        "home_url": link(f"/c/{clinic.slug}/office/"),
        "signature": sender_name(clinic.sender_name),
    }
    return Page(
        subject=_("The numbers of the week"),
        text=render_to_string("mail/weekly.txt", told).strip() + "\n",
        html=render_to_string("mail/weekly.html", told),
    )
