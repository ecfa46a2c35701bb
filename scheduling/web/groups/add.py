"""A patient comes into a group, or waits for a place in one, by staff."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import audit
from accounts.models import Patient
from scheduling import policy
from scheduling.actions.group_members import join
from scheduling.actions.waitlist import wait_for_group
from scheduling.errors import NotFound, Refusal, WaitingAlready
from scheduling.models import Group
from scheduling.queries import kept_groups
from scheduling.web.desk.frame import here
from scheduling.web.door import PageRequest, staff
from scheduling.web.groups.forms import ChooseForm, PlaceForm
from scheduling.web.groups.frame import page, told
from scheduling.web.groups.show import starts


@staff("desk", "therapist")
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: PageRequest, patient: UUID) -> HttpResponse:
    """First which group (`?group=`), then from when, and from where."""
    who = policy.find(Patient, request.actor, uuid=patient, active=True)
    if who.pk == request.actor.patient:
        raise NotFound
    some = kept_groups.open_to_new(request.actor)
    choose = ChooseForm(request.GET or None, some)
    audit.record(request.actor, "patient.view", subject=who)
    if not choose.is_valid():
        context = {"patient": who, "choose": choose, "groups": some}
        return page(request, "add", context, status=422 if choose.errors else 200)
    group = next(one for one in some if str(one.uuid) == choose.cleaned_data["group"])
    return come_in(request, who, group, choose)


def come_in(request: PageRequest, who: Patient, group: Group, choose: ChooseForm) -> HttpResponse:
    """Take in, or put on the list where `wait` was pressed."""
    zone = who.time_zone or request.clinic.time_zone
    ways = starts(group, request, zone)
    data = request.POST if request.method == "POST" else None
    form = PlaceForm(data, ways, place=who.state, zone=zone)
    context = {"patient": who, "choose": choose, "group": group, "form": form, "ways": ways}
    if data is None or not form.is_valid():
        return page(request, "add", context, status=422 if form.errors else 200)
    try:
        onward = (
            wait(request, who, group, form) if "wait" in data else take(request, who, group, form)
        )
    except NotFound:
        raise
    except Refusal as refusal:
        more = told(request, refusal, zone)
        if isinstance(refusal, WaitingAlready):
            more["why"] = _("The patient waits for this already.")
        return page(request, "add", context | more, status=refusal.status)
    return redirect(onward)


def take(request: PageRequest, who: Patient, group: Group, form: PlaceForm) -> str:
    said: dict[str, Any] = form.cleaned_data
    join(group=group.uuid, patient=who.pk, **said, actor=request.actor, now=request.now)
    messages.success(request, _("They have a place in the group."))
    return here(request, "group_staff", group.uuid)


def wait(request: PageRequest, who: Patient, group: Group, form: PlaceForm) -> str:
    said = {name: form.cleaned_data[name] for name in ("place", "zone")}
    row = wait_for_group(
        group=group.uuid, patient=who.pk, **said, actor=request.actor, now=request.now
    )
    messages.success(request, _("The patient is on the waiting list."))
    return here(request, "waiting_one", row.uuid)
