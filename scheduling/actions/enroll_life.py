"""An enrolment later on: a pause, an inpatient stay say, the way back from it, and the end."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from accounts import audit
from accounts.actor import Actor
from accounts.models import Patient
from scheduling import policy
from scheduling.actions.action import action
from scheduling.actions.book import require_consent
from scheduling.actions.enroll_back import lock_dates, stand_again
from scheduling.actions.enroll_out import (
    as_it_stands,
    coming,
    cut,
    fall,
    lock_enrollment,
    note_days,
    require_not_begun,
    seats_of,
    stop_waiting,
)
from scheduling.actions.group_members import require_group_consent
from scheduling.engine.hours import day_span, local_day
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import EndReason
from scheduling.errors import BadInput, IllegalChange, InThePast, ReasonMissing, ResumeRefused
from scheduling.models import Booking, Enrollment, Pause
from scheduling.queries.back import Back, look_at, of_pause, stretch

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


@action("enrollment.resume")
def resume(
    *,
    enrollment: UUID,
    from_day: date,
    leave_out: Collection[UUID] = (),
    override: str = "",
    actor: Actor,
    now: datetime,
) -> list[Booking]:
    """The pause ends before a day: what it had cancelled from then on is booked again, at the same
    times, all of it but the dates in `leave_out` (their sessions). Answers the seats.

    ResumeRefused carries what else cannot be (`queries.back`); then nothing is changed.
    `override`: why notice, horizon, hours and daily limits are set aside.
    """
    row = policy.find(Enrollment, actor, uuid=enrollment)
    if override and not policy.may_override(actor):
        raise ReasonMissing(subject=row.patient_id)
    who = lock_enrollment(row, actor, now)
    one, low, high = stretch(row, from_day, now)
    dates = of_pause(row, one, max(low, one.start), high, now)
    wanted = [each for each in dates if each.session.uuid not in leave_out]
    require_forms(who, wanted, actor, now)
    lock_dates(wanted, now)
    seen = look_at(row, who, wanted, bool(override), now)
    if against := {each.start: each.why for each in seen if each.open}:
        raise ResumeRefused(dates=against, subject=who.pk)
    if low <= one.start:
        one.delete()
    else:
        one.end = low
        one.save(update_fields=["end"])
    free = [each for each in seen if not each.why]
    seats = stand_again(row, who, free, override, actor, now)
    if not seats:
        note_days(row, actor, now)
    raise_revision(row)
    audit.record(actor, "enrollment.resume", subject=row.patient_id, obj=row)
    return seats


def require_forms(who: Patient, dates: Sequence[Back], actor: Actor, now: datetime) -> None:
    """As where somebody comes in."""
    if any(not one.alone for one in dates):
        require_group_consent(who, {}, actor, now)
    elif dates:
        require_consent(who, {}, actor, now)


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
    row.undo = as_it_stands(row, now)
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
