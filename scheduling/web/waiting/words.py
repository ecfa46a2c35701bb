"""How it is said what somebody waits for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from scheduling.engine.interval import to_minute
from scheduling.models import Medium, Waiting, WaitOffer
from scheduling.queries import times
from scheduling.web.booking.forms import PARTS, full_name
from scheduling.web.booking.words import place_name
from scheduling.web.series.forms import WEEKDAYS


def what(row: Waiting) -> str:
    """ "CBT session", the name of the group, or an earlier time than one's own."""
    if row.group is not None:
        return row.group.name
    if row.booking is not None:
        when = times.starting(row.booking.start, row.zone)
        return _("An earlier time than %(when)s") % {"when": when}
    return row.service.name


def suits(row: Waiting) -> str:
    """ "Monday, Wednesday; Evening, from 5 PM" or "Any time" """
    days = [str(WEEKDAYS[int(day)][1]) for day in row.days.split(",") if day]
    names = {part.value: str(label) for part, label in PARTS.items()}
    parts = [names[part] for part in row.parts.split(",") if part]
    said = "; ".join(", ".join(some) for some in (days, parts) if some)
    return said or _("Any time")


def with_whom(row: Waiting) -> str:
    return full_name(row.therapist) if row.therapist else _("Any therapist")


def facts(row: Waiting) -> list[dict[str, Any]]:
    said = [
        (_("For"), what(row)),
        (_("With"), with_whom(row)) if row.group is None else None,
        (_("When it suits"), suits(row)) if row.group is None else None,
        (_("How"), str(Medium(row.medium).label)),
        (_("State"), place_name(row.place)),
    ]
    return [{"term": term, "value": value} for term, value in filter(None, said)]


def offered(one: WaitOffer, zone: str, now: datetime) -> dict[str, Any]:
    """A time that is kept for an answer."""
    return {
        "offer": one,
        "service": one.booking.session.service.name,
        "when": times.when(one.booking.start, one.booking.end, zone),
        "moment": one.until,
        "until": times.starting(to_minute(one.until), zone),
        "now": now,
    }
