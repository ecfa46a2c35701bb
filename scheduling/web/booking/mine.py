"""My sessions: what is to come, with the way in, and what has been."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.models import Patient
from accounts.web.profile import require_profile
from scheduling.actions.cancel import change_notice
from scheduling.engine.interval import to_minute
from scheduling.models import Booking, JoinLink, Medium
from scheduling.queries import find_group, mine, times, waitlist
from scheduling.queries.mine import Appointment
from scheduling.web.booking import words
from scheduling.web.door import PageRequest, signed_in
from scheduling.web.enroll.mine import own_program
from scheduling.web.waiting.words import offered

OPENS = 10  # minutes before the start
PER_PAGE = 20
NEAR = 8  # sessions to come that are shown whole; further ones are folded away


@signed_in
@require_safe
def sessions(request: PageRequest) -> HttpResponse:
    """Every one to come, the next ones whole; past ones by the page."""
    if (first := require_profile(request)) is not None:
        return first
    patient = mine.own_profile(request.actor)
    skip = _whole(request.GET.get("skip", ""))
    coming = _read(mine.upcoming(request.actor, request.now), patient)
    gone = mine.past(request.actor, request.now, PER_PAGE, skip)
    shown = gone[:PER_PAGE]
    ways = ways_in([one.uuid for one in coming[:NEAR]])
    waits = list(waitlist.line(waitlist.own(request.actor)))
    offers = waitlist.open_offers(waits, request.now)
    page = {
        "waits": bool(waits),
        "offers": [offered(one, patient.time_zone, request.now) for one in offers.values()],
        "upcoming": [entry(one, request, ways, patient) for one in coming[:NEAR]],
        "further": [line(one) for one in coming[NEAR:]],
        "program": own_program(request),
        "places": find_group.memberships(request.actor),
        "groups_listed": not coming and find_group.any_listed(request.actor),
        "past": [past_entry(one, request) for one in _read(shown, patient)],
        "earlier_url": f"?skip={skip + PER_PAGE}" if len(gone) > PER_PAGE else "",
        "later_url": f"?skip={max(0, skip - PER_PAGE)}" if skip else "",
    }
    audit.record(request.actor, "booking.list", subject=patient)
    return render(request, "booking/mine.html", page)


def _read(rows: list[Booking], patient: Patient) -> list[Appointment]:
    return mine.appointments(rows, patient.time_zone)


def ways_in(bookings: list[UUID]) -> dict[UUID, JoinLink]:
    links = JoinLink.objects.filter(booking__uuid__in=bookings, revoked_at__isnull=True)
    return {link.booking.uuid: link for link in links.select_related("booking") if link.booking}


def entry(
    one: Appointment, request: PageRequest, ways: dict[UUID, JoinLink], patient: Patient
) -> dict[str, Any]:
    """A session that is to come, as its card shows it."""
    opens = one.start - OPENS
    link = ways.get(one.uuid)
    return {
        "one": one,
        "when": times.when(one.start, one.end, one.zone),
        "with": words.hosts(one),
        "medium": Medium(one.medium).label,
        "by_video": one.medium == Medium.VIDEO.value,
        "ending": patient.phone[-4:],
        "join": f"/j/{link.token}/" if link and opens <= to_minute(request.now) else "",
        "opens": times.clock_in(opens, one.zone),
        "changeable": one.start - to_minute(request.now) >= change_notice(request.clinic),
    }


def line(one: Appointment) -> dict[str, Any]:
    """A session as one line."""
    return {
        "one": one,
        "when": times.when(one.start, one.end, one.zone),
        "with": words.hosts(one),
    }


def past_entry(one: Appointment, request: PageRequest) -> dict[str, Any]:
    label, kind = standing(one, request)
    return line(one) | {"label": label, "kind": kind}


def standing(one: Appointment, request: PageRequest) -> tuple[str, str]:
    return words.standing(one, request.now)


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 0
