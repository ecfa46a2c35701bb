"""Two programs with people in them: mornings of intensive outpatient care, and a day program.

Who is in one has the group's dates and a session a week with their own therapist, booked whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from accounts.actor import Actor
from accounts.models import Clinic, Consent, Form, Patient, User
from accounts.policy import actor_for
from scheduling.actions.enroll import enroll, step
from scheduling.actions.programs import add_group, add_session, save_program
from scheduling.engine.interval import to_minute
from scheduling.errors import Refusal
from scheduling.management.demo.people import LA
from scheduling.management.demo.places import Place, monday_of
from scheduling.models import Enrollment, Group, Level, Program, Service
from scheduling.queries.lay import lay
from scheduling.queries.plan import Choice, Wanted

SERVICE = "cbt-50"  # what members of a program have beside their group


class ProgramPlan(NamedTuple):
    name: str
    level: str
    weeks: int
    session: tuple[int, int]  # weekday and minute


P = ProgramPlan
PROGRAMS = {  # by the group that is its week
    "Morning block": P("Intensive outpatient, mornings", "iop", 12, (1, 14 * 60)),
    "Day program": P("Day program", "php", 6, (3, 15 * 60)),
}
STEPS_DOWN = ("Day program", "Morning block")


def suited_to(group: str, people: list[Place]) -> list[Place]:
    """Whoever goes into a program has a therapist of their own who gives its sessions; nobody is in
    two."""
    if group not in PROGRAMS:
        return people
    turn = list(PROGRAMS).index(group)
    cbt = [one for one in people if one.service.slug == SERVICE]
    return [one for one in cbt if one.number % len(PROGRAMS) == turn]


def found_program(group: Group, clinic: Clinic, at: datetime) -> None:
    plan = PROGRAMS.get(group.name)
    if plan is None:
        return
    admin = User.objects.get(email="admin@example.org")
    actor = actor_for(admin, clinic, today=at.date())
    level = Level.objects.get(clinic=clinic, code=plan.level)
    row = save_program(name=plan.name, level=level, weeks=plan.weeks, actor=actor, now=at)
    add_group(program=row.uuid, group=group.uuid, actor=actor, now=at)
    weekday, minute = plan.session
    service = Service.objects.get(clinic=clinic, slug=SERVICE)
    add_session(
        program=row.uuid, service=service.uuid, weekday=weekday, at=minute, actor=actor, now=at
    )


def take_in(group: Group, one: Place, first: date, actor: Actor, now: datetime) -> None:
    """Every date that is free; the others are left out, as the desk would on the telephone."""
    program = Program.objects.select_related("clinic", "level").get(parts__group=group)
    choices = settled(program, one, first, now)
    try:
        enroll(
            program=program.uuid,
            patient=one.patient.pk,
            first_day=first,
            place=one.patient.state,
            zone=one.patient.time_zone,
            choices=choices,
            accept=accepted(one.patient),
            actor=actor,
            now=now,
        )
    except Refusal:
        return  # no place in the group, or no consent


def accepted(who: Patient) -> dict[str, int]:
    """Whoever has not signed the agreement on confidentiality signs it now."""
    form = Form.GROUP.value
    return {} if Consent.objects.filter(patient=who, form=form).exists() else {form: 1}


def settled(
    program: Program, one: Place, first: date, now: datetime, follows: Enrollment | None = None
) -> list[Choice]:
    """With their own therapist at their own time; dates that cannot be are left out."""
    mine = datetime.fromtimestamp(one.start(first) * 60, ZoneInfo(LA))
    part = program.parts.get(service__isnull=False)
    choice = Choice(
        part=part.pk,
        therapist=one.therapist.uuid,
        weekday=mine.weekday(),
        at=mine.hour * 60 + mine.minute,
    )
    wanted = Wanted(
        program=program,
        patient=one.patient,
        first_day=first,
        place=one.patient.state,
        zone=one.patient.time_zone,
        choices=[choice],
        follows=follows,
    )
    return [
        Choice(
            part=row.part.pk,
            therapist=row.choice.therapist,
            weekday=row.choice.weekday,
            at=row.choice.at,
            dates={date.slot: None for date in row.dates if date.open and date.slot is not None},
        )
        for row in lay(wanted, now).parts
    ]


def step_down(clinic: Clinic, people: Iterable[Place], actor: Actor, now: datetime) -> None:
    """One of the day program goes on in the mornings from next week; decided two days ago."""
    high, low = (PROGRAMS[name].name for name in STEPS_DOWN)
    if Enrollment.objects.filter(clinic=clinic, follows__isnull=False).exists():
        return
    program = Program.objects.select_related("clinic", "level").get(clinic=clinic, name=low)
    monday = monday_of(now) + timedelta(weeks=1)
    by_patient = {one.patient.pk: one for one in people}
    running = Enrollment.objects.filter(clinic=clinic, program__name=high, live=True)
    for row in running.filter(end__gt=to_minute(now) + 8 * 1440).order_by("start"):
        one, at = by_patient[row.patient_id], now - timedelta(days=2)
        try:
            step(
                enrollment=row.uuid,
                program=program.uuid,
                from_day=monday,
                choices=settled(program, one, monday, at, follows=row),
                actor=actor,
                now=at,
            )
        except Refusal:
            continue
        return
