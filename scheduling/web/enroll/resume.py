"""Back from a pause: every date that returns and each week's hours first, then all of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts import audit
from accounts.models import Form
from scheduling.actions.enroll_life import resume
from scheduling.errors import NotFound, Refusal
from scheduling.models import Enrollment
from scheduling.queries import enrollments, times
from scheduling.queries.back import Back, Return, look_back
from scheduling.web.door import PageRequest, staff
from scheduling.web.enroll import words
from scheduling.web.enroll.change import asked
from scheduling.web.enroll.forms import ResumeForm
from scheduling.web.enroll.frame import ROLES, find_enrollment, page
from scheduling.web.enroll.weeks import week_lines


@staff(*ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def resume_it(request: PageRequest, enrollment: UUID) -> HttpResponse:
    """GET lists the dates; POST to the same address books them, without those to be left out."""
    row = find_enrollment(request, enrollment)
    if enrollments.pause_ahead(row, request.now) is None:
        return redirect("enrollment", request.clinic.slug, row.uuid)
    form = ResumeForm(asked(request))
    if not form.is_bound or not form.is_valid():
        wrong = form.is_bound or request.method == "POST"
        return resume_page(request, row, form, status=422 if wrong else 200)
    try:
        seen = looked_at(request, row, form)
        if request.method != "POST":
            return resume_page(request, row, form, seen)
        return done(request, row, form)
    except NotFound:
        raise
    except Refusal as refusal:
        return refused(request, row, form, refusal)


def looked_at(request: PageRequest, row: Enrollment, form: ResumeForm) -> Return:
    said = form.cleaned_data
    return look_back(row, said["first"], bool(said["override"]), request.now)


def done(request: PageRequest, row: Enrollment, form: ResumeForm) -> HttpResponse:
    seats = resume(
        enrollment=row.uuid,
        from_day=form.cleaned_data["first"],
        leave_out=uuids(request.POST.getlist("leave")),
        override=form.cleaned_data["override"],
        actor=request.actor,
        now=request.now,
    )
    count = len(seats)
    said = ngettext("%(count)d session stands again.", "%(count)d sessions stand again.", count)
    messages.success(request, said % {"count": count})
    return redirect("enrollment", request.clinic.slug, row.uuid)


def uuids(said: list[str]) -> list[UUID]:
    """What is none is passed over."""
    found = []
    for one in said:
        try:
            found.append(UUID(one))
        except ValueError:
            continue
    return found


def refused(
    request: PageRequest, row: Enrollment, form: ResumeForm, refusal: Refusal
) -> HttpResponse:
    """With the dates as they are by now, where the day itself can be."""
    try:
        seen = looked_at(request, row, form)
    except Refusal:
        seen = None
    return resume_page(request, row, form, seen, str(refusal), refusal.status)


# The page


def resume_page(
    request: PageRequest,
    row: Enrollment,
    form: ResumeForm,
    seen: Return | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    zone = request.clinic.time_zone
    pause = enrollments.pause_ahead(row, request.now)
    context: dict[str, Any] = {
        "row": row,
        "form": form,
        "refused": refusal,
        "pause": words.pause(pause, zone) if pause else "",
        "seen": seen is not None,
    }
    if seen is not None:
        left = set(request.POST.getlist("leave"))
        context |= {
            "free": [line(one, zone, left) for one in seen.dates if not one.why],
            "open": [line(one, zone, left) for one in seen.open],
            "gone": [line(one, zone, left) for one in seen.dates if one.why and not one.open],
            "weeks": week_lines(seen.weeks),
            "missing": [Form(form).label for form in seen.missing],
        }
    audit.record(request.actor, "enrollment.view", subject=row.patient_id, obj=row)
    return page(request, "resume", context, status=status)


def line(one: Back, zone: str, left: set[str]) -> dict[str, Any]:
    return {
        "date": str(one.session.uuid),
        "when": times.when(*one.span, zone),
        "name": words.what_meets(one.session),
        "why": words.why(one.why) if one.why else "",
        "left": str(one.session.uuid) in left,
    }
