"""The day's sheet of the front desk: every therapist of the clinic, and who comes to them when.

Times are minutes since the epoch, UTC. No kind of therapy stands here: the desk needs none (AC4).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q

from accounts.actor import Actor
from accounts.models import Therapist
from scheduling import policy
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import BookingState, RoomState, SessionState
from scheduling.models import Booking, CheckIn, Session
from scheduling.queries.agenda import (
    ALONE,
    Standing,
    called,
    group_name,
    group_standing,
    standing,
)

ALARM = 15  # minutes before the start from which a missing room is the desk's matter too


class Line(NamedTuple):
    """One booking, or one session of a group (`group`; `name` is the group's with the number of its
    members). `own`: it is the reader's, who sees it as a patient and not here."""

    booking: UUID | None
    start: int
    end: int
    medium: str
    patient: int | None
    patient_uuid: UUID | None
    name: str
    standing: Standing
    own: bool
    roomless: bool  # it is about to begin, or has begun, and nobody has filled in its room
    group: UUID | None = None  # the session

    @property
    def live(self) -> bool:
        return self.standing not in (Standing.CANCELLED, Standing.CANCELLED_LATE)


class Held(NamedTuple):
    """A time that somebody is booking just now; who it is, nobody is told. `until`: a minute."""

    profile: int
    start: int
    end: int
    medium: str
    until: int


class Column(NamedTuple):
    therapist: Therapist
    lines: list[Line]
    held: list[Held]

    @property
    def booked(self) -> int:
        return sum(line.live for line in self.lines)


FIELDS = {
    "medium": F("session__medium"),
    "room": F("session__room__state"),
    "profile": F("session__occupancies__profile"),
    "account": F("patient__user"),
    "who": F("patient__uuid"),
    "called": F("patient__called"),
    "first": F("patient__first_name"),
    "last": F("patient__last_name"),
}


def sheet(actor: Actor, first: int, until: int, now: datetime) -> list[Column]:
    """All therapists by name, each with what starts in [first, until). Four queries."""
    rows = policy.visible(Booking, actor).filter(ALONE, start__gte=first, start__lt=until)
    lines: dict[int, list[Line]] = {}
    for profile, line in group_lines(actor, first, until, now):
        lines.setdefault(profile, []).append(line)
    for row in _values(rows):
        lines.setdefault(row["profile"], []).append(_line(row, actor, now))
    kept = held(actor, first, until, now)
    shown = {*lines, *(one.profile for one in kept)}
    people = policy.visible(Therapist, actor).filter(Q(active=True) | Q(pk__in=shown))
    return [
        Column(who, lines.get(who.pk, []), [one for one in kept if one.profile == who.pk])
        for who in people.order_by("name", "pk")
    ]


def group_lines(actor: Actor, first: int, until: int, now: datetime) -> Iterable[tuple[int, Line]]:
    """One line for each session of a group, with everybody who gives it. One query."""
    booked = Q(bookings__state=BookingState.BOOKED.value)
    rows: Any = policy.visible(Session, actor).filter(
        series__group__isnull=False, start__gte=first, start__lt=until
    )
    rows = rows.annotate(
        seats=Count("bookings", filter=booked, distinct=True),
        unmarked=Count("bookings", filter=booked & Q(bookings__attendance=""), distinct=True),
        pending=F("room__state"),
        profile=F("occupancies__profile"),
    )
    for row in rows.filter(profile__isnull=False).select_related("series__group").order_by("start"):
        missing = _missing(
            {"start": row.start, "end": row.end, "room": row.pending}, to_minute(now)
        )
        yield (
            row.profile,
            Line(
                None,
                row.start,
                row.end,
                row.medium,
                None,
                None,
                group_name(row.series.group.name, row.seats),
                group_standing(row, to_minute(now)),
                False,
                missing,
                row.uuid,
            ),
        )


def held(actor: Actor, first: int, until: int, now: datetime) -> list[Held]:
    """The times that are kept now, whether or not the worker has let go of those before."""
    rows = policy.visible(Session, actor).filter(
        state=SessionState.HELD.value,
        start__gte=first,
        start__lt=until,
        occupancies__live=True,
        occupancies__held_until__gt=int(now.timestamp()),
    )
    found: Any = rows.order_by("start", "pk").values_list(
        "occupancies__profile", "start", "end", "medium", "occupancies__held_until"
    )
    return [Held(who, start, end, how, kept // 60) for who, start, end, how, kept in found]


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
    roomless = _missing(row, to_minute(now)) and not own
    return Line(row["uuid"], *where, row["patient_id"], row["who"], name, how, own, roomless)


def _missing(row: dict[str, Any], minute: int) -> bool:
    """A room that is wanted and pending; that of a cancelled session is revoked."""
    near: bool = row["start"] - ALARM <= minute < row["end"]
    return near and row["room"] == RoomState.PENDING.value


def roomless(columns: list[Column]) -> int:
    return sum(line.roomless for column in columns for line in column.lines)


def booked(columns: list[Column]) -> int:
    """How many sessions take place; one that several give is one."""
    lines = [line for column in columns for line in column.lines if line.live]
    return len({line.group or line.booking for line in lines})


def patients(columns: list[Column]) -> list[int]:
    """Whom the sheet shows by name, for the audit (LG1)."""
    lines = [line for column in columns for line in column.lines if not line.own]
    return [line.patient for line in lines if line.patient is not None]
