"""What a patient waits for, and the page with the two buttons. No rank, no numbers (GR1)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.actions.consent import current_versions, signed_forms
from accounts.models import Patient
from accounts.web.profile import require_profile
from scheduling import policy
from scheduling.actions.wait_offers import accept, decline, is_open, joined
from scheduling.actions.waitlist import (
    leave,
    wait_for_earlier,
    wait_for_group,
    wait_for_service,
)
from scheduling.engine.lifecycle import OfferState
from scheduling.errors import ConsentMissing, NotFound, OfferGone, Refusal, WaitingAlready
from scheduling.models import Group, WaitOffer
from scheduling.queries import mine, times, waitlist
from scheduling.web.booking import words as booking_words
from scheduling.web.booking.change import read_one
from scheduling.web.booking.check import check_form, consent_text
from scheduling.web.booking.find import carried, find_form
from scheduling.web.booking.forms import CheckForm, FindForm
from scheduling.web.booking.group_forms import JoinForm
from scheduling.web.door import PageRequest, signed_in
from scheduling.web.waiting import words
from scheduling.web.waiting.forms import EarlierForm, PlaceForm, SuitForm


@signed_in
@require_safe
def all_mine(request: PageRequest) -> HttpResponse:
    """Offers to answer first, then what one waits for."""
    if (first := require_profile(request)) is not None:
        return first
    patient = mine.own_profile(request.actor)
    rows = list(waitlist.line(waitlist.own(request.actor)).order_by("entered_at", "pk"))
    offers = waitlist.open_offers(rows, request.now)
    page = {
        "offers": [words.offered(one, patient.time_zone, request.now) for one in offers.values()],
        "rows": [{"row": row, "what": words.what(row), "facts": words.facts(row)} for row in rows],
    }
    audit.record(request.actor, "waiting.list", subject=patient)
    return render(request, "waiting/mine.html", page)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: PageRequest) -> HttpResponse:
    """Wait for a time of what was looked for, when nothing was free."""
    if (first := require_profile(request)) is not None:
        return first
    patient = mine.own_profile(request.actor)
    data = request.POST if request.method == "POST" else request.GET
    looked = find_form(request, data)
    if not looked.is_valid():
        query = {name: data[name] for name in looked.fields if name in data}
        return redirect(f"{reverse('booking_home', args=[request.clinic.slug])}?{urlencode(query)}")
    part = looked.cleaned_data["part"]
    posted = request.POST if request.method == "POST" else None
    form = SuitForm(posted, initial={"parts": [part] if part else []})
    if form.is_valid():
        return entered(request, looked, form, patient)
    page = {"form": form, "facts": looked_for(looked), "carried": carried(looked)}
    return render(request, "waiting/new.html", page, status=422 if form.errors else 200)


def looked_for(looked: FindForm) -> list[dict[str, Any]]:
    said = looked.cleaned_data
    names = dict(looked.fields["therapist"].choices)  # type: ignore[attr-defined]
    media = dict(looked.fields["medium"].choices)  # type: ignore[attr-defined]
    return [
        {"term": _("For"), "value": looked.service_chosen.name},
        {"term": _("With"), "value": names[said["therapist"]]},
        {"term": _("How"), "value": media[said["medium"]]},
        {"term": _("You will be in"), "value": booking_words.place_name(said["place"])},
    ]


def entered(
    request: PageRequest, looked: FindForm, form: SuitForm, patient: Patient
) -> HttpResponse:
    said = looked.cleaned_data
    try:
        wait_for_service(
            patient=patient.pk,
            service=looked.service_chosen.uuid,
            therapist=UUID(said["therapist"]) if said["therapist"] else None,
            medium=said["medium"],
            place=said["place"],
            zone=said["zone"],
            **form.said(),
            actor=request.actor,
            now=request.now,
        )
    except NotFound:
        raise
    except Refusal as refusal:
        page = {"form": form, "facts": looked_for(looked), "refusal": refusal}
        page["carried"] = carried(looked)
        return render(request, "waiting/new.html", page, status=refusal.status)
    messages.success(request, _("You are on the waiting list. We write when a time is free."))
    return redirect("waiting_mine", request.clinic.slug)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def enter_group(request: PageRequest, group: UUID) -> HttpResponse:
    """Wait for a place in a group that could be joined, but for a place."""
    if (first := require_profile(request)) is not None:
        return first
    patient = mine.own_profile(request.actor)
    row = policy.find(Group, request.actor, uuid=group)
    zone = patient.time_zone or request.clinic.time_zone
    form = PlaceForm(
        request.POST if request.method == "POST" else None, place=patient.state, zone=zone
    )
    facts = [
        {"term": _("For"), "value": row.name},
        {"term": _("What"), "value": row.service.name},
    ]
    page: dict[str, Any] = {"form": form, "facts": facts, "group": row}
    if not form.is_valid():
        return render(request, "waiting/new.html", page, status=422 if form.errors else 200)
    try:
        wait_for_group(
            patient=patient.pk,
            group=group,
            **form.cleaned_data,
            actor=request.actor,
            now=request.now,
        )
    except NotFound:
        raise
    except Refusal as refusal:
        page["refusal"] = refusal
        return render(request, "waiting/new.html", page, status=refusal.status)
    messages.success(request, _("You are on the waiting list. We write when a place is free."))
    return redirect("waiting_mine", request.clinic.slug)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def enter_earlier(request: PageRequest, booking: UUID) -> HttpResponse:
    """Wait for an earlier time than that of one's session, which stays until one takes it."""
    row, seen = read_one(request, booking)
    form = EarlierForm(request.POST if request.method == "POST" else None)
    refusal: Refusal | None = None
    if form.is_valid():
        try:
            wait_for_earlier(
                booking=booking,
                anyone=form.cleaned_data["anyone"],
                **form.said(),
                actor=request.actor,
                now=request.now,
            )
        except NotFound:
            raise
        except Refusal as refused:
            refusal = refused
        if refusal is None or isinstance(refusal, WaitingAlready):
            said = _("We write when an earlier time is free. Your session stays until you take it.")
            messages.success(request, said)
            return redirect("waiting_mine", request.clinic.slug)
    page = {"form": form, "one": seen, "facts": booking_words.facts(seen), "refusal": refusal}
    audit.record(request.actor, "booking.view", subject=row.patient_id, obj=row.uuid)
    status = refusal.status if refusal else (422 if form.errors else 200)
    return render(request, "waiting/earlier.html", page, status=status)


@signed_in
@require_POST
def leave_it(request: PageRequest, waiting: UUID) -> HttpResponse:
    if not waitlist.own(request.actor).filter(uuid=waiting).exists():
        raise NotFound
    leave(waiting=waiting, actor=request.actor, now=request.now)
    messages.success(request, _("You are no longer on this waiting list."))
    return redirect("waiting_mine", request.clinic.slug)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: PageRequest, offer: UUID) -> HttpResponse:
    """The time that is kept, with two buttons. GET answers nothing (BR1)."""
    found = own_offer(request, offer)
    if found.state == OfferState.ACCEPTED.value:
        return redirect("booking_booked", request.clinic.slug, booked(found))
    if not is_open(found, request.now):
        return over_page(request)
    patient = mine.own_profile(request.actor)
    form = form_for(request, found, patient)
    if request.method != "POST":
        return offer_page(request, found, patient, form)
    if "pass" in request.POST:
        return passed(request, found)
    return taken(request, found, patient, form)


def form_for(request: PageRequest, found: WaitOffer, patient: Patient) -> CheckForm:
    """What has still to be signed; in a group also its confidentiality."""
    if found.waiting.group_id is None:
        return check_form(request, patient)
    form = JoinForm(
        request.POST if request.method == "POST" else None,
        versions=current_versions(request.clinic.pk),
        signed=signed_forms(patient, request.now),
        places=[],
        start={},
    )
    del form.fields["place"], form.fields["zone"]
    return form


def own_offer(request: PageRequest, offer: UUID) -> WaitOffer:
    rows = policy.visible(WaitOffer, request.actor).select_related(
        "booking__session__service__modality", "waiting__booking__session__service__modality"
    )
    found = rows.filter(uuid=offer, waiting__patient=request.actor.patient or 0).first()
    if found is None:
        raise NotFound
    return found


def booked(found: WaitOffer) -> UUID:
    seat = found.waiting.booking or joined(found.waiting) or found.booking
    return seat.uuid


def over_page(request: PageRequest) -> HttpResponse:
    return render(
        request, "waiting/over.html", status=OfferGone.status if request.method == "POST" else 200
    )


def offer_page(
    request: PageRequest,
    found: WaitOffer,
    patient: Patient,
    form: CheckForm,
    *,
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    one = mine.appointment(found.booking, patient.time_zone)
    now_at = found.waiting.booking
    page = words.offered(found, one.zone, request.now) | {
        "facts": booking_words.facts(one, mine.licence_for(one), patient),
        "present": times.when(now_at.start, now_at.end, one.zone) if now_at else "",
        "form": form,
        "consent": consent_text(request, form),
        "refusal": refusal,
    }
    audit.record(request.actor, "offer.view", subject=patient, obj=found)
    return render(request, "waiting/offer.html", page, status=status)


def passed(request: PageRequest, found: WaitOffer) -> HttpResponse:
    try:
        decline(offer=found.uuid, actor=request.actor, now=request.now)
    except NotFound:
        raise
    except Refusal:
        return over_page(request)
    said = _("You let it go. You stay on the waiting list, and we write again.")
    messages.success(request, said)
    return redirect("waiting_mine", request.clinic.slug)


def taken(
    request: PageRequest, found: WaitOffer, patient: Patient, form: CheckForm
) -> HttpResponse:
    if not form.is_valid():
        return offer_page(request, found, patient, form, status=422)
    try:
        row = accept(offer=found.uuid, accept=form.accepted(), actor=request.actor, now=request.now)
    except NotFound:
        raise
    except ConsentMissing as refusal:
        form.add_error("telehealth" if "telehealth" in form.fields else None, refusal.sentence)
        return offer_page(request, found, patient, form, status=refusal.status)
    except Refusal as refusal:
        return offer_page(request, found, patient, form, refusal=refusal, status=refusal.status)
    return redirect("booking_booked", request.clinic.slug, row.uuid)
