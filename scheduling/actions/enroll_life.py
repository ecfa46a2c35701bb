"""An enrolment later on: a pause, an inpatient stay say, the way back from it, and the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import F, Q

from accounts import audit
from accounts.actor import Actor
from accounts.models import Patient
from scheduling import policy
from scheduling.actions.action import action
from scheduling.actions.cancel import in_group
from scheduling.actions.enroll_out import (
    coming,
    cut,
    fall,
    lock_enrollment,
    note_days,
    require_not_begun,
    seats_of,
    stop_waiting,
)
from scheduling.actions.group_dates import restore
from scheduling.actions.groups import barred_slots
from scheduling.actions.release import release_expired
from scheduling.actions.rooms import renew_room
from scheduling.actions.seats import free_numbers, lock_sessions, take_seats, tell_seats
from scheduling.actions.series_life import set_end
from scheduling.engine.hours import day_span, local_day
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import BookingState, CancelReason, EndReason, SessionState
from scheduling.errors import BadInput, IllegalChange, InThePast
from scheduling.models import (
    Booking,
    Enrollment,
    EventKind,
    JoinLink,
    Member,
    Occupancy,
    Pause,
    Series,
    Session,
)
from scheduling.queries import groups
from scheduling.queries.plan import CANCELLED, FULL
from scheduling.queries.repeat import NOT_LICENSED, PATIENT_BUSY, Asked, look
from scheduling.queries.seats import seats_left

BY_STAFF = (EndReason.DISCHARGED, EndReason.LEFT, EndReason.COMPLETED)


@action("enrollment.pause")
def pause(
    *,
    enrollment: UUID,
    from_day: date,
    until_day: date | None = None,
    actor: Actor,
    now: datetime,
) -> Pause:
    """From a day to a day, both away, or until somebody says when it goes on: the seats between are
    cancelled, by the clinic and never late. Places in groups are kept, as for who is absent."""
    row = policy.find(Enrollment, actor, uuid=enrollment)
    lock_enrollment(row, actor, now)
    low = max(first_minute(row, from_day, now), row.start)
    high = None if until_day is None else day_span(zone_of(row), until_day, until_day)[1]
    if low >= row.end or (high is not None and high <= low):
        raise BadInput(field="until_day")
    if any(
        one.start < (high or row.end) and (one.end or row.end) > low for one in row.pauses.all()
    ):
        raise IllegalChange(subject=row.patient_id)
    require_not_begun(row, low, now)
    made = Pause.objects.create(enrollment=row, start=low, end=high, created_at=now)
    fall(row, coming(row, low, high, now), "paused", actor, now)
    raise_revision(row)
    audit.record(actor, "enrollment.pause", subject=row.patient_id, obj=row)
    return made


class Resumed(NamedTuple):
    """What goes on; `missed`: starts of the dates that could not be booked again, with the code."""

    enrollment: Enrollment
    seats: Sequence[Booking]
    missed: Mapping[int, str]


@action("enrollment.resume")
def resume(*, enrollment: UUID, from_day: date, actor: Actor, now: datetime) -> Resumed:
    """The pause ends before a day: what it had cancelled from then on is booked again, at the same
    times, as far as it fits; the rest is answered and left to the person."""
    row = policy.find(Enrollment, actor, uuid=enrollment)
    who = lock_enrollment(row, actor, now)
    low = first_minute(row, from_day, now)
    ahead = Q(end__isnull=True) | Q(end__gt=to_minute(now))
    one = row.pauses.filter(ahead).order_by("start").first()
    if one is None:
        raise IllegalChange(subject=row.patient_id)
    high = row.end if one.end is None else min(one.end, row.end)
    if low > high:
        raise BadInput(field="from_day")
    since = max(low, one.start)
    if low <= one.start:
        one.delete()
    else:
        one.end = low
        one.save(update_fields=["end"])
    back = Return(row, who, one.created_at, since, high, now)
    seats = [*back.sessions(actor), *back.seats(actor)]
    if not seats:
        note_days(row, actor, now)
    raise_revision(row)
    audit.record(actor, "enrollment.resume", subject=row.patient_id, obj=row)
    return Resumed(row, sorted(seats, key=lambda seat: seat.start), back.missed)


@action("enrollment.discharge")
def discharge(
    *,
    enrollment: UUID,
    from_day: date,
    reason: str = EndReason.DISCHARGED.value,
    actor: Actor,
    now: datetime,
) -> Enrollment:
    """The program ends before a day; all that is to come from then on is cancelled. Today: what has
    begun today stays, and is its last day."""
    row = policy.find(Enrollment, actor, uuid=enrollment)
    lock_enrollment(row, actor, now)
    if reason not in [one.value for one in BY_STAFF]:
        raise BadInput(field="reason")
    low = end = first_minute(row, from_day, now)
    if low >= row.end:
        raise BadInput(field="from_day")
    if seats_of(row).filter(start__gte=low, start__lte=to_minute(now)).exists():
        end = day_span(zone_of(row), from_day, from_day)[1]
    seats = coming(row, low, None, now)
    cut(row, end, EndReason(reason), now)
    fall(row, seats, EndReason(reason), actor, now)
    stop_waiting(row, (), actor, now)
    audit.record(actor, "enrollment.discharge", subject=row.patient_id, obj=row)
    return row


def complete(now: datetime) -> int:
    """Note which enrolments have come to their planned end."""
    over = Enrollment.objects.filter(live=True, end__lte=to_minute(now), end_reason="")
    return over.update(end_reason=EndReason.COMPLETED.value, ended_at=now)


def zone_of(row: Enrollment) -> str:
    return row.clinic.time_zone


def first_minute(row: Enrollment, day: date, now: datetime) -> int:
    """Midnight of a day that has not passed."""
    if day < local_day(zone_of(row), to_minute(now)):
        raise InThePast(subject=row.patient_id)
    return day_span(zone_of(row), day, day)[0]


def raise_revision(row: Enrollment) -> None:
    row.revision += 1
    row.save(update_fields=["revision"])


class Return:
    """The way back from a pause (`said`: when it was said) for [low, high)."""

    def __init__(
        self, row: Enrollment, who: Patient, said: datetime, low: int, high: int, now: datetime
    ) -> None:
        self.row, self.who, self.now = row, who, now
        self.low, self.high = max(low, to_minute(now) + 1), high
        self.missed: dict[int, str] = {}
        gone = Booking.objects.filter(
            patient=who,
            state=BookingState.CANCELLED.value,
            cancel_reason=CancelReason.CLINIC.value,
            cancelled_at=said,
            start__gte=self.low,
            start__lt=high,
        )
        rows = gone.select_related("session__service", "session__series__group", "clinic")
        self.gone = list(rows.order_by("start"))

    # Individual sessions

    def sessions(self, actor: Actor) -> list[Booking]:
        """The same rows come back, where the therapist and the patient are still free."""
        alone = [one for one in self.gone if not in_group(one)]
        taken = Occupancy.objects.filter(session__in=[one.session_id for one in alone])
        host = {one.session_id: one.therapist_id for one in taken}
        for user in sorted(set(host.values())):
            release_expired(user, self.now)
        back: list[Booking] = []
        for series in sorted({one.session.series_id or 0 for one in alone}):
            mine = [one for one in alone if one.session.series_id == series]
            back += self._free(mine, host)
        sessions = [one.session for one in back]
        Occupancy.objects.filter(session__in=sessions).update(live=True)
        Session.objects.filter(pk__in=[one.pk for one in sessions]).update(
            state=SessionState.SCHEDULED.value, revision=F("revision") + 1
        )
        restore(back)
        JoinLink.objects.filter(session__in=sessions).update(revoked_at=None)
        for session in sessions:
            renew_room(session)
        for row in Series.objects.filter(pk__in={one.session.series_id for one in back}):
            set_end(row, self.now)
        tell_seats(EventKind.RESTORED, back, actor, self.now, enrollment=str(self.row.uuid))
        return back

    def _free(self, seats: Sequence[Booking], host: Mapping[int, int]) -> list[Booking]:
        first = seats[0]
        asked = Asked(
            clinic=self.row.clinic_id,
            service=first.session.service_id,
            therapist=host[first.session_id],
            patient=self.who.pk,
            medium=first.session.medium,
            place=first.place,
            minutes=first.end - first.start,
            override=bool(first.override),
        )
        world = look(asked, first.zone, [one.start for one in seats], self.now)
        why = {one.pk: world.why_not(one.start, host[one.session_id]) for one in seats}
        self.missed |= {one.start: why[one.pk] for one in seats if why[one.pk]}
        return [one for one in seats if not why[one.pk]]

    # Seats in groups

    def seats(self, actor: Actor) -> list[Booking]:
        """Those that were given up, and those of dates that were made meanwhile."""
        gone = {one.session_id: one for one in self.gone if in_group(one)}
        sessions = [*(one.session for one in gone.values()), *self._made_since()]
        lock_sessions(sessions)
        fit = self._fit(sessions)
        back = [gone[one.pk] for one in fit if one.pk in gone]
        numbers = free_numbers([one.session_id for one in back], self.now) if back else {}
        for seat in back:
            seat.seat = numbers[seat.session_id]
        Booking.objects.bulk_update(back, ["seat"])
        restore(back)
        tell_seats(EventKind.RESTORED, back, actor, self.now, enrollment=str(self.row.uuid))
        new = [one for one in fit if one.pk not in gone]
        if new:
            place, zone = self.row.place, self.row.zone
            back += take_seats(new, self.who, place=place, zone=zone, actor=actor, now=self.now)
        return back

    def _made_since(self) -> list[Session]:
        """Dates of its groups within a place of the patient, who never had a seat in them."""
        found: list[Session] = []
        for member in Member.objects.filter(enrollment=self.row, left_at__isnull=True):
            rows = Session.objects.filter(
                series__group=member.group_id,
                state=SessionState.SCHEDULED.value,
                start__gte=self.low,
                start__lt=self.high,
                slot__gte=member.from_start,
            ).exclude(bookings__patient=self.who)
            if member.until_start is not None:
                rows = rows.filter(slot__lte=member.until_start)
            found += rows.select_related("series__group").order_by("start")
        return found

    def _fit(self, sessions: Iterable[Session]) -> list[Session]:
        wanted = list(sessions)
        left = seats_left([one.pk for one in wanted], self.now)
        busy = {one.pk for one in groups.clashes(self.who.pk, wanted, self.now)}
        barred = set(self._barred(wanted))
        for one in wanted:
            if one.state != SessionState.SCHEDULED.value:
                self.missed[one.start] = CANCELLED
            elif one.pk in busy:
                self.missed[one.start] = PATIENT_BUSY
            elif one.pk in barred:
                self.missed[one.start] = NOT_LICENSED
            elif left.get(one.pk, 0) <= 0:
                self.missed[one.start] = FULL
        return [one for one in wanted if one.start not in self.missed]

    def _barred(self, sessions: Sequence[Session]) -> list[int]:
        found: list[int] = []
        for group in {one.series.group for one in sessions if one.series and one.series.group}:
            mine = [one for one in sessions if one.series and one.series.group == group]
            slots = set(barred_slots(group, self.row.place, self.row.zone, mine))
            found += [one.pk for one in mine if one.slot in slots]
        return found
