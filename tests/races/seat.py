"""One process that wants seats in a group's sessions."""

from __future__ import annotations

from collections import Counter

from django.db import transaction

from accounts.actor import Actor
from accounts.models import Patient
from scheduling.actions.seats import take_seats
from scheduling.errors import Refusal
from scheduling.models import Session
from tests.world import LA, NOW


def one(patient: Patient, sessions: list[Session], actor: Actor) -> str:
    try:
        with transaction.atomic():
            take_seats(sessions, patient, place="CA", zone=LA, actor=actor, now=NOW)
    except Refusal as refusal:
        return refusal.code
    return "seat"


def race(number: int, of: int) -> Counter[str]:
    """One after another for every `of`-th patient, from its `number` on: how often it got one."""
    sessions = list(Session.objects.order_by("pk"))
    actor = Actor.worker(sessions[0].clinic)
    return Counter(
        one(patient, sessions, actor) for patient in Patient.objects.order_by("pk")[number::of]
    )
