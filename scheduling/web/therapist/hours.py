"""Weekly hours: type them, look at what would come of them, then save."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import audit
from accounts.models import Therapist
from scheduling import policy
from scheduling.actions.hours import set_weekly_hours
from scheduling.engine.hours import day_span, local_day, parse_pattern
from scheduling.engine.interval import Span, to_minute
from scheduling.errors import Refusal
from scheduling.queries import agenda, people, risk, times, weeks
from scheduling.queries.misfits import Change, Misfit, Why, misfits
from scheduling.queries.weeks import Weeks
from scheduling.web.door import PageRequest, staff
from scheduling.web.therapist import words
from scheduling.web.therapist.clock import text_of
from scheduling.web.therapist.frame import day_of, here, hours_page, whose
from scheduling.web.therapist.week_form import WeekForm, copied, typed_in, typed_of, with_row

PREVIEWED = timedelta(days=7)
WARNED = 6 * 7 * 1440  # minutes ahead in which a change of the clock is told


@staff("therapist", "desk", "admin")
@require_http_methods(["GET", "HEAD", "POST"])
def weekly(request: PageRequest, therapist: UUID | None = None) -> HttpResponse:
    """Every button of the form sends all of it; only `do=save` writes."""
    who = whose(request, therapist)
    if request.method != "POST":
        return editor(request, who, stored(request, who), show_misfits=True)
    asked = request.POST.get("do", "preview")
    form = changed(request, who, asked)
    if form is not None:
        return editor(request, who, form)
    said = request.POST.dict()
    form = WeekForm(typed_in(said), said, check=True, **around(request, who))
    if not form.is_valid():
        return editor(request, who, form, status=422)
    return save(request, who, form) if asked == "save" else look(request, who, form)


def around(request: PageRequest, therapist: Therapist) -> dict[str, Any]:
    return {
        "services": weeks.offered_by(therapist),
        "today": local_day(therapist.time_zone, to_minute(request.now)),
    }


def stored(request: PageRequest, therapist: Therapist) -> WeekForm:
    """The hours in force on `?from=`, today without it."""
    today = local_day(therapist.time_zone, to_minute(request.now))
    day = max(today, day_of(request.GET.get("from", ""), today))
    found = weeks.in_force(weeks.weeks_of(therapist), day)
    said = {"valid_from": day, "valid_until": (found and found.until) or ""}
    pattern = found.pattern if found else ""
    return WeekForm(typed_of(pattern), said, check=False, **around(request, therapist))


def changed(request: PageRequest, therapist: Therapist, asked: str) -> WeekForm | None:
    """The form after "add a row" or "copy to other days"; None for the other buttons."""
    said, typed = request.POST.dict(), typed_in(request.POST.dict())
    verb, _dash, day = asked.partition("-")
    if verb == "add" and day in list("0123456"):
        typed = with_row(typed, int(day))
    elif asked == "copy":
        source, targets = said.get("copy_day", ""), request.POST.getlist("copy_to")
        if source in list("0123456"):
            typed = copied(typed, int(source), [int(t) for t in targets if t in list("0123456")])
    else:
        return None
    return WeekForm(typed, said, check=False, **around(request, therapist))


def save(request: PageRequest, therapist: Therapist, form: WeekForm) -> HttpResponse:
    wanted = form.weeks
    try:
        set_weekly_hours(
            therapist=therapist,
            pattern=wanted.pattern,
            valid_from=wanted.since,
            valid_until=wanted.until,
            actor=request.actor,
            now=request.now,
        )
    except Refusal as refusal:
        return editor(request, therapist, form, status=refusal.status, refusal=refusal)
    messages.success(request, _("The weekly hours are saved. Nothing that is booked has moved."))
    return redirect(f"{request.path}?from={wanted.since}")


def look(request: PageRequest, therapist: Therapist, form: WeekForm) -> HttpResponse:
    """The preview: the search itself, and the booked sessions held against these hours."""
    known = weeks.weeks_of(therapist)
    after = weeks.laid_over(known, form.weeks)
    zone, first = therapist.time_zone, form.weeks.since
    last = first + PREVIEWED - timedelta(days=1)
    service = form.chosen
    span = day_span(zone, first, last)
    seen = service and weeks.preview(therapist, service, after, span, request.now)
    shown = {
        "first": times.day(first),
        "last": times.day(last),
        "service": service,
        "place": words.place(seen.place) if seen else "",
        "days": preview_days(seen.starts if seen else [], zone, first),
        "replaced": [period(one) for one in weeks.ended_by(known, form.weeks)],
    }
    return editor(
        request,
        therapist,
        form,
        preview=shown,
        change=Change(weeks=tuple(after)),
        show_misfits=True,
    )


def preview_days(starts: list[int], zone: str, first: date) -> list[dict[str, Any]]:
    """Seven days with their free starts, those without among them."""
    found = {day: list(some) for day, some in groupby(starts, lambda s: local_day(zone, s))}
    days = [first + timedelta(days=number) for number in range(PREVIEWED.days)]
    return [
        {
            "name": times.day(day),
            "count": len(found.get(day, [])),
            "times": [times.clock_in(start, zone) for start in found.get(day, [])],
        }
        for day in days
    ]


def editor(
    request: PageRequest,
    therapist: Therapist,
    form: WeekForm,
    *,
    status: int = 200,
    change: Change | None = None,
    show_misfits: bool = False,
    **extra: Any,
) -> HttpResponse:
    zone = therapist.time_zone
    today = local_day(zone, to_minute(request.now))
    known = [one for one in weeks.weeks_of(therapist) if one.until is None or one.until >= today]
    context = {
        "form": form,
        "weekdays": list(WEEKDAYS.items()),
        "city": times.city(zone),
        "zone": zone,
        "periods": [period(one) for one in known],
        "changes": clock_warnings(zone, to_minute(request.now)),
        "misfits": misfit_lines(request, therapist, change) if show_misfits else [],
        **extra,
    }
    return hours_page(request, "hours", therapist, context, status=status)


def period(one: Weeks) -> dict[str, Any]:
    """One stretch of weekly hours in words."""
    days = [
        (WEEKDAYS[number], ", ".join(said_span(span) for span in spans))
        for number, spans in enumerate(parse_pattern(one.pattern))
        if spans
    ]
    return {
        "since": times.day(one.since),
        "until": times.day(one.until) if one.until else "",
        "address": f"?from={one.since}",
        "days": days,
    }


def said_span(span: Span) -> str:
    said = {"first": text_of(span[0]), "last": text_of(span[1])}
    if span[1] > 1440:
        return _("%(first)s to %(last)s on the next day") % said
    return _("%(first)s to %(last)s") % said


def clock_warnings(zone: str, minute: int) -> list[str]:
    """One sentence for each change of the clock in the next six weeks."""
    return [
        (
            _("Clocks go forward on %(day)s: %(minutes)d minutes are skipped.")
            if change.by > 0
            else _("Clocks go back on %(day)s: %(minutes)d minutes come twice.")
        )
        % {"day": times.day(times.local(change.minute, zone)), "minutes": abs(change.by)}
        for change in weeks.clock_changes(zone, minute, minute + WARNED)
    ]


def misfit_lines(
    request: PageRequest, therapist: Therapist, change: Change | None = None
) -> list[dict[str, Any]]:
    """The booked sessions that do not fit, a group's once. Who is named is in the audit (LG1)."""
    told = misfits_told(request, therapist, change)
    found = {(one.session if one.as_a_whole else one.booking): one for one in told}.values()
    if named := {one.patient for one in found if one.name and not one.as_a_whole}:
        audit.record(request.actor, "hours.misfits", subject=sorted(named))
    own = request.actor.therapist == therapist.pk
    return [
        misfit_line(one, therapist.time_zone) | {"url": address(request, one, own)} for one in found
    ]


def misfits_told(request: PageRequest, therapist: Therapist, change: Change | None) -> list[Misfit]:
    """The therapist and the desk are told whose they are; the office times alone."""
    actor = request.actor
    if actor.therapist == therapist.pk:
        rows = agenda.cases(actor, therapist.pk)
    elif actor.has(policy.DESK):
        rows = people.bookings(actor)
    else:
        return risk.outside_hours(actor, therapist, request.now, change)
    return misfits(rows, therapist, request.now, change)


def address(request: PageRequest, one: Misfit, own: bool) -> str:
    """Where the reader moves or cancels it."""
    if one.name and one.as_a_whole:
        return here(request, "group_session", one.session)
    if own:
        return here(request, "therapist_session", one.session)
    return here(request, "desk_booking", one.booking) if one.name else ""


def misfit_line(one: Misfit, zone: str) -> dict[str, Any]:
    reasons = {
        Why.OUTSIDE_HOURS: _("outside the weekly hours"),
        Why.OTHER_HOURS: _("that day has other hours"),
        Why.DAY_OFF: _("a day off"),
        Why.TIME_OFF: _("time off"),
        Why.HOLIDAY: _("the clinic is closed"),
        Why.LICENCE: _("no licence there on that day"),
    }
    return {
        "start": one.start,
        "end": one.end,
        "name": one.group if one.as_a_whole else one.name,
        "when": times.when(one.start, one.end, zone),
        "why": ", ".join(reasons[why] for why in one.why),
    }
