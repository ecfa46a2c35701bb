"""Seats in sessions of a group: numbers under the sessions' locks, one for each member.

A number is unique among the live of its session, so that the database has the last word. Seats
held for somebody who waits count as taken until their deadline, whether or not a worker runs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import QuerySet

from accounts.actor import Actor
from accounts.models import Patient
from scheduling.actions.links import new_join_link
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import BookingState, SessionState
from scheduling.errors import CancelledAlready, GroupFull, NotFound, StartedAlready
from scheduling.models import Booking, Event, EventKind, JoinLink, Session
from scheduling.queries.seats import seat_limits, taking


def take_seats(
    sessions: Sequence[Session],
    patient: Patient,
    *,
    place: str,
    zone: str,
    actor: Actor,
    now: datetime,
    held_until: int | None = None,
) -> list[Booking]:
    """A seat in each of the sessions, or GroupFull. The caller has locked the patient.

    `held_until` (seconds): the seats are only kept, for an offer; without it they are booked, with
    ways in and events.
    """
    lock_sessions(sessions)
    require_coming(sessions, now)
    release_seats(sessions, now)
    release_held_of(patient, now)
    numbers = free_numbers([one.pk for one in sessions], now)
    seats = Booking.objects.bulk_create(
        Booking(
            clinic_id=one.clinic_id,
            session=one,
            patient=patient,
            start=one.start,
            end=one.end,
            seat=numbers[one.pk],
            state=(BookingState.HELD if held_until else BookingState.BOOKED).value,
            held_until=held_until,
            place=place,
            zone=zone,
            created_at=now,
            booked_at=None if held_until else now,
        )
        for one in sessions
    )
    if not held_until:
        settle_seats(seats, actor=actor, now=now)
    return seats


def settle_seats(seats: Sequence[Booking], *, actor: Actor, now: datetime) -> None:
    """What every booked seat gets: a way in, and an event of its own."""
    JoinLink.objects.bulk_create(new_join_link(one.session, now, booking=one) for one in seats)
    tell_seats(EventKind.BOOKED, seats, actor, now)


def tell_seats(
    kind: EventKind, seats: Iterable[Booking], actor: Actor, now: datetime, **facts: object
) -> None:
    """One event for each seat; nobody else is told of it (BL4)."""
    Event.objects.bulk_create(
        Event(
            clinic_id=one.clinic_id,
            session_id=one.session_id,
            booking=one,
            kind=kind.value,
            actor=actor.name,
            at=now,
            facts=facts,
        )
        for one in seats
    )


def lock_sessions(sessions: Iterable[Session]) -> None:
    """Wait for everybody else who takes seats in them, and read their state under the lock."""
    known = {one.pk: one for one in sessions}
    rows = Session.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=known)
    fresh = list(rows.order_by("pk").values_list("pk", "state", "start", "end"))
    if len(fresh) < len(known):
        raise NotFound
    for pk, state, start, end in fresh:
        known[pk].state, known[pk].start, known[pk].end = state, start, end


def require_coming(sessions: Iterable[Session], now: datetime) -> None:
    for one in sessions:
        if one.state != SessionState.SCHEDULED.value:
            raise CancelledAlready
        if one.start <= to_minute(now):
            raise StartedAlready


def release_seats(sessions: Iterable[Session], now: datetime) -> None:
    """Let go of the seats that were held too long, under the sessions' locks."""
    _let_go(Booking.objects.filter(session__in=[one.pk for one in sessions]), now)


def release_held_of(patient: Patient, now: datetime) -> None:
    """Let go of what was held too long for one patient in groups: the guard would still see it.

    A held single session takes its therapist's time too: `release_expired` lets go of that.
    """
    _let_go(Booking.objects.filter(patient=patient, session__series__group__isnull=False), now)


def _let_go(rows: QuerySet[Booking], now: datetime) -> None:
    expired = rows.filter(
        live=True, state=BookingState.HELD.value, held_until__lte=int(now.timestamp())
    )
    pks = list(expired.values_list("pk", flat=True))
    if pks:
        Booking.objects.filter(pk__in=pks).update(
            live=False, held_until=None, state=BookingState.RELEASED.value, patient=None
        )


def free_numbers(session_ids: Collection[int], now: datetime) -> Mapping[int, int]:
    """The lowest free number of each session; GroupFull if one has none."""
    limits = seat_limits(session_ids)
    taken: dict[int, set[int]] = defaultdict(set)
    for pk, number in taking(session_ids, now).values_list("session_id", "seat"):
        taken[pk].add(number)
    if any(len(taken[pk]) >= limits.get(pk, 0) for pk in session_ids):
        raise GroupFull
    return {
        pk: next(n for n in range(1, limits[pk] + 1) if n not in taken[pk]) for pk in session_ids
    }
