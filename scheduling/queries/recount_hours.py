"""Hours offered counted anew, by the quarter of an hour and the wall clock: slow, and plain to see.

Quarters, because every zone's offset is a whole number of them since 1972.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from accounts.models import Clinic, Therapist
from scheduling.engine.hours import parse_day, parse_pattern
from scheduling.engine.interval import DAY, Span
from scheduling.models import Holiday

QUARTER = 15
ONE_DAY = timedelta(days=1)


def recount_hours(clinic: Clinic, span: Span) -> int:
    """Minutes that all therapists offered."""
    closed = set(Holiday.objects.filter(clinic=clinic).values_list("day", flat=True))
    people = Therapist.objects.filter(clinic=clinic)
    return sum(_minutes(who, closed, span) for who in people)


def _minutes(who: Therapist, closed: set[date], span: Span) -> int:
    weeks, off = list(who.weekly_hours.all()), _off(who)
    single = {one.day: parse_day(one.spans) for one in who.day_hours.all()}

    def spans(day: date) -> tuple[Span, ...]:
        valid = [w for w in weeks if w.valid_from <= day <= (w.valid_until or date.max)]
        week = [parse_pattern(one.pattern)[day.weekday()] for one in valid]
        return single.get(day, week[0] if week else ())

    @cache
    def minutes(day: date) -> bytes:
        """Of each of its minutes 1 if it is open; a shift of the day before may last into it."""
        open_ = bytearray(2 * DAY)
        if day in closed or any(first <= day <= last for first, last in off):
            return bytes(open_)
        today = spans(day)
        for start, end in [*today, *((a - DAY, b - DAY) for a, b in spans(day - ONE_DAY))]:
            low, high = max(0, start), max(0, end)
            open_[low:high] = b"\1" * (high - low)
        return bytes(open_)

    zone, found = ZoneInfo(who.time_zone), 0
    for quarter in range(*span, QUARTER):
        wall = datetime.fromtimestamp(quarter * 60, zone)
        clock = wall.hour * 60 + wall.minute
        found += minutes(wall.date()).count(1, clock, clock + QUARTER)
    return found


def _off(who: Therapist) -> list[tuple[date, date]]:
    off = [(one.first_day, one.last_day) for one in who.time_off.all()]
    for gone in who.departures.all():
        off.append((gone.last_day + ONE_DAY, gone.back - ONE_DAY if gone.back else date.max))
    return off
