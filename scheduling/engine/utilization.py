"""What a clinic's time came to: sums that add up, the periods they are of, and hours offered.

Minutes are therapists' minutes; seats are patients' places in sessions. A session counts whole
where it begins, offered hours minute by minute. What each sum means: docs/utilization.md.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from itertools import islice

from .hours import Hours, day_span, openings, segments
from .interval import DAY, Span, merge, whole_days
from .periods import Length, Period

WEEK = 7 * DAY

LEAD_DAYS = (1, 2, 4, 7, 14, 28, 56)
"""Upper bounds, in days, of the classes in which lead times are counted; the last has none."""


@dataclass(frozen=True, slots=True)
class Sums:
    """All that is counted; every field but `patients` adds up over disjoint parts.

    `offered` is None where hours belong to no part: they are offered by therapists, not services.
    """

    offered: int | None = 0
    booked: int = 0
    delivered: int = 0
    lost_late: int = 0
    lost_no_show: int = 0
    lost_clinic: int = 0
    lost_technical: int = 0

    seats: int = 0  # booked ones: the five that follow
    attended: int = 0
    no_show: int = 0
    technical: int = 0
    excused: int = 0
    unmarked: int = 0
    cancelled: int = 0  # by patients, in time
    cancelled_late: int = 0
    cancelled_clinic: int = 0
    cancelled_technical: int = 0
    individual_cancels: int = 0  # of the cancelled seats, those of individual sessions
    rebooked: int = 0  # of these, followed by a new booking within two weeks

    group_sessions: int = 0  # with at least one booked seat
    group_seats: int = 0  # for sale in them
    group_taken: int = 0
    group_present: int = 0

    lead: tuple[int, ...] = (0,) * (len(LEAD_DAYS) + 1)  # bookings by LEAD_DAYS
    patients: int = 0  # different ones with a booked seat; does not add up

    def __add__(self, other: Sums) -> Sums:
        """Both together, but for `patients`: 0, to be counted anew."""
        plain = {
            one.name: getattr(self, one.name) + getattr(other, one.name)
            for one in fields(self)
            if one.name not in ("offered", "lead", "patients")
        }
        none = self.offered is None or other.offered is None
        offered = None if none else (self.offered or 0) + (other.offered or 0)
        lead = tuple(a + b for a, b in zip(self.lead, other.lead, strict=True))
        return Sums(offered=offered, lead=lead, **plain)

    @property
    def utilization(self) -> float | None:
        """Booked of offered minutes."""
        return _share(self.booked, self.offered)

    @property
    def show_rate(self) -> float | None:
        """Who came, of those of whom it is known and who are to answer for it."""
        return _share(self.attended, self.attended + self.no_show)

    @property
    def fill(self) -> float | None:
        """Taken of the seats of groups."""
        return _share(self.group_taken, self.group_seats)

    @property
    def rebooking(self) -> float | None:
        return _share(self.rebooked, self.individual_cancels)

    def lead_within(self, part: float) -> int | None:
        """The least of LEAD_DAYS within which `part` of the bookings lie; None beyond all, or where
        there are no bookings."""
        wanted, so_far = part * sum(self.lead), 0
        if not wanted:
            return None
        for days, count in zip(LEAD_DAYS, self.lead, strict=False):
            so_far += count
            if so_far >= wanted:
                return days
        return None


def _share(part: int, whole: int | None) -> float | None:
    return part / whole if whole else None


def steps(period: Period) -> list[date]:
    """The days on which its weeks begin, or its months."""
    day, found = period.first, []
    while day < period.until:
        found.append(day)
        if period.length in (Length.WEEK, Length.FOUR_WEEKS):
            day += timedelta(weeks=1)
        else:
            day = (day + timedelta(days=31)).replace(day=1)
    return found


# Offered hours


@dataclass(frozen=True, slots=True)
class Offers:
    """Minutes offered: in each step; and in the steps from `since` on by therapist and by hour of
    the week."""

    by_step: list[int]
    by_therapist: dict[int, int]
    by_hour: list[int]


def offers(hours: Mapping[int, Hours], zone: str, bounds: Sequence[int], since: int) -> Offers:
    """Of each therapist's hours, in the steps between `bounds` (UTC minutes), by clocks of `zone`.

    Therapists share most of their spans: what is done with a span is done once.
    """
    shared: Counter[Span] = Counter()
    later: dict[int, int] = {}
    for who, one in hours.items():
        spans = opened(one, (bounds[0], bounds[-1]))
        shared.update(spans)
        later[who] = sum(
            high - max(low, bounds[since]) for low, high in spans if high > bounds[since]
        )
    by_step = [0] * (len(bounds) - 1)
    recent: Counter[Span] = Counter()
    for (low, high), count in shared.items():
        for step in range(bisect_right(bounds, low) - 1, len(by_step)):
            if bounds[step] >= high:
                break
            start, end = max(low, bounds[step]), min(high, bounds[step + 1])
            by_step[step] += (end - start) * count
            if step >= since:
                recent[start, end] += count
    return Offers(by_step, later, by_hour(_on_the_clock(zone, recent)))


def opened(hours: Hours, span: Span) -> list[Span]:
    """The minutes in `span` at which it is open, days off taken out; in order."""
    weekly = openings(hours._replace(days_off=(), time_off=()), whole_days(*span))
    off = [day_span(hours.zone, first, last) for first, last in hours.days_off]
    inside = [(max(low, span[0]), min(high, span[1])) for low, high, _offset in weekly]
    return list(_without(merge(inside), merge([*off, *hours.time_off])))


def _without(spans: list[Span], holes: list[Span]) -> Iterator[Span]:
    """Both in order and without overlap."""
    at = 0
    for low, high in spans:
        while at < len(holes) and holes[at][1] <= low:
            at += 1
        for start, end in islice(holes, at, None):
            if start >= high:
                break
            if low < start:
                yield low, start
            low = end
        if low < high:
            yield low, high


def _on_the_clock(zone: str, spans: Mapping[Span, int]) -> Iterator[tuple[int, int, int]]:
    """(minute of the week, length, how many) of spans of UTC minutes, cut where clocks change."""
    if not spans:
        return
    whole = whole_days(min(low for low, _ in spans), max(high for _, high in spans))
    pieces = segments(zone, *whole)
    for (low, high), count in spans.items():
        for since, until, offset in pieces:
            if low < until and high > since:
                start = max(low, since)
                yield minute_of_week(start + offset), min(high, until) - start, count


def minute_of_week(local: int) -> int:
    """0 is Monday's first; `local` counts from 1970-01-01, a Thursday."""
    return (local + 3 * DAY) % WEEK


def by_hour(pieces: Iterable[tuple[int, int, int]]) -> list[int]:
    """Minutes in each hour of the week, Monday's first: of (minute of the week, length, how many),
    laid on the clock from there."""
    cells = [0] * 168
    for at, length, count in pieces:
        while length > 0:
            part = min(60 - at % 60, length)
            cells[at // 60] += part * count
            at, length = (at + part) % WEEK, length - part
    return cells
