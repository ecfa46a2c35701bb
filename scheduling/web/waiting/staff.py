"""The whole waiting list, and what staff decide: who comes first, what is offered, who goes."""

from __future__ import annotations

from itertools import groupby, islice
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.models import Patient, Therapist
from scheduling import policy
from scheduling.actions.wait_offers import offer_place, offer_time, withdraw
from scheduling.actions.waitlist import leave, prefer, wait_for_service
from scheduling.engine.hours import local_day
from scheduling.engine.interval import to_minute
from scheduling.errors import BadInput, NotFound, PatientBusy, Refusal
from scheduling.models import Kind, Service, Waiting
from scheduling.queries import times, waitlist
from scheduling.queries.waitlist import Look
from scheduling.web.booking.forms import full_name, minute_of
from scheduling.web.desk.frame import here
from scheduling.web.desk.frame import work_bar as bar_of_roles
from scheduling.web.door import PageRequest, staff
from scheduling.web.therapist.frame import work_bar
from scheduling.web.waiting import words
from scheduling.web.waiting.forms import AddForm, PreferForm

SHOWN_DAYS, SHOWN_A_DAY = 5, 3  # free times that can be offered by hand


def page(
    request: PageRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    bar = work_bar(request) if request.actor.therapist else bar_of_roles(request)
    return render(
        request, f"waiting/{template}.html", {"staff_links": bar} | context, status=status
    )


def find(request: PageRequest, waiting: UUID) -> Waiting:
    """Somebody who waits still; never oneself."""
    rows = waitlist.line(policy.visible(Waiting, request.actor)).filter(uuid=waiting)
    found = rows.exclude(patient=request.actor.patient or 0).first()
    if found is None:
        raise NotFound
    return found


@staff("desk", "therapist")
@require_safe
def everybody(request: PageRequest) -> HttpResponse:
    """In the order of their turn."""
    rows = waitlist.line(policy.visible(Waiting, request.actor))
    seen = list(rows.exclude(patient=request.actor.patient or 0))
    offers = waitlist.open_offers(seen, request.now)
    zone = request.clinic.time_zone
    lines = [
        {
            "row": row,
            "what": words.what(row),
            "with": words.with_whom(row),
            "suits": words.suits(row),
            "since": times.day(times.local(to_minute(row.entered_at), zone).date()),
            "offer": words.offered(offers[row.pk], zone, request.now) if row.pk in offers else None,
        }
        for row in seen
    ]
    audit.record(request.actor, "waiting.list", subject=[row.patient_id for row in seen])
    return page(request, "list", {"lines": lines})


@staff("desk", "therapist")
@require_safe
def one(request: PageRequest, waiting: UUID) -> HttpResponse:
    return one_page(request, find(request, waiting))


def one_page(
    request: PageRequest,
    row: Waiting,
    *,
    form: PreferForm | None = None,
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    zone = request.clinic.time_zone
    offer = waitlist.open_offers([row], request.now).get(row.pk)
    start = {"priority": row.priority, "reason": row.priority_reason}
    context = {
        "row": row,
        "facts": words.facts(row),
        "offered": words.offered(offer, zone, request.now) if offer else None,
        "times": [] if offer else free(request, row),
        "form": form or PreferForm(initial=start),
        "refusal": refusal,
    }
    audit.record(request.actor, "waiting.view", subject=row.patient_id, obj=row)
    return page(request, "one", context, status)


def free(request: PageRequest, row: Waiting) -> list[dict[str, Any]]:
    """The next times that suit, also those that were offered before."""
    seen = Look(row.clinic_id, request.now)
    if row.group is not None:
        starts = seen.seats(row, again=True)[: SHOWN_DAYS * SHOWN_A_DAY]
        return [
            {"value": f"{one}:", "when": times.starting(one, row.zone), "with": row.group.name}
            for one in starts
        ]
    days = groupby(seen.times(row, again=True), lambda one: local_day(row.zone, one.start))
    found = [one for _day, some in islice(days, SHOWN_DAYS) for one in islice(some, SHOWN_A_DAY)]
    hosts = Therapist.objects.in_bulk({one.profile for one in found})
    return [
        {
            "value": f"{one.start}:{hosts[one.profile].uuid}",
            "when": times.starting(one.start, row.zone),
            "with": full_name(hosts[one.profile]),
        }
        for one in found
    ]


@staff("desk", "therapist")
@require_POST
def prefer_it(request: PageRequest, waiting: UUID) -> HttpResponse:
    row, form = find(request, waiting), PreferForm(request.POST)
    if not form.is_valid():
        return one_page(request, row, form=form, status=422)
    try:
        prefer(waiting=waiting, **form.cleaned_data, actor=request.actor, now=request.now)
    except NotFound:
        raise
    except Refusal as refusal:
        form.add_error("reason", str(refusal))
        return one_page(request, row, form=form, status=refusal.status)
    messages.success(request, _("The priority is saved."))
    return redirect(here(request, "waiting_one", waiting))


@staff("desk", "therapist")
@require_POST
def offer_it(request: PageRequest, waiting: UUID) -> HttpResponse:
    row = find(request, waiting)
    start, host = chosen(request.POST.get("time", ""))
    said: dict[str, Any] = {"start": start, "actor": request.actor, "now": request.now}
    try:
        if row.group is not None:
            offer_place(waiting=waiting, **said)
        elif host is not None:
            offer_time(waiting=waiting, therapist=host, **said)
        else:
            raise BadInput(field="time")
    except NotFound:
        raise
    except Refusal as refusal:
        if isinstance(refusal, PatientBusy) and not request.actor.has(policy.DESK):
            refusal.sentence = PatientBusy.FOR_STAFF
        return one_page(request, row, refusal=refusal, status=refusal.status)
    messages.success(request, _("The time is kept, and we write to the patient."))
    return redirect(here(request, "waiting_one", waiting))


def chosen(text: str) -> tuple[int, UUID | None]:
    """ "30012345:<uuid of the therapist>"; of a group without one."""
    start, _colon, host = text.partition(":")
    minute = minute_of(start)
    try:
        who = UUID(host) if host else None
    except ValueError as error:
        raise BadInput(field="time") from error
    if minute is None:
        raise BadInput(field="time")
    return minute, who


@staff("desk", "therapist")
@require_POST
def take_out(request: PageRequest, waiting: UUID) -> HttpResponse:
    find(request, waiting)
    leave(waiting=waiting, actor=request.actor, now=request.now)
    messages.success(request, _("Taken off the waiting list."))
    return redirect(here(request, "waiting_list"))


@staff("desk", "therapist")
@require_POST
def take_back(request: PageRequest, offer: UUID) -> HttpResponse:
    try:
        found = withdraw(offer=offer, actor=request.actor, now=request.now)
    except NotFound:
        raise
    except Refusal:
        messages.warning(request, _("This offer is no longer open."))
        return redirect(here(request, "waiting_list"))
    messages.success(request, _("The offer is taken back, and the time is free."))
    return redirect(here(request, "waiting_one", found.waiting.uuid))


@staff("desk", "therapist")
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: PageRequest, patient: UUID) -> HttpResponse:
    """Put a patient on the list, as the patient asks for it."""
    who = policy.find(Patient, request.actor, uuid=patient, active=True)
    if who.pk == request.actor.patient:
        raise NotFound
    form = add_form(request, who)
    if form.is_valid():
        said = form.cleaned_data
        try:
            row = wait_for_service(
                patient=who.pk,
                service=UUID(said["service"]),
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
            form.add_error(
                None,
                _("The patient waits for this already.")
                if refusal.code == "waiting_already"
                else str(refusal),
            )
        else:
            messages.success(request, _("The patient is on the waiting list."))
            return redirect(here(request, "waiting_one", row.uuid))
    audit.record(request.actor, "patient.view", subject=who)
    return page(request, "add", {"form": form, "patient": who}, 422 if form.errors else 200)


def add_form(request: PageRequest, who: Patient) -> AddForm:
    services = policy.visible(Service, request.actor)
    services = services.filter(active=True, kind=Kind.INDIVIDUAL.value).order_by("name")
    hosts = policy.visible(Therapist, request.actor).filter(active=True).order_by("name")
    if not request.actor.has(policy.DESK):
        hosts = hosts.filter(pk__in=policy.caseload(request.actor))
    return AddForm(
        request.POST if request.method == "POST" else None,
        list(services),
        list(hosts),
        place=who.state,
        zone=who.time_zone or request.clinic.time_zone,
    )
