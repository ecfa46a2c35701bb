"""The slow truth about slots: looks at every single minute, on the wall clock, with zoneinfo alone.

Shares nothing with the engine but the words, so that the two cannot be wrong in the same way.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ONE_DAY = timedelta(days=1)


@dataclass
class World:
    """One therapist, one service, and what is busy; spans in minutes, [start, end)."""

    zone: str
    window: tuple[int, int]
    periods: list = field(default_factory=list)  # (from, until, {weekday: [spans]})
    overrides: dict = field(default_factory=dict)  # date -> [spans]
    days_off: list = field(default_factory=list)  # (first, last)
    time_off: list = field(default_factory=list)  # UTC minutes
    busy: list = field(default_factory=list)  # UTC minutes
    minutes: int = 50
    before: int = 0
    after: int = 10
    step: int = 15
    cut_from: int = -(10**9)
    cut_until: int = 10**9
    max_per_day: int | None = None
    allowed: list | None = None


@lru_cache(200_000)
def wall(zone: str, minute: int) -> tuple[date, int]:
    """What a clock and a calendar on the wall show."""
    local = (EPOCH + timedelta(minutes=minute)).astimezone(ZoneInfo(zone))
    return local.date(), local.hour * 60 + local.minute


def spans_of(world: World, day: date) -> list:
    """The spans that start on a date."""
    if day in world.overrides:
        return world.overrides[day]
    return [
        span
        for since, until, week in world.periods
        if (since is None or since <= day) and (until is None or day <= until)
        for span in week.get(day.weekday(), [])
    ]


def is_open(world: World, minute: int) -> bool:
    day, clock = wall(world.zone, minute)
    if any(first <= day <= last for first, last in world.days_off):
        return False
    if any(start <= minute < end for start, end in world.time_off):
        return False
    return any(start <= clock < end for start, end in spans_of(world, day)) or any(
        start <= clock + 1440 < end for start, end in spans_of(world, day - ONE_DAY)
    )


def free_starts(world: World) -> list[int]:
    low, high = world.window
    length, busy = world.minutes, set()
    for start, end in world.busy:
        busy.update(range(start, end))
    opened = {m for m in range(low, high + length) if is_open(world, m)}
    begun: dict[date, int] = {}
    for start, _ in world.busy:
        day = wall(world.zone, start)[0]
        begun[day] = begun.get(day, 0) + 1
    found = []
    for start in range(low, high):
        day, clock = wall(world.zone, start)
        if clock % world.step or not world.cut_from <= start < world.cut_until:
            continue
        if world.allowed is not None and not any(a <= start < b for a, b in world.allowed):
            continue
        if world.max_per_day is not None and begun.get(day, 0) >= world.max_per_day:
            continue
        if not all(m in opened for m in range(start, start + length)):
            continue
        if busy.isdisjoint(range(start - world.before, start + length + world.after)):
            found.append(start)
    return found
