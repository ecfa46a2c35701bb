"""What stands in a therapist's calendar: own sessions, and those of colleagues who are covered.

Times are minutes since the epoch, UTC. Nobody sees an appointment of their own here: that is a
patient's matter (AC12, and the rule for staff who are also patients).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import ngettext

from accounts.actor import Actor
from accounts.models import Cover, Therapist, User
from scheduling import policy
from scheduling.engine.hours import NonexistentTime, local_day, offset_at, wall_to_minute
from scheduling.engine.interval import DAY, from_minute, to_minute
from scheduling.engine.lifecycle import BookingState, SessionState
from scheduling.errors import NotFound, SpringGap
from scheduling.models import Booking, CheckIn, Event, Kind, Occupancy, Session
from scheduling.queries.way_in import OPENS


class Standing(StrEnum):
    """How a session stands now, in one word; computed, never stored."""

    BOOKED = "booked"
    CHECKED_IN = "checked_in"  # the patient is at the door
    NOW = "now"  # begun, not over, nobody has said who came
    UNMARKED = "unmarked"  # over, and nobody has said who came
    ATTENDED = "attended"
    NO_SHOW = "no_show"
    TECHNICAL_FAILURE = "technical_failure"
    EXCUSED = "excused"
    CANCELLED = "cancelled"
    CANCELLED_LATE = "cancelled_late"


class Entry(NamedTuple):
    """One line of a calendar. `name` is how the patient wishes to be called; of a group it is the
    group's with the number of its members, and `patient` is None."""

    session: UUID
    start: int
    end: int
    patient: int | None
    name: str
    service: str
    medium: str
    standing: Standing

    @property
    def live(self) -> bool:
        return self.standing not in (Standing.CANCELLED, Standing.CANCELLED_LATE)


def cases(actor: Actor, therapist: int | None = None) -> QuerySet[Booking]:
    """The bookings of the caseload, or of one therapist (profile id) in it."""
    load = policy.caseload(actor)
    whose = load if therapist is None else load & {therapist}
    theirs = Occupancy.objects.filter(session=OuterRef("session"), profile__in=whose)
    return policy.visible(Booking, actor).filter(Exists(theirs)).exclude(patient__user=actor.user)


def case(actor: Actor, session: UUID) -> Booking:
    """The booking of one single session of the caseload, or NotFound. One query."""
    rows = cases(actor).filter(ALONE, session__uuid=session).order_by("-live", "pk")
    found = rows.select_related("session__service", "session__room", "patient", "clinic").first()
    if found is None:
        raise NotFound
    return found


ALONE = ~Q(session__service__kind=Kind.GROUP.value)
"""Sessions with one patient; those of groups are one line each, whoever sits in them."""


def given(actor: Actor, therapist: int) -> QuerySet[Session]:
    """The sessions of groups that a therapist (profile id) of the caseload gives."""
    rows = policy.visible(Session, actor).filter(series__group__isnull=False)
    if therapist not in policy.caseload(actor):
        return rows.none()
    theirs = Occupancy.objects.filter(session=OuterRef("pk"), profile=therapist)
    return rows.filter(Exists(theirs))


def groups(rows: QuerySet[Session], now: datetime, count: int | None = None) -> list[Entry]:
    """One line for each session of a group. One query."""
    booked = Q(bookings__state=BookingState.BOOKED.value)
    rows = rows.select_related("service", "series__group").annotate(
        seats=Count("bookings", filter=booked),
        unmarked=Count("bookings", filter=booked & Q(bookings__attendance="")),
    )
    return [_group_entry(one, to_minute(now)) for one in rows.order_by("start", "pk")[:count]]


def _group_entry(row: Any, minute: int) -> Entry:
    return Entry(
        row.uuid,
        row.start,
        row.end,
        None,
        group_name(row.series.group.name, row.seats),
        row.service.name,
        row.medium,
        group_standing(row, minute),
    )


def group_name(name: str, members: int) -> str:
    said = ngettext(
        "Group: %(name)s, %(count)d member", "Group: %(name)s, %(count)d members", members
    )
    return said % {"name": name, "count": members}


def group_standing(row: Any, minute: int) -> Standing:
    """`row.unmarked`: seats of whom nobody has said whether they came."""
    if row.state == SessionState.CANCELLED.value:
        return Standing.CANCELLED
    if minute < row.start:
        return Standing.BOOKED
    if minute < row.end:
        return Standing.NOW
    return Standing.UNMARKED if row.unmarked else Standing.ATTENDED


FIELDS = {
    "of": F("session__uuid"),
    "service": F("session__service__name"),
    "medium": F("session__medium"),
    "called": F("patient__called"),
    "first": F("patient__first_name"),
    "last": F("patient__last_name"),
}


def entries(actor: Actor, therapist: int, first: int, until: int, now: datetime) -> list[Entry]:
    """One therapist's sessions that start in [first, until), in order. Two queries."""
    single = cases(actor, therapist).filter(ALONE, start__gte=first, start__lt=until)
    several = given(actor, therapist).filter(start__gte=first, start__lt=until)
    return sorted([*_read(single, now), *groups(several, now)], key=lambda one: one.start)


def next_entry(actor: Actor, therapist: int, now: datetime) -> Entry | None:
    """The next session from now on. Two queries."""
    minute = to_minute(now)
    single = cases(actor, therapist).filter(ALONE, live=True, start__gte=minute)
    several = given(actor, therapist).filter(state=SessionState.SCHEDULED.value, start__gte=minute)
    found = [*_read(single, now, 1), *groups(several, now, 1)]
    return min(found, key=lambda one: one.start, default=None)


def to_come(actor: Actor, patient: int, after: int, now: datetime) -> list[Entry]:
    """The next sessions of a patient within the caseload, up to five. One query."""
    rows = cases(actor).filter(patient=patient, live=True, start__gt=max(after, to_minute(now)))
    return _read(rows, now, 5)


def _read(rows: QuerySet[Booking], now: datetime, count: int | None = None) -> list[Entry]:
    said = CheckIn.objects.filter(booking=OuterRef("pk")).order_by("-at").values("at")
    found: Any = (
        rows.annotate(checked=Subquery(said[:1]))
        .order_by("start", "pk")
        .values("start", "end", "patient_id", "state", "late", "attendance", "checked", **FIELDS)
    )
    return [_entry(row, now) for row in found[:count]]


def _entry(row: dict[str, Any], now: datetime) -> Entry:
    return Entry(
        row["of"],
        row["start"],
        row["end"],
        row["patient_id"],
        called(row["called"], row["first"], row["last"]),
        row["service"],
        row["medium"],
        standing(
            row["state"],
            row["late"],
            row["attendance"],
            row["checked"] is not None and row["checked"] >= from_minute(row["start"]) - OPENS,
            row["start"],
            row["end"],
            to_minute(now),
        ),
    )


def called(wished: str, first: str, last: str) -> str:
    """The name that the patient wishes, with the last name; two may share a first one."""
    return " ".join(part for part in (wished or first, last) if part)


def standing(
    state: str, late: bool, attendance: str, checked: bool, start: int, end: int, minute: int
) -> Standing:
    if state == BookingState.CANCELLED.value:
        return Standing.CANCELLED_LATE if late else Standing.CANCELLED
    if attendance:
        return Standing(attendance)
    if minute >= end:
        return Standing.UNMARKED
    if checked:
        return Standing.CHECKED_IN
    return Standing.NOW if minute >= start else Standing.BOOKED


class Calendar(NamedTuple):
    """Somebody's calendar that the actor may open; `until`: the last day of a cover."""

    therapist: Therapist
    until: Any = None


def calendars(actor: Actor, now: datetime) -> list[Calendar]:
    """The actor's own first, then the covered ones. At most two queries."""
    load = policy.caseload(actor)
    rows = policy.visible(Therapist, actor).filter(pk__in=load).order_by("name")
    mine = [Calendar(who) for who in rows if who.pk == actor.therapist]
    if not actor.covers:
        return mine
    today = now.date()
    grants = Cover.objects.filter(
        covering=actor.therapist, first_day__lte=today, last_day__gte=today
    ).order_by("last_day")
    ends = dict(grants.values_list("covered_id", "last_day"))
    return mine + [Calendar(who, ends.get(who.pk)) for who in rows if who.pk != actor.therapist]


def history(booking: Booking) -> list[Event]:
    """What happened to a session, the oldest first. One query."""
    return list(Event.objects.filter(session=booking.session_id).order_by("at", "pk"))


def names(actors: Iterable[str]) -> dict[str, str]:
    """Names for what history calls "user:17"; links, programs and the worker have none."""
    ids = {int(name[5:]) for name in actors if name.startswith("user:")}
    people = User.objects.filter(pk__in=ids).values_list("pk", "name") if ids else []
    return {f"user:{pk}": name for pk, name in people}


def therapist_of(booking: Booking) -> Occupancy:
    """Whose time the session takes, with the profile. One query."""
    rows = Occupancy.objects.filter(session=booking.session_id).select_related("profile")
    return rows.order_by("pk")[0]


def a_week_later(start: int, zone: str) -> int:
    """The same time on the wall clock of `zone`, seven days on; SpringGap if it is skipped."""
    day = local_day(zone, start) + timedelta(days=7)
    try:
        return wall_to_minute(zone, day, (start + offset_at(zone, start)) % DAY)
    except NonexistentTime as error:
        raise SpringGap from error
