"""A booking at the desk: look at it, move it, cancel it, take a cancellation back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.models import Therapist
from scheduling.actions.cancel import cancel, undo_cancel
from scheduling.actions.reschedule import reschedule
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import UNDO, BookingState
from scheduling.errors import NotFound, PatientBusy, Refusal, SlotGone
from scheduling.models import Booking, Medium
from scheduling.queries import agenda, people
from scheduling.queries import times as say
from scheduling.queries.slots import Wanted
from scheduling.web.booking.forms import FindForm, full_name, minute_of
from scheduling.web.booking.words import place_name
from scheduling.web.desk import times, words
from scheduling.web.desk.forms import CancelForm, ReasonForm, TypedForm
from scheduling.web.desk.frame import page
from scheduling.web.door import PageRequest, staff
from scheduling.web.therapist import words as staff_words


@staff("desk")
@require_safe
def show(request: PageRequest, booking: UUID) -> HttpResponse:
    return booking_page(request, people.booking(request.actor, booking))


def booking_page(
    request: PageRequest,
    row: Booking,
    *,
    form: CancelForm | None = None,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    """`form`: the cancel form as it was filled in; `refused`: why something was not done."""
    seen = people.seen([row], request.now)[0]
    events = agenda.history(row)
    names = agenda.names(event.actor for event in events)
    until = row.cancelled_at + UNDO if row.cancelled_at else None
    context = {
        "row": row,
        "patient": row.patient,
        "facts": facts(request, row, seen.therapist),
        "chip": staff_words.chip(seen.standing),
        "history": staff_words.history(events, names, row, request.clinic.time_zone),
        "changeable": changeable(row, request),
        "form": form or CancelForm(None),
        "refused": refused,
        "undo": until is not None and request.now <= until and row.start > to_minute(request.now),
        "undo_clock": say.clock_in(to_minute(until), request.clinic.time_zone) if until else "",
    }
    audit.record(request.actor, "booking.view", subject=row.patient_id, obj=row.uuid)
    return page(request, "desk/booking", context, status=status)


def changeable(row: Booking, request: PageRequest) -> bool:
    return row.state == BookingState.BOOKED.value and row.start > to_minute(request.now)


def facts(request: PageRequest, row: Booking, therapist: Therapist) -> list[dict[str, Any]]:
    """Times on every clock that matters; no kind of therapy (AC4)."""
    clinic, theirs = request.clinic.time_zone, row.patient.time_zone if row.patient else ""
    said = [(_("When"), say.when(row.start, row.end, clinic))]
    if theirs and words.differs(row.start, clinic, theirs):
        said += [(_("For the patient"), say.when(row.start, row.end, theirs))]
    if words.differs(row.start, clinic, therapist.time_zone):
        said += [(_("For the therapist"), say.when(row.start, row.end, therapist.time_zone))]
    said += [
        (_("Length"), _("%(minutes)d minutes") % {"minutes": row.end - row.start}),
        (_("With"), full_name(therapist)),
        (_("How"), str(Medium(row.session.medium).label)),
        (_("The patient will be in"), place_name(row.place)),
        (_("Reference"), row.reference),
        (_("Said by staff"), row.override),
    ]
    return [{"term": term, "value": value} for term, value in said if value]


@staff("desk")
@require_POST
def cancel_it(request: PageRequest, booking: UUID) -> HttpResponse:
    row = people.booking(request.actor, booking)
    form = CancelForm(request.POST)
    if not form.is_valid():
        return booking_page(request, row, form=form, status=422)
    said = form.cleaned_data
    try:
        cancel(booking=row.uuid, **said, actor=request.actor, now=request.now)
    except NotFound:
        raise
    except Refusal as refusal:
        row = people.booking(request.actor, booking)
        status = refusal.status
        return booking_page(request, row, form=form, refused=str(refusal), status=status)
    messages.success(request, _("The session is cancelled."))
    return redirect("desk_booking", request.clinic.slug, booking)


@staff("desk")
@require_POST
def undo(request: PageRequest, booking: UUID) -> HttpResponse:
    people.booking(request.actor, booking)
    try:
        undo_cancel(booking=booking, actor=request.actor, now=request.now)
    except NotFound:
        raise
    except Refusal as refusal:
        row = people.booking(request.actor, booking)
        return booking_page(request, row, refused=times.sentence(refusal), status=refusal.status)
    messages.success(request, _("The session is booked again."))
    return redirect("desk_booking", request.clinic.slug, booking)


@dataclass
class Change:
    """What is asked for when a booking is moved."""

    row: Booking
    therapist: Therapist
    form: FindForm
    typed: TypedForm
    reason: ReasonForm
    start: int | None = None
    refusal: Refusal | None = None


@staff("desk")
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: PageRequest, booking: UUID) -> HttpResponse:
    """Free times for the same service; a POST moves at once. The old time is kept until then."""
    row = people.booking(request.actor, booking)
    if not changeable(row, request):
        return redirect("desk_booking", request.clinic.slug, booking)
    change = opened(request, row)
    if request.method != "POST":
        return move_page(request, change, status=200 if change.form.is_valid() else 422)
    if not read_start(request, change):
        return move_page(request, change, status=422)
    try:
        move_it(request, change)
    except NotFound:
        raise
    except Refusal as refusal:
        change.refusal = refusal
        return move_page(request, change, status=refusal.status)
    messages.success(request, _("The session is moved."))
    return redirect("desk_booking", request.clinic.slug, booking)


def opened(request: PageRequest, row: Booking) -> Change:
    therapist = people.therapist_of(row)
    start = {
        "service": row.session.service.slug,
        "place": row.place,
        "medium": row.session.medium,
        "zone": row.zone,
        "therapist": str(therapist.uuid) if therapist.active else "",
    }
    form = times.filter_form(request, start)
    form.keep_service(row.session.service)
    form.data = dict(form.data) | {"service": row.session.service.slug}
    form.is_valid()
    reason = ReasonForm(request.POST if request.method == "POST" else None)
    return Change(row, therapist, form, times.typed_form(request, form), reason)


def read_start(request: PageRequest, change: Change) -> bool:
    good = change.form.is_valid() & change.reason.is_valid()
    if change.typed.is_bound:
        good &= change.typed.is_valid()
        change.start = change.typed.cleaned_data.get("start")
    else:
        change.start = minute_of(request.POST.get("start", ""))
        if change.start is None:
            change.reason.add_error(None, _("Please choose a time."))
    return good and change.start is not None


def wanted_for(change: Change) -> Wanted:
    """The session's own time counts as free."""
    wanted = times.wanted_at_desk(change.form)
    return replace(wanted, without_session=change.row.session_id)


def move_it(request: PageRequest, change: Change) -> None:
    assert change.start is not None
    wanted, gone = wanted_for(change), SlotGone()
    for therapist in whom_to_try(request, change, wanted, change.start):
        try:
            reschedule(
                booking=change.row.uuid,
                start=change.start,
                therapist=therapist,
                medium=wanted.medium,
                place=wanted.place,
                zone=wanted.zone,
                override=change.typed.cleaned_data["why"] if change.typed.is_bound else "",
                reason=change.reason.cleaned_data["reason"],
                actor=request.actor,
                now=request.now,
            )
            return
        except PatientBusy:
            raise
        except SlotGone as refusal:
            gone = refusal
    raise gone


def whom_to_try(request: PageRequest, change: Change, wanted: Wanted, start: int) -> Iterable[UUID]:
    """Without a chosen therapist: the one it is with, where free, else any other."""
    own = change.therapist.uuid
    if change.typed.is_bound and not change.form.cleaned_data["therapist"]:
        return [own]
    found = list(times.candidates(change.form, wanted, start, request))
    return [own] if own in found else found


def move_page(request: PageRequest, change: Change, *, status: int) -> HttpResponse:
    row, form = change.row, change.form
    context: dict[str, Any] = {
        "row": row,
        "patient": row.patient,
        "old": say.when(row.start, row.end, row.zone),
        "with": full_name(change.therapist),
        "form": form,
        "typed": change.typed,
        "reason": change.reason,
        "chosen": change.start,
        "zone_city": say.city(change.typed.zone),
    }
    if form.is_valid():
        wanted = wanted_for(change)
        context |= times.search(form, wanted, request, row.start)
        if change.refusal is not None and change.start is not None:
            context["refused"] = times.sentence(change.refusal)
            context["nearest"] = times.near(wanted, change.start, request, row.start)
    audit.record(request.actor, "booking.view", subject=row.patient_id, obj=row.uuid)
    return page(request, "desk/move", context, status=status)
