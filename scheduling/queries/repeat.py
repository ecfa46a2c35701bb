"""A series, date by date: which are free, why the others are not, and what could be instead.

Times are minutes since the epoch, UTC. Four SELECTs however many dates and therapists there are,
and one more where a day off is to be explained.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

from scheduling.engine.hours import day_span, local_day
from scheduling.engine.interval import Span, whole_days
from scheduling.engine.recurrence import MOST, Date, dates
from scheduling.engine.slots import Row, Terms, Why, free_starts, reasons
from scheduling.models import Booking, Holiday, Occupancy
from scheduling.models.session import LONGEST
from scheduling.queries import slots

SPRING_GAP, PATIENT_BUSY, HOLIDAY, NOT_LICENSED = (
    "spring_gap", "patient_busy", "holiday", "not_licensed",
)  # fmt: skip
OVERRIDABLE = frozenset(Why) - {Why.BUSY, Why.NOT_ALLOWED}
"""What staff may set aside with a reason: never an overlap, never a licence."""


@dataclass(frozen=True)
class Pattern:
    """What is asked for: a rule on the wall clock of `zone`, at the minute `at` of the day."""

    rule: str
    zone: str
    at: int
    first: date
    last: date | None = None
    count: int = MOST

    def dates(self) -> list[Date]:
        """ValueError where the rule is none."""
        return dates(self.rule, self.zone, self.at, self.first, last=self.last, count=self.count)


@dataclass(frozen=True)
class Asked:
    """For whom, with whom (`therapist`: a user's id) and where. `own`: sessions that make way."""

    clinic: int
    service: int
    therapist: int
    patient: int
    medium: str
    place: str
    minutes: int
    override: bool = False  # staff look past notice, horizon, hours and daily limit
    own: frozenset[int] = frozenset()


class Checked(NamedTuple):
    """One date. `why` is "" where it is free. `near`: another start on that day with the same
    therapist. `others`: therapists (profile ids) who are free at the very time."""

    day: date
    start: int | None
    why: str
    near: int | None
    others: tuple[int, ...]


def check(asked: Asked, pattern: Pattern, now: datetime) -> list[Checked]:
    """Every date of the pattern, none left out."""
    wanted = pattern.dates()
    starts = [one.start for one in wanted if one.start is not None]
    if not starts:
        return [Checked(one.day, None, SPRING_GAP, None, ()) for one in wanted]
    world = look(asked, pattern.zone, starts, now)
    return [checked(one, pattern.zone, world) for one in wanted]


@dataclass(frozen=True)
class World:
    """All that decides about some starts: read once, asked often."""

    asked: Asked
    terms: Mapping[int, Terms]
    rows: Mapping[int, list[Span]]
    free: Mapping[int, list[int]]
    profiles: Mapping[int, int]
    busy: list[Span]  # the patient's own

    def why_not(self, start: int, therapist: int | None = None) -> str:
        """A code of why this start cannot be, or ""."""
        who = self.asked.therapist if therapist is None else therapist
        if self.patient_busy(start):
            return PATIENT_BUSY
        terms = self.terms.get(who)
        if terms is None:
            return NOT_LICENSED
        if _among(self.free[who], start):
            return ""
        against = [
            why for why in reasons(start, terms, self.around(who, start)) if self._counts(why)
        ]
        if not against:
            return ""
        off = against[0] in (Why.DAY_OFF, Why.OUTSIDE_HOURS)
        if off and local_day(terms.hours.zone, start) in self.holidays:
            return HOLIDAY
        return against[0].value

    @cached_property
    def holidays(self) -> frozenset[date]:
        """Read only where a day off is to be explained."""
        days = Holiday.objects.filter(clinic=self.asked.clinic)
        return frozenset(days.values_list("day", flat=True))

    def _counts(self, why: Why) -> bool:
        return not (self.asked.override and why in OVERRIDABLE)

    def patient_busy(self, start: int) -> bool:
        end = start + self.asked.minutes
        return any(low < end and high > start for low, high in self.busy)

    def around(self, therapist: int, start: int) -> list[Span]:
        """The therapist's time taken on the days about a start."""
        rows = self.rows.get(therapist, [])
        return rows[bisect_left(rows, (start - 2880, 0)) : bisect_left(rows, (start + 2880, 0))]


def look(asked: Asked, zone: str, starts: Collection[int], now: datetime) -> World:
    """Four SELECTs: terms, single days, time taken, the patient's bookings."""
    window = whole_days(min(starts), max(starts) + 1)
    wanted = slots.Wanted(
        service=asked.service,
        place=asked.place,
        zone=zone,
        medium=asked.medium,
        first=window[0],
        until=window[1],
        notice=not asked.override,
        accepting=False,
    )
    with slots.reading() as cursor:
        offers = slots.read_offers(cursor, wanted, window)
        terms = slots.terms_of(cursor, offers, wanted, window, now) if offers else {}
        found = slots.busy_rows(cursor, list(terms), window, now, terms.values()) if terms else ()
        rows = _without(found, _spans_of(asked.own))
    return World(
        asked=asked,
        terms=terms,
        rows={who: [(low, high) for _, low, high in some] for who, some in _by_key(rows)},
        free=free_starts(rows, terms, window),
        profiles={one[0]: one[1] for one in offers},
        busy=patient_busy(asked, window, now),
    )


def patient_busy(asked: Asked, window: Span, now: datetime) -> list[Span]:
    """The patient's live bookings; one held too long is in nobody's way."""
    rows = Booking.objects.filter(
        patient=asked.patient, live=True, start__gt=window[0] - LONGEST, start__lt=window[1]
    ).exclude(held_until__lte=int(now.timestamp()))
    return list(rows.exclude(session__in=asked.own).values_list("start", "end"))


def checked(one: Date, zone: str, world: World) -> Checked:
    """One date, by what was read about all of them."""
    if one.start is None:
        why = SPRING_GAP
        middle = sum(day_span(zone, one.day, one.day)) // 2
        return Checked(one.day, None, why, _near(one.day, middle, zone, world), ())
    why = world.why_not(one.start)
    if not why:
        return Checked(one.day, one.start, "", None, ())
    free = () if world.patient_busy(one.start) else _free_at(one.start, world)
    return Checked(one.day, one.start, why, _near(one.day, one.start, zone, world), free)


def _near(day: date, start: int, zone: str, world: World) -> int | None:
    """The free start nearest to `start` on the same day of the zone."""
    low, high = day_span(zone, day, day)
    free = world.free.get(world.asked.therapist, [])
    that_day = free[bisect_left(free, low) : bisect_left(free, high)]
    some = [one for one in that_day if not world.patient_busy(one)]
    return min(some, key=lambda one: (abs(one - start), one), default=None)


def _free_at(start: int, world: World) -> tuple[int, ...]:
    return tuple(
        world.profiles[who]
        for who, free in world.free.items()
        if who != world.asked.therapist and _among(free, start)
    )


def _among(starts: list[int], start: int) -> bool:
    place = bisect_left(starts, start)
    return place < len(starts) and starts[place] == start


Found = tuple[int, int, int]


def _spans_of(sessions: frozenset[int]) -> set[Found]:
    if not sessions:
        return set()
    rows = Occupancy.objects.filter(session__in=sessions, live=True)
    return set(rows.values_list("therapist_id", "busy_from", "busy_until"))


def _without(rows: Iterable[Row[int]], own: set[Found]) -> list[Found]:
    return [row for row in rows if row not in own]


def _by_key(rows: list[Found]) -> Iterable[tuple[int, list[Found]]]:
    return ((who, list(some)) for who, some in groupby(rows, lambda row: row[0]))
