"""The periods of a report: whole weeks of the clinic, whole months, a year of months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from .ledger import WEEK, first_of_week


class Length(StrEnum):
    WEEK = "week"
    FOUR_WEEKS = "4weeks"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True)
class Period:
    """Days from `first` to before `until`."""

    length: Length
    first: date
    until: date

    @property
    def last(self) -> date:
        return self.until - timedelta(days=1)

    @property
    def before(self) -> Period:
        return beginning(self.length, _back(self.length, self.first))

    @property
    def after(self) -> Period:
        return beginning(self.length, self.until)

    def over(self, today: date) -> bool:
        return self.until <= today


def period(length: Length, day: date, week_starts: int) -> Period:
    """The week, month or year in which a day lies; the four weeks that begin with its week."""
    if length in (Length.WEEK, Length.FOUR_WEEKS):
        return beginning(length, first_of_week(day, week_starts))
    return beginning(length, day.replace(day=1, month=1 if length is Length.YEAR else day.month))


def latest(length: Length, today: date, week_starts: int) -> Period:
    """The last one that is over."""
    if length is Length.FOUR_WEEKS:
        return beginning(length, first_of_week(today, week_starts) - 4 * WEEK)
    return period(length, today, week_starts).before


def beginning(length: Length, first: date) -> Period:
    return Period(length, first, _on(length, first))


def _on(length: Length, first: date) -> date:
    if length is Length.WEEK:
        return first + WEEK
    if length is Length.FOUR_WEEKS:
        return first + 4 * WEEK
    if length is Length.YEAR:
        return first.replace(year=first.year + 1)
    return (first + timedelta(days=31)).replace(day=1)


def _back(length: Length, first: date) -> date:
    if length is Length.WEEK:
        return first - WEEK
    if length is Length.FOUR_WEEKS:
        return first - 4 * WEEK
    if length is Length.YEAR:
        return first.replace(year=first.year - 1)
    return (first - timedelta(days=1)).replace(day=1)
