"""Whom a therapist treats: with the next session, the program and its hours, and absences."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, Subquery

from accounts.actor import Actor
from accounts.models import Patient
from scheduling.engine import ledger as engine
from scheduling.engine.interval import to_minute
from scheduling.queries import agenda, ledger
from scheduling.queries.agenda import called
from scheduling.queries.ledger import LOOK_BACK, Kept
from scheduling.queries.roster import MISSES


class Case(NamedTuple):
    """`session` and `start`: the next with this therapist, or None. `kept`: of who is in a program
    now."""

    patient: Patient
    session: UUID | None
    start: int | None
    kept: Kept | None
    absent: int

    @property
    def name(self) -> str:
        return called(self.patient.called, self.patient.first_name, self.patient.last_name)

    @property
    def misses(self) -> bool:
        return self.absent >= MISSES

    @property
    def short(self) -> bool:
        return self.kept is not None and self.kept.short


def caseload(actor: Actor, now: datetime) -> list[Case]:
    """Whoever has a session to come with them or those they cover, or had one in twelve weeks;
    first who is short of hours or stays away. Seven queries."""
    minute = to_minute(now)
    theirs = agenda.cases(actor).filter(patient=OuterRef("pk"))
    ahead = theirs.filter(live=True, start__gt=minute).order_by("start")
    rows: Any = Patient.objects.filter(
        Exists(theirs.filter(start__gte=minute - LOOK_BACK)), active=True
    ).annotate(
        next_start=Subquery(ahead.values("start")[:1]),
        next_session=Subquery(ahead.values("session__uuid")[:1]),
    )
    people = list(rows)
    if not people:
        return []
    in_program = ledger.enrolled(actor, now).filter(patient__in=people)
    kept = {one.enrollment.patient_id: one for one in ledger.ledgers(in_program, now)}
    seats = ledger.seats_of([who.pk for who in people], minute - LOOK_BACK)
    found = [
        Case(
            who,
            who.next_session,
            who.next_start,
            kept.get(who.pk),
            engine.absences(seats[who.pk], minute),
        )
        for who in people
    ]
    return sorted(found, key=lambda one: (not (one.short or one.misses), one.name.casefold()))
