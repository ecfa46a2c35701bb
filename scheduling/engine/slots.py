"""The slot search: which start times are free, in whole minutes from the row to the answer.

One ordered pass over the busy rows of all therapists. In "start space" an opening is the stretch of
minutes at which a session may start, and a busy span forbids the starts whose session, widened by
its buffers, would meet it; what lies between is a `range`. Buffers count against other sessions,
never against working hours. Times are minutes since the epoch UTC, spans half-open.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from functools import lru_cache
from itertools import chain
from typing import NamedTuple, TypeVar

from .hours import Hours, Period, day_span, day_starts, local_day, openings, segments
from .interval import DAY, Span, day_date, whole_days

STEPS = (5, 10, 15, 20, 30, 45, 60, 90, 120)
"""The distances of start times, in minutes. Each divides a day, so that every day looks alike."""

LONGEST = DAY
"""No session is longer, in minutes."""

_LOCAL_DAY = DAY + 180
"""No local day is longer: the change of the clock makes 25 hours."""

_FAR = 1 << 40
_END = ((None, _FAR, _FAR),)

Starts = tuple[int, int, int]
"""(first, last, phase): a session may start from `first` to `last` inclusive, at minutes that
leave `phase` when divided by the step."""

Key = TypeVar("Key")
Row = tuple[Key, int, int]
"""(therapist key, busy from, busy until), as a database cursor gives it."""


class Terms(NamedTuple):
    """One therapist's terms for one service; lengths in minutes.

    A start counts if `cut_from` <= start < `cut_until` (notice, horizon) and, where `allowed` is
    given, if it lies in one of these spans, which are in order (licences).
    """

    hours: Hours
    minutes: int
    before: int
    after: int
    step: int
    cut_from: int
    cut_until: int
    max_per_day: int | None = None
    allowed: tuple[Span, ...] | None = None


class Why(StrEnum):
    """Why a start is not free."""

    TOO_SOON = "too_soon"  # inside the notice, or past
    TOO_FAR = "too_far"  # beyond the horizon
    NOT_ALLOWED = "not_allowed"  # outside the allowed spans: no licence on that day
    DAY_OFF = "day_off"  # usual hours, but a day off or time off
    OUTSIDE_HOURS = "outside_hours"  # no working hours, or not to the session's end
    OFF_GRID = "off_grid"  # between two of the start times
    DAILY_LIMIT = "daily_limit"  # enough sessions begin on that day
    BUSY = "busy"  # another session or its buffer is in the way


def rows_span(window: Span, margin: int, zones: Iterable[str] = ()) -> Span:
    """The time whose busy rows the search of `window` needs: every row with
    busy_from < end and busy_until > start.

    `margin` is the longest session with its buffers; `zones` are those of the therapists with a
    daily limit, for which whole local days are counted.
    """
    start, end = window[0] - margin, window[1] + margin
    for zone in set(zones):
        first, last = local_day(zone, window[0]), local_day(zone, window[1] - 1)
        day_start, day_end = day_span(zone, first, last)
        start, end = min(start, day_start), max(end, day_end)
    return start, end


def free_starts(
    rows: Iterable[Row[Key]], therapists: Mapping[Key, Terms], window: Span
) -> dict[Key, list[int]]:
    """The free start times in `window` of every therapist, in order.

    `rows` are what is busy in `rows_span`, buffers included, ordered by therapist, then by
    busy_from; rows of others are passed over.
    """
    found: dict[Key, list[int]] = {}
    stream: Iterator[Row[Key | None]] = chain(rows, _END)
    row = next(stream)
    while (key := row[0]) is not None:
        if key in found:
            raise ValueError("busy rows are not in order")
        if (terms := therapists.get(key)) is None:
            row = next(other for other in stream if other[0] != key)
        else:
            row = _sweep(row, stream, terms, window, found.setdefault(key, []))
    for key, terms in therapists.items():
        if key not in found:
            long_ago = key, -_FAR, -_FAR
            _sweep(long_ago, iter(_END), terms, window, found.setdefault(key, []))
    return found


# The hot path. `free` is the first start that nothing so far forbids; a row is met when the one
# after it is known.
def _sweep(
    row: Row[Key | None],
    stream: Iterator[Row[Key | None]],
    terms: Terms,
    window: Span,
    found: list[int],
) -> Row[Key | None]:
    """Add the free starts of one therapist, whose first row is given, to `found`; answers the
    first row of the next one."""
    hours, minutes, before, after, step, free, _, limit, _ = terms
    whole = whole_days(*window)  # so that a search a minute later finds the same in the caches
    pieces = iter(_start_pieces(hours.zone, hours.periods, hours.overrides, whole, minutes, step))
    first, last, phase = next(pieces)
    free = max(free, first, window[0])
    reach = minutes + after
    days = iter(_days_around(hours.zone, whole) if limit is not None else ())
    day, next_day, today = -_FAR, next(days, _FAR), 0
    full: list[Span] = []
    mine, busy_from, busy_until = row
    for row in stream:
        latest = busy_from - reach
        while last <= latest:
            start = free + (phase - free) % step
            if start <= last:
                found += range(start, last + 1, step)
            first, last, phase = next(pieces)
            if first > free:
                free = first
        if free <= latest:
            start = free + (phase - free) % step
            if start + step <= latest:
                found += range(start, latest + 1, step)
            elif start <= latest:  # the common gap has room for one, and range() is dear
                found.append(start)
        busy_until += before
        if busy_until > free:
            free = busy_until
        while busy_from >= next_day:
            day, next_day, today = next_day, next(days, _FAR), 0
        today += 1
        if today == limit:
            full.append((day, next_day))
        key, busy_from, busy_until = row
        if key != mine:
            break
    while last < _FAR:
        start = free + (phase - free) % step
        found += range(start, last + 1, step)
        first, last, phase = next(pieces)
        free = max(free, first)
    _take_out(found, full, terms, window)
    return row


def _take_out(found: list[int], full: list[Span], terms: Terms, window: Span) -> None:
    """Away with the starts on full days and days off, too far ahead, and without a licence."""
    for start, end in chain(full, _closed(terms.hours, terms.minutes)):
        del found[bisect_left(found, start) : bisect_left(found, end)]
    if found and found[-1] >= (until := min(terms.cut_until, window[1])):
        del found[bisect_left(found, until) :]
    if terms.allowed is not None:
        spans = [(bisect_left(found, low), bisect_left(found, high)) for low, high in terms.allowed]
        found[:] = [start for low, high in spans for start in found[low:high]]
    if terms.max_per_day is not None and terms.max_per_day < 1:
        found.clear()


def _closed(hours: Hours, minutes: int) -> Iterator[Span]:
    """The starts whose session would reach into a day off or time off."""
    for first, last in hours.days_off:
        start, end = day_span(hours.zone, first, last)
        yield start - minutes + 1, end
    for start, end in hours.time_off:
        if start < end:
            yield start - minutes + 1, end


def _days_around(zone: str, window: Span) -> tuple[int, ...]:
    """Where the local days begin that touch the window, and the one after."""
    return day_starts(zone, window[0] - _LOCAL_DAY, window[1] + _LOCAL_DAY)


@lru_cache(2048)
def _start_pieces(
    zone: str,
    periods: tuple[Period, ...],
    overrides: tuple[tuple[date, str], ...],
    window: Span,
    minutes: int,
    step: int,
) -> tuple[Starts, ...]:
    """The openings in start space, days off among them, then one never reached.

    The grid is the wall clock's, so that a change of the clock begins a new piece; a session may
    still run across it. Days off are taken out at the end: so therapists share these.
    """
    if step not in STEPS or not 0 < minutes <= LONGEST:
        raise ValueError(f"no session of {minutes} minutes every {step}")
    pieces: list[Starts] = [(_FAR, _FAR, 0)]
    run_end = opened = _FAR
    opens = openings(Hours(zone, periods, overrides), (window[0], window[1] + LONGEST))
    for start, end, offset in reversed(opens):
        if end != opened:
            run_end = end
        opened = start
        last = min(end - 1, run_end - minutes, window[1] - 1)
        if start <= last:
            pieces.append((start, last, -offset % step))
    return tuple(reversed(pieces))


# One start


def why_not(start: int, terms: Terms, busy: Iterable[Span]) -> Why | None:
    """Why `start` is not free, or None. `busy` is the therapist's time taken around it, buffers
    included; for a daily limit, in its whole local day. None exactly if the search offers it."""
    return next(iter(reasons(start, terms, busy)), None)


def reasons(start: int, terms: Terms, busy: Iterable[Span]) -> tuple[Why, ...]:
    """Everything that speaks against `start`, the plainest first: staff may overrule some."""
    spans = list(busy)
    against = {
        Why.TOO_SOON: start < terms.cut_from,
        Why.TOO_FAR: start >= terms.cut_until,
        Why.NOT_ALLOWED: terms.allowed is not None
        and not any(low <= start < high for low, high in terms.allowed),
        **_hours_against(start, terms),
        Why.DAILY_LIMIT: terms.max_per_day is not None
        and _begun(start, terms.hours.zone, spans) >= terms.max_per_day,
        Why.BUSY: meets(start, terms, spans),
    }
    return tuple(why for why, holds in against.items() if holds)


def meets(start: int, terms: Terms, busy: Iterable[Span]) -> bool:
    """Whether a session at `start`, widened by its buffers, meets a busy span."""
    low, high = start - terms.before, start + terms.minutes + terms.after
    return any(busy_from < high and busy_until > low for busy_from, busy_until in busy)


def _hours_against(start: int, terms: Terms) -> dict[Why, bool]:
    phase = _phase_at(start, terms)
    if phase is not None:
        return {Why.OFF_GRID: (start - phase) % terms.step != 0}
    changes = tuple(change for change in terms.hours.overrides if change[1])
    usual = terms.hours._replace(days_off=(), time_off=(), overrides=changes)
    usually = _phase_at(start, terms._replace(hours=usual)) is not None
    return {Why.DAY_OFF if usually else Why.OUTSIDE_HOURS: True}


def _phase_at(start: int, terms: Terms) -> int | None:
    """The phase of the grid at `start`, or None where no session may start."""
    hours, window = terms.hours, whole_days(start, start + 1)
    if any(low <= start < high for low, high in _closed(hours, terms.minutes)):
        return None
    for first, last, phase in _start_pieces(
        hours.zone, hours.periods, hours.overrides, window, terms.minutes, terms.step
    ):
        if first <= start <= last:
            return phase
    return None


def _begun(start: int, zone: str, busy: Iterable[Span]) -> int:
    """How many busy spans begin on the therapist's local day of `start`."""
    day = local_day(zone, start)
    low, high = day_span(zone, day, day)
    return sum(low <= busy_from < high for busy_from, _ in busy)


# Parts of the day, labels


class PartOfDay(StrEnum):
    """When in the patient's day a session starts."""

    MORNING = "morning"  # before 12:00
    AFTERNOON = "afternoon"  # from 12:00
    EVENING = "evening"  # from 17:00


_PARTS = {
    PartOfDay.MORNING: (0, 12 * 60),
    PartOfDay.AFTERNOON: (12 * 60, 17 * 60),
    PartOfDay.EVENING: (17 * 60, DAY),
}


def in_part_of_day(zone: str, starts: Sequence[int], part: PartOfDay) -> list[int]:
    """Those of `starts` (in order) that the wall clock of `zone` counts to `part`."""
    low, high = _PARTS[part]
    return [
        start
        for piece, offset in _by_offset(zone, starts)
        for start in piece
        if low <= (start + offset) % DAY < high
    ]


def labels(zone: str, starts: Sequence[int]) -> list[str]:
    """RFC 3339 texts of `starts` (in order) on the wall clock of `zone`, offset included."""
    return [
        dates[(start + offset) // DAY] + times[(start + offset) % DAY]
        for piece, offset in _by_offset(zone, starts)
        for dates, times in [(_DATES, _clock(offset))]
        for start in piece
    ]


def label_table(zone: str, found: Iterable[Iterable[int]]) -> dict[int, str]:
    """The label of every start that occurs in `found`: therapists share most of theirs."""
    distinct = sorted(set().union(*found))
    return dict(zip(distinct, labels(zone, distinct), strict=True))


def _by_offset(zone: str, starts: Sequence[int]) -> Iterator[tuple[Sequence[int], int]]:
    """`starts` in stretches of one offset each."""
    if not starts:
        return
    for low, high, offset in segments(zone, *whole_days(starts[0], starts[-1] + 1)):
        yield starts[bisect_left(starts, low) : bisect_left(starts, high)], offset


class _Dates(dict[int, str]):
    def __missing__(self, day: int) -> str:
        if len(self) > 4096:
            self.clear()
        text = self[day] = day_date(day).isoformat()
        return text


_DATES = _Dates()


@lru_cache(64)
def _clock(offset: int) -> tuple[str, ...]:
    """The time part of a label for every minute of the day."""
    sign = "-" if offset < 0 else "+"
    ahead = f"{sign}{abs(offset) // 60:02}:{abs(offset) % 60:02}"
    return tuple(f"T{hour:02}:{minute:02}:00{ahead}" for hour in range(24) for minute in range(60))
