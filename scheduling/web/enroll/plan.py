"""Lay a program on the calendar for a patient, settle what is in conflict, then take the whole.

One page for who comes in and for who goes from one level of care to another. The address holds
what is planned, the POST what was decided about it: so a plan can be looked at again and again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts import audit
from accounts.models import Form, Patient, Therapist
from scheduling import policy
from scheduling.actions.enroll import enroll, step
from scheduling.actions.enroll_out import seats_of
from scheduling.engine.interval import to_minute
from scheduling.errors import EnrollmentRefused, NotFound, Refusal
from scheduling.models import Enrollment, Kind, Occupancy, Program, ProgramPart
from scheduling.queries import times
from scheduling.queries.lay import hosts_for, lay
from scheduling.queries.plan import FULL, Choice, Instead, Plan, PlanDate, PlanPart, Wanted
from scheduling.web.booking.forms import full_name
from scheduling.web.desk.frame import here
from scheduling.web.door import PageRequest, staff
from scheduling.web.enroll import words
from scheduling.web.enroll.forms import PartForm, PlanForm
from scheduling.web.enroll.frame import ROLES, back_to, find_enrollment, find_patient, page, today
from scheduling.web.enroll.weeks import week_lines


@dataclass
class Draft:
    """What is planned, and for whom. `follows`: the enrolment that it takes over from."""

    request: PageRequest
    patient: Patient
    form: PlanForm
    program: Program | None = None
    parts: list[PartForm] = ()  # type: ignore[assignment]
    follows: Enrollment | None = None
    shown: Plan | None = None

    @property
    def zone(self) -> str:
        return self.patient.time_zone or self.request.clinic.time_zone

    @property
    def ready(self) -> bool:
        return self.program is not None and all(
            not one.is_bound or one.is_valid() for one in self.parts
        )

    def said(self) -> dict[str, Any]:
        said = self.form.cleaned_data
        return {"place": said["place"], "zone": self.zone, "medium": said["medium"]}

    def wanted(self, choices: list[Choice]) -> Wanted:
        assert self.program is not None
        return Wanted(
            program=self.program,
            patient=self.patient,
            first_day=self.form.cleaned_data["first"],
            choices=choices,
            override=bool(self.form.cleaned_data["override"]),
            follows=self.follows,
            **self.said(),
        )


@staff(*ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def enroll_in(request: PageRequest, patient: UUID) -> HttpResponse:
    who = find_patient(request, patient)
    start = {"first": today(request), "place": who.state, "medium": "video"}
    draft = drafted(request, who, start)

    def act(choices: list[Choice]) -> Enrollment:
        assert draft.program is not None
        return enroll(
            program=draft.program.uuid,
            patient=who.pk,
            first_day=draft.form.cleaned_data["first"],
            choices=choices,
            override=draft.form.cleaned_data["override"],
            **draft.said(),
            actor=request.actor,
            now=request.now,
        )

    return answer(draft, act)


@staff(*ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def step_to(request: PageRequest, enrollment: UUID) -> HttpResponse:
    row = find_enrollment(request, enrollment)
    who = row.patient
    start = {"first": max(today(request), row.first_day), "place": row.place, "medium": "video"}
    draft = drafted(request, who, start, row)

    def act(choices: list[Choice]) -> Enrollment:
        assert draft.program is not None
        return step(
            enrollment=row.uuid,
            program=draft.program.uuid,
            from_day=draft.form.cleaned_data["first"],
            choices=choices,
            override=draft.form.cleaned_data["override"],
            **draft.said(),
            actor=request.actor,
            now=request.now,
        )

    return answer(draft, act)


def drafted(
    request: PageRequest, who: Patient, start: dict[str, Any], follows: Enrollment | None = None
) -> Draft:
    rows = policy.visible(Program, request.actor).filter(active=True, parts__isnull=False)
    known = {
        str(one.uuid): one
        for one in rows.distinct()
        .select_related("level", "clinic")
        .order_by("-level__rank", "name")
    }
    data = request.GET if "program" in request.GET else None
    form = PlanForm(data, known.values(), start, today(request))
    draft = Draft(request, who, form, follows=follows)
    if form.is_bound and form.is_valid():
        draft.program = known[form.cleaned_data["program"]]
        draft.parts = part_forms(draft)
    return draft


def part_forms(draft: Draft) -> list[PartForm]:
    """For each individual part that does not go on from the program before."""
    assert draft.program is not None
    rows = list(draft.program.parts.filter(service__isnull=False).select_related("service"))
    going_on: set[int] = set()
    if draft.follows is not None:
        laid = lay(draft.wanted([]), draft.request.now)
        going_on = {one.part.pk for one in laid.parts if one.series and one.part.service_id}
    seen = therapists_of(draft.patient)
    own = draft.request.actor.therapist
    return [
        PartForm(draft.request.GET, part, hosts, likely(hosts, seen, own))
        for part in rows
        if part.pk not in going_on
        for hosts in [hosts_for(part)]
    ]


def therapists_of(patient: Patient) -> list[int]:
    """Whom the patient saw last, or will see: profiles, the newest first."""
    rows = Occupancy.objects.filter(
        session__bookings__patient=patient, session__service__kind=Kind.INDIVIDUAL.value
    )
    return list(rows.order_by("-start").values_list("profile_id", flat=True)[:10])


def likely(hosts: list[Therapist], seen: list[int], own: int | None) -> Therapist | None:
    """The therapist who plans, else whom the patient knows, else the first."""
    known = {one.pk: one for one in hosts}
    for profile in (own, *seen):
        if profile in known:
            return known[profile]
    return hosts[0] if hosts else None


# What is decided


def answer(draft: Draft, act: Callable[[list[Choice]], Enrollment]) -> HttpResponse:
    request = draft.request
    if not draft.ready:
        wrong = draft.form.is_bound or request.method == "POST"
        return plan_page(draft, status=422 if wrong else 200)
    draft.shown = lay(draft.wanted(settings(draft)), request.now)
    if request.method != "POST":
        return plan_page(draft)
    choices = decided(draft, draft.shown)
    if "check" in request.POST:
        return plan_page(draft, choices)
    try:
        made = act(choices)
    except NotFound:
        raise
    except Refusal as refusal:
        return plan_page(draft, choices, refusal, refusal.status)
    count = seats_of(made).filter(start__gt=to_minute(request.now)).count()
    said = ngettext(
        "%(count)d session is booked, and the patient is told once.",
        "%(count)d sessions are booked, and the patient is told once.",
        count,
    )
    messages.success(request, said % {"count": count})
    return redirect("enrollment", request.clinic.slug, made.uuid)


def settings(draft: Draft) -> list[Choice]:
    """Of every part: with whom and when, whether it is left out or waited for."""
    assert draft.program is not None
    forms = {one.part.pk: one for one in draft.parts}
    found = []
    for part in draft.program.parts.all():
        how = draft.request.POST.get(f"how-{part.pk}", "")
        choice = forms[part.pk].choice() if part.pk in forms else Choice(part=part.pk)
        waits = how == "wait" and part.group_id is not None
        found.append(replace(choice, leave_out=how == "leave", wait=waits))
    return found


def decided(draft: Draft, shown: Plan) -> list[Choice]:
    """With what was said about each date in conflict. What came up since the look stays open."""
    found = []
    for one in shown.parts:
        seen = [
            date for date in one.dates if date.open and name_of(one, date) in draft.request.POST
        ]
        dates = dict(settled(draft, one, date) for date in seen)
        found.append(replace(one.choice, dates=dates))
    return found


def settled(draft: Draft, part: PlanPart, date: PlanDate) -> tuple[int, Instead | None]:
    slot = date.slot or 0
    what, _colon, value = draft.request.POST[name_of(part, date)].partition(":")
    host = part.choice.therapist or (part.host.uuid if part.host else None)
    if what == "at" and value.isascii() and value.isdecimal() and len(value) < 12 and host:
        return slot, Instead(int(value), host)
    if what == "with" and date.start is not None:
        named = [one for one in others(draft, part, date) if str(one.uuid) == value]
        if named:
            return slot, Instead(date.start, named[0].uuid)
    return slot, None


def name_of(part: PlanPart, date: PlanDate) -> str:
    return f"date-{part.part.pk}-{date.slot or date.day.isoformat()}"


def others(draft: Draft, part: PlanPart, date: PlanDate) -> list[Therapist]:
    if not date.others:
        return []
    rows = policy.visible(Therapist, draft.request.actor).filter(pk__in=date.others)
    return list(rows.order_by("name"))


# The page


def plan_page(
    draft: Draft,
    choices: list[Choice] | None = None,
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    """The form, and below it the weeks, then every part with its dates."""
    request, who, shown = draft.request, draft.patient, draft.shown
    context: dict[str, Any] = {
        "patient": who,
        "form": draft.form,
        "part_forms": draft.parts,
        "follows": draft.follows,
        "back": back_to(request, who)
        if draft.follows is None
        else here(request, "enrollment", draft.follows.uuid),
        "present": None if draft.follows else present(draft),
        "zone_city": times.city(request.clinic.time_zone),
        "refusal": refusal,
    }
    if shown is not None:
        settled_plan = lay(draft.wanted(choices), request.now) if choices else shown
        parts = [part_lines(draft, one) for one in shown.parts]
        context |= {
            "checked": True,
            "program": draft.program,
            "weeks": week_lines(settled_plan.weeks),
            "parts": parts,
            "dates": sum(len(one.taken) for one in settled_plan.parts),
            "conflicts": sum(len(one["conflicts"]) + bool(one["why"]) for one in parts),
            "falling": [times.when(one.start, one.end, draft.zone) for one in shown.falling],
            "missing": [Form(form).label for form in shown.missing],
            "still": still_open(draft, shown, refusal),
        }
    audit.record(request.actor, "enrollment.plan", subject=who)
    return page(request, "plan", context, status=status)


def present(draft: Draft) -> Enrollment | None:
    """The program that the patient is in, or will be: one can follow the other."""
    rows = policy.visible(Enrollment, draft.request.actor).filter(patient=draft.patient, live=True)
    rows = rows.filter(end__gt=to_minute(draft.request.now)).select_related("program")
    return rows.order_by("start").first()


def part_lines(draft: Draft, one: PlanPart) -> dict[str, Any]:
    """A part: what is free, what is to be decided, and what there is no seat for."""
    part = one.part
    open_ = [date for date in one.dates if date.open]
    given = [date for date in one.dates if date.why and not date.open]
    free = [date for date in one.dates if not date.why]
    whole = [("leave", _("Leave this part out"))]
    if one.why == FULL:
        whole.insert(0, ("wait", _("Put the patient on its waiting list")))
    return {
        "pk": part.pk,
        "name": part_name(part),
        "kind": _("Group") if part.group_id else _("Individual"),
        "with": full_name(one.host) if one.host else "",
        "goes_on": one.member is not None or (one.series is not None and bool(part.service_id)),
        "why": words.why(one.why) if one.why else "",
        "whole": whole,
        "how": draft.request.POST.get(f"how-{part.pk}", ""),
        "hours": times.hours(sum(date.minutes for date in free)),
        "free": [date_line(draft, one, date) for date in free],
        "conflicts": [] if one.why else [date_line(draft, one, date) for date in open_],
        "without": [date_line(draft, one, date) for date in given],
    }


def part_name(part: ProgramPart) -> str:
    what = part.group or part.service
    return str(what.name) if what else ""


def date_line(draft: Draft, part: PlanPart, date: PlanDate) -> dict[str, Any]:
    zone = draft.request.clinic.time_zone
    name = name_of(part, date)
    options = [("skip", _("Leave this date out"))]
    if date.near is not None and date.slot is not None:
        clock = times.clock_in(date.near, zone)
        options.append((f"at:{date.near}", _("%(time)s on the same day") % {"time": clock}))
    options += [
        (f"with:{who.uuid}", _("At this time with %(name)s") % {"name": full_name(who)})
        for who in others(draft, part, date)
    ]
    return {
        "name": name,
        "day": times.day(date.day),
        "clock": times.clock_in(date.start, zone) if date.start is not None else "",
        "why": words.why(date.why) if date.why else "",
        "kept": date.kept,
        "options": options,
        "chosen": draft.request.POST.get(name, "skip"),
    }


def still_open(draft: Draft, shown: Plan, refusal: Refusal | None) -> list[str]:
    """What stood against the plan when it was to be booked, in words."""
    if not isinstance(refusal, EnrollmentRefused):
        return []
    names = {one.part.pk: part_name(one.part) for one in shown.parts}
    zone = draft.request.clinic.time_zone
    return [
        ": ".join(
            text for text in (names.get(pk, ""), times.starting(slot, zone) if slot else "") if text
        )
        + f" – {words.why(code)}"
        for pk, found in refusal.extra.get("parts", {}).items()
        for slot, code in found.items()
    ]
