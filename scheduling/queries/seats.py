"""How many seats a session of a group has, and how many are free.

Never told to a patient as a number (GR1). Seats held for somebody who waits count as taken until
their deadline, whether or not a worker runs.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from scheduling.models import Booking, Session


def seats_left(session_ids: Collection[int], now: datetime) -> dict[int, int]:
    """Free seats by session. Two queries."""
    limits = seat_limits(session_ids)
    rows = taking(session_ids, now).values_list("session_id").annotate(taken=Count("pk"))
    taken = dict(rows)
    return {pk: max(0, limit - taken.get(pk, 0)) for pk, limit in limits.items()}


def seat_limits(session_ids: Collection[int]) -> dict[int, int]:
    """The seats of each session: the group's, and no more than its facilitators can look after."""
    rows = (
        Session.objects.filter(pk__in=session_ids, series__group__isnull=False)
        .annotate(givers=Count("occupancies", filter=Q(occupancies__live=True)))
        .values_list("pk", "series__group__capacity", "series__group__per_facilitator", "givers")
    )
    return {pk: min(most, each * givers) if each else most for pk, most, each, givers in rows}


def taking(session_ids: Collection[int], now: datetime) -> QuerySet[Booking]:
    """The bookings that take a seat at this moment."""
    live = Booking.objects.filter(session__in=session_ids, live=True)
    return live.exclude(held_until__lte=int(now.timestamp()))
