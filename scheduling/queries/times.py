"""How a time is told to a person: one sentence, for pages and mail alike.

Every time shown has the city and the abbreviation of its zone, "to" in place of a dash, and AM or
PM: "Tuesday, March 2, 2027, 10:00 AM to 10:50 AM PST (Los Angeles)". The formats are texts like
any other, so that a language brings its own.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.utils.dateformat import format as say
from django.utils.dateformat import time_format
from django.utils.formats import number_format
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from scheduling.engine.interval import from_minute


def when(start: int, end: int, zone: str) -> str:
    """Date and both times (given in minutes, UTC) on the wall clock of `zone`.

    The second date, and the abbreviation of the first time, are told only where they differ:
    over midnight, and in the night in which the clock changes.
    """
    begins, ends = local(start, zone), local(end, zone)
    first = clock(begins)
    if abbreviation(begins) != abbreviation(ends):
        first = f"{first} {abbreviation(begins)}"
    last = clock(ends) if begins.date() == ends.date() else f"{day(ends)}, {clock(ends)}"
    return _("%(day)s, %(first)s to %(last)s %(zone)s (%(city)s)") % {
        "day": day(begins),
        "first": first,
        "last": last,
        "zone": abbreviation(ends),
        "city": city(zone),
    }


def starting(start: int, zone: str) -> str:
    """A start alone: "Tuesday, March 2, 2027, 10:00 AM PST (Los Angeles)"."""
    begins = local(start, zone)
    return _("%(day)s, %(time)s %(zone)s (%(city)s)") % {
        "day": day(begins),
        "time": clock(begins),
        "zone": abbreviation(begins),
        "city": city(zone),
    }


def clock_in(start: int, zone: str) -> str:
    """A time of day with its zone: "10:00 AM PST"."""
    begins = local(start, zone)
    said = {"time": clock(begins), "zone": abbreviation(begins)}
    return _("%(time)s %(zone)s") % said


def hours(minutes: int) -> str:
    """ "9 hours", "5 h 10 min", "50 min" """
    whole, rest = divmod(minutes, 60)
    if not rest:
        return ngettext("%(hours)d hour", "%(hours)d hours", whole) % {"hours": whole}
    if not whole:
        return _("%(minutes)d min") % {"minutes": rest}
    return _("%(hours)d h %(minutes)d min") % {"hours": whole, "minutes": rest}


def length(minutes: int) -> str:
    """How long a session is: "50 minutes", from two hours on "4 h 30 min"."""
    return hours(minutes) if minutes >= 120 else _("%(minutes)d minutes") % {"minutes": minutes}


def h_mm(minutes: int) -> str:
    """ "12:05", as figures that are easy to compare."""
    whole, rest = divmod(abs(minutes), 60)
    sign = "−" if minutes < 0 else ""
    return f"{sign}{number_format(whole, use_l10n=True, force_grouping=True)}:{rest:02}"


def local(minute: int, zone: str) -> datetime:
    """The wall clock of `zone` at a minute."""
    return from_minute(minute).astimezone(ZoneInfo(zone))


def day(moment: date) -> str:
    """ "Tuesday, March 2, 2027" """
    whole = date(moment.year, moment.month, moment.day)
    return _day(whole, pgettext("a date in full, Django's format", "l, F j, Y"), get_language())


def clock(moment: datetime) -> str:
    """ "10:00 AM" """
    form = pgettext("a time of day, Django's format", "g:i A")
    return _clock(time(moment.hour, moment.minute), form, get_language())


# A page of free times says the same few dates and times of day hundreds of times.
@lru_cache(1024)
def _day(day: date, form: str, language: str | None) -> str:
    return say(day, form)


@lru_cache(4096)
def _clock(clock: time, form: str, language: str | None) -> str:
    return time_format(clock, form)


def abbreviation(moment: datetime) -> str:
    """ "PST", or the offset ("UTC-3", "UTC+5:30") where the zone has no letters of its own."""
    name = moment.tzname() or ""
    if name.isalpha():
        return name
    offset = moment.utcoffset() or timedelta()
    sign = "-" if offset < timedelta() else "+"
    hours, minutes = divmod(abs(offset) // timedelta(minutes=1), 60)
    return f"UTC{sign}{hours}:{minutes:02}" if minutes else f"UTC{sign}{hours}"


def city(zone: str) -> str:
    """ "Los Angeles" of America/Los_Angeles; "Knox, Indiana" of America/Indiana/Knox."""
    parts = [part.replace("_", " ") for part in zone.split("/")[1:]] or [zone]
    return ", ".join(reversed(parts))
