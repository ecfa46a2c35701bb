"""Take a patient into a program, or from one program into another: the whole plan, or nothing.

What the program brings is what everybody has: series, places in groups, seats. They point back to
the enrolment, which says from when to when they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from accounts import audit
from accounts.actor import Actor
from accounts.models import Patient, Therapist
from scheduling import policy
from scheduling.actions.action import action
from scheduling.actions.book import lock_patient, require_consent
from scheduling.actions.enroll_out import (
    as_it_stands,
    cut,
    fall,
    leave_lines,
    lock_enrollment,
    require_not_begun,
    stop_waiting,
)
from scheduling.actions.group_members import require_group_consent
from scheduling.actions.links import new_join_link
from scheduling.actions.offer import lock_therapists
from scheduling.actions.release import release_expired
from scheduling.actions.repeat import Chosen, insert, links
from scheduling.actions.rooms import want_room
from scheduling.actions.seats import take_seats, tell_seats
from scheduling.actions.waitlist import enter
from scheduling.engine.hours import UnknownZone, local_day, require_zone
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import EndReason, LeaveReason, WaitState
from scheduling.errors import (
    BadInput,
    EnrolledAlready,
    EnrollmentRefused,
    InThePast,
    NoSuchZone,
    NotFound,
    ReasonMissing,
    TooFarAhead,
)
from scheduling.models import (
    Booking,
    Enrollment,
    EventKind,
    JoinLink,
    Medium,
    Member,
    Program,
    Series,
    Session,
    Waiting,
)
from scheduling.queries.lay import lay
from scheduling.queries.plan import AFTER, BEFORE, Choice, Plan, PlanPart, Wanted
from scheduling.queries.repeat import HOLIDAY

AHEAD = timedelta(days=366)


@action("enrollment.enroll")
def enroll(
    *,
    program: UUID,
    patient: int,
    first_day: date,
    place: str,
    zone: str,
    medium: str = Medium.VIDEO.value,
    choices: Sequence[Choice] = (),
    accept: Mapping[str, int] | None = None,
    override: str = "",
    actor: Actor,
    now: datetime,
) -> Enrollment:
    """Book every date of the program's weeks in one transaction, each checked again.

    By the desk, or by a therapist for patients of the caseload. `choices` settle what the plan
    (`queries.lay`) found: EnrollmentRefused carries what is still open. `override`: why
    notice, horizon, hours and daily limits are set aside. One program at a time: EnrolledAlready.
    """
    template = find_program(program, patient, override, actor)
    require_words(template, first_day, place, zone, medium, now)
    lock_therapists(*users_of(choices, actor))
    who = lock_patient(patient, actor, now)
    wanted = Wanted(
        program=template,
        patient=who,
        first_day=first_day,
        place=place,
        zone=zone,
        medium=medium,
        choices=choices,
        override=bool(override),
    )
    require_one_at_a_time(wanted)
    plan = settled_plan(wanted, accept or {}, actor, now)
    row = open_enrollment(wanted, now)
    take(row, plan, override, actor, now)
    audit.record(actor, "enrollment.enroll", subject=who.pk, obj=row)
    return row


@action("enrollment.step")
def step(
    *,
    enrollment: UUID,
    program: UUID,
    from_day: date,
    place: str = "",
    zone: str = "",
    medium: str = Medium.VIDEO.value,
    choices: Sequence[Choice] = (),
    accept: Mapping[str, int] | None = None,
    override: str = "",
    actor: Actor,
    now: datetime,
) -> Enrollment:
    """Another level of care from a day on, up or down: answers the enrolment that follows.

    What both programs share keeps its seats, dates and ways in; the rest of the old one is
    cancelled and what is new is booked, in one transaction. StartedAlready where something of
    `from_day` or later has begun. `place` and `zone`: as they were, if they are not given.
    """
    before = policy.find(Enrollment, actor, uuid=enrollment)
    template = find_program(program, before.patient_id, override, actor)
    place, zone = place or before.place, zone or before.zone
    require_words(template, from_day, place, zone, medium, now)
    who = lock_enrollment(before, actor, now, *users_of(choices, actor))
    wanted = Wanted(
        program=template,
        patient=who,
        first_day=from_day,
        place=place,
        zone=zone,
        medium=medium,
        choices=choices,
        override=bool(override),
        follows=before,
    )
    if wanted.span[0] > before.end:
        raise BadInput(field="from_day")
    require_not_begun(before, wanted.span[0], now)
    require_one_at_a_time(wanted)
    before.undo = as_it_stands(before, now)
    plan = settled_plan(wanted, accept or {}, actor, now)
    shared = [one.member.pk for one in plan.parts if one.member and one.taken]
    cut(before, wanted.span[0], EndReason.STEPPED, now, keep=shared)
    fall(before, plan.falling, EndReason.STEPPED, actor, now)
    still = [one.part.group_id for one in plan.parts if one.part.group_id and one.choice.wait]
    stop_waiting(before, still, actor, now)
    row = open_enrollment(wanted, now)
    take(row, plan, override, actor, now)
    audit.record(actor, "enrollment.step", subject=who.pk, obj=row)
    return row


# May it be


def find_program(program: UUID, patient: int, override: str, actor: Actor) -> Program:
    if not policy.enrolls(actor, patient):
        raise NotFound
    if override and not policy.may_override(actor):
        raise ReasonMissing(subject=patient)
    row = policy.find(Program, actor, uuid=program, active=True)
    return Program.objects.select_related("clinic", "level").get(pk=row.pk)


def require_words(
    program: Program, first: date, place: str, zone: str, medium: str, now: datetime
) -> None:
    if medium not in Medium.values:
        raise BadInput(field="medium")
    if not place:
        raise BadInput(field="place")
    try:
        require_zone(zone)
    except UnknownZone as error:
        raise NoSuchZone from error
    today = local_day(program.clinic.time_zone, to_minute(now))
    if first < today:
        raise InThePast
    if first > today + AHEAD:
        raise TooFarAhead


def users_of(choices: Iterable[Choice], actor: Actor) -> list[int]:
    """The users of all therapists who are named, to be locked."""
    named = {one.therapist for one in choices if one.therapist}
    for choice in choices:
        named |= {one.therapist for one in choice.dates.values() if one}
    rows = policy.visible(Therapist, actor).filter(uuid__in=named, active=True)
    found = list(rows.values_list("user_id", flat=True))
    if len(found) < len(named):
        raise NotFound
    return found


def require_one_at_a_time(wanted: Wanted) -> None:
    """Under the patient's lock; the database refuses it too."""
    low, high = wanted.span
    rows = Enrollment.objects.filter(patient=wanted.patient, live=True, start__lt=high, end__gt=low)
    if wanted.follows is not None:
        rows = rows.exclude(pk=wanted.follows.pk)
    if rows.exists():
        raise EnrolledAlready(subject=wanted.patient.pk)


def settled_plan(wanted: Wanted, accept: Mapping[str, int], actor: Actor, now: datetime) -> Plan:
    """The plan under all locks, with nothing open in it. Who comes into a group waits for it no
    longer: what was held for them is free to be booked."""
    parts = wanted.program.parts.all()
    together = [one.group_id for one in parts if one.group_id and not wanted.choice(one).off]
    if together:
        require_group_consent(wanted.patient, accept, actor, now)
    else:
        require_consent(wanted.patient, accept, actor, now)
    waits = Waiting.objects.filter(patient=wanted.patient, state=WaitState.WAITING.value)
    leave_lines(waits.filter(group__in=together), actor, now)
    lock_dates_of(together, wanted, now)
    plan = lay(wanted, now)
    if plan.against:
        raise EnrollmentRefused(parts=plan.against, subject=wanted.patient.pk)
    if not any(one.taken for one in plan.parts):
        raise BadInput(field="choices")
    return plan


def lock_dates_of(together: Sequence[int], wanted: Wanted, now: datetime) -> None:
    """Of all groups at once, by id: two plans never wait for each other crosswise. Then the rules
    that will make more of them: a place on a date that is not made yet has one owner, too."""
    rows = Session.objects.select_for_update(no_key=True, of=("self",)).filter(
        series__group__in=together, start__gt=to_minute(now), start__lt=wanted.span[1]
    )
    list(rows.order_by("pk").values_list("pk"))
    rules = Series.objects.select_for_update(no_key=True, of=("self",))
    rules = rules.filter(group__in=together, ended_at__isnull=True)
    list(rules.order_by("pk").values_list("pk"))


# Take what the plan says


def open_enrollment(wanted: Wanted, now: datetime) -> Enrollment:
    low, high = wanted.span
    return Enrollment.objects.create(
        clinic_id=wanted.program.clinic_id,
        program=wanted.program,
        patient=wanted.patient,
        follows=wanted.follows,
        start=low,
        end=high,
        place=wanted.place,
        zone=wanted.zone,
        created_at=now,
    )


def take(row: Enrollment, plan: Plan, override: str, actor: Actor, now: datetime) -> None:
    """Places and seats in groups, individual sessions, and the line for groups without a place."""
    who = plan.wanted.patient
    together = [one for one in plan.parts if one.part.group_id and not one.choice.off]
    take_places(row, together, who, now)
    sessions = [
        one.session for part in together for one in part.taken if one.session and not one.kept
    ]
    if sessions:
        take_seats(sessions, who, place=row.place, zone=row.zone, actor=actor, now=now)
    seats: list[Booking] = []
    for part in plan.parts:
        if part.part.service_id and not part.choice.off:
            seats += take_sessions(row, part, plan.wanted, override, now)
    want_room(*(seat.session for seat in seats))
    tell_seats(EventKind.BOOKED, seats, actor, now)
    for part in plan.parts:
        if part.part.group_id and part.choice.wait:
            wait(row, part, who, plan.wanted.medium, actor, now)


def take_places(row: Enrollment, parts: Sequence[PlanPart], who: Patient, now: datetime) -> None:
    """A place in each group for the dates of the plan; one of the program before goes on. What the
    patient has beside the program stays as it is."""
    new, on = [], []
    for part in parts:
        slots = [one.slot or 0 for one in part.dates if one.why not in (BEFORE, AFTER, HOLIDAY)]
        if not part.taken:
            continue
        if part.member is None:
            new.append(
                Member(
                    group=part.part.group,
                    patient=who,
                    enrollment=row,
                    from_start=min(slots),
                    until_start=max(slots),
                    place=row.place,
                    zone=row.zone,
                    joined_at=now,
                )
            )
        elif part.member.enrollment_id is not None and part.member.enrollment_id == row.follows_id:
            part.member.enrollment, part.member.until_start = row, max(slots)
            on.append(part.member)
    over = Member.objects.filter(
        patient=who, left_at__isnull=True, group__in=[one.group_id for one in new]
    )
    over.update(left_at=now, left_reason=LeaveReason.COMPLETED.value)
    Member.objects.bulk_create(new)
    Member.objects.bulk_update(on, ["enrollment", "until_start"])


def take_sessions(
    row: Enrollment, part: PlanPart, wanted: Wanted, override: str, now: datetime
) -> list[Booking]:
    """The individual dates that the patient does not have yet, in a series of their own or in the
    one that goes on."""
    new = [one for one in part.taken if not one.kept]
    chosen = [
        Chosen(one.start if one.slot is None else one.slot, one.start, one.therapist)
        for one in new
        if one.start is not None and one.therapist is not None
    ]
    series = part.series
    if series is not None:
        last = max((one.day for one in part.taken), default=series.last_day)
        Series.objects.filter(pk=series.pk).update(enrollment=row, last_day=last)
    if not chosen or part.world is None:
        return []
    fresh = series is None
    if series is None:
        series = open_series(row, part, wanted, now)
    rows = Therapist.objects.filter(uuid__in={one.therapist for one in chosen})
    hosts = {one.uuid: one for one in rows}
    for host in hosts.values():
        release_expired(host.user_id, now)
    series.patient = wanted.patient
    seats = insert(series, chosen, hosts, part.world, row.place, override, now)
    givers = [hosts[one.therapist] for one in chosen]
    if fresh:
        links(series, seats, givers, now)
    else:
        JoinLink.objects.bulk_create(
            link
            for seat, giver in zip(seats, givers, strict=True)
            for link in (
                new_join_link(seat.session, now, booking=seat),
                new_join_link(seat.session, now, therapist_id=giver.user_id),
            )
        )
    return seats


def open_series(row: Enrollment, part: PlanPart, wanted: Wanted, now: datetime) -> Series:
    assert part.pattern is not None and part.part.service is not None
    days = [one.day for one in part.taken]
    return Series.objects.create(
        clinic_id=row.clinic_id,
        service=part.part.service,
        patient=wanted.patient,
        enrollment=row,
        zone=part.pattern.zone,
        rule=part.pattern.rule,
        at=part.pattern.at,
        first_day=min(days),
        last_day=max(days),
        medium=wanted.medium,
        created_at=now,
    )


def wait(
    row: Enrollment, part: PlanPart, who: Patient, medium: str, actor: Actor, now: datetime
) -> None:
    """In line for a group that has no place; who waits for it already keeps the turn."""
    group = part.part.group
    assert group is not None
    same = Waiting.objects.filter(patient=who, group=group, state=WaitState.WAITING.value)
    if not same.exists():
        line = Waiting(
            group=group, service=group.service, medium=medium, place=row.place, zone=row.zone
        )
        enter(line, who, "", "", actor, now)
