"""What a report's page shows of its numbers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, time
from typing import Any

from django.utils.dateformat import format as say
from django.utils.dateformat import time_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models.clinic import WEEKDAYS
from scheduling.engine.periods import Length, Period, period
from scheduling.queries.told import Access, Line, Telling, Wish
from scheduling.queries.utilization import By
from scheduling.web.therapist.words import how_long
from scheduling.web.utilization import charts, words
from scheduling.web.utilization.asked import NARROW, of_period, query
from scheduling.web.utilization.words import Word


def report(wish: Wish, found: Telling, today: date, week_starts: int) -> dict[str, Any]:
    """The part of the page that the clinic's and a therapist's own report share."""
    lines = [line._replace(label=label(line, wish)) for line in found.lines]
    steps = [line._replace(label=step(line.key, wish.period)) for line in found.series]
    return {
        "title": period_name(wish.period),
        "running": wish.period.first <= today < wish.period.until,
        "tabs": tabs(wish, week_starts),
        "earlier_url": f"?{of_period(wish, wish.period.before)}",
        "later_url": "" if today < wish.period.until else f"?{of_period(wish, wish.period.after)}",
        "minutes": compared(found, words.MINUTES),
        "people": compared(found, words.PEOPLE) if found.total.people else [],
        "chart": charts.over_time(found.series, [one.label for one in steps]),
        "steps": table(steps, wish, By.PERIOD),
        "lines": table(lines, wish, wish.by) if wish.by not in (None, By.PERIOD) else None,
        "bars": charts.by_row(lines) if wish.by in BARS else None,
        "by": words.BYS[wish.by] if wish.by else "",
        "heat": charts.heat(found.report.heat, weekdays(), [clock(hour) for hour in range(24)]),
        "weekdays": weekdays(),
        "access": [access_line(one) for one in found.access],
        "empty": not (found.total.offered or found.total.booked),
    }


BARS = frozenset({By.THERAPIST, By.SERVICE, By.MODALITY, By.KIND, By.MEDIUM, By.LEVEL})


def weekdays() -> list[str]:
    return [str(name) for name in WEEKDAYS]


def period_name(one: Period) -> str:
    if one.length is Length.YEAR:
        return str(one.first.year)
    if one.length is Length.MONTH:
        return say(one.first, pgettext("a month, Django's format", "F Y"))
    form = pgettext("a day of a year, Django's format", "F j, Y")
    return _("%(first)s to %(last)s") % {"first": say(one.first, form), "last": say(one.last, form)}


def step(key: str, whole: Period) -> str:
    """A week or month within a period."""
    day = date.fromisoformat(key)
    if whole.length in (Length.MONTH, Length.YEAR):
        return say(day, pgettext("a month below a bar, Django's format", "M"))
    return say(day, pgettext("a day below a bar, Django's format", "M j"))


def clock(hour: int) -> str:
    return time_format(time(hour), pgettext("an hour of the day, Django's format", "g A"))


def label(line: Line, wish: Wish) -> str:
    if wish.by is By.PERIOD:
        return step(line.key, wish.period)
    if wish.by is By.WEEKDAY_HOUR:
        day, _dash, hour = line.key.partition("-")
        return f"{WEEKDAYS[int(day)]}, {clock(int(hour))}"
    if wish.by is By.LEVEL and not line.label:
        return _("Several levels at once") if line.key else _("In no programme")
    return line.label


def tabs(wish: Wish, week_starts: int) -> list[dict[str, Any]]:
    """Longer and shorter periods that begin with, or hold, the first day of this one."""
    return [
        {
            "label": words.LENGTHS[length],
            "url": f"?{of_period(wish, period(length, wish.period.first, week_starts))}",
            "current": length is wish.period.length,
        }
        for length in Length
    ]


def compared(found: Telling, which: Iterable[Word]) -> list[dict[str, Any]]:
    """Each number, that of the period before, and what changed."""
    return [
        {
            "word": word,
            "now": words.written(found.total, word),
            "before": words.written(found.before, word),
            "change": words.difference(found.total, found.before, word),
        }
        for word in which
    ]


def table(lines: list[Line], wish: Wish, by: By) -> dict[str, Any]:
    """Minutes, and what any row tells of people."""
    people = [
        word for word in words.IN_TABLES if any(word.name in line.told.people for line in lines)
    ]
    columns = [*words.MINUTES, *people]
    rows = [
        {
            "label": line.label,
            "url": below(line, wish, by),
            "cells": [words.written(line.told, word) for word in columns],
        }
        for line in lines
    ]
    return {"columns": columns, "rows": rows}


def access_line(one: Access) -> dict[str, str]:
    none = "–" if one.joined else _("fewer than three times were free")
    return {
        "service": one.label,
        "third_next": none if one.third_next is None else in_words(one.third_next),
        "waiting": _("not shown") if one.waiting is None else words.count(one.waiting),
        "waited": "–" if one.waited is None else in_words(one.waited),
    }


def in_words(minutes: int) -> str:
    """Whole hours are near enough."""
    return how_long(minutes - minutes % 60 if minutes > 60 else minutes)


def below(line: Line, wish: Wish, by: By) -> str:
    """Where a row leads: the report of that week or month, or of what the row is about."""
    if by is By.PERIOD:
        shorter = wish.period.length in (Length.WEEK, Length.FOUR_WEEKS)
        length = Length.WEEK if shorter else Length.MONTH
        same = length is wish.period.length
        return "" if same else f"?{query(wish, period=length.value, **{'from': line.key}, by=None)}"
    if by.value not in NARROW or not line.key:
        return ""
    return f"?{query(wish, by=None, **{by.value: line.key})}"
