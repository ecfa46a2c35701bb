"""Take back a step or the end of a program within five minutes: all of it, or nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts import audit
from accounts.actor import Actor
from accounts.models import Patient
from scheduling import policy
from scheduling.actions.action import action
from scheduling.actions.book import lock_patient
from scheduling.actions.enroll_back import lock_dates, stand_again
from scheduling.actions.enroll_out import fall, note_days, seats_of, stop_waiting
from scheduling.actions.offer import lock_therapists
from scheduling.actions.series_life import set_end
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import UNDO, BookingState, EndReason, LeaveReason, WaitState
from scheduling.errors import IllegalChange, NotFound, TakenMeanwhile, UndoTooLate
from scheduling.models import (
    Booking,
    Enrollment,
    Entry,
    Member,
    Occupancy,
    Pause,
    Series,
    SeriesLink,
    Waiting,
)
from scheduling.queries import groups
from scheduling.queries.back import look_at, with_sessions
from scheduling.queries.enrollments import step_from


@action("enrollment.undo")
def undo(*, enrollment: UUID, actor: Actor, now: datetime) -> Enrollment:
    """The enrolment that was ended, or stepped from, is as it was before; so are its dates, seats
    and ways in, and who waited waits again. What the step had brought is gone.

    TakenMeanwhile carries the dates that somebody else has by now; then nothing is changed.
    """
    row = policy.find(Enrollment, actor, uuid=enrollment)
    who = lock_all(row, actor, now)
    require_undoable(row, now)
    after, said = step_from(row), row.ended_at
    assert said is not None
    dates = with_sessions(
        Booking.objects.filter(
            pk__in=row.undo["booked"], state=BookingState.CANCELLED.value, cancelled_at=said
        )
    )
    if any(one.start <= to_minute(now) for one in dates):
        raise UndoTooLate(subject=who.pk)
    lock_dates(dates, now)
    if after is not None:
        take_back(after, row, actor, now)
    was = reopen(row)
    wait_again(row, was["waiting"], said)
    places = places_again(row, was["places"], said)
    seen = look_at(row, who, dates, True, now)
    against = {one.start: one.why for one in seen if one.open}
    if against or any(crowded(one, now) for one in places):
        raise TakenMeanwhile(subject=who.pk, dates=against)
    seats = stand_again(row, who, (one for one in seen if not one.why), "", actor, now)
    if not seats:
        note_days(row, actor, now)
    audit.record(actor, "enrollment.undo", subject=who.pk, obj=row)
    return row


def lock_all(row: Enrollment, actor: Actor, now: datetime) -> Patient:
    """Everybody who gives, or gave, individual sessions of it and of what follows it; the patient;
    the row is read again under the locks."""
    if not policy.enrolls(actor, row.patient_id):
        raise NotFound
    own = Q(session__series__enrollment=row) | Q(session__series__enrollment__follows=row)
    given = Occupancy.objects.filter(own, start__gt=to_minute(now))
    lock_therapists(*given.values_list("therapist_id", flat=True).distinct())
    who = lock_patient(row.patient_id, actor, now)
    row.refresh_from_db()
    return who


def require_undoable(row: Enrollment, now: datetime) -> None:
    if not row.undo or row.ended_at is None:
        raise IllegalChange(subject=row.patient_id)
    if now - row.ended_at > UNDO:
        raise UndoTooLate(subject=row.patient_id)


# What the step had brought


def take_back(after: Enrollment, row: Enrollment, actor: Actor, now: datetime) -> None:
    """It never was: its dates are cancelled by the clinic. IllegalChange where more has become of
    it since."""
    if not after.live or after.end_reason or after.pauses.exists():
        raise IllegalChange(subject=row.patient_id)
    new = seats_of(after).filter(start__gte=after.start).exclude(pk__in=row.undo["booked"])
    if new.filter(start__lte=to_minute(now)).exists():
        raise UndoTooLate(subject=row.patient_id)
    seats = list(new.select_related("session__service", "session__series").order_by("start"))
    if seats:
        fall(after, seats, EndReason.UNDONE, actor, now)
    waited = Waiting.objects.filter(pk__in=row.undo["waiting"], group__isnull=False)
    stop_waiting(after, list(waited.values_list("group_id", flat=True)), actor, now)
    shared = Series.objects.filter(pk__in=row.undo["series"], enrollment=after)
    for series in shared:
        series.enrollment = row
        series.save(update_fields=["enrollment"])
        set_end(series, now)
    known = [pk for pk, _enrollment, _until in row.undo["places"]]
    places = after.members.filter(left_at__isnull=True).exclude(pk__in=known)
    links = SeriesLink.objects.filter(series__group__in=places.values("group"))
    links.filter(patient=row.patient_id).update(revoked_at=now)
    places.update(left_at=now, left_reason=LeaveReason.CLINIC.value)
    after.live, after.ended_at, after.end_reason = False, now, EndReason.UNDONE.value
    after.revision += 1
    after.save(update_fields=["live", "ended_at", "end_reason", "revision"])


# What was before


def reopen(row: Enrollment) -> dict[str, Any]:
    """The patient must be in no other program by now: the database sees to it. Answers the rest of
    what is to be put back."""
    was: dict[str, Any] = row.undo
    row.pauses.all().delete()
    Pause.objects.bulk_create(
        Pause(enrollment=row, start=start, end=end, created_at=datetime.fromisoformat(said))
        for start, end, said in was["pauses"]
    )
    row.end, row.end_reason, said = was["end"]
    row.live, row.ended_at = True, datetime.fromisoformat(said) if said else None
    row.undo, row.revision = {}, row.revision + 1
    row.save(update_fields=["live", "end", "ended_at", "end_reason", "undo", "revision"])
    return was


def places_again(row: Enrollment, was: list[list[Any]], said: datetime) -> list[Member]:
    """Those in groups that it had, and what the patient had beside it; answers them."""
    before = {pk: (enrollment, until) for pk, enrollment, until in was}
    rows = Member.objects.filter(Q(left_at__isnull=True) | Q(left_at=said), pk__in=before)
    places = list(rows.select_related("group__clinic"))
    mine = [one.group_id for one in places]
    others = Member.objects.filter(patient=row.patient_id, group__in=mine, left_at__isnull=True)
    if others.exclude(pk__in=before).exists():
        raise IllegalChange(subject=row.patient_id)
    for one in places:
        one.enrollment_id, one.until_start = before[one.pk]
        one.left_at, one.left_reason = None, ""
    Member.objects.bulk_update(places, ["enrollment", "until_start", "left_at", "left_reason"])
    links = SeriesLink.objects.filter(series__group__in=mine, patient=row.patient_id)
    links.filter(revoked_at__gte=said).update(revoked_at=None)
    return places


def crowded(member: Member, now: datetime) -> bool:
    """Somebody else has the place by now, perhaps on dates that are not made yet."""
    if member.group.entry == Entry.OPEN.value:
        return False
    since = max(member.from_start, to_minute(now))
    return groups.most_members(member.group, since, member.until_start) > member.group.capacity


def wait_again(row: Enrollment, was: list[int], said: datetime) -> None:
    """In their old turn; not for what they wait for anew."""
    gone = Waiting.objects.filter(pk__in=was, state=WaitState.LEFT.value, closed_at=said)
    again = Waiting.objects.filter(patient=row.patient_id, state=WaitState.WAITING.value)
    gone.exclude(group__in=again.exclude(group=None).values("group")).update(
        state=WaitState.WAITING.value, closed_at=None
    )
