"""Book for a patient who is on the telephone, in one step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import audit
from accounts.actions.consent import current_versions, signed_forms
from accounts.models import ConsentForm, Patient
from scheduling.actions.book import book
from scheduling.errors import ConsentMissing, NotFound, PatientBusy, Refusal, SlotGone
from scheduling.models import Booking
from scheduling.queries import people
from scheduling.queries import times as say
from scheduling.queries.slots import Wanted
from scheduling.web.booking.forms import FindForm, minute_of
from scheduling.web.desk import times
from scheduling.web.desk.forms import AloudForm, TypedForm
from scheduling.web.desk.frame import page
from scheduling.web.door import PageRequest, staff


@dataclass
class Call:
    """What is asked for in one telephone call."""

    patient: Patient
    form: FindForm
    typed: TypedForm
    aloud: AloudForm
    start: int | None = None
    refusal: Refusal | None = None


@staff("desk")
@require_http_methods(["GET", "HEAD", "POST"])
def book_for(request: PageRequest, patient: UUID) -> HttpResponse:
    """Free times; a POST books the one that was chosen, or typed with a reason."""
    call = opened(request, people.one(request.actor, patient))
    if request.method != "POST":
        return book_page(request, call, status=200 if call.form.is_valid() else 422)
    if not read_start(request, call):
        return book_page(request, call, status=422)
    try:
        booking = book_it(request, call)
    except NotFound:
        raise
    except ConsentMissing as refusal:
        call.aloud.add_error(None, str(refusal))
        return book_page(request, call, status=refusal.status)
    except Refusal as refusal:
        call.refusal = refusal
        return book_page(request, call, status=refusal.status)
    messages.success(request, _("It is booked."))
    return redirect("desk_booking", request.clinic.slug, booking.uuid)


def opened(request: PageRequest, patient: Patient) -> Call:
    start = {"place": patient.state, "zone": patient.time_zone}
    form = times.filter_form(request, start)
    form.is_valid()
    signed = signed_forms(patient, request.now)
    posted = request.POST if request.method == "POST" else None
    versions = current_versions(request.clinic.pk)
    aloud = AloudForm(posted, versions, signed, mail=bool(patient.email))
    return Call(patient, form, times.typed_form(request, form, anybody=True), aloud)


def read_start(request: PageRequest, call: Call) -> bool:
    """Whether everything that is needed was said; what is missing stands at its field."""
    good = call.form.is_valid() & call.aloud.is_valid()
    if call.typed.is_bound:
        good &= call.typed.is_valid()
        call.start = call.typed.cleaned_data.get("start")
    else:
        call.start = minute_of(request.POST.get("start", ""))
        if call.start is None:
            call.aloud.add_error(None, _("Please choose a time."))
    return good and call.start is not None


def book_it(request: PageRequest, call: Call) -> Booking:
    """Try the free therapists one after another: the first may just have been taken."""
    assert call.start is not None
    form, wanted = call.form, times.wanted_at_desk(call.form)
    gone: Refusal = SlotGone()
    for therapist in whom_to_try(request, call, wanted, call.start):
        try:
            return book(
                service=form.service_chosen.uuid,
                therapist=therapist,
                start=call.start,
                medium=wanted.medium,
                place=wanted.place,
                zone=wanted.zone,
                patient=call.patient.pk,
                accept=call.aloud.accepted(),
                override=call.typed.cleaned_data["why"] if call.typed.is_bound else "",
                actor=request.actor,
                now=request.now,
            )
        except (PatientBusy, ConsentMissing):
            raise
        except Refusal as refusal:
            gone = refusal
    raise gone


def whom_to_try(request: PageRequest, call: Call, wanted: Wanted, start: int) -> Iterable[UUID]:
    """A typed time names its therapist: rules are set aside for one alone."""
    if call.typed.is_bound:
        return [UUID(call.typed.cleaned_data["therapist"])]
    return times.candidates(call.form, wanted, start, request)


def book_page(request: PageRequest, call: Call, *, status: int) -> HttpResponse:
    form = call.form
    context: dict[str, Any] = {
        "patient": call.patient,
        "form": form,
        "typed": call.typed,
        "aloud": call.aloud,
        "chosen": call.start,
        "consent": consent_texts(request, call.aloud),
        "zone_city": say.city(call.typed.zone),
    }
    if form.is_valid():
        wanted = times.wanted_at_desk(form)
        context |= times.search(form, wanted, request)
        if call.refusal is not None and call.start is not None:
            context["refused"] = times.sentence(call.refusal)
            context["nearest"] = times.near(wanted, call.start, request)
    audit.record(request.actor, "patient.view", subject=call.patient)
    return page(request, "desk/book", context, status=status)


def consent_texts(request: PageRequest, aloud: AloudForm) -> list[dict[str, str]]:
    """What is to be read out: the newest text of each form that is still to be agreed to."""
    rows = ConsentForm.objects.filter(clinic=request.clinic, form__in=list(aloud.fields))
    newest = [row for row in rows if row.version == aloud.versions[row.form]]
    return [{"label": str(row.get_form_display()), "text": row.text} for row in newest]
