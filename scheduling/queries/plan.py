"""A program for one patient: what is wanted, and the plan that was found for it.

Times are minutes since the epoch, UTC; a slot is the start that a rule gave.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from accounts.models import Patient, Therapist
from scheduling.engine.hours import day_span
from scheduling.engine.interval import Span
from scheduling.engine.ledger import Week
from scheduling.models import Booking, Enrollment, Member, Program, ProgramPart, Series, Session
from scheduling.queries.repeat import Pattern, World

FULL, CLOSED = "group_full", "group_closed"  # of a group as a whole
NOBODY = "nobody"  # no therapist is chosen, or none gives the service
OWN_PLAN = "own_plan"  # another part of the plan is at that time
OUTSIDE = "outside_program"  # another time was chosen that is none of its days
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
