"""Make a group, and give it other times: what stands against it is shown before it is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import audit
from accounts.models import Therapist
from scheduling import policy
from scheduling.actions.group_life import change_times
from scheduling.actions.groups import found
from scheduling.errors import BadInput, NotFound, Refusal
from scheduling.models import Group, Kind, Service
from scheduling.queries import groups, times
from scheduling.web.desk.frame import here
from scheduling.web.door import PageRequest, staff
from scheduling.web.groups.forms import GroupForm, TimesForm, WhenForm
from scheduling.web.groups.frame import find_group, page, told


@staff("desk", "admin")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: PageRequest) -> HttpResponse:
    services = policy.visible(Service, request.actor).filter(kind=Kind.GROUP.value, active=True)
    people = policy.visible(Therapist, request.actor).filter(active=True).order_by("name")
    data = request.POST if request.method == "POST" else None
    form = GroupForm(data, list(services.order_by("name")), list(people))
    zone = request.clinic.time_zone
    context = {
        "form": form,
        "zone_city": times.city(zone),
        "back": here(request, "group_list"),
        "no_service": not services.exists(),
    }
    if data is None or not form.is_valid():
        audit.record(request.actor, "group.new")
        return page(request, "new", context, status=422 if form.errors else 200)

    def act() -> Group:
        return found(**form.terms(zone), actor=request.actor, now=request.now)

    done = _("The group is made. Its sessions stand in the calendars.")
    return answer(request, "new", form, context, act, done, zone)


def answer(
    request: PageRequest,
    template: str,
    form: WhenForm,
    context: dict[str, Any],
    act: Callable[[], Group],
    done: str,
    zone: str,
) -> HttpResponse:
    """To the group's page; what stands against it is told beside the form."""
    try:
        group = act()
    except NotFound:
        raise
    except Refusal as refusal:
        if isinstance(refusal, BadInput):
            name = refusal.extra.get("field")
            form.add_error(name if name in form.fields else None, str(refusal))
        more = told(request, refusal, zone)
        before = form.cleaned_data.get("skip", "") if form.is_bound else ""
        more["skip"] = f"{before} {more['skip']}".strip()
        return page(request, template, context | more, status=refusal.status)
    messages.success(request, done)
    return redirect(here(request, "group_staff", group.uuid))


@staff("desk", "admin")
@require_http_methods(["GET", "HEAD", "POST"])
def times_of(request: PageRequest, group: UUID) -> HttpResponse:
    """Another weekday or time from a date on."""
    row = find_group(request, uuid=group)
    series = groups.running_series(row)
    coming = groups.coming(row, request.now)
    if series is None or not coming:
        raise NotFound
    zone = series.zone
    dates = [(one.slot or 0, times.starting(one.start, zone)) for one in coming]
    first = times.local(coming[0].start, zone)
    start = {
        "every": "1",
        "first": first.date(),
        "at": first.time(),
        "last": series.last_day,
    }
    data = request.POST if request.method == "POST" else None
    form = TimesForm(data, dates, start)
    context = {
        "form": form,
        "group": row,
        "zone_city": times.city(zone),
        "back": here(request, "group_staff", row.uuid),
    }
    if data is None or not form.is_valid():
        audit.record(request.actor, "group.times", obj=row)
        return page(request, "times", context, status=422 if form.errors else 200)
    said = form.cleaned_data

    def act() -> Group:
        change_times(
            group=row.uuid,
            slot=said["slot"],
            pattern=form.pattern(zone),
            reason=said["reason"],
            skip=form.skipped(),
            drop=said["drop"],
            actor=request.actor,
            now=request.now,
        )
        return row

    done = _("The sessions have moved. Everybody is told, each alone.")
    return answer(request, "times", form, context, act, done, zone)
