"""A therapist's patients: the next session, the program with this week's hours, absences."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from accounts import audit
from scheduling.queries import caseload as query
from scheduling.queries import ledger, times
from scheduling.queries.caseload import Case
from scheduling.queries.ledger import Kept
from scheduling.web.care import words
from scheduling.web.care.frame import page
from scheduling.web.desk.frame import here
from scheduling.web.door import PageRequest, staff
from scheduling.web.therapist.frame import me


@staff("therapist")
@require_safe
def caseload(request: PageRequest) -> HttpResponse:
    """Of those who are covered today too (AC12). A fixed number of queries."""
    zone = me(request).time_zone
    found = query.caseload(request.actor, request.now)
    audit.record(request.actor, "caseload.view", subject=[one.patient.pk for one in found])
    lines = [line(request, one, zone) for one in found]
    return page(request, "caseload", {"lines": lines, "city": times.city(zone)})


def line(request: PageRequest, one: Case, zone: str) -> dict[str, Any]:
    soon = one.kept is not None and ledger.ends_soon(one.kept, request.now)
    return {
        "name": one.name,
        "next": times.starting(one.start, zone) if one.start is not None else "",
        "next_url": here(request, "therapist_session", one.session) if one.session else "",
        "program": in_program(request, one.kept) if one.kept else None,
        "enroll": here(request, "enroll", one.patient.uuid),
        "chips": words.chips(one.kept, one.absent, soon),
    }


def in_program(request: PageRequest, kept: Kept) -> dict[str, Any]:
    """The program of somebody and how this week stands, for tables."""
    week = kept.week
    return {
        "name": kept.enrollment.program.name,
        "until": times.day(words.last_day(kept)),
        "bar": words.bar(week) if week else None,
        "told": words.told(week.hours) if week else "",
        "band": words.band(week.rule) if week else "",
        "warning": words.warning(kept),
        "url": here(request, "enrollment_hours", kept.enrollment.uuid),
    }
