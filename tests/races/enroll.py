"""People taken into two programs at once.

`found` fills the database: two rolling groups of few places, a program with both and one with both
in the other order. `race(0)` takes everybody into the one, `race(1)` into the other.
"""

from __future__ import annotations

from collections import Counter

from accounts.actor import Actor
from accounts.models import Clinic, Patient
from scheduling.actions.enroll import enroll
from scheduling.engine.recurrence import weekly
from scheduling.errors import Refusal
from scheduling.models import Program
from scheduling.queries.repeat import Pattern
from tests.courses import FIRST, mornings, program
from tests.world import LA, NOW, build, patient

PLACES, PEOPLE = 3, 8


def found() -> None:
    world = build()
    said = {"entry": "rolling", "capacity": PLACES, "module_sessions": 1, "cycle_sessions": 9}
    one = mornings(world, days=(0,), **said)
    other = mornings(world, name="Other", pattern=Pattern(weekly((1,)), LA, 540, FIRST), **said)
    program(world, one, other, weeks=3)
    program(world, other, one, weeks=3, of=Program.objects.get().level)
    for number in range(PEOPLE - 2):
        patient(world.clinic, f"Racer{number}")


def race(place: int) -> Counter[str]:
    wanted = Program.objects.order_by("pk")[place]
    actor = Actor.worker(Clinic.objects.get())
    return Counter(taken_in(wanted, who, actor) for who in Patient.objects.order_by("pk"))


def taken_in(wanted: Program, who: Patient, actor: Actor) -> str:
    try:
        enroll(
            program=wanted.uuid, patient=who.pk, first_day=FIRST, place="CA", zone=LA,
            actor=actor, now=NOW,
        )  # fmt: skip
    except Refusal as refusal:
        return refusal.code
    return "enrolled"
