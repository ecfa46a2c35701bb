"""One enrolment as it stands: what its week is made of, its dates, and who waits for what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from accounts.actor import Actor
from accounts.models import Patient, Therapist
from scheduling import policy
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import UNDO, BookingState, EndReason, WaitState
from scheduling.models import (
    Booking,
    Enrollment,
    Group,
    Member,
    Occupancy,
    Pause,
    Series,
    Waiting,
)


class Standing(StrEnum):
    AHEAD = "ahead"  # it begins later
    RUNNING = "running"
    PAUSED = "paused"
    OVER = "over"
    NEVER = "never"  # it ended before it began


class Part(NamedTuple):
    """What meets in the program's week. `uuid`: of the series, or of the place in the group."""

    name: str
    rule: str
    zone: str
    at: int
    uuid: UUID
    group: Group | None
    hosts: tuple[Therapist, ...]


def standing(row: Enrollment, pauses: Iterable[Pause], now: datetime) -> Standing:
    minute = to_minute(now)
    if not row.live:
        return Standing.NEVER
    if row.end <= minute:
        return Standing.OVER
    if any(one.start <= minute and (one.end is None or minute < one.end) for one in pauses):
        return Standing.PAUSED
    return Standing.RUNNING if row.start <= minute else Standing.AHEAD


def pause_ahead(row: Enrollment, now: datetime) -> Pause | None:
    """The one that runs, or comes next."""
    minute = to_minute(now)
    coming = [one for one in row.pauses.order_by("start") if one.end is None or one.end > minute]
    return coming[0] if coming else None


def step_from(row: Enrollment) -> Enrollment | None:
    """The enrolment that goes on where this one was left, if it was left for another level."""
    if row.end_reason != EndReason.STEPPED.value:
        return None
    after = row.followed_by.exclude(end_reason=EndReason.UNDONE.value)
    return after.select_related("program").order_by("pk").last()


def undoable(row: Enrollment, now: datetime) -> Enrollment | None:
    """What an undo on this one's page would take back: its own end, or the step that led to it."""
    for one in (row, row.follows):
        if one is not None and one.undo and one.ended_at and now - one.ended_at <= UNDO:
            return one if one == row or step_from(one) == row else None
    return None


def of_patient(actor: Actor, who: Patient, now: datetime) -> list[tuple[Enrollment, Standing]]:
    """Every program that the patient was, is or will be in, the newest first. Two queries."""
    rows = policy.visible(Enrollment, actor).filter(patient=who)
    rows = rows.select_related("program", "clinic").prefetch_related("pauses").order_by("-start")
    return [(one, standing(one, one.pauses.all(), now)) for one in rows]


def week_of(row: Enrollment) -> list[Part]:
    """Groups first, then individual sessions. Four queries."""
    places = Member.objects.filter(enrollment=row).select_related("group")
    members = {one.group_id: one for one in places.order_by("pk")}
    own = Series.objects.filter(enrollment=row).select_related("service").order_by("pk")
    met = Series.objects.filter(group__in=members).order_by("pk")
    rules = {one.group_id: one for one in met}
    hosts = hosts_of([one.pk for one in own])
    found = []
    for pk, member in members.items():
        rule = rules.get(pk)
        if rule is not None:
            name, said = member.group.name, (rule.rule, rule.zone, rule.at)
            found.append(Part(name, *said, member.uuid, member.group, ()))
    for one in own:
        if one.pk in hosts:
            said = (one.rule, one.zone, one.at)
            found.append(Part(one.service.name, *said, one.uuid, None, hosts[one.pk]))
    return found


def hosts_of(series: list[int]) -> dict[int, tuple[Therapist, ...]]:
    """By series, who gives its dates that stand."""
    rows = Occupancy.objects.filter(session__series__in=series, live=True)
    found: dict[int, dict[int, Therapist]] = defaultdict(dict)
    for one in rows.select_related("profile", "session").order_by("start"):
        found[one.session.series_id or 0].setdefault(one.profile_id, one.profile)
    return {pk: tuple(people.values()) for pk, people in found.items()}


def dates_of(row: Enrollment) -> list[Booking]:
    """The seats that stand within its days, in order. Two queries."""
    groups_of = Member.objects.filter(enrollment=row).values("group")
    rows = Booking.objects.filter(
        patient=row.patient_id,
        state=BookingState.BOOKED.value,
        start__gte=row.start,
        start__lt=row.end,
    )
    mine = rows.filter(session__series__enrollment=row)
    mine |= rows.filter(session__series__group__in=groups_of)
    return with_names(list(mine.distinct()))


def with_names(seats: Collection[Booking]) -> list[Booking]:
    """In order, with all that a page says of them. One query."""
    rows = Booking.objects.filter(pk__in=[one.pk for one in seats])
    found = rows.select_related("session__service", "session__series__group", "clinic")
    return list(found.order_by("start"))


def waits_of(row: Enrollment) -> list[Waiting]:
    """Groups of the program that the patient waits for."""
    rows = Waiting.objects.filter(
        patient=row.patient_id,
        state=WaitState.WAITING.value,
        group__parts__program=row.program_id,
    )
    return list(rows.select_related("group").order_by("pk"))
