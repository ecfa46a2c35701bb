"""A series later on: cancelled, restored or changed from a date on.

What is near is never rounded off: the past, and what has begun, is not touched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db.models import F

from accounts import audit
from accounts.actor import Actor
from accounts.models import Therapist
from scheduling import policy
from scheduling.actions.action import action
from scheduling.actions.book import lock_patient
from scheduling.actions.cancel import (
    BY_STAFF,
    acts_as_staff,
    change_notice,
    coded,
    require_in_program,
    undo_cancel,
)
from scheduling.actions.links import new_join_link
from scheduling.actions.offer import lock_people, lock_therapists, occupancy
from scheduling.actions.repeat import (
    Chosen,
    asked_for,
    find_hosts,
    links_of_series,
    margins,
    require_free,
    require_pattern,
)
from scheduling.actions.rooms import renew_room, revoke_room
from scheduling.actions.seats import tell_seats
from scheduling.engine.hours import local_day
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import BookingState, CancelReason, SessionState
from scheduling.errors import BadInput, IllegalChange, NotFound, ReasonMissing, StartedAlready
from scheduling.models import Booking, EventKind, JoinLink, Occupancy, Series, Session
from scheduling.queries.repeat import Pattern, World

OCCUPANCY = (
    "therapist", "profile", "start", "end", "buffer_before", "buffer_after", "busy_from",
    "busy_until", "live",
)  # fmt: skip


@action("series.cancel")
def cancel_from(
    *, series: UUID, slot: int = 0, reason: str = "", note: str = "", actor: Actor, now: datetime
) -> list[Booking]:
    """Cancel the dates from `slot` on (0: all) that have not begun; answers them.

    Of a patient's own, what is within the clinic's `change_notice` stays as it is.
    """
    row, seats = lock_coming(series, slot, actor, now)
    staff = acts_as_staff(actor, seats[0])
    late_notice = row.clinic.late_notice
    codes = {
        seat.pk: coded(reason, staff, seat.start - to_minute(now) >= late_notice) for seat in seats
    }
    for code in set(codes.values()):
        Booking.objects.filter(pk__in=[pk for pk, one in codes.items() if one is code]).update(
            state=BookingState.CANCELLED.value,
            live=False,
            cancelled_at=now,
            cancel_reason=code.value,
            cancelled_by=actor.name,
            late=code is CancelReason.PATIENT_LATE,
            **({"override": note[:500]} if note else {}),
        )
    sessions = [seat.session for seat in seats]
    Occupancy.objects.filter(session__in=sessions).update(live=False)
    Session.objects.filter(pk__in=[one.pk for one in sessions]).update(
        state=SessionState.CANCELLED.value, revision=F("revision") + 1
    )
    JoinLink.objects.filter(session__in=sessions).update(revoked_at=now)
    revoke_room(*sessions)
    set_end(row, now)
    tell_seats(EventKind.CANCELLED, seats, actor, now, series=str(row.uuid))
    audit.record(actor, "series.cancel", subject=row.patient_id, obj=row.uuid)
    return seats


@action("series.undo_cancel")
def undo_cancel_from(*, series: UUID, actor: Actor, now: datetime) -> list[Booking]:
    """Take back what was last cancelled of a series, all of it or nothing, as `undo_cancel`."""
    row = policy.find(Series, actor, uuid=series)
    hosts = Occupancy.objects.filter(session__series=row).values_list("therapist_id", flat=True)
    lock_people(hosts.distinct(), [row.patient_id or 0])
    gone = Booking.objects.filter(session__series=row, state=BookingState.CANCELLED.value)
    last = gone.order_by("-cancelled_at").values_list("cancelled_at", flat=True).first()
    uuids = list(gone.filter(cancelled_at=last).order_by("start").values_list("uuid", flat=True))
    if not uuids:
        raise IllegalChange(subject=row.patient_id)
    seats = [undo_cancel(booking=uuid, actor=actor, now=now) for uuid in uuids]
    set_end(row, now)
    return seats


@action("series.change")
def change_from(
    *,
    series: UUID,
    slot: int,
    pattern: Pattern,
    chosen: Sequence[Chosen],
    reason: str = "",
    override: str = "",
    actor: Actor,
    now: datetime,
) -> Series:
    """Give the dates from `slot` on another rule, time or therapist: the same rows move, in order,
    to the chosen dates, in a series that follows the old one. Dates left over are cancelled.
    """
    hosts = find_hosts(chosen, actor)
    before, seats = lock_coming(series, slot, actor, now, *(one.user_id for one in hosts.values()))
    staff = acts_as_staff(actor, seats[0])
    if staff and reason not in [code.value for code in BY_STAFF]:
        raise ReasonMissing(subject=before.patient_id)
    if override and not (staff and policy.may_override(actor)):
        raise NotFound
    require_pattern(pattern, chosen)
    if len(chosen) > len(seats):
        raise BadInput(field="dates")
    moved, left = seats[: len(chosen)], seats[len(chosen) :]
    require_in_program(seats[0], *(one.start for one in chosen), override=override)
    assert before.patient_id is not None
    asked = asked_for(
        before.service,
        hosts[chosen[0].therapist],
        before.patient_id,
        before.medium,
        seats[0].place,
        override,
    )
    asked = replace(asked, own=frozenset(seat.session_id for seat in seats))
    world = require_free(asked, pattern.zone, chosen, hosts, now)
    after = follow(before, pattern, chosen, now)
    shift(moved, after, chosen, hosts, world, override)
    hand_over(after, moved, [hosts[one.therapist] for one in chosen], now)
    for seat in moved:
        renew_room(seat.session)
    tell_seats(EventKind.MOVED, moved, actor, now, series=str(before.uuid))
    if left:
        cancel_from(
            series=series, slot=left[0].session.slot or 0, reason=reason, actor=actor, now=now
        )
    set_end(before, now)
    audit.record(actor, "series.change", subject=before.patient_id, obj=after.uuid)
    return after


def lock_coming(
    series: UUID, slot: int, actor: Actor, now: datetime, *others: int
) -> tuple[Series, list[Booking]]:
    """The series and its booked dates from `slot` on that may still be changed, in order; their
    therapists (and `others`) and the patient are locked. Raises StartedAlready where none is
    left."""
    row = policy.find(Series, actor, uuid=series, patient__isnull=False)
    rows = Booking.objects.filter(
        session__series=row, session__slot__gte=slot, state=BookingState.BOOKED.value
    )
    hosts = Occupancy.objects.filter(session__bookings__in=rows, live=True)
    lock_therapists(*hosts.values_list("therapist_id", flat=True).distinct(), *others)
    lock_patient(row.patient_id, actor, now)
    rows = rows.select_related("session__service", "clinic").order_by("session__slot")
    ahead = [seat for seat in rows if may_change(seat, actor, now)]
    if not ahead:
        raise StartedAlready(subject=row.patient_id)
    return row, ahead


def may_change(seat: Booking, actor: Actor, now: datetime) -> bool:
    """Not begun; for patients, not within the clinic's `change_notice` either."""
    left = seat.start - to_minute(now)
    return left > 0 and (acts_as_staff(actor, seat) or left >= change_notice(seat.clinic))


def follow(before: Series, pattern: Pattern, chosen: Sequence[Chosen], now: datetime) -> Series:
    """The series that goes on from here; one that was changed twice has one after another."""
    return Series.objects.create(
        clinic_id=before.clinic_id,
        service_id=before.service_id,
        patient_id=before.patient_id,
        enrollment_id=before.enrollment_id,
        follows=before,
        zone=pattern.zone,
        rule=pattern.rule,
        at=pattern.at,
        first_day=local_day(pattern.zone, chosen[0].slot),
        last_day=local_day(pattern.zone, chosen[-1].slot),
        medium=before.medium,
        created_at=now,
    )


def shift(
    seats: Sequence[Booking],
    series: Series,
    chosen: Sequence[Chosen],
    hosts: Mapping[UUID, Therapist],
    world: World,
    override: str,
) -> None:
    """Out of the way first, then to the new times: no row meets another on the way."""
    sessions = [seat.session for seat in seats]
    taken = {one.session_id: one for one in Occupancy.objects.filter(session__in=sessions)}
    Occupancy.objects.filter(session__in=sessions).update(live=False)
    Booking.objects.filter(pk__in=[seat.pk for seat in seats]).update(live=False)
    rows = []
    for seat, one in zip(seats, chosen, strict=True):
        session, host = seat.session, hosts[one.therapist]
        session.series, session.slot, session.start = series, one.slot, one.start
        session.end, session.zone = one.start + world.asked.minutes, host.time_zone
        session.revision += 1
        seat.start, seat.end, seat.zone = session.start, session.end, series.zone
        seat.override, seat.live = override or seat.override, True
        row = occupancy(session, (host.user_id, host.pk), margins(host, world))
        row.pk = taken[session.pk].pk
        rows.append(row)
    Session.objects.bulk_update(sessions, ["series", "slot", "start", "end", "zone", "revision"])
    Occupancy.objects.bulk_update(rows, OCCUPANCY)
    Booking.objects.bulk_update(seats, ["start", "end", "zone", "override", "live"])


def hand_over(
    series: Series, seats: Sequence[Booking], givers: Sequence[Therapist], now: datetime
) -> None:
    """Links for the therapists who give it now; those of others open nothing any more (TK1)."""
    sessions = [seat.session for seat in seats]
    JoinLink.objects.filter(session__in=sessions, therapist__isnull=False).delete()
    JoinLink.objects.bulk_create(
        new_join_link(session, now, therapist_id=giver.user_id)
        for session, giver in zip(sessions, givers, strict=True)
    )
    links_of_series(series, givers, now)


def set_end(series: Series, now: datetime) -> None:
    """The last day is that of the last date which stands; without one to come it has ended."""
    standing = Session.objects.filter(series=series, state=SessionState.SCHEDULED.value)
    last = standing.order_by("-slot").first()
    if last is not None and last.slot is not None:
        series.last_day = local_day(series.zone, last.slot)
    coming = last is not None and last.start > to_minute(now)
    series.ended_at = None if coming else now
    series.revision += 1
    series.save(update_fields=["last_day", "ended_at", "revision"])
