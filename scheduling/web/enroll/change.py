"""A pause and the end: each says what falls away before it does it. Both ends can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import audit
from scheduling.actions.enroll_life import discharge, pause
from scheduling.actions.enroll_out import coming
from scheduling.engine.hours import day_span
from scheduling.errors import NotFound, Refusal
from scheduling.models import Booking, Enrollment
from scheduling.queries import enrollments, times
from scheduling.web.door import PageRequest, staff
from scheduling.web.enroll import words
from scheduling.web.enroll.forms import DischargeForm, PauseForm
from scheduling.web.enroll.frame import ROLES, find_enrollment, page, today


@staff(*ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def pause_it(request: PageRequest, enrollment: UUID) -> HttpResponse:
    row = find_enrollment(request, enrollment)
    form = PauseForm(asked(request))

    def falls() -> list[Booking]:
        said = form.cleaned_data
        until = said["last"] and day_span(request.clinic.time_zone, said["last"], said["last"])[1]
        return coming(row, first_minute(request, form), until, request.now)

    def act() -> str:
        said = form.cleaned_data
        days = {"from_day": said["first"], "until_day": said["last"]}
        pause(enrollment=row.uuid, **days, actor=request.actor, now=request.now)
        return _("The program is paused, and the patient is told.")

    return change(
        request, row, form, act, falls,
        heading=_("Pause the program"),
        intro=_(
            "For an inpatient stay, say. What is booked in it is cancelled, never as late; places "
            "in groups are kept. No hours are asked for in these weeks."
        ),
        submit=_("Pause it"),
    )  # fmt: skip


@staff(*ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def discharge_it(request: PageRequest, enrollment: UUID) -> HttpResponse:
    row = find_enrollment(request, enrollment)
    form = DischargeForm(asked(request))

    def falls() -> list[Booking]:
        return coming(row, first_minute(request, form), None, request.now)

    def act() -> str:
        said = form.cleaned_data
        end = {"from_day": said["first"], "reason": said["reason"]}
        discharge(enrollment=row.uuid, **end, actor=request.actor, now=request.now)
        return _("The program ends, and the patient is told.")

    return change(
        request, row, form, act, falls,
        heading=_("End the program"),
        intro=_("What is booked from that day on is cancelled, and places in groups are free."),
        submit=_("End it"),
        danger=True,
    )  # fmt: skip


def asked(request: PageRequest) -> Any:
    """The address holds what is asked for, so that its consequences can be looked at first."""
    return request.GET if "first" in request.GET else None


def first_minute(request: PageRequest, form: forms.Form) -> int:
    day = max(form.cleaned_data["first"], today(request))
    return day_span(request.clinic.time_zone, day, day)[0]


def change(
    request: PageRequest,
    row: Enrollment,
    form: forms.Form,
    act: Callable[[], str],
    falls: Callable[[], list[Booking]],
    **said: Any,
) -> HttpResponse:
    """GET says what it would do; POST to the same address does it."""
    good, refused = form.is_bound and form.is_valid(), ""
    if request.method == "POST" and good:
        try:
            messages.success(request, act())
            return redirect("enrollment", request.clinic.slug, row.uuid)
        except NotFound:
            raise
        except Refusal as refusal:
            refused = str(refusal)
    seats = enrollments.with_names(falls()) if good else []
    zone = request.clinic.time_zone
    context = said | {
        "row": row,
        "form": form,
        "checked": good,
        "refused": refused,
        "falling": [
            {"when": times.when(one.start, one.end, zone), "name": words.meeting(one)}
            for one in seats
        ],
    }
    audit.record(request.actor, "enrollment.view", subject=row.patient_id, obj=row)
    wrong = refused or (not good and (form.is_bound or request.method == "POST"))
    return page(request, "change", context, status=422 if wrong else 200)
