"""Levels of care with what they ask for, and the programs that enrolments are planned by."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scheduling import policy
from scheduling.actions.programs import (
    add_group,
    add_session,
    begin_with_usual,
    end_rule,
    remove_part,
    save_level,
    save_program,
    set_rule,
    take_back_rule,
)
from scheduling.engine.ledger import first_of_week
from scheduling.engine.lifecycle import GroupState
from scheduling.errors import BadInput
from scheduling.models import Group, Kind, Level, LevelRule, Program, ProgramPart, Service
from scheduling.queries import programs, times
from scheduling.web.door import PageRequest, staff
from scheduling.web.enroll import words
from scheduling.web.office.forms import note
from scheduling.web.office.frame import act, form_page, here, page
from scheduling.web.office.program_forms import (
    GroupPartForm,
    LevelForm,
    ProgramForm,
    RuleEndForm,
    RuleForm,
    SessionPartForm,
)
from scheduling.web.office.staff import today


@staff("admin")
@require_safe
def everything(request: PageRequest) -> HttpResponse:
    levels = list(policy.visible(Level, request.actor))
    rows = policy.visible(Program, request.actor).select_related("level")
    asked = programs.rules_on(levels, today(request))
    context = {
        "programs": rows.order_by("-active", "-level__rank", "name"),
        "levels": [(one, bands_of(rule for rule in asked if rule.level == one)) for one in levels],
    }
    return page(request, "office/programs", context)


def bands_of(rules: Iterable[LevelRule]) -> list[str]:
    """ "All ages: 9 to 19 hours a week, at least 3 hours on each of 3 days" """
    return [f"{words.ages(rule)}: {asks(rule)}" for rule in rules]


def asks(rule: LevelRule) -> str:
    week = words.band(rule.min_minutes, rule.max_minutes)
    return ", ".join(filter(None, (week, words.day_rule(rule.day_minutes, rule.days))))


# Levels


@staff("admin")
@require_http_methods(["GET", "HEAD", "POST"])
def new_level(request: PageRequest) -> HttpResponse:
    form = LevelForm(request.POST if request.method == "POST" else None, None)
    back = here(request, "office_programs")
    done = act(request, form, save_level, _("The level is kept."), back)
    intro = _("What it asks for a week is said on its own page, from a day on.")
    return done or form_page(request, form, heading=_("New level of care"), intro=intro, back=back)


@staff("admin")
@require_POST
def usual(request: PageRequest) -> HttpResponse:
    begin_with_usual(actor=request.actor, now=request.now)
    messages.success(request, _("The usual levels are there. Please check their hours."))
    return redirect(here(request, "office_programs"))


@staff("admin")
@require_http_methods(["GET", "HEAD", "POST"])
def level(request: PageRequest, level: UUID) -> HttpResponse:
    """Its name, and what it asked, asks and will ask for."""
    row = policy.find(Level, request.actor, uuid=level)
    form = LevelForm(request.POST if request.method == "POST" else None, row)
    onward = here(request, "office_level", row.uuid)
    done = act(request, form, save_level, _("The level is kept."), onward, level=row.uuid)
    if done:
        return done
    day = today(request)
    rules = policy.visible(LevelRule, request.actor).filter(level=row)
    context = {
        "form": form,
        "level": policy.find(Level, request.actor, uuid=level),
        "rules": [rule_line(one, day) for one in rules.order_by("age_from", "-valid_from")],
    }
    return page(request, "office/level", context, status=422 if form.errors else 200)


def rule_line(rule: LevelRule, day: Any) -> dict[str, Any]:
    """A row of the history; what is past stands there as it was."""
    planned = rule.valid_from > day
    past = rule.valid_until is not None and rule.valid_until < day
    chip = (_("past"), "off") if past else (_("planned"), "") if planned else None
    return {
        "rule": rule,
        "ages": words.ages(rule),
        "asks": asks(rule),
        "from": times.day(rule.valid_from),
        "until": times.day(rule.valid_until) if rule.valid_until else "",
        "chip": chip or (_("in force"), "success"),
        "planned": planned,
        "lasts": not past and not planned,
    }


@staff("admin")
@require_http_methods(["GET", "HEAD", "POST"])
def rule(request: PageRequest, level: UUID) -> HttpResponse:
    """Hours from a day on; `?like=<id>` begins with those of another rule."""
    row = policy.find(Level, request.actor, uuid=level)
    form = RuleForm(request.POST if request.method == "POST" else None, initial=like(request, row))
    back = here(request, "office_level", row.uuid)
    done = act(request, form, set_rule, _("The hours are kept."), back, level=row.uuid)
    return done or form_page(
        request,
        form,
        heading=_("Hours of %(level)s") % {"level": row.name},
        intro=_(
            "The hours that held for the same age until then end the day before, and stay on file: "
            "weeks that are past are counted by what was asked then."
        ),
        back=back,
    )


def like(request: PageRequest, level: Level) -> dict[str, Any]:
    wanted = request.GET.get("like", "")
    pk = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 12 else 0
    old = policy.visible(LevelRule, request.actor).filter(level=level, pk=pk).first()
    names = [name for name in RuleForm.base_fields if name != "valid_from"]
    return {name: getattr(old, name) for name in names} if old else {}


@staff("admin")
@require_http_methods(["GET", "HEAD", "POST"])
def rule_end(request: PageRequest, rule: int) -> HttpResponse:
    row = policy.find(LevelRule, request.actor, pk=rule)
    form = RuleEndForm(request.POST if request.method == "POST" else None)
    back = here(request, "office_level", row.level.uuid)
    done = act(request, form, end_rule, _("The last day is kept."), back, rule=row.pk)
    return done or form_page(
        request,
        form,
        heading=_("End these hours"),
        intro=f"{row.level.name}, {words.ages(row)}: {asks(row)}.",
        back=back,
    )


@staff("admin")
@require_POST
def rule_back(request: PageRequest, rule: int) -> HttpResponse:
    back = here(request, "office_level", policy.find(LevelRule, request.actor, pk=rule).level.uuid)
    take_back_rule(rule=rule, actor=request.actor, now=request.now)
    messages.success(request, _("The planned hours are taken back."))
    return redirect(back)


# Programs


@staff("admin")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: PageRequest) -> HttpResponse:
    form = program_form(request, None, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            made = save_program(**form.cleaned_data, actor=request.actor, now=request.now)
        except BadInput as refusal:
            note(form, refusal)
        else:
            messages.success(request, _("The program is made. Now say what its week holds."))
            return redirect(here(request, "office_program", made.uuid))
    return form_page(
        request,
        form,
        heading=_("New program"),
        intro=_("Groups and weekly sessions are added in the next step."),
        submit=_("Make the program"),
        back=here(request, "office_programs"),
    )


def program_form(request: PageRequest, row: Program | None, data: Any = None) -> ProgramForm:
    levels = policy.visible(Level, request.actor)
    offered = levels.filter(active=True)
    if row is not None:
        offered |= levels.filter(pk=row.level_id)
    return ProgramForm(data, offered, row)


@staff("admin")
@require_http_methods(["GET", "HEAD", "POST"])
def program(request: PageRequest, program: UUID) -> HttpResponse:
    row = policy.find(Program, request.actor, uuid=program)
    form = program_form(request, row, request.POST if request.method == "POST" else None)
    onward = here(request, "office_program", row.uuid)
    done = act(request, form, save_program, _("The program is kept."), onward, program=row.uuid)
    return done or program_page(request, program, form)


def program_page(
    request: PageRequest,
    program: UUID,
    form: ProgramForm | None = None,
    group: GroupPartForm | None = None,
    session: SessionPartForm | None = None,
) -> HttpResponse:
    """The program with its week; whichever form was refused stands there as it was typed."""
    row = policy.find(Program, request.actor, uuid=program)
    meetings = programs.week_of(row)
    day = today(request)
    minutes = programs.weekly_minutes(meetings, first_whole_week(request, meetings))
    refused = next((one for one in (form, group, session) if one and one.errors), None)
    context = {
        "form": form or program_form(request, row),
        "group_form": group or GroupPartForm(None, groups_for(request, meetings)),
        "session_form": session or SessionPartForm(None, services_for(request)),
        "refused": refused,
        "program": row,
        "meetings": [meeting_line(one) for one in meetings],
        "total": words.range_of(minutes),
        "alike": min(minutes) == max(minutes),
        "bands": [
            {
                "ages": words.ages(one.rule),
                "asks": asks(one.rule),
                "chip": words.verdict(one.verdict),
            }
            for one in programs.bands(row, minutes, day)
        ],
    }
    return page(request, "office/program", context, status=422 if refused else 200)


def first_whole_week(request: PageRequest, meetings: list[programs.Meeting]) -> date:
    """In which every group has begun."""
    begins = max([today(request), *(one.since for one in meetings if one.since)])
    week = first_of_week(begins, request.clinic.week_starts)
    return week if begins in (week, today(request)) else week + timedelta(days=7)


def meeting_line(one: programs.Meeting) -> dict[str, Any]:
    return {
        "part": one.part,
        "name": one.name,
        "when": words.meets(one),
        "hours": times.hours(one.minutes),
        "kind": _("Group") if one.part.group_id else _("Individual"),
        "meets": bool(one.rule),
    }


def groups_for(request: PageRequest, meetings: list[programs.Meeting]) -> list[Group]:
    rows = policy.visible(Group, request.actor).exclude(state=GroupState.ENDED.value)
    return list(rows.exclude(pk__in=[one.part.group_id or 0 for one in meetings]).order_by("name"))


def services_for(request: PageRequest) -> list[Service]:
    rows = policy.visible(Service, request.actor)
    return list(rows.filter(kind=Kind.INDIVIDUAL.value, active=True).order_by("name"))


@staff("admin")
@require_POST
def group_part(request: PageRequest, program: UUID) -> HttpResponse:
    row = policy.find(Program, request.actor, uuid=program)
    form = GroupPartForm(request.POST, groups_for(request, programs.week_of(row)))
    onward = here(request, "office_program", row.uuid) + "#week-head"
    done = act(request, form, add_group, _("The group is added."), onward, program=row.uuid)
    return done or program_page(request, program, group=form)


@staff("admin")
@require_POST
def session_part(request: PageRequest, program: UUID) -> HttpResponse:
    row = policy.find(Program, request.actor, uuid=program)
    form = SessionPartForm(request.POST, services_for(request))
    onward = here(request, "office_program", row.uuid) + "#week-head"
    done = act(request, form, add_session, _("The session is added."), onward, program=row.uuid)
    return done or program_page(request, program, session=form)


@staff("admin")
@require_POST
def part_remove(request: PageRequest, part: int) -> HttpResponse:
    policy.find(ProgramPart, request.actor, pk=part)
    row = remove_part(part=part, actor=request.actor, now=request.now)
    messages.success(request, _("It is taken out of the program. Who is enrolled keeps it."))
    return redirect(here(request, "office_program", row.uuid) + "#week-head")
