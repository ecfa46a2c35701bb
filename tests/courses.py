"""Levels of care, programs and enrolments for tests; people are enrolled by the action."""

from __future__ import annotations

from datetime import date
from typing import Any

from accounts.models import Patient
from scheduling.actions.enroll import enroll, step
from scheduling.actions.enroll_life import discharge, pause, resume
from scheduling.actions.enroll_undo import undo
from scheduling.engine.recurrence import weekly
from scheduling.models import Booking, Enrollment, Group, Level, LevelRule, Program, ProgramPart
from scheduling.queries.lay import lay
from scheduling.queries.plan import Choice, Plan, Wanted
from scheduling.queries.repeat import Pattern
from tests.groups import founded, group_service
from tests.world import LA, NOW, World

FIRST = date(2027, 3, 8)  # a Monday


def level(world: World, code: str = "iop", least: int = 540, most: int | None = 1140) -> Level:
    made = Level.objects.create(clinic=world.clinic, code=code, name=code.upper(), rank=least)
    LevelRule.objects.create(
        level=made, valid_from=date(2020, 1, 1), min_minutes=least, max_minutes=most
    )
    return made


def mornings(world: World, *, days: tuple[int, ...] = (0, 2, 4), **more: Any) -> Group:
    """An open group of three hours on Mondays, Wednesdays and Fridays at 9, by Ben."""
    said = {
        "name": "Mornings",
        "entry": "open",
        "service": group_service(world, "iop-group", 180).uuid,
        "pattern": Pattern(weekly(days), LA, 9 * 60, FIRST),
        "facilitators": [world.ben.uuid],
    }
    return founded(world, **said | more)


def program(
    world: World, *groups: Group, weeks: int = 12, of: Level | None = None, **more: Any
) -> Program:
    made = Program.objects.create(
        clinic=world.clinic, level=of or level(world), name="IOP mornings", weeks=weeks, **more
    )
    for group in groups:
        ProgramPart.objects.create(program=made, group=group)
    return made


def alone(world: World, made: Program, weekday: int = 1, hour: int = 10) -> ProgramPart:
    """One CBT session a week: on Tuesdays at 10."""
    return ProgramPart.objects.create(
        program=made, service=world.cbt, weekday=weekday, at=hour * 60
    )


def iop(world: World, **more: Any) -> Program:
    """Three mornings and a session with a therapist: 9 hours and 50 minutes a week."""
    made = program(world, mornings(world), **more)
    alone(world, made)
    return made


def with_alma(world: World, made: Program, **more: Any) -> list[Choice]:
    """Alma gives the individual sessions."""
    parts = made.parts.filter(service__isnull=False)
    return [Choice(part=one.pk, therapist=world.alma.uuid, **more) for one in parts]


def laid(world: World, made: Program, who: Patient | None = None, **more: Any) -> Plan:
    said = {
        "program": made,
        "patient": who or world.nora,
        "first_day": FIRST,
        "place": "CA",
        "zone": LA,
        "choices": with_alma(world, made),
    }
    return lay(Wanted(**said | {k: v for k, v in more.items() if k != "now"}), more.get("now", NOW))


def enrolled(world: World, made: Program, who: Patient | None = None, **more: Any) -> Enrollment:
    said = {
        "program": made.uuid,
        "patient": (who or world.nora).pk,
        "first_day": FIRST,
        "place": "CA",
        "zone": LA,
        "choices": with_alma(world, made),
        "actor": world.actor(world.dana),
        "now": NOW,
    }
    return enroll(**said | more)


def stepped(world: World, row: Enrollment, made: Program, day: date, **more: Any) -> Enrollment:
    said = {
        "enrollment": row.uuid,
        "program": made.uuid,
        "from_day": day,
        "choices": with_alma(world, made),
        "actor": world.actor(world.dana),
        "now": NOW,
    }
    return step(**said | more)


def paused(world: World, row: Enrollment, day: date, until: date | None = None, **more: Any):
    said = {"from_day": day, "until_day": until, "actor": world.actor(world.dana), "now": NOW}
    return pause(enrollment=row.uuid, **said | more)


def resumed(world: World, row: Enrollment, day: date, **more: Any):
    said = {"from_day": day, "actor": world.actor(world.dana), "now": NOW}
    return resume(enrollment=row.uuid, **said | more)


def discharged(world: World, row: Enrollment, day: date, **more: Any) -> Enrollment:
    said = {"from_day": day, "actor": world.actor(world.dana), "now": NOW}
    return discharge(enrollment=row.uuid, **said | more)


def undone(world: World, row: Enrollment, **more: Any) -> Enrollment:
    return undo(enrollment=row.uuid, **{"actor": world.actor(world.dana), "now": NOW} | more)


def starts(who: Patient) -> list[int]:
    """Of the patient's booked seats, in order."""
    rows = Booking.objects.filter(patient=who, state="booked").order_by("start")
    return list(rows.values_list("start", flat=True))
