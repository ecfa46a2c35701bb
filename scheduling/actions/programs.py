"""Levels of care with their dated rules, and programs: what enrolments are planned by.

A program is a template: who is enrolled keeps what was booked, whatever becomes of it later.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor
from scheduling import policy
from scheduling.actions.action import action
from scheduling.actions.clinic import free_code, put, require_admin, require_own_name
from scheduling.actions.ship_levels import ship_levels
from scheduling.engine.hours import in_reach, local_day
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import GroupState
from scheduling.errors import BadInput
from scheduling.models import Group, Kind, Level, LevelRule, Program, ProgramPart, Service

LEVEL = frozenset({"name", "rank", "active"})
RULE = frozenset({
    "valid_from", "age_from", "age_until", "min_minutes", "max_minutes", "day_minutes", "days",
    "source",
})  # fmt: skip
PROGRAM = frozenset({"name", "level", "weeks", "active"})
WEEK = 7 * 1440
OLDEST = 130
LONGEST = 104  # weeks
MOST_PARTS = 40


@action("level.save")
def save_level(
    *, level: UUID | None = None, code: str = "", actor: Actor, now: datetime, **said: Any
) -> Level:
    """A new level of care, or another name or place in the order for one; its code stays."""
    rows = Level.objects.filter(clinic=(clinic := require_admin(actor)))
    if level is None:
        row = Level(clinic=clinic, code=free_code(rows, "code", code or str(said.get("name", ""))))
    else:
        row = policy.find(Level, actor, uuid=level)
    changed = put(row, said, LEVEL)
    require_own_name(rows.exclude(pk=row.pk), row.name)
    row.save()
    audit.record(actor, "level.save", obj=row, detail=dict.fromkeys(changed, True))
    return row


@action("level.usual")
def begin_with_usual(*, actor: Actor, now: datetime) -> None:
    """The usual levels, where the clinic lacks them; they are its own from then on."""
    clinic = require_admin(actor)
    ship_levels(clinic)
    audit.record(actor, "level.usual", obj=clinic)


@action("level.rule")
def set_rule(*, level: UUID, actor: Actor, now: datetime, **said: Any) -> LevelRule:
    """What the level asks of an age band from a day on: the rule that held until then ends the day
    before, and a planned one makes way. What was asked in the past stays on file."""
    require_admin(actor)
    row = policy.find(Level, actor, uuid=level)
    Level.objects.select_for_update(no_key=True).get(pk=row.pk)
    made = LevelRule(level=row)
    put(made, said, RULE)
    require_rule(made)
    make_way(made, clinic_day(actor, now))
    made.save()
    detail: dict[str, audit.Plain] = {"from": made.valid_from.isoformat()}
    audit.record(actor, "level.rule", obj=row, detail=detail)
    return made


def require_rule(rule: LevelRule) -> None:
    if not in_reach(rule.valid_from):
        raise BadInput(field="valid_from")
    if rule.age_from > OLDEST:
        raise BadInput(field="age_from")
    if rule.age_until is not None and not rule.age_from < rule.age_until <= OLDEST:
        raise BadInput(field="age_until")
    if rule.min_minutes > WEEK:
        raise BadInput(field="min_minutes")
    if rule.max_minutes is not None and not rule.min_minutes <= rule.max_minutes <= WEEK:
        raise BadInput(field="max_minutes")
    if (rule.day_minutes is None) != (rule.days is None):
        raise BadInput(field="days" if rule.days is None else "day_minutes")
    if rule.days is not None and not 1 <= rule.days <= 7:
        raise BadInput(field="days")
    if rule.day_minutes is not None and not 1 <= rule.day_minutes <= 1440:
        raise BadInput(field="day_minutes")


def make_way(rule: LevelRule, today: date) -> None:
    """A band is known by the age from which it holds: on each day it has one rule at most. Where
    two bands have room for an age, the one that begins later counts (`engine.ledger.rule_on`)."""
    rows = LevelRule.objects.filter(level=rule.level_id, age_from=rule.age_from)
    for old in rows.exclude(valid_until__lt=rule.valid_from):
        if old.valid_from < rule.valid_from:
            old.valid_until = rule.valid_from - timedelta(days=1)
            old.save(update_fields=["valid_until"])
        elif old.valid_from < today:
            wrong = _("Other hours hold from a later day on, and past weeks keep theirs.")
            raise BadInput(wrong, field="valid_from")
        else:
            old.delete()


@action("level.rule_end")
def end_rule(*, rule: int, last_day: date, actor: Actor, now: datetime) -> None:
    """The level asks nothing more of this age band after a day, today at the earliest; until
    another rule begins."""
    require_admin(actor)
    row = policy.find(LevelRule, actor, pk=rule)
    if last_day < max(row.valid_from, clinic_day(actor, now)) or not in_reach(last_day):
        raise BadInput(_("Please choose a day from today on."), field="last_day")
    if row.valid_until is not None and row.valid_until < last_day:
        raise BadInput(_("These hours end before this day."), field="last_day")
    row.valid_until = last_day
    row.save(update_fields=["valid_until"])
    audit.record(actor, "level.rule_end", obj=row.level, detail={"until": last_day.isoformat()})


@action("level.rule_back")
def take_back_rule(*, rule: int, actor: Actor, now: datetime) -> None:
    """A planned rule does not come into force; the one before it goes on in its place."""
    require_admin(actor)
    row = policy.find(LevelRule, actor, pk=rule, valid_from__gt=clinic_day(actor, now))
    eve = row.valid_from - timedelta(days=1)
    row.delete()
    LevelRule.objects.filter(level=row.level_id, age_from=row.age_from, valid_until=eve).update(
        valid_until=row.valid_until
    )
    audit.record(actor, "level.rule_back", obj=row.level)


def clinic_day(actor: Actor, now: datetime) -> date:
    assert actor.clinic is not None
    return local_day(actor.clinic.time_zone, to_minute(now))


@action("program.save")
def save_program(
    *, program: UUID | None = None, actor: Actor, now: datetime, **said: Any
) -> Program:
    """Make a program, or change one. Who is enrolled keeps the days that were booked."""
    clinic = require_admin(actor)
    row = Program(clinic=clinic) if program is None else find_program(program, actor)
    if "level" in said:
        said["level"] = policy.find(Level, actor, pk=getattr(said["level"], "pk", None))
    changed = put(row, said, PROGRAM)
    if not 1 <= (row.weeks or 0) <= LONGEST:
        raise BadInput(field="weeks")
    require_own_name(Program.objects.filter(clinic=clinic).exclude(pk=row.pk), row.name)
    row.save()
    audit.record(actor, "program.save", obj=row, detail=dict.fromkeys(changed, True))
    return row


def find_program(program: UUID, actor: Actor) -> Program:
    """Locked: its parts are counted."""
    found = policy.find(Program, actor, uuid=program)
    return Program.objects.select_for_update(no_key=True).get(pk=found.pk)


@action("program.group")
def add_group(*, program: UUID, group: UUID, actor: Actor, now: datetime) -> ProgramPart:
    """A group, with all its dates, becomes part of the program's week."""
    require_admin(actor)
    row = find_program(program, actor)
    what = policy.visible(Group, actor).filter(uuid=group).first()
    if what is None or what.state == GroupState.ENDED.value:
        raise BadInput(field="group")
    if ProgramPart.objects.filter(program=row, group=what).exists():
        raise BadInput(field="group")
    return added(ProgramPart(program=row, group=what), actor)


@action("program.session")
def add_session(
    *, program: UUID, service: UUID, weekday: int, at: int, actor: Actor, now: datetime
) -> ProgramPart:
    """An individual session a week, on a weekday (Monday = 0) at a minute of the clinic's day."""
    require_admin(actor)
    row = find_program(program, actor)
    wanted = {"uuid": service, "kind": Kind.INDIVIDUAL.value, "active": True}
    what = policy.visible(Service, actor).filter(**wanted).first()
    if what is None:
        raise BadInput(field="service")
    for name, value, below in (("weekday", weekday, 7), ("at", at, 1440)):
        if not 0 <= value < below:
            raise BadInput(field=name)
    return added(ProgramPart(program=row, service=what, weekday=weekday, at=at), actor)


def added(part: ProgramPart, actor: Actor) -> ProgramPart:
    if ProgramPart.objects.filter(program=part.program).count() >= MOST_PARTS:
        raise BadInput(field="group" if part.group_id else "service")
    part.save()
    audit.record(actor, "program.part", obj=part.program, detail={"added": part.pk})
    return part


@action("program.part_remove")
def remove_part(*, part: int, actor: Actor, now: datetime) -> Program:
    """It is no part of enrolments to come."""
    require_admin(actor)
    row = policy.find(ProgramPart, actor, pk=part)
    program = row.program
    row.delete()
    audit.record(actor, "program.part_remove", obj=program)
    return program
