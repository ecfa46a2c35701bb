"""Let go of what was held too long. The guard sees `live` alone and cannot know the time."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from scheduling.engine.lifecycle import BookingState, SessionState
from scheduling.models import Booking, Occupancy, Session


def release_expired(therapist: int | None, now: datetime) -> int:
    """Free the expired holds of one therapist, or of all; answers how many.

    Called under the therapist's lock by whoever takes time; the worker calls it for everybody.
    One SELECT where nothing has expired.
    """
    expired = Occupancy.objects.filter(live=True, held_until__lte=int(now.timestamp()))
    if therapist is not None:
        expired = expired.filter(therapist_id=therapist)
    sessions = list(expired.values_list("session_id", flat=True))
    if sessions:
        release(sessions)
    return len(sessions)


def overdue(now: datetime) -> QuerySet[Booking]:
    """What is held for a patient, for an offer, and was not answered in time."""
    held = Booking.objects.filter(live=True, state=BookingState.HELD.value)
    return held.filter(held_until__lte=int(now.timestamp()))


def release_overdue(patient: int, now: datetime) -> None:
    """Free the patient, under the patient's lock; the therapist's time waits for who takes it."""
    overdue(now).filter(patient=patient).update(
        live=False, held_until=None, state=BookingState.RELEASED.value, patient=None
    )


def release(sessions: list[int]) -> None:
    """Free held sessions by id: they never became appointments, and are nobody's."""
    Occupancy.objects.filter(session__in=sessions).update(live=False, held_until=None)
    Booking.objects.filter(session__in=sessions, state=BookingState.HELD.value).update(
        live=False, held_until=None, state=BookingState.RELEASED.value, patient=None
    )
    Session.objects.filter(pk__in=sessions, state=SessionState.HELD.value).update(
        state=SessionState.CANCELLED.value
    )
