"""An enrolment: how it stands, its week and dates, what can be done, and what can be undone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from scheduling import policy
from scheduling.actions.enroll_undo import undo
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import UNDO
from scheduling.errors import NotFound, Refusal
from scheduling.models import Booking, Enrollment
from scheduling.queries import enrollments, times
from scheduling.queries.enrollments import Part, Standing
from scheduling.web.booking.forms import full_name
from scheduling.web.booking.words import place_name
from scheduling.web.desk.frame import here
from scheduling.web.door import PageRequest, staff
from scheduling.web.enroll import words
from scheduling.web.enroll.frame import ROLES, back_to, find_enrollment, page


@staff(*ROLES)
@require_safe
def show(request: PageRequest, enrollment: UUID) -> HttpResponse:
    return one_page(request, find_enrollment(request, enrollment))


@staff(*ROLES)
@require_POST
def undo_it(request: PageRequest, enrollment: UUID) -> HttpResponse:
    """Take back the step or the end, if everything is still free."""
    row = find_enrollment(request, enrollment)
    try:
        undo(enrollment=row.uuid, actor=request.actor, now=request.now)
    except NotFound:
        raise
    except Refusal as refusal:
        return one_page(request, find_enrollment(request, enrollment), refusal)
    messages.success(request, _("The program goes on as before."))
    return redirect("enrollment", request.clinic.slug, row.uuid)


def one_page(request: PageRequest, row: Enrollment, refusal: Refusal | None = None) -> HttpResponse:
    pauses = list(row.pauses.order_by("start"))
    how = enrollments.standing(row, pauses, request.now)
    zone, minute = request.clinic.time_zone, to_minute(request.now)
    dates = [date_line(request, one, zone) for one in enrollments.dates_of(row)]
    context = {
        "row": row,
        "patient": row.patient,
        "back": back_to(request, row.patient),
        "chip": words.standing_chip(how),
        "facts": facts(row, how),
        "week": [part_line(request, one) for one in enrollments.week_of(row)],
        "waits": enrollments.waits_of(row),
        "pauses": [words.pause(one, zone) for one in pauses],
        "coming": [one for one in dates if one["start"] > minute],
        "gone": [one for one in dates if one["start"] <= minute],
        "before": row.follows,
        "after": enrollments.step_from(row),
        "changes": how in (Standing.RUNNING, Standing.PAUSED, Standing.AHEAD),
        "resumes": enrollments.pause_ahead(row, request.now) is not None,
        "undo": undo_line(request, row),
        "refusal": refusal,
        "against": against(refusal, zone),
    }
    audit.record(request.actor, "enrollment.view", subject=row.patient_id, obj=row)
    return page(request, "one", context, status=refusal.status if refusal else 200)


def undo_line(request: PageRequest, row: Enrollment) -> dict[str, Any] | None:
    """What happened just now, until when it can be taken back, and where."""
    ended = enrollments.undoable(row, request.now)
    if ended is None or ended.ended_at is None:
        return None
    until = times.clock_in(to_minute(ended.ended_at + UNDO), request.clinic.time_zone)
    url = here(request, "enrollment_undo", ended.uuid)
    came = _("The patient came from %(name)s just now") % {"name": ended.program.name}
    what = words.end_reason(ended.end_reason) if ended == row else came
    return {"what": what, "until": until, "url": url}


def against(refusal: Refusal | None, zone: str) -> list[str]:
    """The dates that cannot be had again, and why."""
    dates = refusal.extra.get("dates", {}) if refusal else {}
    return [f"{times.starting(one, zone)}: {words.why(why)}" for one, why in sorted(dates.items())]


def facts(row: Enrollment, how: Standing) -> list[dict[str, str]]:
    said = [
        (_("Level of care"), row.program.level.name),
        (_("First day"), times.day(row.first_day)),
        (_("Last day"), times.day(row.last_day) if how is not Standing.NEVER else ""),
        (_("Ended"), words.end_reason(row.end_reason)),
        (_("State"), place_name(row.place)),
        (_("Reference"), row.reference),
    ]
    return [{"term": term, "value": value} for term, value in said if value]


def part_line(request: PageRequest, one: Part) -> dict[str, Any]:
    if one.group is not None:
        url = here(request, "group_staff", one.group.uuid)
    else:
        url = here(request, "series_one", one.uuid)
    return {
        "name": one.name,
        "url": url,
        "when": words.recurs(one.rule, one.at, one.zone),
        "with": ", ".join(full_name(who) for who in one.hosts),
    }


def date_line(request: PageRequest, seat: Booking, zone: str) -> dict[str, Any]:
    series = seat.session.series
    group = series.group if series else None
    if group is not None:
        url = here(request, "group_session", seat.session.uuid)
    elif request.actor.has(policy.DESK):
        url = here(request, "desk_booking", seat.uuid)
    else:
        url = here(request, "therapist_session", seat.session.uuid)
    return {
        "start": seat.start,
        "when": times.when(seat.start, seat.end, zone),
        "name": words.meeting(seat),
        "url": url,
    }
