"""The groups of the demo: founded some weeks ago, joined by their members, marked each week."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Max, Q

from accounts.actor import Actor
from accounts.models import Clinic, Patient, Therapist
from scheduling.actions.attend import Mark, mark_group
from scheduling.actions.cancel import cancel
from scheduling.actions.group_dates import cancel_date, move_date
from scheduling.actions.group_members import join
from scheduling.actions.groups import fill, found
from scheduling.engine.hours import wall_to_minute
from scheduling.engine.interval import from_minute, to_minute
from scheduling.engine.recurrence import weekly
from scheduling.errors import Refusal
from scheduling.management.demo.people import LA, THERAPISTS
from scheduling.management.demo.places import Place, monday_of, places
from scheduling.management.demo.programs import (
    PROGRAMS,
    accepted,
    found_program,
    step_down,
    suited_to,
    take_in,
)
from scheduling.models import Booking, Entry, Group, Member, Series, Service, Session
from scheduling.queries.repeat import Pattern

AHEAD = timedelta(weeks=3)  # so far ahead people take seats in drop-in groups
REGULAR = 0.7  # of the sessions of such a group


class GroupPlan(NamedTuple):
    """`joins`: in which week of the group each member comes in; `leads`: numbers of therapists."""

    name: str
    service: str
    about: str
    entry: str
    capacity: int
    begun: int  # weeks ago
    days: tuple[int, ...]
    at: int
    leads: tuple[int, ...]
    joins: tuple[int, ...]
    medium: str = "video"
    per_facilitator: int | None = None
    terms: tuple[int | None, int | None, int | None] = (None, None, None)
    weeks: int | None = None  # how many it has in all
    listed: bool = True


G, CLOSED, ROLLING, OPEN = GroupPlan, Entry.CLOSED.value, Entry.ROLLING.value, Entry.OPEN.value

# terms: may be joined until session, sessions in a module, sessions in a cycle
GROUPS = [
    G("DBT skills", "dbt-skills",
      "Four modules of six weeks: mindfulness, distress tolerance, emotion regulation, and "
      "interpersonal effectiveness. We practise one skill each week and talk about the homework. "
      "New members come in when a module begins.",
      ROLLING, 9, 8, (0,), 18 * 60, (2, 8), (0, 0, 0, 0, 0, 0, 6, 6, 6),
      per_facilitator=6, terms=(None, 6, 24)),
    G("CBT for anxiety", "cbt-group",
      "Twelve evenings with the same people: how worry works, and what changes it. Everybody "
      "begins together; between the evenings you try things out.",
      CLOSED, 8, 5, (1,), 18 * 60 + 15, (0, 11), (0,) * 8, terms=(2, None, None), weeks=12),
    G("Clear thinking (REBT)", "rebt-group",
      "Find the belief behind a feeling, dispute it, and put a better one in its place. New "
      "members come in every fourth week.",
      ROLLING, 8, 6, (2,), 18 * 60 + 15, (11,), (0, 0, 0, 4, 4), terms=(None, 4, 12)),
    G("Morning block", "iop-morning",
      "Intensive outpatient: three mornings a week of three hours, with a break in each, for "
      "about twelve weeks. You come in on a Monday, after a first call.",
      ROLLING, 8, 7, (0, 2, 4), 9 * 60, (6, 5), (0, 0, 0, 2, 2, 4, 5),
      per_facilitator=5, terms=(None, 3, 36)),
    G("Day program", "day-program",
      "Partial hospitalization: every weekday from nine to half past one, with two breaks, for "
      "about six weeks. You come in on a Monday, after a first call.",
      ROLLING, 8, 8, (0, 1, 2, 3, 4), 9 * 60, (8, 9), (0, 0, 2, 4, 4, 6),
      per_facilitator=4, terms=(None, 5, 30)),
    G("Thursday support", "support",
      "An open evening for whoever needs it. Come when you can, and say as much as you like.",
      OPEN, 12, 9, (3,), 18 * 60 + 30, (5,), (0,) * 9),
    G("Alumni call", "alumni",
      "By telephone, for those who have been through one of our programs. Take a seat for the "
      "Saturdays that suit you.",
      OPEN, 15, 9, (5,), 10 * 60, (9,), (0,) * 7, medium="telephone"),
]  # fmt: skip
OFF = {"DBT skills": 5}  # which of the dates to come
LATER = {"CBT for anxiety": 2}
MISSES = ("CBT for anxiety", 1)  # who has missed the last four
FATES = [("attended", 0.86), ("no_show", 0.06), ("excused", 0.05), ("technical_failure", 0.03)]
AWAY = 0.04  # of the dates are cancelled by a member beforehand


def live_in_groups(clinic: Clinic, actor: Actor, now: datetime) -> None:
    everybody = places(clinic)
    worker = Actor.worker(clinic)
    for plan in GROUPS:
        there = going_on(plan, clinic, now)
        group = there or begin(plan, clinic, actor, now)
        series = Series.objects.get(group=group, followed_by__isnull=True)
        if there is None:
            found_program(group, clinic, now)
        suited = who_may_come(plan, series, suited_to(plan.name, everybody))
        people = suited[: len(plan.joins)]
        come_in(plan, group, series, people, actor, now)
        for weeks in (8, 4):
            fill(series, actor=worker, now=now - timedelta(weeks=weeks))
        fill(series, actor=worker, now=now - timedelta(days=2))
        follow(plan, group, suited, actor, now)
        if there is None:
            change_a_date(group, actor, now)
        if plan.entry == OPEN:
            drop_in(plan, group, people, actor, now)
        be_away(group, actor, now)
        mark_who_came(plan, group, people, actor, now)
    step_down(clinic, everybody, actor, now)


def going_on(plan: GroupPlan, clinic: Clinic, now: datetime) -> Group | None:
    """None: there was none yet, or its last date is over, and others begin."""
    rows = Group.objects.filter(clinic=clinic, name=plan.name)
    return rows.exclude(series__last_day__lt=now.date()).first()


def begin(plan: GroupPlan, clinic: Clinic, actor: Actor, now: datetime) -> Group:
    """Two weeks before its first session, and after those who were here before."""
    first = monday_of(now) - timedelta(weeks=plan.begun) + timedelta(days=plan.days[0])
    before = Series.objects.filter(group__clinic=clinic, group__name=plan.name)
    if ended := before.aggregate(last=Max("last_day"))["last"]:
        first = max(first, ended + timedelta(weeks=1))
    last = first + timedelta(weeks=plan.weeks - 1) if plan.weeks else None
    until, module, cycle = plan.terms
    therapists = list(Therapist.objects.filter(clinic=clinic).order_by("pk"))
    return found(
        service=Service.objects.get(clinic=clinic, slug=plan.service).uuid,
        name=plan.name,
        about=plan.about,
        entry=plan.entry,
        capacity=plan.capacity,
        per_facilitator=plan.per_facilitator,
        entry_sessions=until,
        module_sessions=module,
        cycle_sessions=cycle,
        listed=plan.listed,
        pattern=Pattern(weekly(plan.days), LA, plan.at, first, last),
        medium=plan.medium,
        facilitators=[therapists[number].uuid for number in plan.leads],
        actor=actor,
        now=at_noon(first - timedelta(weeks=2)),
    )


def who_may_come(plan: GroupPlan, series: Series, everybody: list[Place]) -> list[Place]:
    """Whom the lead may treat and who are free then, always in the same order: three patients of
    the lead's own, then others."""
    states = THERAPISTS[plan.leads[0]].states
    monday = series.first_day - timedelta(days=plan.days[0])
    taken = [wall_to_minute(LA, monday + timedelta(days=day), plan.at) for day in plan.days]
    minutes = series.service.minutes

    def free(one: Place) -> bool:
        start = one.start(monday)
        end = start + one.service.minutes
        return all(end <= begins or start >= begins + minutes for begins in taken)

    turn = 17 * (GROUPS.index(plan) + 1) % len(everybody)
    own = [one for one in everybody if one.plan is THERAPISTS[plan.leads[0]]]
    some = own[:3] + [one for one in everybody[turn:] + everybody[:turn] if one not in own]
    return [one for one in some if one.patient.state in states and free(one)]


def come_in(
    plan: GroupPlan,
    group: Group,
    series: Series,
    people: list[Place],
    actor: Actor,
    now: datetime,
) -> None:
    """Members join three days before the week that is theirs."""
    if plan.entry == OPEN:
        return
    members = set(Member.objects.filter(group=group).values_list("patient_id", flat=True))
    for one, week in zip(people, plan.joins, strict=False):
        first = series.first_day + timedelta(weeks=week)
        at = at_noon(first - timedelta(days=3))
        if at < now and one.patient.pk not in members:
            take_a_place(group, one, first, actor, at)


def follow(plan: GroupPlan, group: Group, suited: list[Place], actor: Actor, now: datetime) -> None:
    """Whose time is over makes room: others come in at the next entry point."""
    rows = Member.objects.filter(group=group)
    known = set(rows.values_list("patient_id", flat=True))
    done = rows.filter(until_start__lt=to_minute(now)).count()
    room = min(done, len(plan.joins) + done - len(known))
    for one in [one for one in suited if one.patient.pk not in known][: max(0, room)]:
        take_a_place(group, one, monday_of(now) + timedelta(weeks=1), actor, now)


def take_a_place(group: Group, one: Place, first: date, actor: Actor, at: datetime) -> None:
    """By enrolment where the group is a program's week."""
    if group.name in PROGRAMS:
        take_in(group, one, first, actor, at)
    else:
        take_a_seat(group, one.patient, actor, at)


def take_a_seat(
    group: Group, who: Patient, actor: Actor, at: datetime, start: int | None = None
) -> None:
    """By the desk."""
    try:
        join(
            group=group.uuid,
            patient=who.pk,
            place=who.state,
            zone=who.time_zone,
            start=start,
            accept=accepted(who),
            actor=actor,
            now=at,
        )
    except Refusal:
        return  # somebody who sits elsewhere then


def drop_in(
    plan: GroupPlan, group: Group, people: list[Place], actor: Actor, now: datetime
) -> None:
    """Each comes to most sessions, and takes the seat some days before."""
    until = to_minute(now + AHEAD)
    seats = Booking.objects.filter(session__series__group=group)
    there = set(seats.values_list("session_id", "patient_id"))
    for session in Session.objects.filter(series__group=group, start__lt=until).order_by("start"):
        for number, who in enumerate(one.patient for one in people):
            dice = random.Random(f"{plan.name} {number} {session.slot}")
            at = from_minute(session.start) - timedelta(hours=dice.randint(5, 500))
            if dice.random() < REGULAR and at < now and (session.pk, who.pk) not in there:
                take_a_seat(group, who, actor, at, session.start)


def change_a_date(group: Group, actor: Actor, now: datetime) -> None:
    """The leaders of one group are at a conference; another meets two days later that week."""
    rows = Session.objects.filter(series__group=group, start__gt=to_minute(now)).order_by("start")
    yesterday = now - timedelta(days=2)
    if group.name in OFF:
        cancel_date(session=rows[OFF[group.name]].uuid, reason="clinic", actor=actor, now=yesterday)
    if group.name in LATER:
        row = rows[LATER[group.name]]
        move_date(
            session=row.uuid,
            start=row.start + 2 * 1440,
            reason="clinic",
            drop=True,
            actor=actor,
            now=yesterday,
        )


def be_away(group: Group, actor: Actor, now: datetime) -> None:
    """Some say a day before that they cannot come: the place stays theirs."""
    soon = Booking.objects.filter(session__series__group=group, start__lt=to_minute(now) + 1440)
    for seat in soon.filter(state="booked", attendance="").order_by("pk"):
        at = from_minute(seat.start) - timedelta(hours=26)
        if chance(seat) < AWAY and seat.booked_at and seat.booked_at < at:
            cancel(booking=seat.uuid, reason="patient", actor=actor, now=at)


def chance(seat: Booking) -> float:
    return random.Random(f"{seat.patient_id} {seat.start}").random()


def mark_who_came(
    plan: GroupPlan, group: Group, people: list[Place], actor: Actor, now: datetime
) -> None:
    """Each session in one go, soon after its end."""
    over = Q(state="booked", attendance="", end__lt=to_minute(now) - 120)
    seats = Booking.objects.filter(over, session__series__group=group).select_related("session")
    late = set(last_starts(group, now, 4))
    name, number = MISSES
    missing = people[number].patient if plan.name == name and number < len(people) else None
    by_session: dict[UUID, dict[UUID, Mark]] = {}
    for seat in seats.order_by("start", "pk"):
        away = missing is not None and seat.patient_id == missing.pk and seat.start in late
        marks = by_session.setdefault(seat.session.uuid, {})
        marks[seat.uuid] = Mark("no_show") if away else thrown(seat)
    ends = {seat.session.uuid: seat.session.ends_at for seat in seats}
    for session, marks in by_session.items():
        mark_group(
            session=session,
            marks=marks,
            present=sum(one.attendance == "attended" for one in marks.values()),
            actor=actor,
            now=ends[session] + timedelta(minutes=6),
        )


def thrown(seat: Booking) -> Mark:
    dice = random.Random(f"came {seat.patient_id} {seat.start}")
    fate = dice.choices([fate for fate, _ in FATES], [weight for _, weight in FATES])[0]
    if fate != "attended":
        return Mark(fate)
    late = dice.choice([5, 10, 15]) if dice.random() < 0.1 else None
    early = dice.choice([10, 20]) if dice.random() < 0.05 else None
    return Mark(fate, late, early)


def last_starts(group: Group, now: datetime, count: int) -> Iterator[int]:
    past = Session.objects.filter(series__group=group, end__lt=to_minute(now) - 120)
    yield from past.order_by("-start").values_list("start", flat=True)[:count]


def at_noon(day: date) -> datetime:
    return datetime.combine(day, time(12), ZoneInfo(LA))
