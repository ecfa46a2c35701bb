"""The periods that a report can be of: a week of the clinic, four, a month, a year of months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from .utilization import Unit, begin, step


class Length(StrEnum):
    WEEK = "week"
    FOUR_WEEKS = "4weeks"
    MONTH = "month"
    YEAR = "year"


SIZE = {
    Length.WEEK: (Unit.WEEK, 1),
    Length.FOUR_WEEKS: (Unit.WEEK, 4),
    Length.MONTH: (Unit.MONTH, 1),
    Length.YEAR: (Unit.MONTH, 12),
}


@dataclass(frozen=True)
class Period:
    """Days from `first` to before `until`."""

    length: Length
    first: date

    @property
    def unit(self) -> Unit:
        return SIZE[self.length][0]

    @property
    def until(self) -> date:
        return step(self.first, *SIZE[self.length])

    @property
    def last(self) -> date:
        return self.until - timedelta(days=1)

    @property
    def before(self) -> Period:
        unit, count = SIZE[self.length]
        return Period(self.length, step(self.first, unit, -count))

    @property
    def after(self) -> Period:
        return Period(self.length, self.until)


def period(length: Length, day: date, week_starts: int) -> Period:
    """The week, month or year in which a day lies; the four weeks that begin with its week."""
    if length is Length.YEAR:
        day = day.replace(month=1)
    return Period(length, begin(day, SIZE[length][0], week_starts))


def latest(length: Length, today: date, week_starts: int) -> Period:
    """The last one that is over."""
    if length is Length.FOUR_WEEKS:
        return Period(length, step(begin(today, Unit.WEEK, week_starts), Unit.WEEK, -4))
    return period(length, today, week_starts).before
