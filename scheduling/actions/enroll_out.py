"""What an enrolment gives up: seats to come, and its days. The past, and what has begun, stays."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet

from accounts.actor import Actor
from accounts.models import Patient
from scheduling import policy
from scheduling.actions.book import lock_patient
from scheduling.actions.cancel import in_group
from scheduling.actions.offer import lock_therapists
from scheduling.actions.rooms import revoke_room
from scheduling.actions.seats import tell_seats
from scheduling.actions.series_life import set_end
from scheduling.actions.wait_offers import close, end
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import (
    BookingState,
    CancelReason,
    EndReason,
    LeaveReason,
    OfferState,
    SessionState,
    WaitState,
)
from scheduling.errors import IllegalChange, NotFound, StartedAlready
from scheduling.models import (
    Booking,
    Enrollment,
    EventKind,
    JoinLink,
    Member,
    Occupancy,
    Series,
    SeriesLink,
    Session,
    Waiting,
)
from scheduling.queries import groups


def lock_enrollment(row: Enrollment, actor: Actor, now: datetime, *others: int) -> Patient:
    """Everybody who gives its individual sessions (and `others`), then the patient; the row is read
    again under the locks. For staff who may see it."""
    if not policy.enrolls(actor, row.patient_id):
        raise NotFound
    given = Occupancy.objects.filter(session__series__enrollment=row, start__gt=to_minute(now))
    lock_therapists(*given.values_list("therapist_id", flat=True).distinct(), *others)
    who = lock_patient(row.patient_id, actor, now)
    row.refresh_from_db()
    if not row.live or row.end <= to_minute(now):
        raise IllegalChange(subject=row.patient_id)
    return who


def seats_of(row: Enrollment) -> QuerySet[Booking]:
    """Booked by the program: in its groups from its first day to its last, and alone, also where
    staff have moved a session out of its days."""
    groups_of = Member.objects.filter(enrollment=row).values("group")
    together = Q(session__series__group__in=groups_of, start__gte=row.start, start__lt=row.end)
    return Booking.objects.filter(
        together | Q(session__series__enrollment=row),
        patient=row.patient_id,
        state=BookingState.BOOKED.value,
    )


def coming(row: Enrollment, low: int, high: int | None, now: datetime) -> list[Booking]:
    """Its seats within [low, high) that have not begun, in order."""
    rows = seats_of(row).filter(start__gte=low, start__gt=to_minute(now))
    if high is not None:
        rows = rows.filter(start__lt=high)
    return list(rows.select_related("session__service", "session__series").order_by("start"))


def require_not_begun(row: Enrollment, low: int, now: datetime) -> None:
    if seats_of(row).filter(start__gte=low, start__lte=to_minute(now)).exists():
        raise StartedAlready(subject=row.patient_id)


def fall(
    row: Enrollment, seats: Sequence[Booking], why: EndReason | str, actor: Actor, now: datetime
) -> None:
    """Cancel these seats: of a group the seat alone, else the session. By the clinic, unless the
    patient has left; never late. Their events carry the enrolment and why."""
    if not seats:
        note_days(row, actor, now)
        return
    alone = [one.session for one in seats if not in_group(one)]
    left = why == EndReason.LEFT
    Booking.objects.filter(pk__in=[one.pk for one in seats]).update(
        state=BookingState.CANCELLED.value,
        live=False,
        cancelled_at=now,
        cancel_reason=(CancelReason.PATIENT if left else CancelReason.CLINIC).value,
        cancelled_by=actor.name,
    )
    Occupancy.objects.filter(session__in=alone).update(live=False)
    Session.objects.filter(pk__in=[one.pk for one in alone]).update(
        state=SessionState.CANCELLED.value, revision=F("revision") + 1
    )
    JoinLink.objects.filter(Q(booking__in=seats) | Q(session__in=alone)).update(revoked_at=now)
    if alone:
        revoke_room(*alone)
    for series in Series.objects.filter(pk__in={one.series_id for one in alone}):
        set_end(series, now)
    tell_seats(EventKind.CANCELLED, seats, actor, now, enrollment=str(row.uuid), why=str(why))


def note_days(row: Enrollment, actor: Actor, now: datetime) -> None:
    """Only dates that are not made yet have changed: the patient was told of them all the same."""
    last = seats_of(row).filter(end__gt=to_minute(now)).order_by("-start").first()
    tell_seats(EventKind.PROGRAM, [last] if last else [], actor, now, enrollment=str(row.uuid))


def cut(
    row: Enrollment, low: int, why: EndReason, now: datetime, keep: Collection[int] = ()
) -> None:
    """Its days end before `low`; what never began is not live. `keep`: places (ids of members) that
    go on without it. `row.undo` says how it stood."""
    row.live = low > row.start
    row.end = low if row.live else row.end
    row.ended_at, row.end_reason, row.revision = now, why.value, row.revision + 1
    row.save(update_fields=["live", "end", "ended_at", "end_reason", "revision", "undo"])
    row.pauses.filter(start__gte=low).delete()
    row.pauses.filter(Q(end__isnull=True) | Q(end__gt=low)).update(end=low)
    members = row.members.filter(left_at__isnull=True).exclude(pk__in=keep)
    for member in members.select_related("group"):
        end_place(member, low, why, now)


def as_it_stands(row: Enrollment, now: datetime) -> dict[str, Any]:
    """What a step or an end changes, as `enroll_undo` puts it back: of the patient's rows ids."""
    who = row.patient_id
    booked = Booking.objects.filter(patient=who, state=BookingState.BOOKED.value)
    places = Member.objects.filter(patient=who, left_at__isnull=True)
    waiting = Waiting.objects.filter(patient=who, state=WaitState.WAITING.value)
    return {
        "end": [row.end, row.end_reason, row.ended_at and row.ended_at.isoformat()],
        "pauses": [
            [one.start, one.end, one.created_at.isoformat()] for one in row.pauses.order_by("start")
        ],
        "booked": list(booked.filter(start__gt=to_minute(now)).values_list("pk", flat=True)),
        "series": list(row.series.values_list("pk", flat=True)),
        "places": list(places.values_list("pk", "enrollment_id", "until_start")),
        "waiting": list(waiting.values_list("pk", flat=True)),
    }


def stop_waiting(row: Enrollment, keep: Collection[int], actor: Actor, now: datetime) -> None:
    """For groups of the program (`keep`: ids of those that go on) in whose line it put the
    patient."""
    rows = Waiting.objects.filter(
        patient=row.patient_id,
        state=WaitState.WAITING.value,
        group__parts__program=row.program_id,
        entered_at__gte=row.created_at,
    )
    leave_lines(rows.exclude(group__in=keep), actor, now)


def leave_lines(rows: Iterable[Waiting], actor: Actor, now: datetime) -> None:
    """What is held for them meanwhile is free at once."""
    for one in rows:
        for offer in one.offers.filter(state=OfferState.OPEN.value):
            close(offer, OfferState.WITHDRAWN, actor, now)
        end(one, WaitState.LEFT, now)


def end_place(member: Member, low: int, why: EndReason, now: datetime) -> None:
    """The place is free from `low` on; at once where nothing of it is to come before."""
    last = groups.last_before(member, low)
    if last is not None and last > to_minute(now):
        member.until_start = last
        member.save(update_fields=["until_start"])
        return
    member.left_at = now
    left = LeaveReason.PATIENT if why is EndReason.LEFT else LeaveReason.CLINIC
    member.left_reason = left.value
    member.save(update_fields=["left_at", "left_reason"])
    SeriesLink.objects.filter(series__group=member.group_id, patient=member.patient_id).update(
        revoked_at=now
    )
