"""Ends of programs that are taken back, while others take what became free.

`found` fills the database: a group of few places whose people have all just been discharged.
`back` undoes them one after another, `come` lets others join.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from accounts.actor import Actor
from accounts.models import Clinic, Patient
from scheduling.actions.enroll import enroll
from scheduling.actions.enroll_life import discharge
from scheduling.actions.enroll_undo import undo
from scheduling.actions.group_members import join
from scheduling.errors import Refusal
from scheduling.models import Enrollment, Group
from tests.courses import FIRST, mornings, program
from tests.world import LA, NOW, build, patient

PLACES, EACH, DATES = 4, 6, 3
SOON = NOW + timedelta(minutes=2)


def found() -> None:
    world = build()
    group = mornings(
        world, days=(0,), entry="rolling", capacity=PLACES, module_sessions=1, cycle_sessions=DATES
    )
    made, actor = program(world, group, weeks=DATES), Actor.worker(world.clinic)
    for number in range(PLACES):
        who = patient(world.clinic, f"Back{number}")
        row = enroll(
            program=made.uuid, patient=who.pk, first_day=FIRST, place="CA", zone=LA, actor=actor,
            now=NOW,
        )  # fmt: skip
        discharge(enrollment=row.uuid, from_day=FIRST, actor=actor, now=NOW)
    for number in range(EACH):
        patient(world.clinic, f"Come{number}")


def back() -> Counter[str]:
    actor = Actor.worker(Clinic.objects.get())
    return Counter(
        said(undo, "back", enrollment=one.uuid, actor=actor, now=SOON)
        for one in Enrollment.objects.order_by("pk")
    )


def come() -> Counter[str]:
    actor, group = Actor.worker(Clinic.objects.get()), Group.objects.get()
    people = Patient.objects.filter(first_name__startswith="Come").order_by("pk")
    where = {"place": "CA", "zone": LA, "actor": actor, "now": SOON}
    return Counter(said(join, "come", group=group.uuid, patient=who.pk, **where) for who in people)


def said(act, done: str, **words) -> str:
    try:
        act(**words)
    except Refusal as refusal:
        return refusal.code
    return done
