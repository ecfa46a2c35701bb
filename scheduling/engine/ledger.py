"""The hours ledger: what became of the hours of a patient in a program, week by week.

A pure function of the patient's seats, so that it is always their sum. A seat counts in the week,
and on the day, on which it starts on the clinic's clock; its minutes are those that really pass,
also in the night in which the clock changes.

A week that does not lie wholly within the enrolment, or that a pause touches, asks for nothing:
half a week has no band that a payer knows of. One for which groups have not made all their sessions
yet asks for as much as any, and is not called short.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from .hours import day_span, local_day
from .interval import Span
from .lifecycle import Attendance

WEEK = timedelta(days=7)


class Seat(NamedTuple):
    """One booking. `missed` minutes: how much later the patient came and earlier they left.

    `by_patient`: who cancelled it. What the program itself took back, with a pause or another level
    of care, and what was moved elsewhere, is no seat.
    """

    start: int
    end: int
    booked: bool = True  # False: cancelled
    mark: Attendance = Attendance.UNKNOWN
    missed: int = 0
    by_patient: bool = False


class Hours(NamedTuple):
    """Minutes. What stands after `planned` is all that can become of them: each is in one."""

    planned: int = 0  # every seat that there was for this time
    attended: int = 0  # really: without what was late or left early
    excused: int = 0  # not there, and not held against the patient; or the call failed
    missed: int = 0  # not there, and what was late or left early
    cancelled: int = 0  # by whomever
    unmarked: int = 0  # over, and nobody has said who came
    ahead: int = 0  # not over yet

    @property
    def booked(self) -> int:
        """What stands, past and to come."""
        return self.planned - self.cancelled

    @property
    def likely(self) -> int:
        """What it still can come to, if whatever is open goes well."""
        return self.attended + self.unmarked + self.ahead

    def plus(self, other: Hours) -> Hours:
        return Hours(*(one + more for one, more in zip(self, other, strict=True)))


class Rule(NamedTuple):
    """What a level of care asks for a week, in minutes. None: no bound."""

    least: int = 0
    most: int | None = None
    day_least: int | None = None  # on a day, on at least `days` days
    days: int | None = None


class DatedRule(NamedTuple):
    """A rule for an age band (in years; `age_until` not included), from day to day (included)."""

    valid_from: date
    valid_until: date | None
    age_from: int
    age_until: int | None
    rule: Rule


@dataclass(frozen=True)
class Week:
    """`rule` None: nothing is asked. `days`: those with seats, by date. `made` False: not all of it
    is on the calendar yet, so that nobody can say whether it is short."""

    first: date
    last: date
    rule: Rule | None
    days: dict[date, Hours]
    made: bool = True

    @property
    def hours(self) -> Hours:
        return total(self.days.values())

    @property
    def missing(self) -> int:
        """Minutes short of the least, even if all that is open goes well."""
        if self.rule is None or not self.made:
            return 0
        return max(0, self.rule.least - self.hours.likely)

    @property
    def over(self) -> int:
        most = self.rule.most if self.rule else None
        return 0 if most is None else max(0, self.hours.likely - most)

    @property
    def days_missing(self) -> int:
        """Days short of those on which enough hours are asked for."""
        if self.rule is None or not (self.made and self.rule.day_least and self.rule.days):
            return 0
        enough = sum(one.likely >= self.rule.day_least for one in self.days.values())
        return max(0, self.rule.days - enough)

    @property
    def short(self) -> bool:
        return self.missing > 0 or self.days_missing > 0


def total(hours: Iterable[Hours]) -> Hours:
    found = Hours()
    for one in hours:
        found = found.plus(one)
    return found


def hours_of(seat: Seat, now: int) -> Hours:
    """What has become of one seat at the minute `now`."""
    length = seat.end - seat.start
    if not seat.booked:
        return Hours(planned=length, cancelled=length)
    if seat.mark is Attendance.ATTENDED:
        missed = min(seat.missed, length)
        return Hours(planned=length, attended=length - missed, missed=missed)
    if seat.mark is Attendance.NO_SHOW:
        return Hours(planned=length, missed=length)
    if seat.mark in (Attendance.EXCUSED, Attendance.TECHNICAL_FAILURE):
        return Hours(planned=length, excused=length)
    if now < seat.end:
        return Hours(planned=length, ahead=length)
    return Hours(planned=length, unmarked=length)


def first_of_week(day: date, starts: int) -> date:
    """The first day of the week in which `day` lies; `starts`: its weekday, Monday is 0."""
    return day - timedelta(days=(day.weekday() - starts) % 7)


def age_on(born: date | None, day: date) -> int | None:
    if born is None:
        return None
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def rule_on(rules: Iterable[DatedRule], day: date, age: int | None) -> Rule | None:
    """What holds on a day for an age; nobody's age is taken for a grown-up's."""
    for one in sorted(rules, key=lambda one: (one.age_from, one.valid_from), reverse=True):
        in_force = one.valid_from <= day and (one.valid_until is None or day <= one.valid_until)
        if in_force and _for_age(one, age):
            return one.rule
    return None


def _for_age(rule: DatedRule, age: int | None) -> bool:
    if age is None:
        return rule.age_until is None
    return rule.age_from <= age and (rule.age_until is None or age < rule.age_until)


def weeks(
    seats: Iterable[Seat],
    *,
    zone: str,
    starts: int,
    enrolled: Span,
    pauses: Sequence[tuple[int, int | None]] = (),
    rule: Callable[[date], Rule | None],
    now: int,
    made_until: int | None = None,
) -> Iterator[Week]:
    """The clinic's weeks of an enrolment, the first on top; seats outside of it are left out.

    `rule`: what holds in the week that begins on a day. `made_until`: the minute up to which groups
    have made their sessions; None: all of them.
    """
    low, high = enrolled
    by_day: dict[date, list[Hours]] = defaultdict(list)
    for seat in seats:
        if low <= seat.start < high:
            by_day[local_day(zone, seat.start)].append(hours_of(seat, now))
    first, end = first_of_week(local_day(zone, low), starts), local_day(zone, high - 1)
    while first <= end:
        last = first + WEEK - timedelta(days=1)
        span = day_span(zone, first, last)
        days = {day: total(by_day[day]) for day in sorted(by_day) if first <= day <= last}
        asks = low <= span[0] and span[1] <= high and not _touched(span, pauses)
        made = made_until is None or min(span[1], high) <= made_until
        yield Week(first, last, rule(first) if asks else None, days, made)
        first += WEEK


def _touched(span: Span, pauses: Sequence[tuple[int, int | None]]) -> bool:
    return any(low < span[1] and (high is None or high > span[0]) for low, high in pauses)


def absences(seats: Iterable[Seat], now: int) -> int:
    """Misses in a row up to now since the patient last came: what the patient cancelled too. What
    the clinic called off, what failed and what nobody has marked is passed over."""
    count = 0
    for seat in sorted(seats, key=lambda one: one.start, reverse=True):
        if seat.booked and seat.mark is Attendance.ATTENDED:
            break
        count += seat.start <= now and _held_against(seat)
    return count


def _held_against(seat: Seat) -> bool:
    if not seat.booked:
        return seat.by_patient
    return seat.mark in (Attendance.NO_SHOW, Attendance.EXCUSED)
