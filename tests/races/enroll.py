"""People taken into two programs at once: python -m tests.races.enroll (found | here | back)

`found` fills the database: two rolling groups of few places, a program with both and one with both
in the other order. `here` takes everybody into the one, `back` into the other. Prints how often
what happened.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "telehealth.settings")
django.setup()

from accounts.actor import Actor  # noqa: E402
from accounts.models import Clinic, Patient  # noqa: E402
from scheduling.actions.enroll import enroll  # noqa: E402
from scheduling.engine.recurrence import weekly  # noqa: E402
from scheduling.errors import Refusal  # noqa: E402
from scheduling.models import Program  # noqa: E402
from scheduling.queries.repeat import Pattern  # noqa: E402
from tests.courses import FIRST, mornings, program  # noqa: E402
from tests.world import LA, NOW, build, patient  # noqa: E402

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


if __name__ == "__main__":
    if sys.argv[1] == "found":
        found()
    else:
        sys.stdout.write(json.dumps(race(["here", "back"].index(sys.argv[1]))))
