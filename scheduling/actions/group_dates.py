"""Dates of a group: cancel or move one, and change who gives them from a day on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import F

from accounts import audit
from accounts.actor import Actor
from accounts.models import Patient, Therapist
from scheduling import policy
from scheduling.actions.action import action
from scheduling.actions.cancel import BY_STAFF
from scheduling.actions.groups import (
    barred_slots,
    find_therapists,
    refuse_busy,
    tell_dates,
)
from scheduling.actions.links import new_join_link
from scheduling.actions.offer import lock_therapists, occupancy
from scheduling.actions.release import release_expired
from scheduling.actions.rooms import renew_room, revoke_room
from scheduling.actions.seats import lock_sessions, release_seats, tell_seats
from scheduling.engine.hours import local_day
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import UNDO, BookingState, CancelReason, SessionState
from scheduling.errors import (
    BadInput,
    CancelledAlready,
    IllegalChange,
    InThePast,
    MembersBusy,
    MembersNotLicensed,
    NotFound,
    ReasonMissing,
    StartedAlready,
    UndoTooLate,
)
from scheduling.models import (
    Booking,
    EventKind,
    Facilitator,
    Group,
    JoinLink,
    Occupancy,
    SeriesLink,
    Session,
)
from scheduling.queries import groups
from scheduling.queries.program_days import left_by

ONE_DAY = timedelta(days=1)


# One date


@action("group.cancel_date")
def cancel_date(*, session: UUID, reason: str, actor: Actor, now: datetime) -> Session:
    """One date does not take place; all who have a seat are told, each alone."""
    row = find_date(session, actor)
    require_reason(reason)
    lock_dates([row])
    require_ahead(row, now)
    drop_dates([row], reason, actor, now)
    audit.record(actor, "group.cancel_date", obj=row)
    return row


@action("group.undo_cancel_date")
def undo_cancel_date(*, session: UUID, actor: Actor, now: datetime) -> Session:
    """Take it back within five minutes, with the seats that went with it, if all are free then."""
    row = find_date(session, actor)
    lock_dates([row])
    last = row.events.filter(kind=EventKind.CANCELLED.value, booking=None).order_by("pk").last()
    if row.state != SessionState.CANCELLED.value or last is None:
        raise IllegalChange
    if now - last.at > UNDO or row.start <= to_minute(now):
        raise UndoTooLate
    for user in row.occupancies.values_list("therapist_id", flat=True):
        release_expired(user, now)
    Occupancy.objects.filter(session=row).update(live=True)
    turn([row], SessionState.SCHEDULED)
    JoinLink.objects.filter(session=row, therapist__isnull=False).update(revoked_at=None)
    renew_room(row)
    seats = list(Booking.objects.filter(session=row, cancelled_at=last.at).order_by("seat"))
    restore(seats)
    tell_dates(EventKind.RESTORED, [row], actor, now)
    tell_seats(EventKind.RESTORED, seats, actor, now)
    audit.record(actor, "group.undo_cancel_date", obj=row)
    return row


def restore(seats: Sequence[Booking]) -> None:
    Booking.objects.filter(pk__in=[one.pk for one in seats]).update(
        state=BookingState.BOOKED.value,
        live=True,
        cancelled_at=None,
        cancel_reason="",
        cancelled_by="",
        late=False,
    )
    JoinLink.objects.filter(booking__in=seats).update(revoked_at=None)


@action("group.move_date")
def move_date(
    *,
    session: UUID,
    start: int,
    reason: str,
    drop: bool = False,
    actor: Actor,
    now: datetime,
) -> Session:
    """One date takes place at another time; its slot stays what the rule gave.

    MembersBusy carries the patients who sit elsewhere then; with `drop` they lose this one seat.
    """
    row = find_date(session, actor)
    require_reason(reason)
    lock_dates([row])
    require_ahead(row, now)
    if start <= to_minute(now):
        raise InThePast
    require_free(row, start, now)
    before = row.start
    shift(row, start)
    follow([row], drop, reason, actor, now, **{"from": before, "to": start})
    audit.record(actor, "group.move_date", obj=row)
    return row


def require_free(session: Session, start: int, now: datetime) -> None:
    """Everybody who gives it is free at the new time."""
    givers = [
        one.profile
        for one in session.occupancies.filter(live=True).select_related("profile").order_by("pk")
    ]
    for one in givers:
        release_expired(one.user_id, now)
    refuse_busy(groups.conflicts({start: givers}, session.service, now, own=[session.pk]))


def shift(session: Session, start: int) -> None:
    by = start - session.start
    session.start, session.end, session.revision = start, session.end + by, session.revision + 1
    session.save(update_fields=["start", "end", "revision"])
    Occupancy.objects.filter(session=session).update(
        start=F("start") + by,
        end=F("end") + by,
        busy_from=F("busy_from") + by,
        busy_until=F("busy_until") + by,
    )


def sitting_elsewhere(session: Session, seats: Collection[int], now: datetime) -> list[Booking]:
    """Those of its seats (ids) whose patients have another appointment at its time."""
    rows = list(Booking.objects.filter(session=session, pk__in=seats))
    others = (
        Booking.objects.filter(
            patient__in=[one.patient_id for one in rows],
            live=True,
            start__lt=session.end,
            end__gt=session.start,
        )
        .exclude(session=session)
        .exclude(held_until__lte=int(now.timestamp()))
    )
    busy = set(others.values_list("patient_id", flat=True))
    return [one for one in rows if one.patient_id in busy]


def follow(
    sessions: Sequence[Session],
    drop: bool,
    reason: str,
    actor: Actor,
    now: datetime,
    **facts: object,
) -> None:
    """The seats of moved sessions follow them; who sits elsewhere then loses the seat, if that is
    meant, and whose program does not run then in any case. Out of the way first: no seat meets
    another on the way."""
    cancel_seats(left_by(sessions), reason, actor, now)
    seats = Booking.objects.filter(session__in=sessions, live=True)
    live = list(seats.values_list("pk", flat=True))
    seats.update(live=False)
    busy = [seat for one in sessions for seat in sitting_elsewhere(one, live, now)]
    if busy and not drop:
        raise MembersBusy(patients=sorted({one.patient_id for one in busy if one.patient_id}))
    cancel_seats(busy, reason, actor, now)
    stay = Booking.objects.filter(pk__in=live).exclude(pk__in=[one.pk for one in busy])
    for one in sessions:
        stay.filter(session=one).update(start=one.start, end=one.end)
        renew_room(one)
    stay.update(live=True)
    booked = Booking.objects.filter(session__in=sessions, state=BookingState.BOOKED.value)
    tell_dates(EventKind.MOVED, sessions, actor, now, reason=reason, **facts)
    tell_seats(EventKind.MOVED, list(booked), actor, now, reason=reason, **facts)


# What whole dates share


def find_date(session: UUID, actor: Actor) -> Session:
    """A group's session that the actor may decide about: who gives it, or keeps groups."""
    row = policy.find(Session, actor, uuid=session, series__group__isnull=False)
    return Session.objects.select_related("service__clinic", "series__group").get(pk=row.pk)


def require_reason(reason: str) -> None:
    if reason not in [one.value for one in BY_STAFF if one is not CancelReason.PATIENT]:
        raise ReasonMissing


def require_ahead(session: Session, now: datetime) -> None:
    if session.state != SessionState.SCHEDULED.value:
        raise CancelledAlready
    if session.start <= to_minute(now):
        raise StartedAlready


def lock_dates(sessions: Collection[Session], *more: int) -> None:
    """Therapists (and `more` of them, user ids), then patients, then the sessions, by id."""
    given = Occupancy.objects.filter(session__in=sessions)
    lock_therapists(*given.values_list("therapist_id", flat=True), *more)
    seated = Booking.objects.filter(session__in=sessions, live=True, patient__isnull=False)
    rows = Patient.objects.select_for_update(no_key=True)
    rows = rows.filter(pk__in=list(seated.values_list("patient_id", flat=True)))
    list(rows.order_by("pk").values_list("pk"))
    lock_sessions(sessions)


def drop_dates(sessions: Sequence[Session], reason: str, actor: Actor, now: datetime) -> None:
    """They do not take place: every seat, everybody's time, the rooms and the ways in."""
    release_seats(sessions, now)
    Booking.objects.filter(session__in=sessions, state=BookingState.HELD.value).update(
        live=False, held_until=None, state=BookingState.RELEASED.value
    )
    seats = Booking.objects.filter(session__in=sessions, state=BookingState.BOOKED.value)
    cancel_seats(list(seats), reason, actor, now)
    Occupancy.objects.filter(session__in=sessions).update(live=False)
    turn(sessions, SessionState.CANCELLED)
    JoinLink.objects.filter(session__in=sessions).update(revoked_at=now)
    revoke_room(*sessions)
    tell_dates(EventKind.CANCELLED, sessions, actor, now, reason=reason)


def cancel_seats(seats: Sequence[Booking], reason: str, actor: Actor, now: datetime) -> None:
    """By the clinic, so never late."""
    Booking.objects.filter(pk__in=[one.pk for one in seats]).update(
        state=BookingState.CANCELLED.value,
        live=False,
        cancelled_at=now,
        cancel_reason=reason,
        cancelled_by=actor.name,
    )
    JoinLink.objects.filter(booking__in=seats).update(revoked_at=now)
    tell_seats(EventKind.CANCELLED, seats, actor, now, reason=reason)


def turn(sessions: Iterable[Session], state: SessionState) -> None:
    for one in sessions:
        one.state, one.revision = state.value, one.revision + 1
    Session.objects.bulk_update(sessions, ["state", "revision"])


# Who gives it


@action("group.change_facilitator")
def change_facilitator(
    *,
    group: UUID,
    from_day: date,
    until_day: date | None = None,
    leaving: UUID | None = None,
    coming: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> list[Session]:
    """Somebody stops giving the group on a day, or begins to, or one follows the other; to
    `until_day` or for good. Answers the dates that change.

    Who comes is free then (FacilitatorsBusy) and licensed for every member on the day of each
    session (MembersNotLicensed carries those who cannot); at least one facilitator is left.
    """
    row = find_group(group, actor)
    goes = find_therapists([leaving], actor)[0] if leaving else None
    comes = find_therapists([coming], actor)[0] if coming else None
    if goes == comes or (until_day is not None and until_day < from_day):
        raise BadInput(field="coming")
    sessions = dates_from(row, from_day, until_day, now)
    lock_dates(sessions, *(one.user_id for one in (goes, comes) if one))
    lead = goes is not None and take_off(row, goes, from_day, until_day)
    if comes is not None:
        Facilitator.objects.create(
            group=row, therapist=comes, lead=lead, from_day=from_day, until_day=until_day
        )
        require_comes_free(comes, sessions, now)
    require_treats(row, comes, sessions)
    hand_over(goes, comes, sessions, now)
    tell_dates(EventKind.MOVED, sessions, actor, now, host=True)
    audit.record(actor, "group.change_facilitator", obj=row)
    return sessions


def find_group(group: UUID, actor: Actor) -> Group:
    """For whoever decides when groups meet and who gives them."""
    if not policy.keeps_groups(actor):
        raise NotFound
    row = policy.find(Group, actor, uuid=group)
    return Group.objects.select_for_update(no_key=True, of=("self",)).get(pk=row.pk)


def dates_from(group: Group, first: date, last: date | None, now: datetime) -> list[Session]:
    """The dates to come that stand, from a day of their own zone to a day."""
    found = []
    for one in groups.coming(group, now):
        day = local_day(one.series.zone if one.series else one.zone, one.start)
        if first <= day and (last is None or day <= last):
            found.append(one)
    return found


def take_off(group: Group, who: Therapist, first: date, last: date | None) -> bool:
    """End the therapist's time as a facilitator, or interrupt it; whether it was the lead's."""
    rows = Facilitator.objects.filter(group=group, therapist=who)
    mine = [one for one in rows if one.until_day is None or one.until_day >= first]
    mine = [one for one in mine if last is None or one.from_day <= last]
    if not mine:
        raise BadInput(field="leaving")
    for one in mine:
        rest = last is not None and (one.until_day is None or one.until_day > last)
        if rest and last is not None:
            Facilitator.objects.create(
                group=group,
                therapist=who,
                lead=one.lead,
                from_day=last + ONE_DAY,
                until_day=one.until_day,
            )
        if one.from_day >= first:
            one.delete()
        else:
            one.until_day = first - ONE_DAY
            one.save(update_fields=["until_day"])
    return any(one.lead for one in mine)


def require_comes_free(who: Therapist, sessions: Sequence[Session], now: datetime) -> None:
    if not sessions:
        return
    release_expired(who.user_id, now)
    theirs = {one.start: [who] for one in sessions}
    refuse_busy(groups.conflicts(theirs, sessions[0].service, now))


def require_treats(group: Group, comes: Therapist | None, sessions: Sequence[Session]) -> None:
    """Whoever leads now, and who comes, may treat every member at every seat of theirs (TH2)."""
    seats = Booking.objects.filter(session__in=sessions, state=BookingState.BOOKED.value)
    theirs: dict[tuple[int, str, str], list[Session]] = {}
    by_pk = {one.pk: one for one in sessions}
    for pk, patient, place, zone in seats.values_list("session", "patient", "place", "zone"):
        theirs.setdefault((patient, place, zone), []).append(by_pk[pk])
    barred = []
    for (patient, place, zone), some in theirs.items():
        own = {one.slot or 0: comes.pk for one in some} if comes else {}
        if barred_slots(group, place, zone, some) or groups.unlicensed(own, place, zone):
            barred.append(patient)
    if barred:
        raise MembersNotLicensed(patients=sorted(barred))


def hand_over(
    goes: Therapist | None, comes: Therapist | None, sessions: Sequence[Session], now: datetime
) -> None:
    """Everybody's time and ways in; the links of who goes open nothing any more (TK1)."""
    if goes is not None:
        Occupancy.objects.filter(session__in=sessions, profile=goes).delete()
        JoinLink.objects.filter(session__in=sessions, therapist=goes.user_id).delete()
        if not Occupancy.objects.filter(
            session__series__in={one.series_id for one in sessions}, profile=goes, live=True
        ).exists():
            links = SeriesLink.objects.filter(therapist=goes.user_id)
            links.filter(series__in={one.series_id for one in sessions}).update(revoked_at=now)
    if comes is not None and sessions:
        margins = groups.buffers(sessions[0].service, {comes.pk: comes})[comes.pk]
        Occupancy.objects.bulk_create(
            occupancy(one, (comes.user_id, comes.pk), margins) for one in sessions
        )
        JoinLink.objects.bulk_create(
            new_join_link(one, now, therapist_id=comes.user_id) for one in sessions
        )
    given = Occupancy.objects.filter(session__in=sessions, live=True)
    if len(set(given.values_list("session_id", flat=True))) < len(sessions):
        raise BadInput(field="coming")  # nobody would be left
    for one in sessions:
        one.revision += 1
    Session.objects.bulk_update(sessions, ["revision"])
