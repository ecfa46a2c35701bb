"""Move one's own session: choose, compare, confirm. The old time is kept until then."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.models import Therapist
from scheduling.actions.cancel import change_notice, in_group
from scheduling.actions.reschedule import reschedule
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import BookingState
from scheduling.errors import NotFound, Refusal, SlotGone
from scheduling.models import Booking
from scheduling.queries import find as query
from scheduling.queries import mine, times
from scheduling.queries.mine import Appointment
from scheduling.queries.slots import Wanted
from scheduling.web.booking import words
from scheduling.web.booking.change import one_page, read_one
from scheduling.web.booking.find import at_day, carried, find_form, nothing
from scheduling.web.booking.forms import FindForm, minute_of
from scheduling.web.door import PageRequest, signed_in


def changeable(request: PageRequest, row: Booking) -> bool:
    left = row.start - to_minute(request.now)
    booked = row.state == BookingState.BOOKED.value
    return booked and not in_group(row) and left >= change_notice(request.clinic)


def move_form(request: PageRequest, row: Booking, seen: Appointment) -> FindForm:
    """The filters of the search, for the same service; at first with the same therapist."""
    start = {
        "service": seen.service.slug,
        "place": row.place,
        "medium": seen.medium,
        "zone": seen.zone,
        "therapist": str(seen.therapist.uuid) if seen.therapist.active else "",
        "known": "1",
    }
    data = request.GET if request.method != "POST" else request.POST
    said = {name: data[name] for name in data if name != "service"}
    form = find_form(request, said, start)
    form.keep_service(seen.service)
    return form


def wanted_for(form: FindForm, row: Booking, seen: Appointment) -> Wanted:
    """The session's own time counts as free, and its therapist takes the patient again."""
    wanted = replace(form.wanted(), without_session=row.session_id)
    same = form.cleaned_data["therapist"] == str(seen.therapist.uuid)
    return replace(wanted, accepting=not same)


@signed_in
@require_safe
def choose(request: PageRequest, booking: UUID) -> HttpResponse:
    """Free times for the same service."""
    row, seen = read_one(request, booking)
    if not changeable(request, row):
        return redirect("booking_one", request.clinic.slug, booking)
    form = move_form(request, row, seen)
    page = choose_context(request, form, row, seen)
    audit.record(request.actor, "booking.view", subject=row.patient_id, obj=row.uuid)
    status = 200 if form.is_valid() else 422
    return render(request, "booking/move.html", page, status=status)


def choose_context(
    request: PageRequest, form: FindForm, row: Booking, seen: Appointment
) -> dict[str, Any]:
    page: dict[str, Any] = {
        "form": form,
        "one": seen,
        "old": times.when(row.start, row.end, seen.zone),
    }
    if not form.is_valid():
        return page
    wanted, part = wanted_for(form, row, seen), form.cleaned_data["part"]
    free = query.without(query.free_times(wanted, part, request.now), row.start)
    page |= {
        "searched": True,
        "days": words.day_groups(free.days, wanted.zone),
        "jumped": free.jumped,
        "zone_city": times.city(wanted.zone),
        "place": words.place_name(wanted.place),
        "carried": carried(form),
        "later_url": at_day(form, free.more),
        "earlier_url": at_day(form, form.week_earlier()),
    }
    if not free.days:
        page |= nothing(form, query.why_empty(wanted, part, seen.service, request.now))
    return page


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: PageRequest, booking: UUID) -> HttpResponse:
    """Old and new beside each other; a POST moves it."""
    row, seen = read_one(request, booking)
    form = move_form(request, row, seen)
    data = request.POST if request.method == "POST" else request.GET
    start = minute_of(data.get("start", ""))
    if not form.is_valid() or start is None:
        if form.is_valid():
            messages.warning(request, _("Please choose a time."))
        back = reverse("booking_move", args=[request.clinic.slug, booking])
        said = {name: data[name] for name in form.fields if name in data}
        return redirect(f"{back}?{urlencode(said)}")
    if request.method == "POST":
        return move_it(request, row, seen, form, start)
    if not changeable(request, row):
        return redirect("booking_one", request.clinic.slug, booking)
    who = therapist_at(request, form, row, seen, start)
    if who is None:
        return refused_page(request, row, seen, form, start, SlotGone())
    page = {"one": seen, "carried": carried(form), "start": start, "chosen": who}
    page |= compare(row, seen, form, who, start)
    audit.record(request.actor, "booking.view", subject=row.patient_id, obj=row.uuid)
    return render(request, "booking/move_check.html", page)


def therapist_at(
    request: PageRequest, form: FindForm, row: Booking, seen: Appointment, start: int
) -> Therapist | None:
    """Who would have the session: the one who was chosen, else whoever is free with least."""
    free = query.who_is_free(wanted_for(form, row, seen), start, request.now)
    if not free:
        return None
    first = seen.therapist.uuid if seen.therapist.uuid in free else free[0]
    return next(one for one in form.there.therapists if one.uuid == first)


def compare(
    row: Booking, seen: Appointment, form: FindForm, who: Therapist, start: int
) -> dict[str, Any]:
    """The new one whole, and of the old one what changes."""
    zone, said = form.cleaned_data["zone"], form.cleaned_data
    end = start + (row.end - row.start)
    new = replace(
        seen,
        start=start,
        end=end,
        zone=zone,
        hosts=(who,),
        medium=said["medium"],
        place=said["place"],
    )
    facts = words.facts(new)
    return {"old": [fact for fact in words.facts(seen) if fact not in facts], "new": facts}


def move_it(
    request: PageRequest, row: Booking, seen: Appointment, form: FindForm, start: int
) -> HttpResponse:
    said = form.cleaned_data
    chosen = said["therapist"] or str(seen.therapist.uuid)
    try:
        reschedule(
            booking=row.uuid,
            start=start,
            therapist=UUID(chosen),
            medium=said["medium"],
            place=said["place"],
            zone=said["zone"],
            actor=request.actor,
            now=request.now,
        )
    except NotFound:
        raise
    except Refusal as refusal:
        return refused_page(request, row, seen, form, start, refusal)
    mail = words.mail_about_it(mine.own_profile(request.actor), request.now)
    messages.success(request, f"{_('Your session is moved.')} {mail}")
    return redirect("booking_one", request.clinic.slug, row.uuid)


def refused_page(
    request: PageRequest,
    row: Booking,
    seen: Appointment,
    form: FindForm,
    start: int,
    refusal: Refusal,
) -> HttpResponse:
    """The old time stays; the three nearest others, and the list with its filters as they were."""
    if not changeable(request, row):
        return one_page(request, row, seen, refusal=refusal)
    page = choose_context(request, form, row, seen)
    wanted = wanted_for(form, row, seen)
    close = [one for one in query.around(wanted, start, request.now, 4) if one != row.start][:3]
    page |= {"refusal": refusal, "nearest": [words.slot(one, wanted.zone) for one in close]}
    audit.record(request.actor, "booking.view", subject=row.patient_id, obj=row.uuid)
    return render(request, "booking/move.html", page, status=refusal.status)
