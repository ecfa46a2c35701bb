"""A therapist falls out: the sessions concerned, and for each who could take it and when else.

Times are minutes since the epoch, UTC. Six SELECTs for each kind of session (service, state, zone,
medium), however many there are of it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from django.db.models import Exists, OuterRef

from accounts.actor import Actor
from accounts.models import Therapist
from scheduling import policy
from scheduling.engine.interval import DAY, to_minute
from scheduling.engine.lifecycle import BookingState, SessionState
from scheduling.models import Booking, Kind, Occupancy, Session
from scheduling.queries import groups
from scheduling.queries.slots import Found, Wanted, search

AFTER = 14 * DAY  # so long after a session other times are looked for
FEW = 3


class Concerned(NamedTuple):
    """A booked individual session. `colleagues`: profile ids of those who are licensed and free at
    the very time, those with the fewest free hours last. `others`: up to three other starts, with
    anybody but the one who is out; none is named to more patients than could take it."""

    booking: Booking
    colleagues: tuple[int, ...]
    others: tuple[int, ...]


class GroupDate(NamedTuple):
    """A group's session of the one who is out. `others` give it too; `over`: they are then fewer
    than its members need. `substitutes` are free, and licensed for every member that day."""

    session: Session
    members: int
    others: tuple[Therapist, ...]
    over: bool
    substitutes: tuple[Therapist, ...]


def group_dates(
    actor: Actor, therapist: Therapist, first: int, until: int, now: datetime
) -> list[GroupDate]:
    """The dates of groups that start in [first, until), in order."""
    theirs = Occupancy.objects.filter(session=OuterRef("pk"), profile=therapist, live=True)
    rows = policy.visible(Session, actor).filter(
        Exists(theirs),
        start__gte=max(first, to_minute(now) + 1),
        start__lt=until,
        state=SessionState.SCHEDULED.value,
        series__group__isnull=False,
    )
    rows = rows.select_related("service__clinic", "series__group").order_by("start", "pk")
    return [_group_date(row, therapist, now) for row in rows]


def _group_date(row: Session, out: Therapist, now: datetime) -> GroupDate:
    given = Occupancy.objects.filter(session=row, live=True).exclude(profile=out)
    others = tuple(one.profile for one in given.select_related("profile__user"))
    seats = Booking.objects.filter(session=row, state=BookingState.BOOKED.value)
    members, states = seats.count(), set(seats.values_list("place", "zone"))
    most = row.series.group.per_facilitator if row.series and row.series.group else None
    over = bool(others) and most is not None and members > most * len(others)
    return GroupDate(row, members, others, over, _substitutes(row, out, others, states, now))


def _substitutes(
    row: Session,
    out: Therapist,
    others: tuple[Therapist, ...],
    states: set[tuple[str, str]],
    now: datetime,
) -> tuple[Therapist, ...]:
    rows = Therapist.objects.filter(clinic=row.clinic_id, active=True, user__is_active=True)
    some = [one for one in rows.select_related("user") if one != out and one not in others]
    against = groups.conflicts({row.start: some}, row.service, now).get(row.start, {})
    free = [one for one in some if one.pk not in against]
    return tuple(
        one
        for one in free
        if not any(groups.unlicensed({row.start: one.pk}, place, zone) for place, zone in states)
    )


def booked(actor: Actor, therapist: Therapist, first: int, until: int) -> list[Booking]:
    """The individual bookings to come of a therapist that start in [first, until)."""
    theirs = Occupancy.objects.filter(session=OuterRef("session"), profile=therapist, live=True)
    rows = policy.visible(Booking, actor).filter(
        Exists(theirs),
        start__gte=first,
        start__lt=until,
        state=BookingState.BOOKED.value,
        session__service__kind=Kind.INDIVIDUAL.value,
    )
    rows = rows.select_related("session__service", "session__series", "patient")
    return list(rows.order_by("start", "pk"))


def concerned(
    actor: Actor, therapist: Therapist, first: int, until: int, now: datetime
) -> list[Concerned]:
    """What starts in [first, until), in order."""
    rows = booked(actor, therapist, max(first, to_minute(now) + 1), until)
    alike = groupby(sorted(rows, key=_kind), _kind)
    found = [one for _, some in alike for one in _of_a_kind(list(some), therapist, now)]
    return sorted(found, key=lambda one: (one.booking.start, one.booking.pk))


def _kind(row: Booking) -> tuple[int, str, str, str]:
    return row.session.service_id, row.place, row.zone, row.session.medium


def _of_a_kind(rows: list[Booking], out: Therapist, now: datetime) -> Iterable[Concerned]:
    service, place, zone, medium = _kind(rows[0])
    wanted = Wanted(
        service=service,
        place=place,
        zone=zone,
        medium=medium,
        first=min(row.start for row in rows),
        until=max(row.start for row in rows) + AFTER,
        notice=False,
        accepting=False,
    )
    soon = [one for one in search(wanted, now) if one.profile != out.pk]
    online = Wanted(**{**vars(wanted), "notice": True})
    later = Counter(
        start for one in search(online, now) if one.profile != out.pk for start in one.starts
    )
    return [Concerned(row, _free_at(row, soon), _near(row, later)) for row in rows]


def _free_at(row: Booking, found: list[Found]) -> tuple[int, ...]:
    free = [one for one in found if _among(one.starts, row.start)]
    return tuple(one.profile for one in sorted(free, key=lambda one: -len(one.starts)))


def _among(starts: list[int], start: int) -> bool:
    place = bisect_left(starts, start)
    return place < len(starts) and starts[place] == start


def _near(row: Booking, free: Counter[int]) -> tuple[int, ...]:
    """The nearest ones that do not overlap one another, in order of time; taken off `free`, which
    says how many therapists could give each."""
    length, chosen = row.end - row.start, list[int]()
    for start in sorted(+free, key=lambda one: (abs(one - row.start), one)):
        if start != row.start and all(abs(start - other) >= length for other in chosen):
            chosen.append(start)
        if len(chosen) == FEW:
            break
    free.subtract(chosen)
    return tuple(sorted(chosen))
