"""A program laid on the real calendar for one patient: every date, why it cannot be, and the hours
of each week against the band of the level.

Groups come first, then the individual sessions around them. Times are minutes since the epoch, UTC;
a slot is the start that a rule gave. A fixed number of queries for each part, however many weeks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import takewhile
from typing import NamedTuple
from uuid import UUID

from accounts.actions.consent import current_versions, signed_forms
from accounts.models import Form, Patient, Therapist
from scheduling.engine.hours import day_span, local_day
from scheduling.engine.interval import Span, to_minute
from scheduling.engine.ledger import DatedRule, Rule, Seat, Week, age_on, rule_on, weeks
from scheduling.engine.lifecycle import BookingState, GroupState, SessionState
from scheduling.engine.recurrence import MOST, weekly
from scheduling.models import (
    Booking,
    Enrollment,
    Entry,
    Group,
    Holiday,
    LevelRule,
    Member,
    Occupancy,
    Offering,
    Program,
    ProgramPart,
    Series,
    Session,
)
from scheduling.queries import groups
from scheduling.queries.repeat import (
    HOLIDAY,
    NOT_LICENSED,
    PATIENT_BUSY,
    Asked,
    Checked,
    Pattern,
    World,
    checked,
    look,
)
from scheduling.queries.seats import seat_limits, seats_left

FULL, CLOSED = "group_full", "group_closed"  # of a group as a whole
NOBODY = "nobody"  # no therapist is chosen, or none gives the service
OWN_PLAN = "own_plan"  # another part of the plan is at that time
BEFORE, AFTER = "before_entry", "after_cycle"  # a group's rules for coming in, and its cycle's end
CANCELLED, AWAY = "cancelled", "away"  # the date, or only the patient's seat
GIVEN = frozenset({BEFORE, AFTER, CANCELLED, AWAY})
"""Dates without a seat about which there is nothing to decide."""


class Instead(NamedTuple):
    """Another start for one date, with this therapist."""

    start: int
    therapist: UUID


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What is decided about one part (its id). `dates`: by slot; None leaves the date out.

    Of an individual part: with whom, and when in the week if not as the program has it. A group
    that has no place may be waited for; any part may be left out.
    """

    part: int
    leave_out: bool = False
    wait: bool = False
    therapist: UUID | None = None
    weekday: int | None = None
    at: int | None = None
    dates: Mapping[int, Instead | None] = field(default_factory=dict)

    @property
    def off(self) -> bool:
        return self.leave_out or self.wait


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Who goes into which program, from when. `follows`: the enrolment that ends there."""

    program: Program
    patient: Patient
    first_day: date
    place: str
    zone: str
    medium: str = "video"
    choices: Sequence[Choice] = ()
    override: bool = False  # staff look past notice, horizon, hours and daily limit
    follows: Enrollment | None = None

    @property
    def clinic_zone(self) -> str:
        return self.program.clinic.time_zone

    @property
    def last_day(self) -> date:
        return self.first_day + timedelta(weeks=self.program.weeks, days=-1)

    @property
    def span(self) -> Span:
        return day_span(self.clinic_zone, self.first_day, self.last_day)

    def choice(self, part: ProgramPart) -> Choice:
        found = next((one for one in self.choices if one.part == part.pk), None)
        return found or Choice(part=part.pk)


@dataclass(frozen=True, kw_only=True)
class PlanDate:
    """One date of a part. `why` is "" where it is free, or `kept`: the patient's already.

    `near` and `others` as in `repeat.Checked`. A group's date without a `session` is not made yet:
    its seat comes with it.
    """

    day: date
    slot: int | None
    start: int | None
    minutes: int
    why: str = ""
    kept: bool = False
    skipped: bool = False
    near: int | None = None
    others: tuple[int, ...] = ()
    therapist: UUID | None = None  # who gives it, of an individual part
    session: Session | None = None

    @property
    def open(self) -> bool:
        """Somebody has to decide about it."""
        return bool(self.why) and not self.skipped and self.why not in GIVEN

    @property
    def counts(self) -> bool:
        return self.start is not None and not self.why and not self.skipped

    @property
    def span(self) -> Span:
        assert self.start is not None
        return self.start, self.start + self.minutes


@dataclass(frozen=True, kw_only=True)
class PlanPart:
    """`why`: a code that stands against the part as a whole. `member`: the place that the patient
    has already; `series`: the sessions that go on from the program before."""

    part: ProgramPart
    choice: Choice
    dates: Sequence[PlanDate] = ()
    why: str = ""
    host: Therapist | None = None
    world: World | None = None
    member: Member | None = None
    series: Series | None = None
    pattern: Pattern | None = None

    @property
    def open(self) -> bool:
        if self.choice.off:
            return False
        return bool(self.why) or any(one.open for one in self.dates)

    @property
    def taken(self) -> list[PlanDate]:
        """The dates that the patient gets, or has."""
        return [] if self.choice.off or self.why else [one for one in self.dates if one.counts]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`missing`: forms to be signed before. `falling`: seats of the program before that go."""

    wanted: Wanted
    parts: Sequence[PlanPart]
    weeks: Sequence[Week]
    missing: Sequence[str]
    falling: Sequence[Booking] = ()

    @property
    def fits(self) -> bool:
        return not self.missing and not any(one.open for one in self.parts)

    @property
    def against(self) -> dict[int, dict[int, str]]:
        """By part, by slot (0: as a whole), the codes of what is still to be decided."""
        found: dict[int, dict[int, str]] = {}
        for part in self.parts:
            if part.open:
                whole = {0: part.why} if part.why else {}
                found[part.part.pk] = whole or {
                    one.slot or 0: one.why for one in part.dates if one.open
                }
        return found


def lay(wanted: Wanted, now: datetime) -> Plan:
    """Every date of the program's weeks, none left out."""
    parts = list(
        ProgramPart.objects.filter(program=wanted.program)
        .select_related("group__service__clinic", "service")
        .order_by("pk")
    )
    table = _Table(wanted, parts, now)
    laid: dict[int, PlanPart] = {}
    for part in sorted(parts, key=lambda one: one.group_id is None):
        laid[part.pk] = table.group(part) if part.group else table.individual(part)
        table.planned += [one.span for one in laid[part.pk].taken]
    found = [laid[part.pk] for part in parts]
    return Plan(
        wanted=wanted,
        parts=found,
        weeks=weeks_of(wanted, found, now),
        missing=_missing(wanted, found, now),
        falling=table.falling(),
    )


def weeks_of(wanted: Wanted, parts: Iterable[PlanPart], now: datetime) -> list[Week]:
    """The clinic's weeks with the minutes that the plan gives them."""
    born = wanted.patient.birth_date
    born_on = date.fromisoformat(born) if born else None
    rules = rules_of(wanted.program.level_id)
    zone, starts = wanted.clinic_zone, wanted.program.clinic.week_starts
    return list(
        weeks(
            [Seat(*one.span) for part in parts for one in part.taken],
            zone=zone,
            starts=starts,
            enrolled=wanted.span,
            rule=lambda day: rule_on(rules, day, age_on(born_on, day)),
            now=to_minute(now),
        )
    )


def rules_of(level: int) -> list[DatedRule]:
    rows = LevelRule.objects.filter(level=level).values_list(
        "valid_from", "valid_until", "age_from", "age_until",
        "min_minutes", "max_minutes", "day_minutes", "days",
    )  # fmt: skip
    return [DatedRule(*row[:4], Rule(*row[4:])) for row in rows]


def _missing(wanted: Wanted, parts: Iterable[PlanPart], now: datetime) -> list[str]:
    needed = [Form.TELEHEALTH.value]
    together = any(one.part.group_id and not one.choice.off for one in parts)
    if together and Form.GROUP.value in current_versions(wanted.patient.clinic_id):
        needed.append(Form.GROUP.value)
    signed = signed_forms(wanted.patient, now)
    return [form for form in needed if form not in signed]


class _Table:
    """What is known about the patient before the first part is laid; `planned` grows with each."""

    def __init__(self, wanted: Wanted, parts: Sequence[ProgramPart], now: datetime) -> None:
        self.wanted, self.now = wanted, now
        self.low, self.high = wanted.span
        self.after = max(self.low - 1, to_minute(now))
        self.planned: list[Span] = []
        clinic = wanted.program.clinic_id
        closed = Holiday.objects.filter(clinic=clinic).values_list("day", flat=True)
        self.holidays = frozenset(closed)
        places = Member.objects.filter(patient=wanted.patient, left_at__isnull=True)
        places = places.exclude(until_start__lte=self.after)
        self.members = {one.group_id: one for one in places}
        self.paused = [one for one in groups.away(_pk(wanted.follows)) if one[1] > self.after]
        self.seats = self._seats()
        self.hosts = self._hosts()
        self.series = self._series_before(parts)
        self.going = self._going(parts)
        self.busy = [(one.start, one.end) for one in self.seats if one.pk not in self.going]
        self.seat_in = {one.session_id: one for one in self.seats if one.pk not in self.going}

    def _seats(self) -> list[Booking]:
        """The patient's live ones from the first day on."""
        until = max(self.high, self.wanted.follows.end if self.wanted.follows else 0)
        rows = Booking.objects.filter(
            patient=self.wanted.patient, live=True, end__gt=self.low, start__lt=until
        ).exclude(held_until__lte=int(self.now.timestamp()))
        return list(rows.select_related("session__series", "clinic").order_by("start"))

    def _hosts(self) -> dict[UUID, Therapist]:
        wanted = {one.therapist for one in self.wanted.choices if one.therapist}
        for choice in self.wanted.choices:
            wanted |= {one.therapist for one in choice.dates.values() if one is not None}
        rows = Therapist.objects.filter(
            clinic=self.wanted.program.clinic_id, uuid__in=wanted, active=True
        )
        return {one.uuid: one for one in rows}

    # The program before

    def _series_before(self, parts: Sequence[ProgramPart]) -> dict[int, tuple[Series, Therapist]]:
        """By part (id) the series of the enrolment before that simply goes on, and by whom. Out of
        a pause none does: what it had cancelled is booked anew."""
        if self.wanted.follows is None or self.paused:
            return {}
        rows = list(Series.objects.filter(enrollment=self.wanted.follows, ended_at__isnull=True))
        given = Occupancy.objects.filter(
            session__series__in=rows, live=True, start__gt=self.after
        ).select_related("profile", "session")
        hosts: dict[int, Therapist] = {}
        for taken in given.order_by("-start"):
            hosts[taken.session.series_id or 0] = taken.profile
        found: dict[int, tuple[Series, Therapist]] = {}
        for part in parts:
            choice = self.wanted.choice(part)
            for one in rows:
                host = hosts.get(one.pk)
                claimed = any(one == series for series, _ in found.values())
                if host and not claimed and not choice.off and _goes_on(one, host, part, choice):
                    found[part.pk] = (one, host)
                    break
        return found

    def _going(self, parts: Sequence[ProgramPart]) -> frozenset[int]:
        """The seats (ids) of the program before that fall away."""
        follows = self.wanted.follows
        if follows is None:
            return frozenset()
        stay = {one.group_id for one in parts if one.group_id and not self.wanted.choice(one).off}
        series = {one.pk for one, _ in self.series.values()}
        theirs = {one.group_id for one in self.members.values() if one.enrollment_id == follows.pk}
        going = set()
        for seat in self.seats:
            one = seat.session.series
            if one is None or seat.start <= self.after or seat.state != BookingState.BOOKED.value:
                continue
            old = one.enrollment_id == follows.pk or one.group_id in theirs
            shared = one.pk in series or one.group_id in stay
            if old and not (shared and seat.start < self.high):
                going.add(seat.pk)
        return frozenset(going)

    def falling(self) -> list[Booking]:
        return [one for one in self.seats if one.pk in self.going]

    # A group

    def group(self, part: ProgramPart) -> PlanPart:
        group, choice = part.group, self.wanted.choice(part)
        assert group is not None
        member = self.members.get(group.pk)
        found = PlanPart(part=part, choice=choice, member=member)
        series = groups.running_series(group)
        if series is None or group.state != GroupState.RUNNING.value:
            return replace(found, why=CLOSED)
        every = self._every(group, series)
        stretch = self._stretch(group, every, member)
        if stretch is None:
            return replace(found, why=CLOSED)
        dates = self._dates(group, series, every, stretch, member, choice)
        full = group.entry != Entry.OPEN.value and any(one.why == FULL for one in dates)
        return replace(found, dates=dates, why=FULL if full else "", series=series)

    def _every(self, group: Group, series: Series) -> list[tuple[int, Session | None]]:
        """What the group has held and will hold until the last day, by slot; None: not made yet."""
        rows = groups.counted(group)
        last = rows[-1].slot or 0 if rows else to_minute(self.now)
        ahead = takewhile(lambda slot: slot < self.high, groups.rule_slots(series, last))
        made: list[tuple[int, Session | None]] = [(one.slot or 0, one) for one in rows]
        return made + [
            (slot, None) for slot in ahead if local_day(series.zone, slot) not in self.holidays
        ]

    def _stretch(
        self,
        group: Group,
        every: Sequence[tuple[int, Session | None]],
        member: Member | None,
    ) -> Span | None:
        """From which slot to which the patient has a place, by the group's rules; None: none."""
        slots = [slot for slot, _ in every]
        coming = [slot for slot in slots if slot > self.after]
        if not coming:
            return None
        if member is not None or group.entry == Entry.OPEN.value:
            return coming[0], slots[-1]
        if group.entry == Entry.CLOSED.value:
            begun = len(slots) - len(coming)
            return (coming[0], slots[-1]) if begun < (group.entry_sessions or 1) else None
        assert group.module_sessions is not None and group.cycle_sessions is not None
        for place in range(0, len(slots), group.module_sessions):
            if slots[place] > self.after:
                last = min(place + group.cycle_sessions, len(slots)) - 1
                return slots[place], slots[last]
        return None

    def _dates(
        self,
        group: Group,
        series: Series,
        every: Sequence[tuple[int, Session | None]],
        stretch: Span,
        member: Member | None,
        choice: Choice,
    ) -> list[PlanDate]:
        minutes, dates = group.service.minutes, []
        for slot, session in every:
            start = session.start if session else slot
            if start > self.after and start < self.high:
                day = local_day(series.zone, start)
                dates.append(
                    PlanDate(day=day, slot=slot, start=start, minutes=minutes, session=session)
                )
        new = [one for one in dates if not self._has(one)]
        barred = set(self._barred(group, series, new))
        full = self._full(group, new, member)
        found = [self._settled(one, stretch, member, barred, full, choice) for one in dates]
        return sorted(
            [*found, *self._on_holidays(series, every, minutes)], key=lambda x: x.slot or 0
        )

    def _on_holidays(
        self, series: Series, every: Sequence[tuple[int, Session | None]], minutes: int
    ) -> list[PlanDate]:
        known = {slot for slot, _ in every}
        ahead = takewhile(lambda slot: slot < self.high, groups.rule_slots(series, self.after))
        return [
            PlanDate(
                day=local_day(series.zone, slot), slot=slot, start=slot, minutes=minutes,
                why=HOLIDAY, skipped=True,
            )
            for slot in ahead
            if slot not in known and local_day(series.zone, slot) in self.holidays
        ]  # fmt: skip

    def _has(self, one: PlanDate) -> bool:
        return one.session is not None and one.session.pk in self.seat_in

    def _barred(self, group: Group, series: Series, dates: Iterable[PlanDate]) -> list[int]:
        slots = [one.slot or 0 for one in dates]
        lead = groups.leads(group, series.zone, slots)
        return groups.unlicensed(lead, self.wanted.place, self.wanted.zone) if lead else []

    def _full(self, group: Group, dates: Sequence[PlanDate], member: Member | None) -> set[int]:
        """The slots at which there is no place, on sale or kept for a member who is away."""
        until = member.until_start if member else None
        new = [
            one
            for one in dates
            if member is None or (until is not None and (one.slot or 0) > until)
        ]
        pks = [one.session.pk for one in new if one.session]
        left, limits = seats_left(pks, self.now), seat_limits(pks)
        members = groups.members_at(group, [one.slot or 0 for one in new])
        full = set()
        for one in new:
            slot = one.slot or 0
            limit = limits.get(one.session.pk, 0) if one.session else group.capacity
            places = group.entry != Entry.OPEN.value and members[slot] >= limit
            if places or (one.session and left.get(one.session.pk, 0) <= 0):
                full.add(slot)
        return full

    def _settled(
        self,
        one: PlanDate,
        stretch: Span,
        member: Member | None,
        barred: Collection[int],
        full: Collection[int],
        choice: Choice,
    ) -> PlanDate:
        slot = one.slot or 0
        if one.session and one.session.state != SessionState.SCHEDULED.value:
            return replace(one, why=CANCELLED)
        if self._has(one):
            return replace(one, kept=True)
        if member is not None and self._away(one, member):
            return replace(one, why=AWAY)
        why = ""
        if slot < stretch[0]:
            why = BEFORE
        elif slot > stretch[1]:
            why = AFTER
        elif slot in full:
            why = FULL
        elif slot in barred:
            why = NOT_LICENSED
        elif _meets(one.span, self.busy):
            why = PATIENT_BUSY
        elif _meets(one.span, self.planned):
            why = OWN_PLAN
        return replace(one, why=why, skipped=slot in choice.dates)

    def _away(self, one: PlanDate, member: Member) -> bool:
        """The place is theirs, or has its own end; only this seat was given up, by the patient."""
        if member.enrollment_id is None or member.enrollment_id != _pk(self.wanted.follows):
            return True
        until, slot = member.until_start, one.slot or 0
        if _meets((slot, slot + 1), self.paused):
            return False
        within = member.from_start <= slot and (until is None or slot <= until)
        return within and one.session is not None

    # An individual session a week

    def individual(self, part: ProgramPart) -> PlanPart:
        choice = self.wanted.choice(part)
        before, host = self.series.get(part.pk, (None, None))
        if choice.therapist is not None:
            host = self.hosts.get(choice.therapist)
        pattern = self._pattern(part, choice, before)
        found = PlanPart(part=part, choice=choice, host=host, series=before, pattern=pattern)
        wanted = [one for one in pattern.dates() if one.start is None or one.start > self.after]
        starts = [one.start for one in wanted if one.start is not None]
        starts += [one.start for one in choice.dates.values() if one is not None]
        if host is None or not starts:
            return replace(found, why=NOBODY if host is None else CLOSED)
        world = look(self._asked(part, host), pattern.zone, starts, self.now)
        world = replace(world, busy=[*self.busy, *self.planned])
        kept = self._kept(before)
        assert part.service is not None
        dates = []
        for one in wanted:
            if one.start in kept:
                dates.append(self._as_before(one.day, one.start, kept[one.start], part, host))
            else:
                dates.append(self._one(checked(one, pattern.zone, world), world, host, choice))
        return replace(found, dates=dates, world=world)

    def _pattern(self, part: ProgramPart, choice: Choice, before: Series | None) -> Pattern:
        at = before.at if before and choice.at is None else choice.at
        weekday = choice.weekday if choice.weekday is not None else part.weekday
        rule = before.rule if before and choice.weekday is None else weekly((weekday or 0,))
        zone, first, last = self.wanted.clinic_zone, self.wanted.first_day, self.wanted.last_day
        return Pattern(rule, zone, part.at or 0 if at is None else at, first, last, MOST)

    def _asked(self, part: ProgramPart, host: Therapist) -> Asked:
        assert part.service is not None
        going = (one.session_id for one in self.seats if one.pk in self.going)
        return Asked(
            clinic=self.wanted.program.clinic_id,
            service=part.service.pk,
            therapist=host.user_id,
            patient=self.wanted.patient.pk,
            medium=self.wanted.medium,
            place=self.wanted.place,
            minutes=part.service.minutes,
            override=self.wanted.override,
            own=frozenset(going),
        )

    def _kept(self, before: Series | None) -> dict[int | None, Booking | None]:
        """By slot, the dates of the series that goes on; None: that one was given up."""
        if before is None:
            return {}
        made = Session.objects.filter(series=before, slot__gt=self.after)
        return {
            one.slot: self.seat_in.get(one.pk) for one in made.only("pk", "slot").order_by("slot")
        }

    def _as_before(
        self, day: date, slot: int | None, seat: Booking | None, part: ProgramPart, host: Therapist
    ) -> PlanDate:
        assert part.service is not None
        start, minutes = (seat.start, seat.end - seat.start) if seat else (slot, 0)
        return PlanDate(
            day=day,
            slot=slot,
            start=start,
            minutes=minutes or part.service.minutes,
            why="" if seat else AWAY,
            kept=seat is not None,
            therapist=host.uuid,
        )

    def _one(self, one: Checked, world: World, host: Therapist, choice: Choice) -> PlanDate:
        found = PlanDate(
            day=one.day,
            slot=one.start,
            start=one.start,
            minutes=world.asked.minutes,
            why=one.why,
            near=one.near,
            others=one.others,
            therapist=host.uuid,
        )
        instead = choice.dates.get(one.start or 0)
        if (one.start or 0) in choice.dates and instead is None:
            return replace(found, skipped=True)
        if instead is not None:
            who = self.hosts.get(instead.therapist)
            why = world.why_not(instead.start, who.user_id) if who else NOBODY
            found = replace(found, start=instead.start, therapist=instead.therapist, why=why)
        if found.start is not None and _meets(found.span, self.planned):
            found = replace(found, why=OWN_PLAN)
        return found


def _goes_on(series: Series, host: Therapist, part: ProgramPart, choice: Choice) -> bool:
    """Whether the part is what the patient has had in the program before."""
    rule = weekly((choice.weekday,)) if choice.weekday is not None else series.rule
    return (
        series.service_id == part.service_id
        and series.rule == rule
        and (choice.at is None or choice.at == series.at)
        and (choice.therapist is None or choice.therapist == host.uuid)
    )


def _meets(span: Span, spans: Iterable[Span]) -> bool:
    return any(low < span[1] and high > span[0] for low, high in spans)


def _pk(row: Enrollment | None) -> int | None:
    return row.pk if row else None


def hosts_for(part: ProgramPart) -> list[Therapist]:
    """Who gives the service of an individual part, by name. One query."""
    given = Offering.objects.filter(service=part.service_id, active=True)
    rows = Therapist.objects.filter(active=True, pk__in=given.values("therapist"))
    return list(rows.order_by("name", "pk"))
