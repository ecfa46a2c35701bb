"""Move or cancel one's own session. GET shows what would happen; only a POST does it (BR1)."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from scheduling.actions.cancel import cancel, change_notice, undo_cancel
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import UNDO, BookingState
from scheduling.errors import NotFound, Refusal, SlotGone
from scheduling.models import Booking, Medium
from scheduling.queries import mine, times
from scheduling.queries.mine import Appointment
from scheduling.web.booking import words
from scheduling.web.booking.find import carried_of, nearest_slots, wanted_of
from scheduling.web.booking.groups import own_place
from scheduling.web.booking.mine import entry, ways_in
from scheduling.web.door import PageRequest, signed_in


def read_one(request: PageRequest, booking: UUID) -> tuple[Booking, Appointment]:
    """One's own booking, in the zone of one's profile."""
    row = mine.own_one(request.actor, booking)
    return row, mine.appointment(row, mine.own_profile(request.actor).time_zone)


@signed_in
@require_safe
def one(request: PageRequest, booking: UUID) -> HttpResponse:
    """A session's page: what it is, the way in, what can still be changed."""
    row, seen = read_one(request, booking)
    return one_page(request, row, seen)


def one_page(
    request: PageRequest,
    row: Booking,
    seen: Appointment,
    *,
    refusal: Refusal | None = None,
) -> HttpResponse:
    label, kind = words.standing(seen, request.now)
    undo_until = row.cancelled_at + UNDO if row.cancelled_at else None
    booked = row.state == BookingState.BOOKED.value and not seen.is_past(request.now)
    page = {
        "one": seen,
        "facts": words.facts(seen),
        "label": label,
        "kind": kind,
        "entry": entry(seen, request, ways_in([row.uuid]), mine.own_profile(request.actor))
        if booked
        else None,
        "by_video": seen.medium == Medium.VIDEO.value,
        "late_now": booked and not seen.has_begun(request.now),
        "undo": undo_until is not None
        and request.now <= undo_until
        and not seen.has_begun(request.now)
        and row.cancel_reason.startswith("patient"),
        "undo_clock": times.clock_in(to_minute(undo_until), seen.zone) if undo_until else "",
        "refusal": refusal,
        "repeatable": seen.service.repeatable and row.session.series_id is None,
        "series": series_url(request, row),
        "place": own_place(request, seen.group) if seen.group else None,
    }
    if isinstance(refusal, SlotGone):
        page["nearest"] = nearest_slots(wanted_of(row), row.start, request)
        page["others_carried"] = carried_of(row)
    audit.record(request.actor, "booking.view", subject=row.patient_id, obj=row.uuid)
    return render(request, "booking/one.html", page, status=refusal.status if refusal else 200)


def series_url(request: PageRequest, row: Booking) -> str:
    """The page of the series that the session belongs to, if it is the patient's own."""
    series = row.session.series
    if series is None or series.patient_id is None:
        return ""
    return reverse("series_one", args=[request.clinic.slug, series.uuid])


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def cancel_it(request: PageRequest, booking: UUID) -> HttpResponse:
    """Says first whether it is late; then cancels, which can be undone for five minutes."""
    row, seen = read_one(request, booking)
    if request.method == "POST":
        try:
            cancel(booking=booking, actor=request.actor, now=request.now)
        except NotFound:
            raise
        except Refusal as refusal:
            return one_page(request, mine.own_one(request.actor, booking), seen, refusal=refusal)
        return redirect("booking_one", request.clinic.slug, booking)
    left = row.start - to_minute(request.now)
    open_still = row.state == BookingState.BOOKED.value and left >= change_notice(request.clinic)
    if not open_still:
        return redirect("booking_one", request.clinic.slug, booking)
    page = {
        "one": seen,
        "facts": words.facts(seen),
        "place": own_place(request, seen.group) if seen.group else None,
        "late": left < request.clinic.late_notice,
        "in_time_until": times.starting(row.start - request.clinic.late_notice, seen.zone),
    }
    audit.record(request.actor, "booking.view", subject=row.patient_id, obj=row.uuid)
    return render(request, "booking/cancel.html", page)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: PageRequest, booking: UUID) -> HttpResponse:
    """Take a cancellation back, if the time is still free."""
    _row, seen = read_one(request, booking)
    if request.method != "POST":
        return redirect("booking_one", request.clinic.slug, booking)
    try:
        undo_cancel(booking=booking, actor=request.actor, now=request.now)
    except NotFound:
        raise
    except Refusal as refusal:
        return one_page(request, mine.own_one(request.actor, booking), seen, refusal=refusal)
    messages.success(request, _("Your session is booked again."))
    return redirect("booking_one", request.clinic.slug, booking)
