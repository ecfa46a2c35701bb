"""Today, and the week, as tables in the therapist's own zone."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts import audit
from scheduling.engine.hours import day_span, local_day
from scheduling.engine.interval import to_minute
from scheduling.queries import agenda, roster, times, weeks
from scheduling.queries.agenda import Calendar, Entry
from scheduling.queries.roster import Notice
from scheduling.web.door import PageRequest, staff
from scheduling.web.therapist import words
from scheduling.web.therapist.frame import day_of, here, opened, own_calendars, page

WEEK = timedelta(days=7)


@staff("therapist")
@require_safe
def today(request: PageRequest) -> HttpResponse:
    """One day, today without `?day=`. Sessions and their patients in one query."""
    known = own_calendars(request)
    calendar, zone = opened(request, known), known[0].therapist.time_zone
    this = local_day(zone, to_minute(request.now))
    day = day_of(request.GET.get("day", ""), this)
    found = read(request, calendar, day, day, zone)
    following = agenda.next_entry(request.actor, calendar.therapist.pk, request.now)
    context = {
        "day": times.day(day),
        "date": day.isoformat(),
        "is_today": day == this,
        "is_past": day < this,
        "lines": words.lines(found, zone),
        "next": following and next_line(following, zone, to_minute(request.now)),
        "earlier_url": address(request, "today", calendar, day=day - timedelta(days=1)),
        "later_url": address(request, "today", calendar, day=day + timedelta(days=1)),
        "here_url": "" if day == this else address(request, "today", calendar),
        "week_url": address(request, "week", calendar, **{"from": day}),
        "no_hours": calendar is known[0] and not weeks.planned(calendar.therapist, this),
        "hours_url": here(request, "therapist_hours"),
    }
    shown = {*found, following} - {None}
    absent = roster.notices(request.actor, request.now)
    context["notices"] = absent
    note(request, "agenda.day", [one for one in shown if one is not None], *absent)
    return page(request, "today", context | head(request, known, calendar, "today"))


@staff("therapist")
@require_safe
def week(request: PageRequest) -> HttpResponse:
    """Monday to Sunday of the week in which `?from=` lies."""
    known = own_calendars(request)
    calendar, zone = opened(request, known), known[0].therapist.time_zone
    this = local_day(zone, to_minute(request.now))
    asked = day_of(request.GET.get("from", ""), this)
    monday = asked - timedelta(days=asked.weekday())
    sunday = monday + timedelta(days=6)
    found = read(request, calendar, monday, sunday, zone)
    context = {
        "first": times.day(monday),
        "last": times.day(sunday),
        "days": by_day(found, monday, zone, this),
        "count": sum(one.live for one in found),
        "earlier_url": address(request, "week", calendar, **{"from": monday - WEEK}),
        "later_url": address(request, "week", calendar, **{"from": monday + WEEK}),
        "here_url": "" if monday <= this <= sunday else address(request, "week", calendar),
    }
    note(request, "agenda.week", found)
    return page(request, "week", context | head(request, known, calendar, "week"))


def read(
    request: PageRequest, calendar: Calendar, first: date, last: date, zone: str
) -> list[Entry]:
    """The sessions of whole local days, `last` included."""
    low, high = day_span(zone, first, last)
    return agenda.entries(request.actor, calendar.therapist.pk, low, high, request.now)


def note(request: PageRequest, verb: str, shown: list[Entry], *more: Notice) -> None:
    """One audit row per patient shown (LG1)."""
    seen = {one.patient for one in shown if one.patient is not None}
    seen |= {one.patient for one in more}
    audit.record(request.actor, verb, subject=sorted(seen))


def next_line(entry: Entry, zone: str, minute: int) -> dict[str, Any]:
    return {
        "line": words.lines([entry], zone)[0],
        "when": times.when(entry.start, entry.end, zone),
        "left": words.how_long(entry.start - minute),
        "soon": entry.start - minute < 1440,
    }


def by_day(found: list[Entry], monday: date, zone: str, this: date) -> list[dict[str, Any]]:
    """Seven days, those without sessions among them."""
    days = [monday + timedelta(days=number) for number in range(7)]
    return [
        {
            "name": times.day(day),
            "is_today": day == this,
            "lines": words.lines([e for e in found if local_day(zone, e.start) == day], zone),
        }
        for day in days
    ]


def head(
    request: PageRequest, known: list[Calendar], calendar: Calendar, view: str
) -> dict[str, Any]:
    """The part that both pages share: whose calendar, and the others that may be opened."""
    zone = known[0].therapist.time_zone
    tabs = [
        {
            "label": _("My calendar") if one is known[0] else one.therapist.name,
            "url": address(request, view, one),
            "current": one is calendar,
        }
        for one in known
    ]
    covered = calendar is not known[0]
    return {
        "tabs": tabs if len(known) > 1 else [],
        "whose": calendar.therapist.name if covered else "",
        "cover_until": times.day(calendar.until) if covered else "",
        "city": times.city(zone),
    }


def address(request: PageRequest, view: str, calendar: Calendar, **said: date) -> str:
    """A page of one calendar; one's own is not named."""
    asked = {name: day.isoformat() for name, day in said.items()}
    if calendar.therapist.pk != request.actor.therapist:
        asked["of"] = str(calendar.therapist.uuid)
    query = f"?{urlencode(asked)}" if asked else ""
    return here(request, f"therapist_{view}") + query
