"""How many seats a session of a group has, and how many are free.

Never told to a patient as a number (GR1). Seats held for somebody who waits count as taken until
their deadline, whether or not a worker runs.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Q, QuerySet

from scheduling.engine.hours import local_day
from scheduling.engine.interval import to_minute
from scheduling.models import Booking, Group, Session
from scheduling.queries import groups

GIVERS = Count("occupancies", filter=Q(occupancies__live=True))


def seats_left(session_ids: Collection[int], now: datetime) -> dict[int, int]:
    """Free seats by session. Two queries."""
    limits = seat_limits(session_ids)
    taken = seats_taken(session_ids, now)
    return {pk: max(0, limit - taken.get(pk, 0)) for pk, limit in limits.items()}


def seats_taken(session_ids: Collection[int], now: datetime) -> dict[int, int]:
    """Taken seats by session, where there are any. One query."""
    rows = taking(session_ids, now).values_list("session_id").annotate(taken=Count("pk"))
    return dict(rows)


def seat_limits(session_ids: Collection[int]) -> dict[int, int]:
    """The seats of each session: the group's, and no more than its facilitators can look after."""
    rows = Session.objects.filter(pk__in=session_ids, series__group__isnull=False)
    given = rows.annotate(givers=GIVERS).values_list(
        "pk", "series__group__capacity", "series__group__per_facilitator", "givers"
    )
    return {pk: _seats(most, each, givers) for pk, most, each, givers in given}


def seats_of(group: Group, givers: int) -> int:
    """Of a session that so many facilitators give."""
    return _seats(group.capacity, group.per_facilitator, givers)


def _seats(capacity: int, each: int | None, givers: int) -> int:
    return min(capacity, each * givers) if each else capacity


class Need(NamedTuple):
    """On one date: how many give it, and how many have a seat or, as members, a place."""

    givers: int
    taken: int


def needs(group: Group, sessions: Sequence[Session], now: datetime) -> list[Need]:
    """Of each of these sessions to come, then of the dates from which members have places: those
    may not be made yet. Four queries."""
    pks = [one.pk for one in sessions]
    givers = Session.objects.filter(pk__in=pks).annotate(givers=GIVERS)
    given = dict(givers.values_list("pk", "givers"))
    taken = seats_taken(pks, now)
    rows = groups.facilitators(group)
    members = groups.places([group])[group.pk]
    since = {max(first, to_minute(now)) for first, _last in members}
    places = groups.within(members, [*since, *(one.slot or 0 for one in sessions)])
    made = [
        Need(given[one.pk], max(taken.get(one.pk, 0), places[one.slot or 0])) for one in sessions
    ]
    zone = group.clinic.time_zone
    ahead = [Need(len(groups.on_duty(rows, local_day(zone, at))) or 1, places[at]) for at in since]
    return made + ahead


def taking(session_ids: Collection[int], now: datetime) -> QuerySet[Booking]:
    """The bookings that take a seat at this moment."""
    live = Booking.objects.filter(session__in=session_ids, live=True)
    return live.exclude(held_until__lte=int(now.timestamp()))
