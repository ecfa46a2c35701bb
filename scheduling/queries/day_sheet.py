"""The day's sheet of the front desk: every therapist of the clinic, and who comes to them when.

Times are minutes since the epoch, UTC. No kind of therapy stands here: the desk needs none (AC4).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q

from accounts.actor import Actor
from accounts.models import Therapist
from scheduling import policy
from scheduling.engine.interval import to_minute
from scheduling.models import Booking, CheckIn
from scheduling.queries.agenda import Standing, called, standing


class Line(NamedTuple):
    """One booking. `own`: it is the reader's, who sees it as a patient and not here."""

    booking: UUID
    start: int
    end: int
    medium: str
    patient: int
    patient_uuid: UUID
    name: str
    standing: Standing
    own: bool

    @property
    def live(self) -> bool:
        return self.standing not in (Standing.CANCELLED, Standing.CANCELLED_LATE)


class Column(NamedTuple):
    therapist: Therapist
    lines: list[Line]

    @property
    def booked(self) -> int:
        return sum(line.live for line in self.lines)


FIELDS = {
    "medium": F("session__medium"),
    "profile": F("session__occupancies__profile"),
    "account": F("patient__user"),
    "who": F("patient__uuid"),
    "called": F("patient__called"),
    "first": F("patient__first_name"),
    "last": F("patient__last_name"),
}


def sheet(actor: Actor, first: int, until: int, now: datetime) -> list[Column]:
    """All therapists by name, each with the bookings that start in [first, until). Two queries."""
    rows = policy.visible(Booking, actor).filter(start__gte=first, start__lt=until)
    lines: dict[int, list[Line]] = {}
    for row in _values(rows):
        lines.setdefault(row["profile"], []).append(_line(row, actor, now))
    people = policy.visible(Therapist, actor).filter(Q(active=True) | Q(pk__in=list(lines)))
    return [Column(who, lines.get(who.pk, [])) for who in people.order_by("name", "pk")]


def _values(rows: Any) -> Iterable[dict[str, Any]]:
    checked = Exists(CheckIn.objects.filter(booking=OuterRef("pk")))
    found: Iterable[dict[str, Any]] = (
        rows.annotate(checked=checked)
        .order_by("start", "pk")
        .values("uuid", "start", "end", "patient_id", "state", "late", "attendance", "checked",
                **FIELDS)
    )  # fmt: skip
    return found


def _line(row: dict[str, Any], actor: Actor, now: datetime) -> Line:
    how = standing(
        row["state"],
        row["late"],
        row["attendance"],
        row["checked"],
        row["start"],
        row["end"],
        to_minute(now),
    )
    own = actor.user is not None and row["account"] == actor.user.pk
    name = "" if own else called(row["called"], row["first"], row["last"])
    where = row["start"], row["end"], row["medium"]
    return Line(row["uuid"], *where, row["patient_id"], row["who"], name, how, own)


def patients(columns: list[Column]) -> list[int]:
    """Whom the sheet shows by name, for the audit (LG1)."""
    return [line.patient for column in columns for line in column.lines if not line.own]
