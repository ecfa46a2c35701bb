"""Free times for a patient on the telephone: one search for booking and for moving."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Therapist
from scheduling.engine.hours import local_day
from scheduling.engine.interval import to_minute
from scheduling.errors import PatientBusy, Refusal
from scheduling.models import Offering
from scheduling.queries import find as query
from scheduling.queries import times
from scheduling.queries.slots import Wanted
from scheduling.web.booking import words as patient_words
from scheduling.web.booking.find import at_day, carried
from scheduling.web.booking.forms import FindForm, full_name
from scheduling.web.desk import words
from scheduling.web.desk.forms import TypedForm
from scheduling.web.door import PageRequest

ALL_THE_SAME = gettext_lazy("It can be taken all the same, with a reason, further down.")
NEVER = gettext_lazy("That cannot be set aside.")
FOR_STAFF = {
    "too_late": gettext_lazy("This is sooner than the notice allows."),
    "too_far_ahead": gettext_lazy("This is further ahead than bookings go."),
    "outside_hours": gettext_lazy("The therapist does not work at this time."),
    "off_grid": gettext_lazy("Sessions do not start at this minute."),
    "daily_limit": gettext_lazy("The therapist's day is full."),
    "outside_program": gettext_lazy("The patient's program is not going on at this time."),
}
HARD = {
    "slot_gone": gettext_lazy("The therapist has another session, or a break, at this time."),
    "not_licensed": gettext_lazy(
        "The therapist has no licence for the state where the patient will be."
    ),
    "licence_lapses": gettext_lazy("The therapist's licence for that state ends before this date."),
}


def sentence(refusal: Refusal) -> str:
    """The refusal as staff read it; of another booking of the patient it tells nothing."""
    if isinstance(refusal, PatientBusy):
        return str(PatientBusy.FOR_STAFF)
    if refusal.code in FOR_STAFF:
        return f"{FOR_STAFF[refusal.code]} {ALL_THE_SAME}"
    if refusal.code in HARD:
        return f"{HARD[refusal.code]} {NEVER}"
    return str(refusal)


def filter_form(request: PageRequest, start: dict[str, str]) -> FindForm:
    """The filters, from the address or the form that was sent; `start` fills what is missing."""
    there = query.choices(request.actor, request.now.date())
    likely = max(there.places, key=lambda code: len(there.places[code]), default="CA")
    first = {
        "service": there.services[0].slug if there.services else "",
        "place": likely,
        "medium": (query.media_of(there.services) or ["video"])[0],
        "zone": request.clinic.time_zone,
    }
    said = {name: value for name, value in start.items() if value}
    data = request.POST if request.method == "POST" else request.GET
    form = FindForm(data, there, request.now, first | said)
    form.fields["place"].label = _("State where the patient will be")
    form.fields["zone"].label = _("Show times of")
    return form


def search(
    form: FindForm, wanted: Wanted, request: PageRequest, without: int = 0
) -> dict[str, Any]:
    """What the page shows of the free times; `without`: the start that is being moved."""
    part = form.cleaned_data["part"]
    free = query.without(query.free_times(wanted, part, request.now), without)
    found: dict[str, Any] = {
        "searched": True,
        "days": patient_words.day_groups(free.days, wanted.zone),
        "jumped": free.jumped,
        "zone_city": times.city(wanted.zone),
        "carried": carried(form),
        "later_url": at_day(form, free.more),
        "earlier_url": at_day(form, form.week_earlier()),
    }
    if not free.days:
        service = form.service_chosen
        found["empty"] = query.why_empty(wanted, part, service, request.now).value
        found["place"] = patient_words.place_name(wanted.place)
        found["licensed"] = [patient_words.place_name(code) for code in sorted(form.there.places)]
    return found


def near(
    wanted: Wanted, start: int, request: PageRequest, without: int = 0
) -> list[dict[str, Any]]:
    """Three other times close to one that could not be had, by day."""
    if abs(start - to_minute(request.now)) > 1440 * 366:
        return []
    anybody = replace(wanted, first=to_minute(request.now))
    close = [one for one in query.around(anybody, start, request.now, 4) if one != without]
    return [
        {"day": times.day(day), "slots": [words.slot(one, wanted.zone) for one in starts]}
        for day, starts in groupby(close[:3], lambda one: local_day(wanted.zone, one))
    ]


def wanted_at_desk(form: FindForm) -> Wanted:
    """A therapist who is full for new patients is still there for whoever is asked for by name."""
    wanted = form.wanted()
    return replace(wanted, accepting=wanted.therapist is None)


def candidates(form: FindForm, wanted: Wanted, start: int, request: PageRequest) -> Iterable[UUID]:
    """Whom to try: who was chosen, else who is free, those with the least that day first."""
    chosen = form.cleaned_data["therapist"]
    if chosen:
        return [UUID(chosen)]
    return query.who_is_free(wanted, start, request.now) or query.who_offers(wanted)


def offering(form: FindForm) -> list[Therapist]:
    """Who offers the chosen service; everybody who offers something while none is chosen."""
    if "service" not in form.cleaned_data:
        return form.there.therapists
    rows = Offering.objects.filter(service=form.service_chosen, active=True)
    offer = set(rows.values_list("therapist", flat=True))
    return [who for who in form.there.therapists if who.pk in offer]


def typed_form(request: PageRequest, form: FindForm, *, anybody: bool = False) -> TypedForm:
    """`anybody`: it is asked whose time is taken; else that is settled."""
    zone = form.cleaned_data.get("zone") or request.clinic.time_zone
    whose = [(str(who.uuid), full_name(who)) for who in offering(form)] if anybody else ()
    data = request.POST if "typed" in request.POST else None
    return TypedForm(data, zone, whose, form.cleaned_data.get("therapist") or "")
