"""How a group is told to whoever looks for one, and to its members."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from scheduling.engine.lifecycle import GroupState
from scheduling.models import Entry, Medium
from scheduling.queries import recurring, times
from scheduling.queries.find_group import Seen, Standing
from scheduling.web.booking.words import people, place_name

DATES = 8  # of those to come that a group's page shows


def standing(seen: Seen, mine: bool = False) -> tuple[str, str]:
    """The one word, and the kind of its chip; a member is told of the own place alone (GR1)."""
    if mine:
        return _("You are in it"), "success"
    return {
        Standing.OPEN: (_("Open"), "success"),
        Standing.WAITING_LIST: (_("Waiting list"), ""),
        Standing.CLOSED: (_("Closed"), "off"),
    }[seen.standing]


def when(seen: Seen) -> str:
    """ "Every Tuesday at 6:00 PM PST (Los Angeles)" """
    if seen.series is None or not seen.dates:
        return _("No dates at present")
    return recurring.every_at(seen.series.rule, seen.dates[0].start, seen.series.zone)


def how_one_joins(entry: str) -> str:
    return {
        Entry.CLOSED.value: _(
            "Everybody begins together. You join once and have your place in every session."
        ),
        Entry.ROLLING.value: _(
            "New members come in at certain dates. You join once and have your place from there on."
        ),
        Entry.OPEN.value: _("Come when you like: you take a place for each session."),
    }[entry]


def next_step(seen: Seen, zone: str) -> str:
    """When somebody would begin who joins now."""
    if seen.group.state == GroupState.PAUSED.value:
        return _("The group pauses at present.")
    if seen.standing is Standing.CLOSED:
        return _("It cannot be joined at present.")
    if seen.standing is Standing.WAITING_LIST:
        return _("You can wait for a place: we write when there is one for you.")
    assert seen.way is not None
    first = times.starting(seen.way.sessions[0].start, zone)
    if seen.dropped_in:
        return _("Next: %(first)s.") % {"first": first}
    return _("You would begin on %(first)s.") % {"first": first}


def facts(seen: Seen) -> list[dict[str, Any]]:
    """All about it, for who has not joined."""
    return [
        {"term": _("When"), "value": when(seen)},
        *what(seen),
        *_told((_("For people in"), ", ".join(place_name(one) for one in seen.places))),
        {"term": _("Joining"), "value": how_one_joins(seen.group.entry)},
    ]


def what(seen: Seen) -> list[dict[str, Any]]:
    service = seen.group.service
    return _told(
        (_("Length"), times.length(service.minutes)),
        (_("With"), hosts(seen)),
        (_("How"), medium(seen)),
        (_("Price or cover"), service.price),
    )


def _told(*said: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"term": term, "value": value} for term, value in said if value]


def hosts(seen: Seen) -> str:
    return people(seen.hosts)


def medium(seen: Seen) -> str:
    return str(Medium(seen.series.medium).label) if seen.series else ""


def way(seen: Seen, zone: str) -> list[dict[str, Any]]:
    """What is taken by joining now."""
    assert seen.way is not None
    first = seen.way.sessions[0]
    if seen.dropped_in:
        return [{"term": _("When"), "value": times.when(first.start, first.end, zone)}]
    found = [
        {"term": _("When"), "value": when(seen)},
        {"term": _("Your first date"), "value": times.when(first.start, first.end, zone)},
    ]
    if last := last_day(seen, zone):
        found.append({"term": _("Until"), "value": last})
    return found


def last_day(seen: Seen, zone: str) -> str:
    """Until when a place would be, where that is known today."""
    assert seen.way is not None
    if seen.way.until is not None:
        return times.starting(seen.way.until, zone)
    last = seen.series.last_day if seen.series else None
    return times.day(last) if last else ""
