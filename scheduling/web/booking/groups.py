"""Find a group, read what to expect, join it. Nobody needs to sign in to look.

What these pages tell of how full a group is, is one word (GR1).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.actions.consent import current_versions, signed_forms
from accounts.models import Patient
from accounts.web.profile import require_profile
from scheduling import policy
from scheduling.actions.group_members import join
from scheduling.errors import GroupClosed, GroupFull, MemberAlready, NotFound, Refusal
from scheduling.models import Booking, Group, Member
from scheduling.queries import find_group as query
from scheduling.queries import mine, times, waitlist
from scheduling.queries.find_group import Seen
from scheduling.web.booking import group_words as words
from scheduling.web.booking.check import consent_text
from scheduling.web.booking.forms import minute_of
from scheduling.web.booking.group_forms import GroupFindForm, JoinForm
from scheduling.web.booking.words import mail_about_it, place_name
from scheduling.web.door import PageRequest, public

OVER = (GroupFull, GroupClosed, MemberAlready)  # there is nothing to correct in what was said


def zone_of(request: PageRequest) -> str:
    """The patient's own, where there is one; else the clinic's."""
    patient = mine.own_profile(request.actor) if request.actor.patient else None
    return (patient.time_zone if patient else "") or request.clinic.time_zone


@public
@require_safe
def find(request: PageRequest) -> HttpResponse:
    rows = query.listed(request.actor)
    form = GroupFindForm(request.GET, rows, starting_values(request))
    page: dict[str, Any] = {"form": form, "any": bool(rows)}
    if not form.is_valid():
        return render(request, "booking/group_find.html", page, status=422)
    zone = zone_of(request)
    sought = form.sought(zone)
    found = query.seek(rows, sought, request.now)
    own = {member.group_id: member for member in query.memberships(request.actor)}
    page |= {
        "searched": True,
        "groups": [card(seen, own.get(seen.group.pk), zone) for seen in found],
    }
    if not found:
        page |= elsewhere(rows, sought, request)
    return render(request, "booking/group_find.html", page)


def starting_values(request: PageRequest) -> dict[str, str]:
    patient = mine.own_profile(request.actor) if request.actor.patient else None
    return {"place": patient.state} if patient and patient.state else {}


def elsewhere(rows: list[Group], sought: query.Sought, request: PageRequest) -> dict[str, Any]:
    """Where nothing fits: in which states there would be something."""
    found = query.seek(rows, replace(sought, place=""), request.now) if sought.place else []
    places = sorted({place for seen in found for place in seen.places})
    said = {name: value for name, value in vars(sought).items() if value and name != "zone"}
    return {
        "place": place_name(sought.place) if sought.place else "",
        "elsewhere": [
            {"name": place_name(place), "query": said | {"place": place}} for place in places
        ],
    }


def card(seen: Seen, member: Member | None, zone: str) -> dict[str, Any]:
    label, kind = words.standing(seen, member is not None)
    return {
        "group": seen.group,
        "when": words.when(seen),
        "length": times.length(seen.group.service.minutes),
        "hosts": words.hosts(seen),
        "medium": words.medium(seen),
        "label": label,
        "kind": kind,
        "next": "" if member else words.next_step(seen, zone),
    }


@public
@require_safe
def one(request: PageRequest, group: UUID) -> HttpResponse:
    return group_page(request, policy.find(Group, request.actor, uuid=group))


def group_page(request: PageRequest, row: Group, *, refusal: Refusal | None = None) -> HttpResponse:
    """What to expect, the dates to come, and the way in."""
    seen, zone = query.one(row, request.now), zone_of(request)
    member = own_place(request, row)
    label, kind = words.standing(seen, member is not None)
    own = own_starts(request, row)
    waits = waitlist.line(waitlist.own(request.actor)).filter(group=row).exists()
    free = {way.sessions[0].start for way in seen.free}
    page = {
        "group": row,
        "label": label,
        "kind": kind,
        "facts": words.facts(seen),
        "next": words.next_step(seen, zone),
        "standing": seen.standing.value,
        "dropped_in": seen.dropped_in,
        "start": seen.way.sessions[0].start if seen.way else "",
        "member": member,
        "waits": waits,
        "dates": [
            {
                "start": date.start,
                "when": times.when(date.start, date.end, zone),
                "own": own.get(date.start),
                "open": date.start in free,
            }
            for date in seen.dates[: words.DATES]
        ],
        "more": len(seen.dates) > words.DATES,
        "refusal": refusal,
    }
    if own or member or waits:
        audit.record(request.actor, "group.view", subject=request.actor.patient, obj=row)
    status = refusal.status if refusal else 200
    return render(request, "booking/group_one.html", page, status=status)


def own_place(request: PageRequest, row: Group) -> Member | None:
    return next((one for one in query.memberships(request.actor) if one.group_id == row.pk), None)


def own_starts(request: PageRequest, row: Group) -> dict[int, UUID]:
    """One's own seats in the group's dates."""
    seats = mine.own(request.actor).filter(session__series__group=row, live=True)
    return dict(seats.values_list("start", "uuid"))


# Join


@public
@require_http_methods(["GET", "HEAD", "POST"])
def join_it(request: PageRequest, group: UUID) -> HttpResponse:
    """ "Check your place", which a POST takes; who is not signed in does that first."""
    row = policy.find(Group, request.actor, uuid=group)
    if (first := require_profile(request)) is not None:
        return first
    patient = mine.own_profile(request.actor)
    data = request.POST if request.method == "POST" else request.GET
    seen = chosen(query.one(row, request.now), minute_of(data.get("start", "")))
    if request.method == "POST":
        return take_place(request, row, seen, patient, minute_of(data.get("start", "")))
    if seen is None or own_place(request, row):
        return redirect("group_one", request.clinic.slug, group)
    return join_page(request, seen, patient, join_form(request, seen, patient))


def chosen(seen: Seen, start: int | None) -> Seen | None:
    """The group with the one way in that begins at `start` (None: the next); None if it is not
    open, or not any more."""
    free = [way for way in seen.free if start in (None, way.sessions[0].start)]
    return replace(seen, free=free[:1]) if free else None


def join_form(request: PageRequest, seen: Seen | None, patient: Patient) -> JoinForm:
    place = request.GET.get("place") or patient.state
    return JoinForm(
        request.POST if request.method == "POST" else None,
        versions=current_versions(request.clinic.pk),
        signed=signed_forms(patient, request.now),
        places=seen.places if seen else [],
        start={"place": place, "zone": zone_of(request)},
    )


def join_page(
    request: PageRequest,
    seen: Seen,
    patient: Patient,
    form: JoinForm,
    *,
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    assert seen.way is not None
    zone = zone_of(request)
    page = {
        "group": seen.group,
        "dropped_in": seen.dropped_in,
        "facts": words.way(seen, zone) + words.what(seen),
        "start": seen.way.sessions[0].start,
        "form": form,
        "consent": consent_text(request, form),
        "refusal": refusal,
        "busy": busy_dates(refusal, zone),
    }
    audit.record(request.actor, "group.view", subject=patient, obj=seen.group)
    return render(request, "booking/group_join.html", page, status=status)


def busy_dates(refusal: Refusal | None, zone: str) -> list[str]:
    """The dates that stand against it: one's own, or those that the licence does not reach."""
    dates = refusal.extra.get("dates", []) if refusal else []
    return [times.starting(start, zone) for start in dates]


def take_place(
    request: PageRequest, row: Group, seen: Seen | None, patient: Patient, start: int | None
) -> HttpResponse:
    form = join_form(request, seen, patient)
    if not form.is_valid():
        if seen is None:
            return redirect("group_one", request.clinic.slug, row.uuid)
        return join_page(request, seen, patient, form, status=422)
    try:
        seats = join(
            group=row.uuid,
            patient=patient.pk,
            place=form.cleaned_data["place"],
            zone=form.cleaned_data["zone"],
            start=start,
            accept=form.accepted(),
            actor=request.actor,
            now=request.now,
        )
    except NotFound:
        raise
    except Refusal as refusal:
        if seen is None or isinstance(refusal, OVER):
            return group_page(request, row, refusal=refusal)
        return join_page(request, seen, patient, form, refusal=refusal, status=refusal.status)
    return joined(request, row, seats)


def joined(request: PageRequest, row: Group, seats: list[Booking]) -> HttpResponse:
    """To the proof of a seat, or to the page of one's place."""
    member = own_place(request, row)
    if member is None:
        return redirect("booking_booked", request.clinic.slug, seats[0].uuid)
    mail = mail_about_it(mine.own_profile(request.actor), request.now)
    messages.success(request, f"{_('You have a place in this group.')} {mail}")
    return redirect("group_place", request.clinic.slug, member.uuid)
