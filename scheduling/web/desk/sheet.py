"""The day's sheet over all therapists."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from accounts import audit
from scheduling.engine.hours import day_span, local_day
from scheduling.engine.interval import to_minute
from scheduling.queries import day_sheet, times
from scheduling.queries.day_sheet import Column
from scheduling.web.desk import words
from scheduling.web.desk.frame import day_of, here, page
from scheduling.web.door import PageRequest, staff


@staff("desk")
@require_safe
def sheet(request: PageRequest) -> HttpResponse:
    """One date of the clinic's zone: `?day=2027-03-01`, today without it."""
    zone = request.clinic.time_zone
    today = local_day(zone, to_minute(request.now))
    day = day_of(request.GET.get("day", ""), today)
    first, until = day_span(zone, day, day)
    columns = day_sheet.sheet(request.actor, first, until, request.now)
    context = {
        "day": day,
        "heading": times.day(day),
        "is_today": day == today,
        "is_over": day < today,
        "zone": words.zone_note(zone, first),
        "columns": [part(one, zone, first) for one in columns if one.lines or one.held],
        "free": [one.therapist for one in columns if not (one.lines or one.held)],
        "booked": day_sheet.booked(columns),
        "roomless": day_sheet.roomless(columns),
        "earlier_url": at(request, day - timedelta(days=1)),
        "later_url": at(request, day + timedelta(days=1)),
    }
    audit.record(
        request.actor,
        "sheet.view",
        subject=day_sheet.patients(columns),
        detail={"day": day.isoformat()},
    )
    return page(request, "desk/sheet", context)


def part(column: Column, zone: str, first: int) -> dict[str, Any]:
    who = column.therapist
    return {
        "therapist": who,
        "zone": words.zone_note(who.time_zone, first)
        if words.differs(first, zone, who.time_zone)
        else "",
        "lines": words.sheet_lines(column, zone),
        "booked": column.booked,
    }


def at(request: PageRequest, day: date) -> str:
    return f"{here(request, 'desk_day')}?day={day.isoformat()}"
