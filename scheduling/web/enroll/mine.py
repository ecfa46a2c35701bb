"""A patient's own program: the week in words, the hours of this week, every date to come."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.web.profile import require_profile
from scheduling import policy
from scheduling.engine.interval import to_minute
from scheduling.models import Booking, Enrollment
from scheduling.queries import enrollments, ledger, mine, times
from scheduling.queries.enrollments import Part
from scheduling.web.booking.forms import full_name
from scheduling.web.desk.frame import here
from scheduling.web.door import PageRequest, signed_in
from scheduling.web.enroll import words


@signed_in
@require_safe
def my_program(request: PageRequest) -> HttpResponse:
    """The one that runs or comes next; nobody else is on it but who gives the sessions."""
    if (first := require_profile(request)) is not None:
        return first
    patient = mine.own_profile(request.actor)
    row = own_program(request)
    context = program_of(request, row, patient.time_zone) if row else {"row": None}
    audit.record(request.actor, "enrollment.view", subject=patient, obj=row)
    return render(request, "enroll/mine.html", context)


def own_program(request: PageRequest) -> Enrollment | None:
    rows = policy.visible(Enrollment, request.actor).filter(patient=request.actor.patient)
    rows = rows.filter(live=True, end__gt=to_minute(request.now))
    return rows.select_related("program", "clinic", "patient").order_by("start").first()


def program_of(request: PageRequest, row: Enrollment, zone: str) -> dict[str, Any]:
    minute = to_minute(request.now)
    pause = enrollments.pause_ahead(row, request.now)
    coming = [one for one in enrollments.dates_of(row) if one.end > minute]
    return {
        "row": row,
        "first": times.day(row.first_day),
        "last": times.day(row.last_day),
        "begun": row.start <= minute,
        "pause": words.pause(pause, row.clinic.time_zone) if pause else "",
        "week": [part_line(request, one) for one in enrollments.week_of(row)],
        "hours": hours(row, request),
        "waits": enrollments.waits_of(row),
        "dates": [date_line(request, one, zone) for one in coming],
    }


def hours(row: Enrollment, request: PageRequest) -> dict[str, str] | None:
    """Of this week, on the clinic's calendar."""
    kept = ledger.ledgers(Enrollment.objects.filter(pk=row.pk), request.now)[0]
    if kept.week is None:
        return None
    found, least = kept.week.hours, kept.week.rule.least if kept.week.rule else 0
    return {
        "attended": times.hours(found.attended + found.unmarked),
        "ahead": times.hours(found.ahead),
        "asked": times.hours(least) if least else "",
        "until": times.day(kept.week.last),
    }


def part_line(request: PageRequest, one: Part) -> dict[str, str]:
    name = "group_place" if one.group is not None else "series_one"
    return {
        "name": one.name,
        "url": here(request, name, one.uuid),
        "when": words.recurs(one.rule, one.at, one.zone),
        "with": ", ".join(full_name(who) for who in one.hosts),
    }


def date_line(request: PageRequest, seat: Booking, zone: str) -> dict[str, str]:
    return {
        "when": times.when(seat.start, seat.end, zone),
        "name": words.meeting(seat),
        "url": here(request, "booking_one", seat.uuid),
    }
