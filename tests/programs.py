"""Levels of care and programs for tests: rows made by hand, where no action is on trial."""

from __future__ import annotations

from datetime import date
from typing import Any

from scheduling.models import Group, Level, LevelRule, Program, ProgramPart, Service
from tests.world import World

NINE, NINETEEN = 9 * 60, 19 * 60


def iop(world: World, *, rules: bool = True) -> Level:
    """Intensive outpatient, 9 to 19 hours a week for all ages."""
    made = Level.objects.create(clinic=world.clinic, code="iop", name="Intensive", rank=20)
    if rules:
        a_rule(made)
    return made


def a_rule(level: Level, **more: Any) -> LevelRule:
    said = {"valid_from": date(2020, 1, 1), "min_minutes": NINE, "max_minutes": NINETEEN} | more
    return LevelRule.objects.create(level=level, **said)


def program(world: World, level: Level, *groups: Group, **more: Any) -> Program:
    """Twelve weeks of the groups and of CBT on Thursdays at ten."""
    said = {"name": "Days", "weeks": 12} | more
    made = Program.objects.create(clinic=world.clinic, level=level, **said)
    for one in groups:
        ProgramPart.objects.create(program=made, group=one)
    session_part(made, world.cbt)
    return made


def four_weeks(world: World, group: Group) -> Program:
    """Of the group and of CBT on Thursdays at ten: two to three hours a week."""
    level = iop(world, rules=False)
    a_rule(level, min_minutes=120, max_minutes=180)
    return program(world, level, group, weeks=4)


def session_part(program: Program, service: Service, weekday: int = 3, at: int = 600) -> None:
    ProgramPart.objects.create(program=program, service=service, weekday=weekday, at=at)
