"""Check the booking and confirm it; or sign in first; or choose again, if it was kept too long."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import audit
from accounts.actions.consent import current_versions, signed_forms
from accounts.models import ConsentForm, Form, Patient
from accounts.phone import grouped
from accounts.web.profile import require_profile
from scheduling.actions.book import confirm
from scheduling.actions.hold import find_hold, require_alive
from scheduling.engine.lifecycle import BookingState
from scheduling.errors import ConsentMissing, HoldExpired, NotFound, Refusal
from scheduling.models import Booking, Medium
from scheduling.queries import find as query
from scheduling.queries import mine
from scheduling.queries.slots import Wanted
from scheduling.web.booking import words
from scheduling.web.booking.find import carried_of, find_url, nearest_slots, wanted_of
from scheduling.web.booking.forms import CheckForm
from scheduling.web.booking.secret import held_secret
from scheduling.web.door import PageRequest, public

TICKED = "ticked"  # in the web session: what was signed for a time that was then lost


@public
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: PageRequest, hold: UUID) -> HttpResponse:
    """The kept time; to whoever is signed in, "check your booking", which a POST confirms."""
    secret = held_secret(request)
    held = find_hold(hold, secret, request.actor)
    if held.state == BookingState.BOOKED.value:
        return redirect("booking_booked", request.clinic.slug, held.uuid)
    try:
        require_alive(held, request.now)
    except HoldExpired as refusal:
        return lost_page(request, held, refusal)
    if not request.user.is_authenticated:
        return kept_page(request, held)
    if (first := require_profile(request)) is not None:
        return first
    patient = mine.own_profile(request.actor)
    if request.method == "POST":
        return book_it(request, held, patient, secret)
    return check_page(request, held, patient, check_form(request, patient))


def kept_page(request: PageRequest, held: Booking) -> HttpResponse:
    here = reverse("booking_hold", args=[request.clinic.slug, held.uuid])
    door = reverse("clinic_sign_in", args=[request.clinic.slug])
    sign_in = f"{door}?{urlencode({'next': here})}"
    if request.method == "POST":
        return HttpResponseRedirect(sign_in)
    return render(request, "booking/kept.html", held_context(request, held) | {"sign_in": sign_in})


def held_context(
    request: PageRequest, held: Booking, patient: Patient | None = None
) -> dict[str, Any]:
    one = mine.appointment(held)
    facts = words.facts(one, mine.licence_for(one), patient)
    if patient and one.medium == Medium.TELEPHONE.value:
        here = reverse("booking_hold", args=[request.clinic.slug, held.uuid])
        profile = reverse("booking_profile", args=[request.clinic.slug])
        number = grouped(patient.phone) or _("no number is kept yet")
        facts.append(
            {"term": _("We call you at"), "value": number, "change": f"{profile}?next={here}"}
        )
    return {
        "held": held,
        "facts": facts,
        "until": words.until(held),
        "now": request.now,
        "steps": words.steps(),
    }


def check_form(request: PageRequest, patient: Patient) -> CheckForm:
    """What is still to be signed; boxes ticked for a time that was lost are ticked again."""
    return CheckForm(
        request.POST if request.method == "POST" else None,
        versions=current_versions(request.clinic.pk),
        signed=signed_forms(patient, request.now),
        ticked=request.session.get(TICKED, []),
    )


def check_page(
    request: PageRequest,
    held: Booking,
    patient: Patient,
    form: CheckForm,
    *,
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    page = held_context(request, held, patient) | {
        "form": form,
        "refusal": refusal,
        "consent": consent_text(request, form),
    }
    if refusal is not None:
        page["nearest"] = nearest_slots(wanted_of(held), held.start, request)
        page["carried"] = carried_of(held)
    audit.record(request.actor, "hold.view", subject=patient, obj=held.uuid)
    return render(request, "booking/check.html", page, status=status)


def consent_text(request: PageRequest, form: CheckForm) -> dict[str, str]:
    """The texts of the forms that are still to be signed."""
    rows = ConsentForm.objects.filter(clinic=request.clinic, form__in=list(form.fields))
    newest = [row for row in rows if row.version == form.versions[row.form]]
    return {row.form: row.text for row in newest}


def book_it(request: PageRequest, held: Booking, patient: Patient, secret: str) -> HttpResponse:
    form = check_form(request, patient)
    if not form.is_valid():
        return check_page(request, held, patient, form, status=422)
    try:
        booking = confirm(
            hold=held.uuid,
            secret=secret,
            patient=patient.pk,
            accept=form.accepted(),
            actor=request.actor,
            now=request.now,
        )
    except HoldExpired as refusal:
        return lost_page(request, held, refusal)
    except ConsentMissing as refusal:
        form.add_error("telehealth" if "telehealth" in form.fields else None, refusal.sentence)
        return check_page(request, held, patient, form, status=refusal.status)
    except Refusal as refusal:
        if refusal.status == NotFound.status:
            raise
        return check_page(request, held, patient, form, refusal=refusal, status=refusal.status)
    request.session.pop(TICKED, None)
    return redirect("booking_booked", request.clinic.slug, booking.uuid)


def lost_page(request: PageRequest, held: Booking, refusal: Refusal) -> HttpResponse:
    """The time is not kept any more: the three nearest, with everything else as it was."""
    if request.method == "POST" and request.user.is_authenticated:
        request.session[TICKED] = [name for name in Form.values if name in request.POST]
    wanted = wanted_of(held)
    page = {
        "refusal": refusal,
        "nearest": nearest_slots(wanted, held.start, request),
        "carried": carried_of(held),
        "again": words.slot(held.start, held.zone) if still_free(wanted, held, request) else None,
        "back": find_url(request, held),
        "steps": words.steps(),
    }
    return render(request, "booking/lost.html", page, status=refusal.status)


def still_free(wanted: Wanted, held: Booking, request: PageRequest) -> bool:
    return bool(query.who_is_free(wanted, held.start, request.now))
