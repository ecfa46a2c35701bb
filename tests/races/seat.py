"""One process that wants seats in a group's session: python -m tests.races.seat NUMBER OF

Tries one after another for every OF-th patient, from its NUMBER on. Prints how often it got one.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "telehealth.settings")
django.setup()

from django.db import transaction  # noqa: E402

from accounts.actor import Actor  # noqa: E402
from accounts.models import Patient  # noqa: E402
from scheduling.actions.seats import take_seats  # noqa: E402
from scheduling.errors import Refusal  # noqa: E402
from scheduling.models import Session  # noqa: E402
from tests.world import LA, NOW  # noqa: E402


def one(patient: Patient, sessions: list[Session], actor: Actor) -> str:
    try:
        with transaction.atomic():
            take_seats(sessions, patient, place="CA", zone=LA, actor=actor, now=NOW)
    except Refusal as refusal:
        return refusal.code
    return "seat"


if __name__ == "__main__":
    number, of = int(sys.argv[1]), int(sys.argv[2])
    sessions = list(Session.objects.order_by("pk"))
    actor = Actor.worker(sessions[0].clinic)
    said = Counter(
        one(patient, sessions, actor) for patient in Patient.objects.order_by("pk")[number::of]
    )
    sys.stdout.write(json.dumps(said))
