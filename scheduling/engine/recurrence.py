"""Recurrence: which dates a rule gives, and the minutes at which they begin.

A rule is the part of RFC 5545 3.3.10 that a clinic needs, as its own text: every so many weeks on
some weekdays ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE"), or every so many months on one nth weekday
("FREQ=MONTHLY;BYDAY=2TU"; -1 is the last). Weeks begin on Monday (WKST's default), so that "every
other week" skips whole weeks. The wall-clock time is kept over a change of the clock.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice, takewhile
from typing import NamedTuple

from .hours import NonexistentTime, wall_to_minute

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MOST = 104
"""No series or look ahead has more dates: weekly for two years."""

_LONGEST_INTERVAL = {"WEEKLY": 12, "MONTHLY": 12}
_FAR = date(2200, 1, 1)


class Rule(NamedTuple):
    """`weekdays` are numbers, Monday = 0; `nth` is 0 for weekly rules, else 1 to 4 or -1."""

    freq: str
    interval: int
    weekdays: tuple[int, ...]
    nth: int = 0


class Date(NamedTuple):
    """A date of a series and the minute (UTC) at which it begins; None in a spring gap."""

    day: date
    start: int | None


def weekly(weekdays: tuple[int, ...], interval: int = 1) -> str:
    """The text of "every `interval` weeks on these weekdays"."""
    return format_rule(Rule("WEEKLY", interval, tuple(sorted(set(weekdays)))))


def monthly(nth: int, weekday: int, interval: int = 1) -> str:
    """The text of "on the nth weekday every `interval` months"."""
    return format_rule(Rule("MONTHLY", interval, (weekday,), nth))


def format_rule(rule: Rule) -> str:
    """The rule's text; ValueError as `parse_rule`."""
    parts = [f"FREQ={rule.freq}"]
    if rule.interval != 1:
        parts.append(f"INTERVAL={rule.interval}")
    days = ",".join(f"{rule.nth or ''}{WEEKDAYS[day]}" for day in rule.weekdays)
    text = ";".join([*parts, f"BYDAY={days}"])
    parse_rule(text)
    return text


def parse_rule(text: str) -> Rule:
    """The rule of a text. ValueError says what is wrong."""
    fields = dict(part.partition("=")[::2] for part in text.split(";"))
    freq, days = fields.pop("FREQ", ""), fields.pop("BYDAY", "").split(",")
    interval = fields.pop("INTERVAL", "1")
    if fields or freq not in _LONGEST_INTERVAL:
        raise ValueError(f"{text!r}: a rule is weekly or monthly, by weekday")
    if not (interval.isascii() and interval.isdecimal()):
        raise ValueError(f"{text!r}: an interval is a number")
    if not 1 <= int(interval) <= _LONGEST_INTERVAL[freq]:
        raise ValueError(f"{text!r}: an interval is from 1 to {_LONGEST_INTERVAL[freq]}")
    if any(day[-2:] not in WEEKDAYS for day in days) or len(set(days)) < len(days):
        raise ValueError(f"{text!r}: weekdays are MO to SU, each once")
    weekdays = tuple(sorted(WEEKDAYS.index(day[-2:]) for day in days))
    nths = {day[:-2] for day in days}
    if freq == "WEEKLY":
        if nths != {""}:
            raise ValueError(f"{text!r}: a weekly rule has plain weekdays")
        return Rule(freq, int(interval), weekdays)
    if len(days) > 1 or not nths <= {"1", "2", "3", "4", "-1"}:
        raise ValueError(f"{text!r}: a monthly rule has one weekday, 1st to 4th or last")
    return Rule(freq, int(interval), weekdays, int(nths.pop()))


def days_of(rule: Rule, first: date) -> Iterator[date]:
    """The rule's dates, without end (a year far ahead apart). The interval is counted from the
    first one, which is the earliest fit from `first` on."""
    every = _by_week if rule.freq == "WEEKLY" else _by_month
    begins = next(every(rule._replace(interval=1), first))
    return takewhile(lambda day: day < _FAR, every(rule, begins))


def dates(
    rule: str, zone: str, at: int, first: date, *, last: date | None = None, count: int = MOST
) -> list[Date]:
    """The dates from `first` on, to `last` (included) or `count` of them, at the minute `at` of
    the day on the wall clock of `zone`; never more than MOST. Where autumn shows the time twice,
    it is the first of the two."""
    days = days_of(parse_rule(rule), first)
    if last is not None:
        days = takewhile(lambda day: day <= last, days)
    return [Date(day, _minute(zone, day, at)) for day in islice(days, min(count, MOST))]


def _minute(zone: str, day: date, at: int) -> int | None:
    try:
        return wall_to_minute(zone, day, at)
    except NonexistentTime:
        return None


def _by_week(rule: Rule, first: date) -> Iterator[date]:
    monday = first - timedelta(days=first.weekday())
    while True:
        for weekday in rule.weekdays:
            if (day := monday + timedelta(days=weekday)) >= first:
                yield day
        monday += timedelta(weeks=rule.interval)


def _by_month(rule: Rule, first: date) -> Iterator[date]:
    months = first.year * 12 + first.month - 1
    while True:
        if (day := _nth(months, rule.nth, rule.weekdays[0])) >= first:
            yield day
        months += rule.interval


def _nth(months: int, nth: int, weekday: int) -> date:
    """The nth `weekday` of the month (counted from year 0); -1 is the last."""
    year, month = divmod(months, 12)
    begins, length = monthrange(year, month + 1)
    day = 1 + (weekday - begins) % 7 + 7 * (nth - 1)
    if nth == -1:
        day = 1 + (weekday - begins) % 7
        day += (length - day) // 7 * 7
    return date(year, month + 1, day)
