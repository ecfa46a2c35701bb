"""One's own place in a group: its dates, and giving it up. Nothing of anybody else (GR1, BL4)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from scheduling import policy
from scheduling.actions.cancel import change_notice
from scheduling.actions.group_members import leave
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import BookingState
from scheduling.errors import NotFound
from scheduling.models import Booking, Member
from scheduling.queries import find_group, mine, times
from scheduling.web.booking import group_words, words
from scheduling.web.booking.groups import zone_of
from scheduling.web.door import PageRequest, signed_in


def own(request: PageRequest, member: UUID) -> Member:
    """One's own place; of staff too, only their own."""
    rows = policy.visible(Member, request.actor).filter(patient=request.actor.patient or 0)
    found = rows.select_related("group__clinic", "group__service").filter(uuid=member).first()
    if found is None:
        raise NotFound
    return found


def own_seats(request: PageRequest, row: Member) -> list[Booking]:
    rows = mine.own(request.actor).filter(session__series__group=row.group_id)
    rows = rows.filter(session__slot__gte=row.from_start).select_related(*mine.READ)
    return list(rows.order_by("start"))


@signed_in
@require_safe
def place(request: PageRequest, member: UUID) -> HttpResponse:
    """What it is, and every date of one's own."""
    row = own(request, member)
    seen, zone = find_group.one(row.group, request.now), zone_of(request)
    seats = mine.appointments(own_seats(request, row), zone)
    page = {
        "member": row,
        "group": row.group,
        "facts": facts(row, seen, zone),
        "coming": [line(one, request) for one in seats if not one.is_past(request.now)],
        "past": [line(one, request) for one in reversed(seats) if one.is_past(request.now)],
        "left": row.left_at is not None,
    }
    audit.record(request.actor, "member.view", subject=row.patient_id, obj=row)
    return render(request, "booking/group_place.html", page)


def facts(row: Member, seen: find_group.Seen, zone: str) -> list[dict[str, Any]]:
    last = times.starting(row.until_start, zone) if row.until_start is not None else ""
    return [
        {"term": _("When"), "value": group_words.when(seen)},
        *group_words.what(seen),
        {"term": _("You will be in"), "value": words.place_name(row.place)},
        *([{"term": _("Until"), "value": last}] if last else []),
    ]


def line(one: mine.Appointment, request: PageRequest) -> dict[str, Any]:
    label, kind = words.standing(one, request.now)
    left = one.start - to_minute(request.now)
    booked = one.state == BookingState.BOOKED.value
    return {
        "one": one,
        "when": times.when(one.start, one.end, one.zone),
        "label": label,
        "kind": kind,
        "changeable": booked and left >= change_notice(request.clinic),
    }


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def leave_it(request: PageRequest, member: UUID) -> HttpResponse:
    """Says which dates it would give up; then gives them up."""
    row = own(request, member)
    if row.left_at is not None:
        return redirect("group_place", request.clinic.slug, member)
    if request.method == "POST":
        leave(member=member, actor=request.actor, now=request.now)
        messages.success(request, _("You have left the group. We tell nobody else in it."))
        return redirect("booking_mine", request.clinic.slug)
    seats = [one for one in own_seats(request, row) if one.live]
    coming = [line(one, request) for one in mine.appointments(seats, zone_of(request))]
    coming = [one for one in coming if not one["one"].has_begun(request.now)]
    given_up = [one for one in coming if one["changeable"]]
    starts = [one["one"].start for one in given_up]
    page = {
        "member": row,
        "group": row.group,
        "late": words.how_many_late(starts, request.clinic, request.now),
        "dates": given_up,
        "kept": [one for one in coming if not one["changeable"]],
    }
    audit.record(request.actor, "member.view", subject=row.patient_id, obj=row)
    return render(request, "booking/group_leave.html", page)
