"""Find a patient, make one, and a patient's page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.actions.consent import current_versions, signed_forms
from accounts.models import Form, Patient
from accounts.phone import grouped
from scheduling.actions.patients import (
    change_patient,
    make_patient,
    record_consent,
    withdraw_consent,
)
from scheduling.errors import BadInput, NotFound, TooManyTries
from scheduling.queries import enrollments, people, times
from scheduling.web.booking.words import place_name
from scheduling.web.desk import words
from scheduling.web.desk.forms import PAPER, NewPatientForm, PatientForm, SearchForm
from scheduling.web.desk.frame import here, page
from scheduling.web.desk.limits import require_few_searches
from scheduling.web.door import PageRequest, staff
from scheduling.web.enroll.words import standing_chip

ASK_AGAIN = gettext_lazy(
    "Read the new address back. Until the patient accepts mail there anew, it tells no time."
)


@staff("desk")
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: PageRequest) -> HttpResponse:
    """What is searched for is posted: names stand in no address, history or log."""
    form = SearchForm(request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return page(request, "desk/find", {"form": form})
    if not form.is_valid():
        return page(request, "desk/find", {"form": form}, status=422)
    try:
        require_few_searches(request.actor, request.now)
        hits = people.look_up(request.actor, form.cleaned_data["text"])
    except BadInput:
        form.add_error("text", _("Type at least three letters of the name, or the whole number."))
        return page(request, "desk/find", {"form": form}, status=422)
    except TooManyTries as refusal:
        audit.record(request.actor, "patient.search", outcome="refused", code=refusal.code)
        form.add_error(None, str(refusal))
        return page(request, "desk/find", {"form": form}, status=refusal.status)
    audit.record(request.actor, "patient.search", subject=hits.patients)
    return page(request, "desk/find", {"form": form, "hits": hits, "searched": True})


@staff("desk")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: PageRequest) -> HttpResponse:
    """Make a patient; who may be the same person is shown once before."""
    form = NewPatientForm(
        request.POST if request.method == "POST" else None,
        zone=request.clinic.time_zone,
        versions=current_versions(request.clinic.pk),
    )
    if not form.is_bound:
        return page(request, "desk/new", {"form": form})
    if not form.is_valid():
        return page(request, "desk/new", {"form": form}, status=422)
    if "anyway" not in request.POST and (alike := who_is_alike(request, form)):
        return page(request, "desk/new", {"form": form, "alike": alike}, status=409)
    try:
        made = make_patient(
            **form.said(), accept=form.accepted(), actor=request.actor, now=request.now
        )
    except BadInput as refusal:
        form.add_error(field_in(form, refusal), str(refusal))
        return page(request, "desk/new", {"form": form}, status=refusal.status)
    messages.success(request, _("The patient is on file."))
    return redirect("desk_patient", request.clinic.slug, made.uuid)


def who_is_alike(request: PageRequest, form: PatientForm) -> list[Patient]:
    said = form.cleaned_data
    wanted = {name: said[name] for name in ("first_name", "last_name", "birth_date", "phone")}
    found = people.alike(request.actor, **wanted)
    audit.record(request.actor, "patient.alike", subject=found)
    return found


def field_in(form: PatientForm, refusal: BadInput) -> str | None:
    name = refusal.extra.get("field")
    return name if name in form.fields else None


@staff("desk")
@require_safe
def one(request: PageRequest, patient: UUID) -> HttpResponse:
    """Who it is, what is signed, what is booked."""
    who = people.one(request.actor, patient)
    coming, gone = people.bookings_of(request.actor, who, request.now)
    zone = zone_of(who, request)
    context = {
        "patient": who,
        "facts": facts(who, zone),
        "consents": consents(request, who),
        "coming": words.booking_lines(coming, zone),
        "gone": words.booking_lines(gone, zone),
        "programs": [
            (one, standing_chip(how))
            for one, how in enrollments.of_patient(request.actor, who, request.now)
        ],
    }
    audit.record(request.actor, "patient.view", subject=who)
    return page(request, "desk/patient", context)


def zone_of(patient: Patient, request: PageRequest) -> str:
    return patient.time_zone or request.clinic.time_zone


def facts(patient: Patient, zone: str) -> list[dict[str, Any]]:
    said = [
        (_("Wishes to be called"), patient.called),
        (_("Date of birth"), words.birth_date(patient.birth_date)),
        (_("Telephone"), grouped(patient.phone)),
        (_("E-mail"), patient.email or _("none")),
        (_("Mail"), _("wants no mail") if patient.no_mail else ""),
        (_("State"), place_name(patient.state)),
        (_("Time zone"), times.city(zone)),
    ]
    return [{"term": term, "value": value} for term, value in said if value]


def consents(request: PageRequest, patient: Patient) -> list[dict[str, Any]]:
    """Each form of the clinic: whether its newest version stands signed."""
    signed = signed_forms(patient, request.now)
    return [
        {
            "form": form,
            "version": version,
            "label": Form(form).label,
            "signed": form in signed,
            "paper": PAPER[form],
        }
        for form, version in sorted(current_versions(request.clinic.pk).items(), reverse=True)
    ]


@staff("desk")
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: PageRequest, patient: UUID) -> HttpResponse:
    who = people.one(request.actor, patient)
    data = request.POST if request.method == "POST" else None
    form = PatientForm(data, patient=who, zone=request.clinic.time_zone)
    context = {"form": form, "patient": who}
    if form.is_bound and form.is_valid():
        try:
            kept = change_patient(
                patient=who.pk, **form.cleaned_data, actor=request.actor, now=request.now
            )
        except BadInput as refusal:
            form.add_error(field_in(form, refusal), str(refusal))
        else:
            messages.success(request, _("The changes are kept."))
            if kept.email not in ("", who.email):
                messages.warning(request, ASK_AGAIN)
            return redirect("desk_patient", request.clinic.slug, who.uuid)
    audit.record(request.actor, "patient.view", subject=who)
    return page(request, "desk/edit", context, status=422 if form.is_bound else 200)


@staff("desk")
@require_POST
def consent(request: PageRequest, patient: UUID) -> HttpResponse:
    """Put a signature on file, or take one back: `form`, and `version` or `withdraw`."""
    who = people.one(request.actor, patient)
    form = request.POST.get("form", "")
    if form not in Form.values:
        raise NotFound
    if "withdraw" in request.POST:
        withdraw_consent(patient=who.pk, form=form, actor=request.actor, now=request.now)
        messages.success(request, _("The consent is withdrawn."))
    else:
        version = request.POST.get("version", "")
        record_consent(
            patient=who.pk,
            form=form,
            version=int(version) if version.isdecimal() and len(version) < 5 else 0,
            actor=request.actor,
            now=request.now,
        )
        messages.success(request, _("The consent is on file."))
    return redirect(here(request, "desk_patient", who.uuid))
