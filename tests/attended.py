"""Sessions that are over, as rows: many of them, in three statements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from accounts.models import Clinic, Patient, Therapist
from scheduling.engine.interval import from_minute
from scheduling.models import Booking, Occupancy, Service, Session
from tests.world import LA, at


def crowd(clinic: Clinic, count: int) -> list[Patient]:
    """People without accounts."""
    rows = [
        Patient(clinic=clinic, first_name=f"P{number}", state="CA", time_zone=LA)
        for number in range(count)
    ]
    return Patient.objects.bulk_create(rows)


def starts(first: date, count: int) -> list[int]:
    """One after the other, at 9, 10... 16 o'clock, from day to day, weekends too."""
    return [at(first + timedelta(days=number // 8), 9 + number % 8) for number in range(count)]


def held(
    who: Therapist,
    service: Service,
    times: Sequence[int],
    people: Sequence[Patient],
    mark: str = "attended",
    **more: Any,
) -> list[Booking]:
    """One session and seat for each of the times, with the people in turn; all have one mark.

    `state="cancelled"` with a `cancel_reason` for those that were not.
    """
    stood = more.get("state", "booked") == "booked"
    sessions = Session.objects.bulk_create(
        Session(
            clinic=who.clinic,
            service=service,
            start=start,
            end=start + service.minutes,
            zone=LA,
            medium="video",
            state="scheduled" if stood else "cancelled",
            created_at=asked_at(start),
        )
        for start in times
    )
    Occupancy.objects.bulk_create(
        Occupancy(
            session=one,
            therapist=who.user,
            profile=who,
            start=one.start,
            end=one.end,
            buffer_before=0,
            buffer_after=0,
            busy_from=one.start,
            busy_until=one.end,
            live=stood,
        )
        for one in sessions
    )
    return Booking.objects.bulk_create(
        Booking(
            **{
                "clinic": who.clinic,
                "session": one,
                "patient": people[number % len(people)],
                "start": one.start,
                "end": one.end,
                "live": stood,
                "state": "booked",
                "place": "CA",
                "zone": LA,
                "created_at": asked_at(one.start),
                "booked_at": asked_at(one.start),
                "attendance": mark if stood else "",
            }
            | more
        )
        for number, one in enumerate(sessions)
    )


def asked_at(start: int) -> datetime:
    """A week before."""
    return from_minute(start) - timedelta(days=7)
