"""Places in a group that are kept for one who waits: held seats, then joined or let go."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db.models import QuerySet

from accounts.actor import Actor
from accounts.models import Patient
from scheduling.actions.group_members import (
    find_running,
    join,
    require_licence,
    require_places,
    require_promised,
    way_in,
)
from scheduling.actions.seats import lock_sessions, take_seats
from scheduling.engine.lifecycle import BookingState
from scheduling.errors import PatientBusy
from scheduling.models import Booking, Entry, Group, Session, Waiting
from scheduling.queries.groups import clashes


def sessions_of(
    row: Waiting, who: Patient, start: int | None, actor: Actor, now: datetime
) -> list[Session]:
    """What a place brings, by the rules of joining; consent is asked when it is taken."""
    group = find_running(group_of(row).uuid, who.pk, actor)
    sessions, member = way_in(group, who, start, row.place, row.zone, now)
    require_licence(group, row.place, row.zone, sessions)
    if clashes(who.pk, sessions, now):
        raise PatientBusy(subject=who.pk)
    if member is not None:
        require_promised(member)
    return sessions


def hold_seats(
    row: Waiting, who: Patient, sessions: list[Session], until: int, actor: Actor, now: datetime
) -> Booking:
    """A seat in each, really held; answers the first. GroupFull if one has none."""
    group = group_of(row)
    seats = take_seats(
        sessions,
        who,
        place=row.place,
        zone=row.zone,
        actor=actor,
        now=now,
        held_until=until,
    )
    if group.entry != Entry.OPEN.value:
        require_places(group, sessions)
    return seats[0]


def join_held(
    row: Waiting, held: Booking, accept: Mapping[str, int], actor: Actor, now: datetime
) -> Booking:
    """Join as everybody does, with the seats that were held: nobody else can take them between."""
    group = group_of(row)
    start = None if group.entry == Entry.CLOSED.value else held.start
    lock_sessions([seat.session for seat in held_seats(row).select_related("session")])
    let_seats_go(row)
    seats = join(
        group=group.uuid,
        patient=row.patient_id,
        place=row.place,
        zone=row.zone,
        start=start,
        accept=accept,
        actor=actor,
        now=now,
    )
    return seats[0]


def let_seats_go(row: Waiting) -> None:
    held_seats(row).update(
        live=False, held_until=None, state=BookingState.RELEASED.value, patient=None
    )


def held_seats(row: Waiting) -> QuerySet[Booking]:
    return Booking.objects.filter(
        patient=row.patient_id,
        session__series__group=row.group_id,
        state=BookingState.HELD.value,
    )


def group_of(row: Waiting) -> Group:
    assert row.group is not None
    return row.group
