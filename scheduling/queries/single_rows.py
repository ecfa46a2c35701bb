"""Every booking of a span of days as one row, for who has the right to export them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import F, QuerySet

from accounts.actor import Actor
from scheduling import policy
from scheduling.engine.hours import day_span
from scheduling.engine.lifecycle import BookingState
from scheduling.errors import NotFound
from scheduling.models import Booking, Occupancy

SOME = 2000  # rows read at a time


def patients(actor: Actor, first: date, last: date) -> list[int]:
    """Whose rows they are, for the record."""
    rows = _bookings(actor, first, last).order_by("patient_id")
    return [pk for pk in rows.values_list("patient_id", flat=True).distinct() if pk is not None]


def bookings(actor: Actor, first: date, last: date) -> Iterator[dict[str, Any]]:
    """In order of start, read as they are wanted. No name, no contact: the reference tells who."""
    found: Any = _bookings(actor, first, last).order_by("start", "pk")
    found = found.values(
        "reference",
        "start",
        "end",
        "state",
        "late",
        "cancel_reason",
        "attendance",
        "late_by",
        "left_early_by",
        "booked_at",
        "cancelled_at",
        "session_id",
        whose=F("patient__reference"),
        service=F("session__service__name"),
        kind=F("session__service__kind"),
        medium=F("session__medium"),
    )
    some: list[dict[str, Any]] = []
    for row in found.iterator(SOME):
        some.append(row)
        if len(some) == SOME:
            yield from _with_therapists(some)
            some = []
    yield from _with_therapists(some)


def _with_therapists(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    given: dict[int, list[str]] = {}
    hosts = Occupancy.objects.filter(session__in={row["session_id"] for row in rows})
    names = hosts.order_by("pk").values_list("session_id", "profile__name")
    for session, name in names:
        given.setdefault(session, []).append(name)
    for row in rows:
        yield row | {"therapists": ", ".join(given.get(row["session_id"], []))}


def _bookings(actor: Actor, first: date, last: date) -> QuerySet[Booking]:
    """NotFound for who has not that right; days of the clinic, both included."""
    if actor.clinic is None or not actor.has(policy.EXPORT):
        raise NotFound
    low, high = day_span(actor.clinic.time_zone, first, last)
    known = Booking.objects.filter(clinic=actor.clinic, patient__isnull=False)
    stood = known.filter(state__in=[BookingState.BOOKED.value, BookingState.CANCELLED.value])
    return stood.filter(start__gte=low, start__lt=high)
