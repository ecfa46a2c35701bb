"""A series: its dates, and what can be done with those to come."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from scheduling import policy
from scheduling.actions.cancel import acts_as_staff
from scheduling.actions.series_life import cancel_from, may_change, undo_cancel_from
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import UNDO
from scheduling.errors import NotFound, Refusal
from scheduling.models import Booking, Medium, Series
from scheduling.queries import mine, recurring, times
from scheduling.queries.mine import Appointment
from scheduling.web.booking import words as patient_words
from scheduling.web.booking.forms import full_name
from scheduling.web.desk.frame import here
from scheduling.web.door import PageRequest, signed_in
from scheduling.web.series.frame import bookings, page
from scheduling.web.series.plan import number
from scheduling.web.therapist import words as staff_words


def opened(request: PageRequest, series: UUID) -> tuple[Series, list[Booking]]:
    row = policy.find(Series, request.actor, uuid=series, patient__isnull=False)
    seats = bookings(request, row)
    if not seats:
        raise NotFound
    return row, seats


@signed_in
@require_safe
def show(request: PageRequest, series: UUID) -> HttpResponse:
    row, seats = opened(request, series)
    return series_page(request, row, seats)


def series_page(
    request: PageRequest, row: Series, seats: list[Booking], refusal: Refusal | None = None
) -> HttpResponse:
    staff = acts_as_staff(request.actor, seats[0])
    zone = row.zone
    seen = {one.uuid: one for one in mine.appointments(seats)}
    names = list(dict.fromkeys(full_name(one.therapist) for one in seen.values()))
    last = max((seat.cancelled_at for seat in seats if seat.cancelled_at), default=None)
    coming = [seat for seat in seats if seat.live and seat.start > to_minute(request.now)]
    follows = row.followed_by.order_by("pk").last()
    context = {
        "series": row,
        "own": not staff,
        "patient": seats[0].patient if staff else None,
        "title": recurring.every(row.rule),
        "when": times.clock(times.local(seats[0].session.slot or seats[0].start, zone)),
        "zone_city": times.city(zone),
        "medium": Medium(row.medium).label,
        "with": ", ".join(names),
        "several": len(names) > 1,
        "dates": [line(request, seat, seen[seat.uuid], staff) for seat in seats],
        "coming": len(coming),
        "first": coming[0].session.slot if coming else 0,
        "review": row.review_after,
        "undo": last is not None and request.now - last <= UNDO,
        "follows": here(request, "series_one", follows.uuid) if follows else "",
        "refusal": refusal,
    }
    audit.record(request.actor, "series.view", subject=row.patient_id, obj=row)
    status = refusal.status if refusal else 200
    return page(request, "one", context, own=not staff, status=status)


def line(request: PageRequest, seat: Booking, seen: Appointment, staff: bool) -> dict[str, Any]:
    """A date with its own page; a change "from here on" starts where something is still to come."""
    label, kind = patient_words.standing(seen, request.now)
    return {
        "slot": seat.session.slot,
        "start": seat.start,
        "when": times.when(seat.start, seat.end, seat.zone),
        "with": full_name(seen.therapist),
        "label": label,
        "kind": kind,
        "url": its_page(request, seat, staff),
        "changeable": seat.live and may_change(seat, request.actor, request.now),
        "moved": seat.start != seat.session.slot,
    }


def its_page(request: PageRequest, seat: Booking, staff: bool) -> str:
    if not staff:
        return here(request, "booking_one", seat.uuid)
    if request.actor.has(policy.DESK):
        return here(request, "desk_booking", seat.uuid)
    return here(request, "therapist_session", seat.session.uuid)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def cancel_it(request: PageRequest, series: UUID) -> HttpResponse:
    """Says which dates it would be; then cancels them, which can be undone for five minutes."""
    row, seats = opened(request, series)
    staff = acts_as_staff(request.actor, seats[0])
    slot = number(request.GET.get("from", ""))
    if request.method == "POST":
        return cancel_them(request, row, slot)
    seen = mine.appointments(seats)
    lines = [line(request, seat, one, staff) for seat, one in zip(seats, seen, strict=True)]
    would = [one for one in lines if one["changeable"] and (one["slot"] or 0) >= slot]
    if not would:
        return redirect("series_one", request.clinic.slug, series)
    starts = [] if staff else [one["start"] for one in would]
    context = {
        "series": row,
        "own": not staff,
        "late": patient_words.how_many_late(starts, request.clinic, request.now),
        "dates": would,
        "reasons": staff_words.reasons(mine=False) if staff else [],
        "keep": slot,
        "title": recurring.every(row.rule),
    }
    audit.record(request.actor, "series.view", subject=row.patient_id, obj=row)
    return page(request, "cancel", context, own=not staff)


def cancel_them(request: PageRequest, row: Series, slot: int) -> HttpResponse:
    try:
        gone = cancel_from(
            series=row.uuid,
            slot=slot,
            reason=request.POST.get("reason", ""),
            note=request.POST.get("note", ""),
            actor=request.actor,
            now=request.now,
        )
    except NotFound:
        raise
    except Refusal as refusal:
        return series_page(request, row, bookings(request, row), refusal)
    said = ngettext(
        "%(count)d session is cancelled.", "%(count)d sessions are cancelled.", len(gone)
    )
    messages.success(request, said % {"count": len(gone)})
    return redirect("series_one", request.clinic.slug, row.uuid)


@signed_in
@require_POST
def undo(request: PageRequest, series: UUID) -> HttpResponse:
    """Take back what was cancelled last, if every time of it is still free."""
    row, _seats = opened(request, series)
    try:
        undo_cancel_from(series=series, actor=request.actor, now=request.now)
    except NotFound:
        raise
    except Refusal as refusal:
        return series_page(request, row, bookings(request, row), refusal)
    messages.success(request, _("Your sessions stand again."))
    return redirect("series_one", request.clinic.slug, series)
