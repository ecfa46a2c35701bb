"""Dates of a program stand again: after a pause, or because a step or an end is taken back.

Whoever calls has locked the therapists, then the patient, then the groups' sessions, and has looked
at every date under these locks (`queries.back`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import F

from accounts.actor import Actor
from accounts.models import Patient
from scheduling.actions.group_dates import restore
from scheduling.actions.release import release_expired
from scheduling.actions.rooms import renew_room
from scheduling.actions.seats import (
    free_numbers,
    lock_sessions,
    release_seats,
    take_seats,
    tell_seats,
)
from scheduling.actions.series_life import set_end
from scheduling.engine.lifecycle import SessionState
from scheduling.models import Booking, Enrollment, EventKind, JoinLink, Occupancy, Series, Session
from scheduling.queries.back import Back


def lock_dates(dates: Iterable[Back], now: datetime) -> None:
    """Let go of what was held too long: the guard would still see it."""
    found = list(dates)
    given = Occupancy.objects.filter(session__in=[one.session for one in found if one.alone])
    for user in sorted(set(given.values_list("therapist_id", flat=True))):
        release_expired(user, now)
    together = [one.session for one in found if not one.alone]
    lock_sessions(together)
    release_seats(together, now)


def stand_again(
    row: Enrollment, who: Patient, dates: Iterable[Back], override: str, actor: Actor, now: datetime
) -> list[Booking]:
    """The same rows come back; a date that was made meanwhile brings a new seat."""
    found = list(dates)
    seats = [one.seat for one in found if one.seat is not None]
    for one in seats:
        one.start, one.end = one.session.start, one.session.end
        one.override = override or one.override
    sessions_again([one.session for one in found if one.alone], now)
    together = [one.seat for one in found if one.seat is not None and not one.alone]
    numbers = free_numbers([one.session_id for one in together], now) if together else {}
    for one in together:
        one.seat = numbers[one.session_id]
    Booking.objects.bulk_update(seats, ["start", "end", "seat", "override"])
    restore(seats)
    tell_seats(EventKind.RESTORED, seats, actor, now, enrollment=str(row.uuid))
    new = [one.session for one in found if one.seat is None]
    if new:
        seats += take_seats(new, who, place=row.place, zone=row.zone, actor=actor, now=now)
    return seats


def sessions_again(sessions: Sequence[Session], now: datetime) -> None:
    """Of one patient alone."""
    Occupancy.objects.filter(session__in=sessions).update(live=True)
    Session.objects.filter(pk__in=[one.pk for one in sessions]).update(
        state=SessionState.SCHEDULED.value, revision=F("revision") + 1
    )
    JoinLink.objects.filter(session__in=sessions).update(revoked_at=None)
    for session in sessions:
        renew_room(session)
    for series in Series.objects.filter(pk__in={one.series_id for one in sessions}):
        set_end(series, now)
