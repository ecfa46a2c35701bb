"""A therapist falls out: the sessions concerned, and for each who could take it and when else.

Times are minutes since the epoch, UTC. SELECTs: six for each kind of single session (service,
state, zone, medium), three for each service of groups' dates, however many there are of it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from django.db.models import Exists, OuterRef

from accounts.actor import Actor
from accounts.models import Therapist
from scheduling import policy
from scheduling.engine.hours import local_day
from scheduling.engine.interval import DAY, to_minute
from scheduling.engine.lifecycle import BookingState, SessionState
from scheduling.models import Booking, Kind, Occupancy, Session
from scheduling.queries import groups
from scheduling.queries.slots import Found, Wanted, search

AFTER = 14 * DAY  # so long after a session other times are looked for
FEW = 3


class Concerned(NamedTuple):
    """A booked individual session. `colleagues` are licensed and free at the very time, those with
    the fewest free hours last. `others`: up to three other starts, with anybody but the one who is
    out; none is named to more patients than could take it."""

    booking: Booking
    colleagues: tuple[Therapist, ...]
    others: tuple[int, ...]


class GroupDate(NamedTuple):
    """A group's session of the one who is out, and whose seats are in it. `others` give it too;
    `over`: they are then fewer than its members need. `substitutes` are free, and licensed for
    every member that day."""

    session: Session
    patients: frozenset[int]
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
    found = list(rows.select_related("service__clinic", "series__group").order_by("start", "pk"))
    return _with_substitutes(found, therapist, now) if found else []


class Seat(NamedTuple):
    patient: int
    place: str
    zone: str


def _with_substitutes(rows: list[Session], out: Therapist, now: datetime) -> list[GroupDate]:
    given, seats = _others(rows, out), _seats(rows)
    people = Therapist.objects.filter(clinic=out.clinic_id, active=True, user__is_active=True)
    some = list(people.exclude(pk=out.pk).select_related("user"))
    held = groups.licences([one.pk for one in some])
    against = _against(rows, some, now)
    return [
        GroupDate(
            row,
            frozenset(seat.patient for seat in seats[row.pk]),
            tuple(given[row.pk]),
            _too_few(row, len(seats[row.pk]), len(given[row.pk])),
            tuple(
                who
                for who in some
                if who not in given[row.pk]
                and (row.pk, who.pk) not in against
                and _treats_all(held, who, row, seats[row.pk])
            ),
        )
        for row in rows
    ]


def _others(rows: list[Session], out: Therapist) -> dict[int, list[Therapist]]:
    found: dict[int, list[Therapist]] = defaultdict(list)
    given = Occupancy.objects.filter(session__in=rows, live=True).exclude(profile=out)
    for one in given.select_related("profile__user").order_by("pk"):
        found[one.session_id].append(one.profile)
    return found


def _seats(rows: list[Session]) -> dict[int, list[Seat]]:
    found: dict[int, list[Seat]] = defaultdict(list)
    seats = Booking.objects.filter(session__in=rows, state=BookingState.BOOKED.value)
    for one in seats:
        found[one.session_id].append(Seat(one.patient_id or 0, one.place, one.zone))
    return found


def _against(rows: list[Session], people: list[Therapist], now: datetime) -> set[tuple[int, int]]:
    """Session and therapist (profile) of those who are busy or off then."""
    found = set()
    by_service = groupby(sorted(rows, key=lambda one: one.service_id), lambda one: one.service_id)
    for _service, some in by_service:
        alike = list(some)
        wanted = {one.start: people for one in alike}
        against = groups.conflicts(wanted, alike[0].service, now)
        found |= {(one.pk, who) for one in alike for who in against.get(one.start, ())}
    return found


def _too_few(row: Session, members: int, givers: int) -> bool:
    most = row.series.group.per_facilitator if row.series and row.series.group else None
    return givers > 0 and most is not None and members > most * givers


def _treats_all(held: groups.Held, who: Therapist, row: Session, seats: list[Seat]) -> bool:
    return all(
        groups.may_treat(held, who.pk, seat.place, local_day(seat.zone, row.start))
        for seat in seats
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
    people = Therapist.objects.in_bulk({pk for _row, free, _near in found for pk in free})
    return [
        Concerned(row, tuple(people[pk] for pk in free), near)
        for row, free, near in sorted(found, key=lambda one: (one[0].start, one[0].pk))
    ]


def _kind(row: Booking) -> tuple[int, str, str, str]:
    return row.session.service_id, row.place, row.zone, row.session.medium


def _of_a_kind(
    rows: list[Booking], out: Therapist, now: datetime
) -> list[tuple[Booking, tuple[int, ...], tuple[int, ...]]]:
    """Each with who is free at its time (profile ids), and the other starts."""
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
    return [(row, _free_at(row, soon), _near(row, later)) for row in rows]


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
