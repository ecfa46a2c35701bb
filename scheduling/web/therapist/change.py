"""Cancel, take that back, move, and book the same time a week later: from a session's page."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import audit
from scheduling.actions.book import book
from scheduling.actions.cancel import cancel as cancel_booking
from scheduling.actions.cancel import undo_cancel
from scheduling.actions.reschedule import reschedule
from scheduling.engine.hours import day_span, local_day
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import BookingState
from scheduling.errors import BadInput, NotFound, Refusal
from scheduling.models import Booking
from scheduling.queries import agenda, times
from scheduling.queries.slots import Wanted, nearest, next_available, search
from scheduling.web.desk.words import slot
from scheduling.web.door import PageRequest, staff
from scheduling.web.therapist import words
from scheduling.web.therapist.frame import day_of, here, me, page
from scheduling.web.therapist.session import attempt, patient_of, session_page

SHOWN = timedelta(days=7)
AHEAD = timedelta(days=180)


@staff("therapist")
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: PageRequest, session: UUID) -> HttpResponse:
    """A page of its own, since the patient is told at once; staff always give a reason."""
    booking = agenda.case(request.actor, session)
    if request.method != "POST":
        return cancel_page(request, booking)

    def act() -> None:
        cancel_booking(
            booking=booking.uuid,
            reason=request.POST.get("reason", ""),
            note=request.POST.get("note", ""),
            actor=request.actor,
            now=request.now,
        )

    refused = partial(cancel_page, request, booking)
    return attempt(request, session, act, _("Cancelled. The patient is told."), refused=refused)


def cancel_page(
    request: PageRequest, booking: Booking, refusal: Refusal | None = None
) -> HttpResponse:
    audit.record(request.actor, "session.view", subject=booking.patient_id, obj=booking.session)
    context = {
        **about(request, booking),
        "reasons": words.reasons(mine=True),
        "chosen": request.POST.get("reason", ""),
        "note": request.POST.get("note", ""),
        "refusal": refusal,
    }
    return page(request, "cancel", context, status=refusal.status if refusal else 200)


@staff("therapist")
@require_POST
def undo(request: PageRequest, session: UUID) -> HttpResponse:
    """Within five minutes, if the time is still free."""
    booking = agenda.case(request.actor, session)

    def act() -> None:
        undo_cancel(booking=booking.uuid, actor=request.actor, now=request.now)

    return attempt(request, session, act, _("The session stands again. The patient is told."))


@staff("therapist")
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: PageRequest, session: UUID) -> HttpResponse:
    """Choose another free time of the same therapist; the old one is kept until then."""
    booking = agenda.case(request.actor, session)
    if request.method != "POST":
        return move_page(request, booking)

    def act() -> None:
        reschedule(
            booking=booking.uuid,
            start=whole(request.POST.get("slot", ""), "slot"),
            override=request.POST.get("override", "").strip(),
            reason=request.POST.get("reason", ""),
            actor=request.actor,
            now=request.now,
        )

    refused = partial(move_page, request, booking)
    return attempt(request, session, act, _("Moved. The patient is told."), refused=refused)


def move_page(
    request: PageRequest, booking: Booking, refusal: Refusal | None = None
) -> HttpResponse:
    audit.record(request.actor, "session.view", subject=booking.patient_id, obj=booking.session)
    zone = me(request).time_zone
    today = local_day(zone, to_minute(request.now))
    first = max(today, day_of(request.GET.get("from", ""), today))
    wanted = wanted_by(booking, zone, first)
    days = free_days(wanted, request, zone, without=booking.start)
    context = {
        **about(request, booking),
        "days": days,
        "first": times.day(first),
        "last": times.day(first + SHOWN - timedelta(days=1)),
        "later": "" if days else later(wanted, request, zone),
        "chosen": _number(request.POST.get("slot", "")),
        "reasons": words.reasons(mine=True),
        "reason": request.POST.get("reason", ""),
        "override": request.POST.get("override", ""),
        "refusal": refusal,
        "why": why(refusal),
        "earlier_url": f"?from={max(today, first - SHOWN)}" if first > today else "",
        "later_url": f"?from={first + SHOWN}",
        "city": times.city(zone),
    }
    return page(request, "move", context, status=refusal.status if refusal else 200)


def why(refusal: Refusal | None) -> str:
    """As staff read it; the form's own field by its name."""
    if isinstance(refusal, BadInput) and refusal.extra.get("field") == "slot":
        return _("Please choose a time.")
    return words.why(refusal)


def wanted_by(booking: Booking, zone: str, first: date) -> Wanted:
    """The same service with the same therapist, for a week from `first` on."""
    low, high = day_span(zone, first, first + SHOWN - timedelta(days=1))
    return Wanted(
        service=booking.session.service_id,
        place=booking.place,
        zone=booking.zone,
        medium=booking.session.medium,
        first=low,
        until=high,
        therapist=agenda.therapist_of(booking).therapist_id,
        without_session=booking.session_id,
        notice=False,
        accepting=False,
    )


def free_days(
    wanted: Wanted, request: PageRequest, zone: str, without: int
) -> list[dict[str, Any]]:
    """The free starts by day of the therapist's calendar, but for the one that is being moved."""
    free = {start for one in search(wanted, request.now) for start in one.starts}
    starts = sorted(free - {without})
    return [
        {"heading": times.day(day), "count": len(slots), "slots": slots}
        for day, group in groupby(starts, lambda start: local_day(zone, start))
        for slots in [[slot(start, zone) for start in group]]
    ]


def later(wanted: Wanted, request: PageRequest, zone: str) -> dict[str, str]:
    """The next free start beyond the days that are shown."""
    until = wanted.until + int(AHEAD.total_seconds()) // 60
    found = next_available(replace(wanted, first=wanted.until, until=until), request.now)
    if found is None:
        return {}
    return {"when": times.starting(found[1], zone), "url": f"?from={local_day(zone, found[1])}"}


@staff("therapist")
@require_POST
def again(request: PageRequest, session: UUID) -> HttpResponse:
    """Same time next week: same patient, service and medium, the wall clock's time kept.

    `start` takes one of the alternatives instead. Pressed twice, it books once.
    """
    booking, said = agenda.case(request.actor, session), request.POST.get("start", "")
    if booking.state != BookingState.BOOKED.value:
        raise NotFound
    occupancy = agenda.therapist_of(booking)
    zone, start = occupancy.profile.time_zone, booking.start
    try:
        start = whole(said, "start") if said else agenda.a_week_later(booking.start, zone)
        there = already(request, booking, start)
        made = there or repeat(request, booking, start)
    except NotFound:
        raise
    except Refusal as refusal:
        return refused_again(request, booking, start, refusal)
    at = times.starting(start, me(request).time_zone)
    if there:
        messages.info(request, _("It was booked already: %(when)s.") % {"when": at})
    else:
        messages.success(request, _("Booked: %(when)s. The patient is told.") % {"when": at})
    return redirect(here(request, "therapist_session", made.session.uuid))


def already(request: PageRequest, booking: Booking, start: int) -> Booking | None:
    mine = agenda.cases(request.actor).filter(patient=booking.patient_id, live=True, start=start)
    return mine.select_related("session").first()


def repeat(request: PageRequest, booking: Booking, start: int) -> Booking:
    return book(
        service=booking.session.service.uuid,
        therapist=agenda.therapist_of(booking).profile.uuid,
        start=start,
        medium=booking.session.medium,
        place=booking.place,
        zone=booking.zone,
        patient=patient_of(booking).pk,
        actor=request.actor,
        now=request.now,
    )


def refused_again(
    request: PageRequest, booking: Booking, start: int, refusal: Refusal
) -> HttpResponse:
    """The session's page with the reason and up to three other times near by."""
    zone = me(request).time_zone
    around = start if start != booking.start else start + 7 * 1440
    wanted = replace(
        wanted_by(booking, zone, local_day(zone, around)), notice=True, without_session=None
    )
    others = sorted(near for near, _profile in nearest(wanted, around, request.now))
    return session_page(
        request,
        booking.session.uuid,
        status=refusal.status,
        again_refused=words.why(refusal),
        again_when=times.starting(around, zone),
        others=[slot(near, zone) for near in others],
    )


def about(request: PageRequest, booking: Booking) -> dict[str, Any]:
    """The head of the pages about one session."""
    who = patient_of(booking)
    return {
        "name": agenda.called(who.called, who.first_name, who.last_name),
        "when": times.when(booking.start, booking.end, me(request).time_zone),
        "address": here(request, "therapist_session", booking.session.uuid),
    }


def whole(text: str, field: str) -> int:
    """A minute as a form sends it, or BadInput."""
    number = _number(text)
    if number is None:
        raise BadInput(field=field)
    return number


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else None
