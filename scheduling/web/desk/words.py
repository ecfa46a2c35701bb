"""How the desk's pages say what the rows know in codes."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from django.utils.dateformat import format as say
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from scheduling.engine.hours import offset_at
from scheduling.models import Medium
from scheduling.queries import times
from scheduling.queries.day_sheet import Column, Held, Line
from scheduling.queries.people import Seen
from scheduling.web.therapist.words import chip, span


class SheetLine(NamedTuple):
    """A booking as the day's sheet shows it, or a time that is kept, which has no `line`.

    `theirs`: on the therapist's own clock.
    """

    start: int
    line: Line | None
    time: str
    theirs: str
    medium: str
    minutes: int
    chip: tuple[str, str]


def sheet_lines(column: Column, zone: str) -> list[SheetLine]:
    """In order of time; a time that is kept is shown until when."""
    booked = [_sheet_line(one, one, column, zone, chip(one.standing)) for one in column.lines]
    kept = [_sheet_line(one, None, column, zone, kept_chip(one, zone)) for one in column.held]
    return sorted(booked + kept, key=lambda one: one.start)


def _sheet_line(
    what: Line | Held, line: Line | None, column: Column, zone: str, mark: tuple[str, str]
) -> SheetLine:
    own_zone = column.therapist.time_zone
    return SheetLine(
        what.start,
        line,
        span(what.start, what.end, zone),
        span(what.start, what.end, own_zone) if differs(what.start, zone, own_zone) else "",
        str(Medium(what.medium).label),
        what.end - what.start,
        mark,
    )


def kept_chip(held: Held, zone: str) -> tuple[str, str]:
    return _("Kept until %(time)s") % {"time": times.clock_in(held.until, zone)}, "warn"


def differs(minute: int, zone: str, other: str) -> bool:
    return offset_at(zone, minute) != offset_at(other, minute)


def zone_note(zone: str, minute: int) -> str:
    """ "EST, New York" """
    return f"{times.abbreviation(times.local(minute, zone))}, {times.city(zone)}"


class BookingLine(NamedTuple):
    """A booking on a patient's page, on the clock of the patient's zone."""

    seen: Seen
    when: str
    medium: str
    chip: tuple[str, str]


def booking_lines(rows: list[Seen], zone: str) -> list[BookingLine]:
    return [
        BookingLine(
            one,
            times.when(one.row.start, one.row.end, zone),
            str(Medium(one.row.session.medium).label),
            chip(one.standing),
        )
        for one in rows
    ]


def birth_date(text: str) -> str:
    """ "May 17, 1990" of the ISO date that is kept."""
    if not text:
        return ""
    return say(date.fromisoformat(text), pgettext("a birth date, Django's format", "F j, Y"))


def slot(start: int, zone: str) -> dict[str, Any]:
    return {
        "value": start,
        "time": times.clock(times.local(start, zone)),
        "name": times.starting(start, zone),
    }
