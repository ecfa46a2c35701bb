"""Working hours: from what a person typed on the wall clock to spans of UTC minutes.

This file alone knows that clocks are put forward and back. Hours are *read* on the wall clock: an
instant is open if the local clock then shows a minute inside a span. So a night shift over a change
is an hour shorter or longer, as it is for the person who works it.

A day's text is "540-720,780-1020" (minutes of the wall-clock day, "" = day off). An end may go up
to 2880 for a night that crosses midnight. A weekly pattern is such texts by weekday, Monday = 0:
"0:540-720,780-1020;2:540-720".
"""

import zoneinfo
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from .interval import DAY, Span, day_date, day_number, merge, whole_days

# The zone data comes with the pinned tzdata package, never from the machine.
zoneinfo.reset_tzpath(())
zoneinfo.ZoneInfo.clear_cache()

Week = tuple[tuple[Span, ...], ...]
"""Seven days of spans, Monday first."""

Segment = tuple[int, int, int]
"""(from, until, offset): while the clock is `offset` minutes ahead of UTC."""

Period = tuple[date | None, date | None, str]
"""(valid from, valid until inclusive, weekly pattern); None is open-ended."""

_BLOCK = 400 * DAY
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2200, 12, 31)


class UnknownZone(ValueError):
    """No such time zone in the pinned data."""


class NonexistentTime(ValueError):
    """The wall clock never shows this time: it is skipped when clocks go forward."""


class Hours(NamedTuple):
    """All that decides when a therapist works. Hashable: it is a cache key.

    An override replaces the spans that start on its date. A day off (first, last date) blanks whole
    local dates, whatever day a shift began. `time_off` is cut out as UTC minutes.
    """

    zone: str
    periods: tuple[Period, ...]
    overrides: tuple[tuple[date, str], ...] = ()
    days_off: tuple[tuple[date, date], ...] = ()
    time_off: tuple[Span, ...] = ()


# Patterns


@lru_cache(4096)
def parse_day(text: str) -> tuple[Span, ...]:
    """The spans of a day's text, in order. ValueError says what is wrong."""
    spans = sorted(_parse_span(part) for part in text.split(",")) if text else []
    for (_, end), (start, _) in pairwise(spans):
        if start < end:
            raise ValueError("two spans of a day overlap")
    return tuple(spans)


def _parse_span(text: str) -> Span:
    first, dash, last = text.partition("-")
    if not (dash and text.isascii() and first.isdecimal() and last.isdecimal()):
        raise ValueError(f"{text!r}: a span looks like 540-720, in minutes of the day")
    start, end = int(first), int(last)
    if start >= end:
        raise ValueError(f"{text!r}: a span ends after it starts")
    if start >= DAY:
        raise ValueError(f"{text!r}: a span starts on its own day, before {DAY}")
    if end > 2 * DAY:
        raise ValueError(f"{text!r}: a span ends on the next day at the latest, by {2 * DAY}")
    return start, end


def format_day(spans: Iterable[Span]) -> str:
    """The text of a day's spans; ValueError as `parse_day`."""
    text = ",".join(f"{start}-{end}" for start, end in sorted(spans))
    parse_day(text)
    return text


@lru_cache(4096)
def parse_pattern(text: str) -> Week:
    """The week of a pattern. ValueError says what is wrong."""
    week: list[tuple[Span, ...]] = [()] * 7
    for part in text.split(";") if text else ():
        weekday, colon, day = part.partition(":")
        if not colon or weekday not in {"0", "1", "2", "3", "4", "5", "6"}:
            raise ValueError(f"{part!r}: a day looks like 0:540-720, Monday is 0")
        if not day:
            raise ValueError(f"{part!r}: a day without hours is left out")
        if week[int(weekday)]:
            raise ValueError(f"day {weekday} is given twice")
        week[int(weekday)] = parse_day(day)
    return tuple(week)


def format_pattern(week: Sequence[Iterable[Span]]) -> str:
    """The text of seven days of spans, Monday first; ValueError as `parse_pattern`."""
    days = [format_day(spans) for spans in week]
    if len(days) != 7:
        raise ValueError("a week has seven days")
    return ";".join(f"{number}:{text}" for number, text in enumerate(days) if text)


# Zones


@lru_cache(1)
def _zone_names() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def require_zone(name: str) -> str:
    """`name`, or UnknownZone."""
    if name not in _zone_names():
        raise UnknownZone(f"{name!r} is not a time zone")
    return name


@lru_cache(1024)
def _changes(zone: str, block: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """(minutes from which an offset holds, offsets) in the 400 days of `block`; the first is its
    start. Looks once a day: no zone changes its clock twice in a day."""
    clock = zoneinfo.ZoneInfo(require_zone(zone))

    def read(minute: int) -> int:
        moment = datetime.fromtimestamp(minute * 60, clock)
        return (moment.utcoffset() or timedelta()) // timedelta(minutes=1)

    start = block * _BLOCK
    since, offsets = [start], [read(start)]
    for day_end in range(start + DAY, start + _BLOCK + 1, DAY):
        if (new := read(day_end)) == offsets[-1]:
            continue
        low, high = day_end - DAY, day_end
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if read(middle) == new else (middle, high)
        since.append(high)
        offsets.append(new)
    return tuple(since), tuple(offsets)


def offset_at(zone: str, minute: int) -> int:
    """Minutes by which the local clock is ahead of UTC at `minute`."""
    since, offsets = _changes(zone, minute // _BLOCK)
    return offsets[bisect_right(since, minute) - 1]


@lru_cache(4096)
def segments(zone: str, start: int, end: int) -> tuple[Segment, ...]:
    """[start, end) in stretches of one offset each. Cached: give whole UTC days."""
    found: list[Segment] = []
    for block in range(start // _BLOCK, (end - 1) // _BLOCK + 1):
        since, offsets = _changes(zone, block)
        until = (*since[1:], (block + 1) * _BLOCK)
        for low, high, offset in zip(since, until, offsets, strict=True):
            low, high = max(low, start), min(high, end)
            if low >= high:
                continue
            if found and found[-1][2] == offset:
                found[-1] = (found[-1][0], high, offset)
            else:
                found.append((low, high, offset))
    return tuple(found)


def in_reach(day: date) -> bool:
    """Whether the calendar goes so far: a date beyond is mistyped, and sums with it overflow."""
    return FIRST_DAY <= day <= LAST_DAY


def local_day(zone: str, minute: int) -> date:
    """The date that the local calendar shows at `minute`."""
    return day_date((minute + offset_at(zone, minute)) // DAY)


@lru_cache(4096)
def day_starts(zone: str, start: int, end: int) -> tuple[int, ...]:
    """The minutes in [start, end) at which a local day begins, midnight skipped or not."""
    found: list[int] = []
    today = (start - 1 + offset_at(zone, start - 1)) // DAY
    for low, high, offset in segments(zone, start, end):
        last = (high - 1 + offset) // DAY
        for day in range(today + 1, last + 1):
            found.append(max(low, day * DAY - offset))
        today = max(today, last)
    return tuple(found)


@lru_cache(8192)
def day_span(zone: str, first: date, last: date) -> Span:
    """The whole local days from `first` to `last`, both included, as UTC minutes."""
    return _day_start(zone, day_number(first)), _day_start(zone, day_number(last) + 1)


def _day_start(zone: str, day: int) -> int:
    for low, high, offset in segments(zone, (day - 1) * DAY, (day + 2) * DAY):
        if day * DAY - offset < high:
            return max(low, day * DAY - offset)
    raise AssertionError("a zone is less than a day away from UTC")


def wall_to_minute(zone: str, day: date, minute_of_day: int) -> int:
    """The UTC minute at which the wall clock shows `minute_of_day` on `day`: the first of two in
    autumn; NonexistentTime in a spring gap. From DAY on it counts into the next date."""
    if not 0 <= minute_of_day < 2 * DAY:
        raise ValueError("no such minute of the day")
    wall = day_number(day) * DAY + minute_of_day
    for low, high, offset in segments(zone, *whole_days(wall - DAY, wall + DAY)):
        if low <= wall - offset < high:
            return wall - offset
    hour, minute = divmod(minute_of_day, 60)
    raise NonexistentTime(f"{hour:02}:{minute:02} is skipped in {zone} on {day}")


# Openings


@lru_cache(2048)
def openings(hours: Hours, window: Span) -> tuple[Segment, ...]:
    """When it is open inside `window` (whole UTC days): (from, until, offset) in order.

    Two that touch are one run of time, over which the clock is changed.
    """
    weekly = _by_pattern(hours.zone, hours.periods, hours.overrides, window)
    if not hours.days_off and not hours.time_off:
        return weekly
    off = [day_span(hours.zone, first, last) for first, last in hours.days_off]
    return _without(weekly, merge([*off, *hours.time_off]))


def _without(opened: tuple[Segment, ...], holes: list[Span]) -> tuple[Segment, ...]:
    for hole_start, hole_end in holes:
        left: list[Segment] = []
        for piece in opened:
            start, end, offset = piece
            if end <= hole_start or start >= hole_end:
                left.append(piece)
                continue
            if start < hole_start:
                left.append((start, hole_start, offset))
            if hole_end < end:
                left.append((hole_end, end, offset))
        opened = tuple(left)
    return opened


@lru_cache(1024)
def _by_pattern(
    zone: str,
    periods: tuple[Period, ...],
    overrides: tuple[tuple[date, str], ...],
    window: Span,
) -> tuple[Segment, ...]:
    found: list[Segment] = []
    for low, high, offset in segments(zone, *window):
        wall_low, wall_high = low + offset, high + offset
        for start, end in _on_the_wall(periods, overrides, wall_low // DAY, wall_high // DAY):
            if start < wall_high and end > wall_low:
                found.append((max(start, wall_low) - offset, min(end, wall_high) - offset, offset))
    return tuple(found)


def _on_the_wall(
    periods: tuple[Period, ...], overrides: tuple[tuple[date, str], ...], first: int, last: int
) -> list[Span]:
    """Open spans of the wall clock (day number * DAY + minute of day) that reach the days from
    `first` to `last`: the evening before may do so."""
    changed = {day_number(day): parse_day(text) for day, text in overrides}
    weeks = [
        (
            first - 1 if since is None else day_number(since),
            last if until is None else day_number(until),
            parse_pattern(text),
        )
        for since, until, text in periods
    ]
    spans: list[Span] = []
    for day in range(first - 1, last + 1):
        if day in changed:
            spans += [(day * DAY + start, day * DAY + end) for start, end in changed[day]]
            continue
        for since, until, week in weeks:
            if since <= day <= until:
                # 1970-01-01 was a Thursday.
                base = day * DAY
                spans += [(base + start, base + end) for start, end in week[(day + 3) % 7]]
    return merge(spans)
