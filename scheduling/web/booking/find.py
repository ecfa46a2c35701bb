"""Find a time: the clinic's first page. Nobody needs to sign in for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from scheduling.actions.hold import owner_hash
from scheduling.engine.interval import to_minute
from scheduling.errors import Refusal, TooManyHolds
from scheduling.models import Booking, Medium
from scheduling.queries import find as query
from scheduling.queries import find_group, mine, times
from scheduling.queries.slots import Wanted
from scheduling.web.booking import words
from scheduling.web.booking.forms import FindForm
from scheduling.web.booking.secret import held_secret
from scheduling.web.door import PageRequest, public

WAITED_FOR = {query.Empty.FULL, query.Empty.FILTERED, query.Empty.NOT_ACCEPTING}


@public
@require_safe
def home(request: PageRequest) -> HttpResponse:
    form = find_form(request, request.GET)
    if not form.there.services:  # a clinic on its first day, or one of groups alone
        page = {"groups_listed": find_group.any_listed(request.actor)}
        return render(request, "booking/closed.html", page)
    return find_page(request, form, status=200 if form.is_valid() else 422)


def find_form(request: PageRequest, data: Any, start: dict[str, str] | None = None) -> FindForm:
    """The filters; what a GET leaves out is taken from the patient or the clinic."""
    there = query.choices(request.actor, request.now.date())
    if start is None:
        start = starting_values(request, there)
    form = FindForm(data, there, request.now, start)
    form.guess_zone(bool(start) and "zone" not in data and "known" not in start)
    return form


def starting_values(request: PageRequest, there: query.Choices) -> dict[str, str]:
    """What is looked for before anybody has said so; `known`: the zone is the person's own."""
    patient = mine.own_profile(request.actor) if request.actor.patient else None
    likely = max(there.places, key=lambda code: len(there.places[code]), default="CA")
    said = {
        "service": there.usual.slug if there.usual else "",
        "place": patient.state if patient and patient.state else likely,
        "medium": (query.media_of(there.services) or ["video"])[0],
        "zone": request.clinic.time_zone,
    }
    known = patient is not None and patient.time_zone
    return said | ({"zone": patient.time_zone, "known": "1"} if patient and known else {})


def find_page(
    request: PageRequest,
    form: FindForm,
    *,
    refusal: Refusal | None = None,
    start: int | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page; `refusal` says why `start` could not be kept, with the nearest others."""
    page: dict[str, Any] = {
        "form": form,
        "steps": words.steps(),
        "kept": kept_here(request),
        "groups_listed": find_group.any_listed(request.actor),
    }
    if form.is_valid():
        page |= found(request, form)
        if refusal is not None:
            page["refusal"] = refusal
            if not isinstance(refusal, TooManyHolds):
                page |= nearest_of(form, start, request)
    return render(request, "booking/find.html", page, status=status)


def found(request: PageRequest, form: FindForm) -> dict[str, Any]:
    wanted, part, now = form.wanted(), form.cleaned_data["part"], request.now
    free = query.free_times(wanted, part, now)
    later = wanted.first > to_minute(now)
    first = query.next_time(wanted, part, now) if later else free.first
    page: dict[str, Any] = {
        "searched": True,
        "next": words.slot(first, wanted.zone) if first is not None else None,
        "days": words.day_groups(free.days, wanted.zone),
        "jumped": free.jumped,
        "zone_city": times.city(wanted.zone),
        "place": words.place_name(wanted.place),
        "medium": Medium(wanted.medium).label,
        "service": form.service_chosen,
        "carried": carried(form),
        "later_url": at_day(form, free.more),
        "earlier_url": at_day(form, form.week_earlier()),
    }
    if not free.days:
        page |= nothing(form, query.why_empty(wanted, part, form.service_chosen, now))
        if page["empty"] in WAITED_FOR:
            wait = reverse("waiting_new", args=[request.clinic.slug])
            page["wait_url"] = wait + with_(form)
    return page


def nothing(form: FindForm, why: query.Empty) -> dict[str, Any]:
    """Why there is no time, and what else there is."""
    there, place = form.there.places, form.cleaned_data["place"]
    states = [code for code in sorted(there) if code != place]
    return {
        "empty": why.value,
        "others_there": place in there and len(form.there.services) > 1,
        "licensed": [
            {"name": words.place_name(code), "url": with_(form, place=code)} for code in states
        ],
    }


def carried(form: FindForm) -> list[tuple[str, str]]:
    """What the form of a chosen time sends along, so that nothing typed is lost."""
    said = form.cleaned_data
    return [(name, str(said[name])) for name in form.fields if said.get(name)]


def with_(form: FindForm, **other: str) -> str:
    """The same search with something else."""
    return "?" + urlencode(dict(carried(form)) | other)


def at_day(form: FindForm, day: date | None) -> str:
    return with_(form, day=day.isoformat()) if day else ""


def nearest_of(form: FindForm, start: int | None, request: PageRequest) -> dict[str, Any]:
    """Three others of the same search; where it has none, three with any therapist."""
    wanted, carry = form.wanted(), carried(form)
    near = nearest_slots(wanted, start, request)
    if not near and (wanted.therapist is not None or wanted.language):
        near = nearest_slots(replace(wanted, therapist=None, language=""), start, request)
        carry = [(name, said) for name, said in carry if name not in ("therapist", "language")]
        return {"nearest": near, "others_carried": carry, "nearest_of_all": True}
    return {"nearest": near, "others_carried": carry}


def nearest_slots(wanted: Wanted, start: int | None, request: PageRequest) -> list[dict[str, Any]]:
    """Three others; none where the start is out of all reason."""
    if start is None or abs(start - to_minute(request.now)) > 1440 * 366:
        return []
    return [words.slot(one, wanted.zone) for one in query.around(wanted, start, request.now)]


def kept_here(request: PageRequest) -> list[dict[str, Any]]:
    """What this browser keeps already; no query where it has no secret."""
    secret = held_secret(request)
    if not secret:
        return []
    rows = mine.kept(owner_hash(secret), request.actor, request.now)
    slug = request.clinic.slug
    return [
        {
            "when": times.when(row.start, row.end, row.zone),
            "clock": words.until(row)["clock"],
            "url": reverse("booking_hold", args=[slug, row.uuid]),
            "let_go": reverse("booking_let_go", args=[slug, row.uuid]),
        }
        for row in rows
    ]


def wanted_of(held: Booking) -> Wanted:
    """The search in which this time was found, over all therapists."""
    return Wanted(
        service=held.session.service_id,
        place=held.place,
        zone=held.zone,
        medium=held.session.medium,
        first=held.start,
        until=held.start + 1440 * 366,
    )


def carried_of(held: Booking) -> list[tuple[str, str]]:
    return [
        ("service", held.session.service.slug),
        ("place", held.place),
        ("medium", held.session.medium),
        ("zone", held.zone),
    ]


def find_url(request: PageRequest, held: Booking) -> str:
    home = reverse("booking_home", args=[request.clinic.slug])
    return f"{home}?{urlencode(carried_of(held))}"
