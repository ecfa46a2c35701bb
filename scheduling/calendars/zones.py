"""VTIMEZONE components that every reader understands (RFC 5545 3.6.5).

The component that icalendar makes by itself lists onsets as RDATEs, which several readers take one
hour wrong. Here a zone with a fixed rule gets two observances with a yearly RRULE, read from the
POSIX line at the end of its zone file; a zone without one gets an observance per change. Only the
pinned `tzdata` package is read, never the machine's own zone files.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard, vRecur

WEEKDAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
MONTH_DAYS = (0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

_KEY = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*")
_NAME = r"(?:<[^>]+>|[A-Za-z]+)"
_OFFSET = r"[+-]?\d+(?::\d+){0,2}"
_FOOTER = re.compile(
    rf"(?P<std>{_NAME})(?P<west>{_OFFSET})"
    rf"(?P<dst>{_NAME})(?P<dst_west>{_OFFSET})?,(?P<to_dst>[^,]+),(?P<to_std>[^,]+)"
)
_ONSET = re.compile(rf"M(?P<month>\d+)\.(?P<week>\d)\.(?P<day>\d)(?:/(?P<time>{_OFFSET}))?")


@dataclass(frozen=True, slots=True)
class Onset:
    """The weekday `day` that falls between two dates of a month, each year, at a wall time."""

    month: int
    day: int
    first: int
    last: int
    time: timedelta

    def on(self, year: int) -> datetime:
        """Wall-clock time of the change in `year`."""
        days = (date(year, self.month, number) for number in range(self.first, self.last + 1))
        found = next(one for one in days if one.isoweekday() % 7 == self.day)
        return datetime(found.year, found.month, found.day) + self.time  # noqa: DTZ001

    @property
    def rrule(self) -> str:
        head = f"FREQ=YEARLY;BYMONTH={self.month};"
        if self.last == MONTH_DAYS[self.month]:
            return f"{head}BYDAY=-1{WEEKDAYS[self.day]}"
        if self.last % 7 == 0:
            return f"{head}BYDAY={self.last // 7}{WEEKDAYS[self.day]}"
        dates = ",".join(str(number) for number in range(self.first, self.last + 1))
        return f"{head}BYDAY={WEEKDAYS[self.day]};BYMONTHDAY={dates}"


@dataclass(frozen=True, slots=True)
class Observance:
    """One STANDARD or DAYLIGHT part: from `onset`, on the wall clock before the change."""

    onset: datetime
    before: timedelta
    after: timedelta
    name: str
    daylight: bool
    yearly: Onset | None = None


def vtimezone(zone: str, first_year: int, last_year: int) -> Timezone:
    """A new VTIMEZONE, right for every instant of these years (UTC), both included.

    Raises ZoneInfoNotFoundError where the pinned zone data has no such zone.
    """
    component = Timezone()
    component.add("tzid", zone)
    for observance in observances(zone, first_year, last_year):
        component.add_component(_component(observance))
    return component


@lru_cache(maxsize=512)
def observances(zone: str, first_year: int, last_year: int) -> tuple[Observance, ...]:
    """The parts of a zone in these years (UTC); a yearly rule goes on after them."""
    data = _zone_file(zone)
    clock = ZoneInfo.from_file(BytesIO(data), key=zone)
    seen = tuple(_changes(clock, first_year, last_year))
    rules = _yearly(data.rsplit(b"\n", 2)[-2].decode(), first_year - 1)
    moved = [_utc(change.onset, change.before) for change in seen]
    if rules and moved == _predicted(rules, first_year, last_year):
        return rules
    start = datetime(first_year, 1, 1, tzinfo=UTC) - timedelta(days=1)
    return (_observed(clock, start, before=_offset(clock, start)), *seen)


def _zone_file(zone: str) -> bytes:
    if not _KEY.fullmatch(zone):
        raise ZoneInfoNotFoundError(zone)
    try:
        data = files("tzdata").joinpath("zoneinfo", *zone.split("/")).read_bytes()
    except OSError as error:
        raise ZoneInfoNotFoundError(zone) from error
    if not data.startswith(b"TZif"):  # "leapseconds" lies in the same folder
        raise ZoneInfoNotFoundError(zone)
    return data


def _yearly(footer: str, year: int) -> tuple[Observance, ...]:
    """The two yearly observances of a POSIX TZ line, or none where no RRULE can say it."""
    found = _FOOTER.fullmatch(footer)
    if found is None:
        return ()
    standard = -_duration(found["west"])
    west = found["dst_west"]
    daylight = -_duration(west) if west else standard + timedelta(hours=1)
    to_dst, to_std = _onset(found["to_dst"]), _onset(found["to_std"])
    if to_dst is None or to_std is None:
        return ()
    return (
        _rule(to_dst, year, standard, daylight, found["dst"]),
        _rule(to_std, year, daylight, standard, found["std"]),
    )


def _rule(onset: Onset, year: int, before: timedelta, after: timedelta, name: str) -> Observance:
    """A yearly part; DAYLIGHT is the later clock, also in Dublin, where the file says otherwise."""
    return Observance(onset.on(year), before, after, name.strip("<>"), after > before, onset)


def _onset(text: str) -> Onset | None:
    """Read "M3.2.0/2"; hours outside 0-23 move the day (RFC 9636 3.3.2), perhaps too far."""
    found = _ONSET.fullmatch(text)
    if found is None:
        return None
    shift, time = divmod(_duration(found["time"] or "2"), timedelta(days=1))
    month, week = int(found["month"]), int(found["week"])
    last = (MONTH_DAYS[month] if week == 5 else week * 7) + shift
    if last < 7 or last > MONTH_DAYS[month] or (month == 2 and week == 5):
        return None
    return Onset(month, (int(found["day"]) + shift) % 7, last - 6, last, time)


def _duration(text: str) -> timedelta:
    sign = -1 if text.startswith("-") else 1
    parts = [int(part) for part in text.lstrip("+-").split(":")] + [0, 0]
    return sign * timedelta(hours=parts[0], minutes=parts[1], seconds=parts[2])


def _predicted(rules: tuple[Observance, ...], first_year: int, last_year: int) -> list[datetime]:
    """When the yearly rules change the clock in these years, in UTC and in order."""
    years = range(first_year - 1, last_year + 2)
    moves = [_utc(rule.yearly.on(y), rule.before) for rule in rules if rule.yearly for y in years]
    return sorted(at for at in moves if first_year <= at.year <= last_year)


def _utc(wall: datetime, offset: timedelta) -> datetime:
    return (wall - offset).replace(tzinfo=UTC)


def _changes(clock: tzinfo, first_year: int, last_year: int) -> Iterator[Observance]:
    """Every change of offset in these years, found by looking at each day."""
    day, end = datetime(first_year, 1, 1, tzinfo=UTC), datetime(last_year + 1, 1, 1, tzinfo=UTC)
    while day < end:
        following = day + timedelta(days=1)
        if _offset(clock, day) != _offset(clock, following):
            at = _first_after(clock, day, following)
            yield _observed(clock, at, before=_offset(clock, day))
        day = following


def _observed(clock: tzinfo, at: datetime, before: timedelta) -> Observance:
    """What the clock shows from `at` (UTC) on, where it was `before` ahead of UTC until then."""
    local = at.astimezone(clock)
    onset = (at + before).replace(tzinfo=None)
    daylight = (local.dst() or timedelta()) > timedelta()
    return Observance(onset, before, _offset(clock, at), local.tzname() or "", daylight)


def _first_after(clock: tzinfo, low: datetime, high: datetime) -> datetime:
    """The second at which the offset becomes that of `high`."""
    before = _offset(clock, low)
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if _offset(clock, middle) == before:
            low = middle
        else:
            high = middle
    return high


def _offset(clock: tzinfo, at: datetime) -> timedelta:
    return at.astimezone(clock).utcoffset() or timedelta()


def _component(observance: Observance) -> TimezoneStandard | TimezoneDaylight:
    part = TimezoneDaylight() if observance.daylight else TimezoneStandard()
    part.add("dtstart", observance.onset)
    part.add("tzoffsetfrom", observance.before)
    part.add("tzoffsetto", observance.after)
    part.add("tzname", observance.name)
    if observance.yearly:
        part.add("rrule", vRecur.from_ical(observance.yearly.rrule))
    return part
