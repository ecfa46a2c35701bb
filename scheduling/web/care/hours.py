"""The hours of one enrolment, week by week, and what could still make up for this one's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from scheduling.actions.book import book
from scheduling.actions.group_members import join
from scheduling.errors import NotFound, PatientBusy, Refusal
from scheduling.models import Enrollment
from scheduling.queries import ledger, times
from scheduling.queries.ledger import Kept
from scheduling.queries.make_up import MakeUp, make_ups
from scheduling.web.booking.forms import full_name
from scheduling.web.care import words
from scheduling.web.care.frame import page
from scheduling.web.desk.frame import here
from scheduling.web.door import PageRequest, staff
from scheduling.web.therapist.words import medium


def find(request: PageRequest, enrollment: UUID) -> Kept:
    rows = ledger.of_others(request.actor).filter(uuid=enrollment)
    found = ledger.ledgers(rows, request.now)
    if not found:
        raise NotFound
    return found[0]


@staff("desk", "therapist")
@require_safe
def hours(request: PageRequest, enrollment: UUID) -> HttpResponse:
    return hours_page(request, find(request, enrollment))


def hours_page(
    request: PageRequest, kept: Kept, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    row = kept.enrollment
    found = make_ups(request.actor, kept, request.now) if kept.short else []
    context = {
        "kept": kept,
        "row": row,
        "first": times.day(row.first_day),
        "last": times.day(row.last_day),
        "chips": words.chips(kept, kept.absent, ledger.ends_soon(kept, request.now)),
        "week": this_week(kept),
        "lines": [words.week_line(one, kept.today) for one in kept.weeks],
        "warning": words.warning(kept),
        "make_ups": [option(one, row.clinic.time_zone) for one in found],
        "refusal": refusal,
    }
    audit.record(request.actor, "enrollment.hours", subject=row.patient_id, obj=row)
    return page(request, "hours", context, status=status)


def this_week(kept: Kept) -> dict[str, Any] | None:
    week = kept.week
    if week is None:
        return None
    return {
        "first": times.day(week.first),
        "last": times.day(week.last),
        "bar": words.bar(week),
        "told": words.told(week.hours),
        "band": words.band(week.rule),
        "days": words.days(week),
        "asks_days": words.asks_days(week.rule),
    }


def option(one: MakeUp, zone: str) -> dict[str, str]:
    what = one.group or one.service
    return {
        "key": one.key,
        "when": times.when(one.start, one.end, zone),
        "what": str(what.name) if what else "",
        "with": full_name(one.therapist) if one.therapist else "",
        "medium": medium(one.medium),
        "hours": times.hours(one.minutes),
    }


@staff("desk", "therapist")
@require_POST
def make_up(request: PageRequest, enrollment: UUID) -> HttpResponse:
    """Book one of the sessions that the page offers."""
    kept, wanted = find(request, enrollment), request.POST.get("time", "")
    offered = make_ups(request.actor, kept, request.now)
    chosen = next((one for one in offered if one.key == wanted), None)
    if chosen is None:
        gone = _("This time is not free any more. Please choose another one.")
        return hours_page(request, kept, refusal=gone, status=409)
    try:
        take(request, kept.enrollment, chosen)
    except NotFound:
        raise
    except Refusal as refusal:
        if isinstance(refusal, PatientBusy):
            refusal.sentence = PatientBusy.FOR_STAFF
        return hours_page(request, kept, refusal=str(refusal), status=refusal.status)
    messages.success(request, _("The session is booked, and the patient is told."))
    return redirect(here(request, "enrollment_hours", enrollment))


def take(request: PageRequest, row: Enrollment, chosen: MakeUp) -> None:
    said: dict[str, Any] = {
        "patient": row.patient_id,
        "start": chosen.start,
        "place": row.place,
        "zone": row.zone,
        "actor": request.actor,
        "now": request.now,
    }
    if chosen.group is not None:
        join(group=chosen.group.uuid, **said)
    elif chosen.service is not None and chosen.therapist is not None:
        what, host = chosen.service.uuid, chosen.therapist.uuid
        book(service=what, therapist=host, medium=chosen.medium, **said)
