"""Members of a group: come in by its rules, and go.

Nobody in a group is told of anybody else: each event is about one seat, or about a whole date.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from accounts import audit
from accounts.actions.consent import current_versions, signed_forms
from accounts.actor import Actor
from accounts.models import Form, Patient
from scheduling import policy
from scheduling.actions.action import action
from scheduling.actions.book import lock_patient, require_consent
from scheduling.actions.cancel import change_notice, coded
from scheduling.actions.groups import barred_slots
from scheduling.actions.offer import lock_people
from scheduling.actions.seats import take_seats, tell_seats
from scheduling.engine.interval import Span, to_minute
from scheduling.engine.lifecycle import BookingState, GroupState, LeaveReason, OfferState, WaitState
from scheduling.errors import (
    ConsentMissing,
    GroupClosed,
    GroupFull,
    LicenceLapses,
    MemberAlready,
    NotFound,
    NotLicensed,
    PatientBusy,
)
from scheduling.models import (
    Booking,
    Enrollment,
    Entry,
    EventKind,
    Group,
    JoinLink,
    Member,
    SeriesLink,
    Session,
    Waiting,
)
from scheduling.queries import groups
from scheduling.queries.seats import seat_limits

# Come in


@action("group.join")
def join(
    *,
    group: UUID,
    patient: int,
    place: str,
    zone: str,
    start: int | None = None,
    accept: Mapping[str, int] | None = None,
    actor: Actor,
    now: datetime,
) -> list[Booking]:
    """Take a place; answers the seats that it brings in the dates which are made already.

    By the patient, or by staff who keep the group. `start`: the session of an open group, or the
    entry point of a rolling one (without it the next); closed groups have but one way in.
    """
    row = find_running(group, patient, actor)
    who = lock_patient(patient, actor, now)
    require_group_consent(who, accept or {}, actor, now)
    complete(row, now)
    sessions, member = way_in(row, who, start, place, zone, now)
    require_licence(row, place, zone, sessions)
    if busy := groups.clashes(who.pk, sessions, now):
        raise PatientBusy(subject=who.pk, dates=[one.start for one in busy])
    seats = take_seats(sessions, who, place=place, zone=zone, actor=actor, now=now)
    if member is not None:
        require_places(row, sessions)
        require_promised(member)
        member.save()
        leave_line(row, who, now)
    audit.record(actor, "group.join", subject=who.pk, obj=row)
    return seats


def leave_line(group: Group, who: Patient, now: datetime) -> None:
    """Who has the place waits for it no longer; an offer ends its own wait."""
    waits = Waiting.objects.filter(patient=who, group=group, state=WaitState.WAITING.value)
    waits.exclude(offers__state=OfferState.OPEN.value).update(
        state=WaitState.BOOKED.value, closed_at=now
    )


def find_running(group: UUID, patient: int, actor: Actor) -> Group:
    row = policy.find(Group, actor, uuid=group)
    if actor.patient != patient and not policy.runs_group(actor, row.pk):
        raise NotFound
    if row.state != GroupState.RUNNING.value:
        raise GroupClosed(subject=patient)
    return row


def require_group_consent(
    patient: Patient, accept: Mapping[str, int], actor: Actor, now: datetime
) -> None:
    """Telehealth, and confidentiality in groups where the clinic has such a form."""
    require_consent(patient, accept, actor, now)
    asked = Form.GROUP.value in current_versions(patient.clinic_id)
    if asked and Form.GROUP.value not in signed_forms(patient, now):
        refusal = ConsentMissing(subject=patient.pk, form=Form.GROUP.value)
        refusal.sentence = ConsentMissing.OF_GROUP
        raise refusal


def way_in(
    group: Group, patient: Patient, start: int | None, place: str, zone: str, now: datetime
) -> tuple[list[Session], Member | None]:
    """The sessions that are taken, and the membership that is not saved yet (None: drop-in)."""
    if group.entry == Entry.OPEN.value:
        return [one_session(group, patient, start, now)], None
    if Member.objects.filter(group=group, patient=patient, left_at__isnull=True).exists():
        raise MemberAlready(subject=patient.pk)
    program = program_of(group, patient, now)
    away = groups.away(program.pk) if program else []
    for way in groups.entries(group, now):
        kept = [one for one in way.sessions if program is None or within(program, away, one)]
        if kept and start in (None, way.sessions[0].start, kept[0].start):
            member = Member(
                group=group,
                patient=patient,
                enrollment=program,
                from_start=kept[0].slot or 0,
                until_start=way.until,
                place=place,
                zone=zone,
                joined_at=now,
            )
            if program is not None:
                member.until_start = groups.last_before(member, program.end)
            return kept, member
    raise GroupClosed(subject=patient.pk)


def program_of(group: Group, patient: Patient, now: datetime) -> Enrollment | None:
    """A place in a group of the patient's program belongs to that: it ends with it, and brings no
    seat before it begins or in a pause."""
    rows = Enrollment.objects.filter(
        patient=patient, live=True, end__gt=to_minute(now), program__parts__group=group
    )
    return rows.order_by("start").first()


def within(program: Enrollment, away: Iterable[Span], session: Session) -> bool:
    days = program.start <= session.start < program.end
    return days and not any(low <= session.start < high for low, high in away)


def one_session(group: Group, patient: Patient, start: int | None, now: datetime) -> Session:
    found = [one for one in groups.coming(group, now) if one.start == start]
    if not found:
        raise GroupClosed(subject=patient.pk)
    if Booking.objects.filter(
        session=found[0], patient=patient, state=BookingState.BOOKED.value
    ).exists():
        raise MemberAlready(subject=patient.pk)
    return found[0]


def require_licence(group: Group, place: str, zone: str, sessions: Sequence[Session]) -> None:
    """The lead's, for the member's state on the day of each session; never set aside (TH2)."""
    barred = barred_slots(group, place, zone, sessions)
    if not barred:
        return
    raise NotLicensed if len(barred) == len(sessions) else LicenceLapses(dates=barred)


def require_places(group: Group, sessions: Sequence[Session]) -> None:
    """A member who is away on a date keeps the place: it is not sold to another member. Under the
    sessions' locks."""
    limits = seat_limits([one.pk for one in sessions])
    taken = groups.members_at(group, [one.slot or 0 for one in sessions])
    if any(taken[one.slot or 0] >= limits[one.pk] for one in sessions):
        raise GroupFull


def require_promised(member: Member) -> None:
    """Nor is what will be made later, and is somebody's from then on."""
    group = member.group
    if groups.most_members(group, member.from_start, member.until_start) >= group.capacity:
        raise GroupFull


def complete(group: Group, now: datetime) -> int:
    """End the memberships whose last session is over."""
    over = Member.objects.filter(
        group=group, left_at__isnull=True, until_start__lt=to_minute(now) - group.service.minutes
    )
    return over.update(left_at=now, left_reason=LeaveReason.COMPLETED.value)


# Go


@action("group.leave")
def leave(*, member: UUID, reason: str = "", actor: Actor, now: datetime) -> Member:
    """Give up the place and every seat to come; nobody else hears of it (BL4).

    By the member, or by staff with a coded reason (BY_STAFF). Of a patient's own, what is within
    the clinic's `change_notice` stays as it is.
    """
    row = policy.find(Member, actor, uuid=member)
    own = actor.patient == row.patient_id
    if not own and not policy.runs_group(actor, row.group_id):
        raise NotFound
    lock_people((), [row.patient_id])
    row.refresh_from_db()
    if row.left_at is not None:
        raise NotFound
    seats = own_seats(row, to_minute(now) + (change_notice(row.group.clinic) if own else 0))
    give_up(seats, reason, not own, actor, now)
    row.left_at = now
    row.left_reason = (LeaveReason.PATIENT if own else LeaveReason.CLINIC).value
    row.save(update_fields=["left_at", "left_reason"])
    if not own_seats(row, to_minute(now)):
        SeriesLink.objects.filter(series__group=row.group_id, patient=row.patient_id).update(
            revoked_at=now
        )
    audit.record(actor, "group.leave", subject=row.patient_id, obj=row)
    return row


def own_seats(member: Member, after: int) -> list[Booking]:
    rows = Booking.objects.filter(
        session__series__group=member.group_id,
        patient=member.patient_id,
        state=BookingState.BOOKED.value,
        start__gt=after,
    )
    return list(rows.select_related("session", "clinic").order_by("start"))


def give_up(
    seats: Sequence[Booking], reason: str, staff: bool, actor: Actor, now: datetime
) -> None:
    """Free seats, and nothing but these: their sessions, rooms and other people's links stay."""
    for seat in seats:
        early = seat.start - to_minute(now) >= seat.clinic.late_notice
        code = coded(reason, staff, early)
        seat.state, seat.live, seat.cancelled_at = BookingState.CANCELLED.value, False, now
        seat.cancel_reason, seat.cancelled_by = code.value, actor.name
        seat.late = code.value == "patient_late"
    Booking.objects.bulk_update(
        seats, ["state", "live", "cancelled_at", "cancel_reason", "cancelled_by", "late"]
    )
    JoinLink.objects.filter(booking__in=seats).update(revoked_at=now)
    tell_seats(EventKind.CANCELLED, seats, actor, now, left=True)
