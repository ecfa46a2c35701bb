"""The hours ledger of enrolments: rows for `engine/ledger.py`, and plain values out of it.

Whatever the number of enrolments: six queries for their ledgers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import NamedTuple

from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from accounts.actor import Actor
from scheduling import policy
from scheduling.engine import ledger as engine
from scheduling.engine.hours import day_span, local_day
from scheduling.engine.interval import DAY, to_minute
from scheduling.engine.ledger import DatedRule, Rule, Seat, Week
from scheduling.engine.lifecycle import Attendance, BookingState, CancelReason, GroupState
from scheduling.engine.small_cells import kept_back
from scheduling.errors import NotFound
from scheduling.models import Booking, Enrollment, Level, LevelRule, Member, Pause
from scheduling.queries import groups
from scheduling.queries.agenda import called
from scheduling.queries.roster import MISSES

LOOK_BACK = 12 * 7 * DAY  # minutes in which absences in a row are counted
ENDS_SOON = 21 * DAY
FACTS = ("start", "end", "state", "attendance", "late_by", "left_early_by", "cancel_reason")
BY_PATIENT = {CancelReason.PATIENT.value, CancelReason.PATIENT_LATE.value}


@dataclass(frozen=True)
class Kept:
    """One enrolment with its weeks. `today`: the clinic's. `absent`: misses in a row."""

    enrollment: Enrollment
    weeks: list[Week]
    absent: int
    paused: bool
    today: date

    @property
    def name(self) -> str:
        who = self.enrollment.patient
        return called(who.called, who.first_name, who.last_name)

    @property
    def week(self) -> Week | None:
        """The one that runs now."""
        return next((one for one in self.weeks if one.first <= self.today <= one.last), None)

    @property
    def short(self) -> bool:
        return self.week is not None and self.week.short

    @property
    def misses(self) -> bool:
        return self.absent >= MISSES

    @property
    def days_left(self) -> int:
        """Of the week that runs, with today."""
        return (self.week.last - self.today).days + 1 if self.week else 0


def of_others(actor: Actor) -> QuerySet[Enrollment]:
    """What staff may know of; never their own."""
    return policy.visible(Enrollment, actor).exclude(patient__user=actor.user)


def enrolled(actor: Actor, now: datetime) -> QuerySet[Enrollment]:
    """Who is in a program now, as far as staff may know of them."""
    minute = to_minute(now)
    return of_others(actor).filter(live=True, start__lte=minute, end__gt=minute)


def ledgers(rows: QuerySet[Enrollment], now: datetime) -> list[Kept]:
    """By name. Six queries or fewer, whoever and however many they are."""
    found = list(rows.select_related("clinic", "program__level", "patient"))
    if not found:
        return []
    minute = to_minute(now)
    since = min(minute - LOOK_BACK, *(one.start for one in found))
    seats = seats_of({one.patient_id for one in found}, since)
    pauses, rules = pauses_of(found), rules_of({one.program.level_id for one in found})
    made = made_until(found, now)
    kept = [
        keep(
            one,
            seats[one.patient_id],
            pauses[one.pk],
            rules[one.program.level_id],
            minute,
            made.get(one.pk),
        )
        for one in found
    ]
    return sorted(kept, key=lambda one: (one.name.casefold(), one.enrollment.start))


def keep(
    row: Enrollment,
    seats: list[Seat],
    pauses: list[tuple[int, int | None]],
    rules: list[DatedRule],
    minute: int,
    made: int | None,
) -> Kept:
    clinic = row.clinic
    found = engine.weeks(
        seats,
        zone=clinic.time_zone,
        starts=clinic.week_starts,
        enrolled=(row.start, row.end),
        pauses=pauses,
        rule=partial(rule_for, rules, born(row.patient.birth_date)),
        now=minute,
        made_until=made,
    )
    late = [seat for seat in seats if seat.start >= minute - LOOK_BACK]
    return Kept(
        row,
        list(found),
        engine.absences(late, minute),
        any(low <= minute and (high is None or minute < high) for low, high in pauses),
        local_day(clinic.time_zone, minute),
    )


def rule_for(rules: list[DatedRule], birth: date | None, day: date) -> Rule | None:
    return engine.rule_on(rules, day, engine.age_on(birth, day))


def born(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def seats_of(patients: Collection[int], since: int) -> defaultdict[int, list[Seat]]:
    """By patient, one for each session: the last. One query.

    What a program took back, for the time of a pause or for another level of care, bears the
    moment of that change; it was never missed by anybody.
    """
    ended = Enrollment.objects.filter(
        Q(end__lte=OuterRef("start")) | Q(live=False),
        patient=OuterRef("patient"),
        ended_at=OuterRef("cancelled_at"),
    )
    paused = Pause.objects.filter(
        Q(end__isnull=True) | Q(end__gt=OuterRef("start")),
        enrollment__patient=OuterRef("patient"),
        created_at=OuterRef("cancelled_at"),
        start__lte=OuterRef("start"),
    )
    gone = Q(state=BookingState.CANCELLED.value) & ~Exists(ended) & ~Exists(paused)
    rows = Booking.objects.filter(
        Q(state=BookingState.BOOKED.value) | gone, patient__in=patients, start__gte=since
    ).order_by("live", "pk")
    last: dict[tuple[int, int], Seat] = {}
    for row in rows.values_list("patient_id", "session_id", *FACTS):
        start, end, state, mark, late, early, reason = row[2:]
        last[row[0], row[1]] = Seat(
            start,
            end,
            state == BookingState.BOOKED.value,
            Attendance(mark),
            (late or 0) + (early or 0),
            reason in BY_PATIENT,
        )
    found: defaultdict[int, list[Seat]] = defaultdict(list)
    for (who, _session), one in last.items():
        found[who].append(one)
    return found


def pauses_of(rows: Iterable[Enrollment]) -> defaultdict[int, list[tuple[int, int | None]]]:
    """By enrolment. One query."""
    found: defaultdict[int, list[tuple[int, int | None]]] = defaultdict(list)
    pauses = Pause.objects.filter(enrollment__in=[one.pk for one in rows])
    for row, start, end in pauses.values_list("enrollment_id", "start", "end"):
        found[row].append((start, end))
    return found


def made_until(rows: Iterable[Enrollment], now: datetime) -> dict[int, int]:
    """By enrolment with a place in a group that has not made all of its sessions: the minute up to
    which they are made, as far ahead as they can be. One query."""
    running = Q(group__series__ended_at__isnull=True)
    places = Member.objects.filter(
        enrollment__in=[one.pk for one in rows],
        left_at__isnull=True,
        group__state=GroupState.RUNNING.value,
    ).annotate(last=Max("group__series__sessions__slot", filter=running))
    window = to_minute(now + groups.WINDOW - groups.SLACK)
    found: dict[int, int] = {}
    for row, until, last in places.values_list("enrollment_id", "until_start", "last"):
        made = max(last or 0, window)
        if until is not None and until > made:
            found[row] = min(made, found.get(row, made))
    return found


def rules_of(levels: Collection[int]) -> defaultdict[int, list[DatedRule]]:
    """By level of care. One query."""
    found: defaultdict[int, list[DatedRule]] = defaultdict(list)
    for one in LevelRule.objects.filter(level__in=levels):
        rule = Rule(one.min_minutes, one.max_minutes, one.day_minutes, one.days)
        found[one.level_id].append(
            DatedRule(one.valid_from, one.valid_until, one.age_from, one.age_until, rule)
        )
    return found


# Who needs a look


def ends_soon(kept: Kept, now: datetime) -> bool:
    return kept.enrollment.end - to_minute(now) <= ENDS_SOON


def census(kept: Iterable[Kept]) -> list[tuple[str, str, int]]:
    """(level, program, how many are in it now), more care on top."""
    counts: dict[tuple[int, str, str], int] = defaultdict(int)
    for one in kept:
        program = one.enrollment.program
        counts[-program.level.rank, program.level.name, program.name] += 1
    return [(level, program, count) for (_rank, level, program), count in sorted(counts.items())]


def one(row: Enrollment, now: datetime) -> Kept:
    return ledgers(Enrollment.objects.filter(pk=row.pk), now)[0]


# Numbers without names


class Numbers(NamedTuple):
    """Of who is in a program when the clinic's week begins. None: too few to be told (PR5)."""

    week: date
    levels: list[tuple[str, int | None]]
    short: int | None
    misses: int | None
    ending: int | None


def numbers(actor: Actor, now: datetime) -> Numbers:
    """For the clinic's admins. One breakdown, no total beside it, and of who is told nothing."""
    if actor.clinic is None or not actor.has(policy.ADMIN):
        raise NotFound
    clinic = actor.clinic
    today = local_day(clinic.time_zone, to_minute(now))
    week = engine.first_of_week(today, clinic.week_starts)
    begins = day_span(clinic.time_zone, week, week)[0]
    rows = Enrollment.objects.filter(clinic=clinic, live=True, start__lte=begins, end__gt=begins)
    kept = ledgers(rows, now)
    levels = list(policy.visible(Level, actor).filter(active=True))
    counts = [sum(one.enrollment.program.level_id == each.pk for one in kept) for each in levels]
    back = kept_back(counts)
    return Numbers(
        week,
        [
            (level.name, None if place in back else counts[place])
            for place, level in enumerate(levels)
        ],
        part([one.short for one in kept]),
        part([one.misses for one in kept]),
        part([ends_soon(one, now) for one in kept]),
    )


def part(who: list[bool]) -> int | None:
    """How many of them, unless so few are, or are not, that it may point at somebody."""
    count = sum(who)
    return None if kept_back([count, len(who) - count]) else count
