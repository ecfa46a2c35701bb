"""Plan a series: say how often, look at every date, settle each conflict, then book the whole.

One door for patients, therapists and the front desk: what differs is what they may decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts import audit
from accounts.models import Therapist
from scheduling import policy
from scheduling.actions.cancel import acts_as_staff
from scheduling.actions.repeat import Chosen, repeat
from scheduling.actions.series_life import change_from, may_change
from scheduling.engine.hours import local_day
from scheduling.engine.interval import to_minute
from scheduling.engine.recurrence import parse_rule
from scheduling.errors import BadInput, NotFound, Refusal
from scheduling.models import Booking, Series
from scheduling.queries import recurring, times
from scheduling.queries.repeat import Asked, Checked, Pattern, check
from scheduling.web.booking.forms import full_name
from scheduling.web.desk.frame import here
from scheduling.web.door import PageRequest, signed_in
from scheduling.web.series import words
from scheduling.web.series.forms import MOST, RepeatForm
from scheduling.web.series.frame import bookings, page
from scheduling.web.therapist import words as staff_words

AHEAD = timedelta(days=2 * 365)


@dataclass
class Plan:
    """What is planned and from where: a booking that is to recur, or dates of a series."""

    request: PageRequest
    model: Booking  # whose service, place, zone, medium and patient the dates get
    form: RepeatForm
    hosts: dict[str, Therapist]
    own_sessions: frozenset[int] = frozenset()
    series: Series | None = None

    @property
    def staff(self) -> bool:
        return acts_as_staff(self.request.actor, self.model)

    @property
    def host(self) -> Therapist:
        said = self.form.cleaned_data.get("therapist")
        return self.hosts[said] if said else given_by(self.model)

    def pattern(self) -> Pattern:
        return self.form.pattern(self.model.zone)

    def report(self) -> list[Checked]:
        session = self.model.session
        assert self.model.patient_id is not None
        asked = Asked(
            clinic=session.clinic_id,
            service=session.service_id,
            therapist=self.host.user_id,
            patient=self.model.patient_id,
            medium=session.medium,
            place=self.model.place,
            minutes=session.service.minutes,
            override=bool(self.form.cleaned_data.get("override")),
            own=self.own_sessions,
        )
        return check(asked, self.pattern(), self.request.now)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def repeat_it(request: PageRequest, booking: UUID) -> HttpResponse:
    """More sessions like this one. The session itself stays as it is."""
    model = one_booking(request, booking)
    service = model.session.service
    if not acts_as_staff(request.actor, model) and not service.repeatable:
        raise NotFound
    zone = model.zone
    next_day = local_day(zone, model.start) + timedelta(days=7)
    start = {
        "every": "1",
        "first": max(next_day, local_day(zone, to_minute(request.now)) + timedelta(days=1)),
        "at": times.local(model.start, zone).time(),
        "count": 12,
        "therapist": str(given_by(model).uuid),
    }
    plan = planned(request, model, start)
    if request.method != "POST":
        return plan_page(plan)
    return book_it(plan)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def change_it(request: PageRequest, series: UUID) -> HttpResponse:
    """Another time, weekday or therapist for the dates from one on."""
    row = policy.find(Series, request.actor, uuid=series, patient__isnull=False)
    slot = number(request.GET.get("from", ""))
    coming = [
        seat
        for seat in bookings(request, row)
        if seat.live
        and may_change(seat, request.actor, request.now)
        and (seat.session.slot or 0) >= slot
    ]
    if not coming:
        return redirect("series_one", request.clinic.slug, series)
    model, rule = coming[0], parse_rule(row.rule)
    start = {
        "every": "month" if rule.freq == "MONTHLY" else str(rule.interval),
        "first": local_day(row.zone, model.session.slot or model.start),
        "at": times.local(model.session.slot or model.start, row.zone).time(),
        "days": [str(day) for day in rule.weekdays],
        "count": len(coming),
        "therapist": str(given_by(model).uuid),
    }
    plan = planned(request, model, start, most=len(coming))
    plan.series = row
    plan.own_sessions = frozenset(seat.session_id for seat in coming)
    if request.method != "POST":
        return plan_page(plan)
    return book_it(plan)


def one_booking(request: PageRequest, booking: UUID) -> Booking:
    """A booking that the actor may know of, of an individual session."""
    rows = policy.visible(Booking, request.actor).filter(uuid=booking)
    rows = rows.filter(session__service__kind="individual")
    found = rows.select_related("session__service", "patient", "clinic").first()
    if found is None or not (
        found.patient_id == request.actor.patient or policy.acts_for_patients(request.actor)
    ):
        raise NotFound
    return found


def given_by(booking: Booking) -> Therapist:
    return booking.session.occupancies.select_related("profile").order_by("pk")[0].profile


def planned(
    request: PageRequest, model: Booking, start: dict[str, Any], *, most: int = MOST
) -> Plan:
    offering = policy.visible(Therapist, request.actor).filter(
        active=True, offerings__service=model.session.service_id, offerings__active=True
    )
    hosts = {str(one.uuid): one for one in offering.order_by("name")}
    form = RepeatForm(
        request.GET if "every" in request.GET else None,
        start,
        staff=acts_as_staff(request.actor, model),
        hosts=[(key, full_name(one)) for key, one in hosts.items()],
        latest=local_day(model.zone, to_minute(request.now)) + AHEAD,
        most=most,
    )
    return Plan(request, model, form, hosts)


def plan_page(plan: Plan, refusal: Refusal | None = None, status: int = 200) -> HttpResponse:
    """The form, and below it every date with what can be decided about it."""
    request, model, form = plan.request, plan.model, plan.form
    zone = model.zone
    context: dict[str, Any] = {
        "form": form,
        "own": not plan.staff,
        "series": plan.series,
        "back": back_to(plan),
        "refusal": refusal,
        "zone_city": times.city(zone),
        "reasons": staff_words.reasons(mine=False) if plan.series and plan.staff else [],
        "reason": request.POST.get("reason", ""),
        "keep": request.GET.get("from", ""),
    }
    if form.is_bound and form.is_valid():
        dates = [line(one, plan) for one in plan.report()]
        free = sum(not one["why"] for one in dates)
        context |= {
            "checked": True,
            "dates": dates,
            "free": free,
            "conflicts": len(dates) - free,
            "rule": recurring.every(plan.pattern().rule),
            "with": full_name(plan.host),
        }
    elif form.is_bound or request.method == "POST":
        status = 422
    audit.record(request.actor, "series.plan", subject=model.patient_id, obj=model)
    return page(request, "plan", context, own=not plan.staff, status=status)


def back_to(plan: Plan) -> str:
    request = plan.request
    if plan.series is not None:
        return here(request, "series_one", plan.series.uuid)
    if not plan.staff:
        return here(request, "booking_one", plan.model.uuid)
    if request.actor.has(policy.DESK):
        return here(request, "desk_booking", plan.model.uuid)
    return here(request, "therapist_session", plan.model.session.uuid)


def line(one: Checked, plan: Plan) -> dict[str, Any]:
    """A date of the report; a conflict has its choices: skip, another time, a colleague."""
    zone = plan.model.zone
    name = f"date-{one.day.isoformat()}"
    start = one.start
    options = [("skip", _("Skip this date"))]
    if one.near is not None and start is not None:
        clock = times.clock_in(one.near, zone)
        options.append((f"at:{one.near}", _("%(time)s on the same day") % {"time": clock}))
    for profile in one.others if start is not None else ():
        who = next((host for host in plan.hosts.values() if host.pk == profile), None)
        if who is not None and (plan.staff or who.accepting):
            named = _("At this time with %(name)s") % {"name": full_name(who)}
            options.append((f"with:{who.uuid}", named))
    return {
        "name": name,
        "day": times.day(one.day),
        "clock": times.clock_in(start, zone) if start is not None else "",
        "why": words.why(one.why, not plan.staff) if one.why else "",
        "options": options,
        "chosen": plan.request.POST.get(name, "skip"),
    }


def book_it(plan: Plan) -> HttpResponse:
    """Take the dates as they were decided. Whatever was taken meanwhile brings the report back."""
    request, form = plan.request, plan.form
    if not form.is_valid():
        return plan_page(plan)
    pattern, chosen = plan.pattern(), decided(plan)
    if not chosen:
        return plan_page(plan, BadInput(field="dates"), 422)
    try:
        made = act(plan, pattern, chosen)
    except NotFound:
        raise
    except Refusal as refusal:
        return plan_page(plan, refusal, refusal.status)
    count = len(chosen)
    said = ngettext("%(count)d session is booked.", "%(count)d sessions are booked.", count)
    messages.success(request, said % {"count": count})
    return redirect("series_one", request.clinic.slug, made.uuid)


def act(plan: Plan, pattern: Pattern, chosen: list[Chosen]) -> Series:
    request, model, said = plan.request, plan.model, plan.form.cleaned_data
    override = said.get("override", "")
    if plan.series is not None:
        return change_from(
            series=plan.series.uuid,
            slot=number(request.GET.get("from", "")),
            pattern=pattern,
            chosen=chosen,
            reason=request.POST.get("reason", ""),
            override=override,
            actor=request.actor,
            now=request.now,
        )
    assert model.patient_id is not None
    return repeat(
        service=model.session.service.uuid,
        pattern=pattern,
        chosen=chosen,
        medium=model.session.medium,
        place=model.place,
        patient=model.patient_id,
        review_after=said["review_after"],
        override=override,
        actor=request.actor,
        now=request.now,
    )


def decided(plan: Plan) -> list[Chosen]:
    """The dates as the person has settled them. What is in conflict and undecided is skipped."""
    hosts = {str(one.uuid) for one in plan.hosts.values()}
    found = []
    for one in plan.pattern().dates():
        said = plan.request.POST.get(f"date-{one.day.isoformat()}", "")
        what, _colon, value = said.partition(":")
        if one.start is None or what == "skip":
            continue
        start, who = one.start, str(plan.host.uuid)
        if what == "at" and value.isascii() and value.isdecimal() and len(value) < 12:
            start = int(value)
        elif what == "with" and value in hosts:
            who = value
        found.append(Chosen(one.start, start, UUID(who)))
    return found


def number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else 0
