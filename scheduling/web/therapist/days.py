"""Single days that differ from the week, and time off over several."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Therapist
from scheduling import policy
from scheduling.actions.hours import (
    LONGEST_TIME_OFF,
    add_time_off,
    remove_time_off,
    set_day_hours,
)
from scheduling.engine.hours import day_span, format_day, local_day, parse_day
from scheduling.engine.interval import Span, to_minute
from scheduling.models import DayHours, TimeOff
from scheduling.queries import times
from scheduling.queries.misfits import Change
from scheduling.web.door import PageRequest, staff
from scheduling.web.fields import DayField
from scheduling.web.therapist.clock import TimeOfDay, spans_said, text_of
from scheduling.web.therapist.frame import day_of, here, hours_page, whose
from scheduling.web.therapist.hours import misfit_lines, said_span

ROWS = 3
OFF, OTHER = "off", "other"
FARTHEST = timedelta(days=732)


class DayForm(forms.Form):
    """One date: off, or other hours in up to three spans."""

    day = DayField(gettext_lazy("Date"))
    kind = forms.ChoiceField(
        label=gettext_lazy("On that day"),
        choices=[(OFF, gettext_lazy("A day off")), (OTHER, gettext_lazy("Other hours"))],
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        for first, last in self.names():
            number = int(first[1]) + 1
            self.fields[first] = TimeOfDay(label=_("Span %(n)d, from") % {"n": number})
            self.fields[last] = TimeOfDay(label=_("Span %(n)d, until") % {"n": number})

    def names(self) -> list[tuple[str, str]]:
        return [(f"s{n}_from", f"s{n}_until") for n in range(ROWS)]

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        require_coming(self, "day", self.today)
        self.spans: list[Span] = []
        if said.get("kind") == OTHER:
            self.spans = spans_said(self, self.names(), said)
            if not self.spans and not self.errors:
                self.add_error("s0_from", _("Type the hours of that day, or choose a day off."))
        return said

    @property
    def rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[first], self[last]) for first, last in self.names()]


class TimeOffForm(forms.Form):
    first_day = DayField(gettext_lazy("First day off"))
    last_day = DayField(gettext_lazy("Last day off"))
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("For yourself alone."),
    )

    def __init__(self, *args: Any, today: date, own: bool, **kwargs: Any) -> None:
        """`own`: what is noted is the therapist's own, and nobody else's to read or to write."""
        super().__init__(*args, **kwargs)
        self.today = today
        if not own:
            del self.fields["note"]

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        first, last = said.get("first_day"), said.get("last_day")
        require_coming(self, "last_day", self.today)
        if first and last and last < first:
            self.add_error("last_day", _("The last day is before the first."))
        elif first and last and last - first > LONGEST_TIME_OFF:
            self.add_error("last_day", _("Time off lasts a year at most."))
        return said


def require_coming(form: forms.Form, name: str, today: date) -> None:
    """Today or later, and not so far that it must be a slip."""
    day = form.cleaned_data.get(name)
    if day and day < today:
        form.add_error(name, _("This day has passed."))
    elif day and day > today + FARTHEST:
        form.add_error(name, _("This day is too far ahead."))


@staff("therapist", "desk", "admin")
@require_http_methods(["GET", "HEAD", "POST"])
def day(request: PageRequest, therapist: UUID | None = None) -> HttpResponse:
    """Put an exception on a date; `?day=` opens one that is there."""
    who = whose(request, therapist)
    today = today_of(request, who)
    if request.method != "POST":
        return day_page(request, who, filled(request, who, today))
    form = DayForm(request.POST, today=today)
    if not form.is_valid():
        return day_page(request, who, form, status=422)
    chosen, spans = form.cleaned_data["day"], format_day(form.spans)
    set_day_hours(therapist=who, day=chosen, spans=spans, actor=request.actor, now=request.now)
    messages.success(request, _("Saved for %(day)s.") % {"day": times.day(chosen)})
    return redirect(request.path)


@staff("therapist", "desk", "admin")
@require_POST
def usual_day(request: PageRequest, therapist: UUID | None = None) -> HttpResponse:
    """Take an exception back: the week's hours hold again."""
    who = whose(request, therapist)
    chosen = day_of(request.POST.get("day", ""), today_of(request, who))
    set_day_hours(therapist=who, day=chosen, spans=None, actor=request.actor, now=request.now)
    said = _("On %(day)s the weekly hours hold again.") % {"day": times.day(chosen)}
    messages.success(request, said)
    return redirect(here(request, "therapist_days", *filter(None, [therapist])))


def today_of(request: PageRequest, therapist: Therapist) -> date:
    return local_day(therapist.time_zone, to_minute(request.now))


def filled(request: PageRequest, therapist: Therapist, today: date) -> DayForm:
    """An empty form, or one with what stands on `?day=`."""
    asked = day_of(request.GET.get("day", ""), today)
    own = policy.visible(DayHours, request.actor).filter(therapist=therapist, day=asked)
    row = own.first() if request.GET.get("day") else None
    if row is None:
        return DayForm(initial={"day": request.GET.get("day") and asked}, today=today)
    said = {"day": row.day, "kind": OTHER if row.spans else OFF}
    for number, (start, end) in enumerate(parse_day(row.spans)[:ROWS]):
        said |= {f"s{number}_from": text_of(start), f"s{number}_until": text_of(end)}
    return DayForm(initial=said, today=today)


def day_page(
    request: PageRequest, therapist: Therapist, form: DayForm, *, status: int = 200
) -> HttpResponse:
    rows = policy.visible(DayHours, request.actor).filter(
        therapist=therapist, day__gte=today_of(request, therapist)
    )
    context = {
        "form": form,
        "exceptions": [
            {
                "iso": row.day.isoformat(),
                "day": times.day(row.day),
                "spans": ", ".join(said_span(span) for span in parse_day(row.spans)),
            }
            for row in rows.order_by("day")
        ],
        "city": times.city(therapist.time_zone),
        "misfits": misfit_lines(request, therapist),
    }
    return hours_page(request, "day", therapist, context, status=status)


@staff("therapist", "desk", "admin")
@require_http_methods(["GET", "HEAD", "POST"])
def time_off(request: PageRequest, therapist: UUID | None = None) -> HttpResponse:
    """Two steps: the first shows the sessions that stand in the way, `do=save` saves."""
    who = whose(request, therapist)
    today, own = today_of(request, who), therapist is None
    if request.method != "POST":
        return time_off_page(request, who, TimeOffForm(today=today, own=own), today)
    form = TimeOffForm(request.POST, today=today, own=own)
    if not form.is_valid():
        return time_off_page(request, who, form, today, status=422)
    if request.POST.get("do") != "save":
        return time_off_check(request, who, form)
    add_time_off(therapist=who, **form.cleaned_data, actor=request.actor, now=request.now)
    messages.success(request, _("The time off is saved. Nothing that is booked has moved."))
    return redirect(request.path)


def time_off_page(
    request: PageRequest, therapist: Therapist, form: TimeOffForm, today: date, *, status: int = 200
) -> HttpResponse:
    rows = policy.visible(TimeOff, request.actor).filter(therapist=therapist, last_day__gte=today)
    context = {
        "form": form,
        "rows": [
            (row, said_days(row.first_day, row.last_day)) for row in rows.order_by("first_day")
        ],
        "city": times.city(therapist.time_zone),
        "misfits": misfit_lines(request, therapist),
    }
    return hours_page(request, "time_off", therapist, context, status=status)


def time_off_check(request: PageRequest, therapist: Therapist, form: TimeOffForm) -> HttpResponse:
    """What stands in these days, before anything is saved."""
    said = form.cleaned_data
    days = (said["first_day"], said["last_day"])
    low, high = day_span(therapist.time_zone, *days)
    after = misfit_lines(request, therapist, Change(time_off=days))
    context = {
        "form": form,
        "days": said_days(*days),
        "note": said.get("note"),
        "misfits": [line for line in after if line["start"] < high and line["end"] > low],
    }
    return hours_page(request, "time_off_check", therapist, context)


def said_days(first: date, last: date) -> str:
    if first == last:
        return times.day(first)
    return _("%(first)s to %(last)s") % {"first": times.day(first), "last": times.day(last)}


@staff("therapist", "desk", "admin")
@require_POST
def no_time_off(request: PageRequest, row: int, therapist: UUID | None = None) -> HttpResponse:
    """Take time off back."""
    found = policy.find(TimeOff, request.actor, pk=row, therapist=whose(request, therapist))
    remove_time_off(time_off=found.pk, actor=request.actor, now=request.now)
    messages.success(request, _("Removed. The weekly hours hold again on these days."))
    return redirect(here(request, "therapist_time_off", *filter(None, [therapist])))
