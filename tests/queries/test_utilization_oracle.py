"""Every number of a utilization report equals a slow recount, over random clinics.

Clock changes, hours that changed, single days, holidays, therapists who left, groups with two
facilitators, cancelled, missed and failed sessions: whatever the dice give.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import asdict, fields, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count, product
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from accounts.models import Clinic, Departure, Patient, Therapist, User
from scheduling.engine.periods import Length, period
from scheduling.engine.utilization import Sums
from scheduling.models import (
    Booking,
    DayHours,
    Enrollment,
    Group,
    Holiday,
    Level,
    Modality,
    Occupancy,
    Program,
    Series,
    Service,
    Session,
    TimeOff,
    WeeklyHours,
)
from scheduling.queries.recount import recount
from scheduling.queries.utilization import Asked, By, Report, Row, report
from tests.queries.utilization_oracle import Known, Truth

pytestmark = pytest.mark.django_db
LA, NY = "America/Los_Angeles", "America/New_York"
ZONES = (LA, NY, "Europe/London", "Asia/Kolkata")
# Near the days on which clocks change, and far from them.
DAYS = (date(2027, 3, 14), date(2026, 11, 1), date(2027, 3, 28), date(2027, 6, 1))
NUMBERS = count()
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MARKS = ("attended", "attended", "attended", "", "no_show", "technical_failure", "excused")
REASONS = ("patient", "patient_late", "clinic", "therapist_ill", "technical_failure", "other")


class RandomClinic:
    def __init__(self, dice: random.Random) -> None:
        self.dice, self.number = dice, next(NUMBERS)
        self.clinic = Clinic.objects.create(
            name="C",
            slug=f"c{self.number}",
            time_zone=dice.choice(ZONES),
            week_starts=dice.randrange(7),
        )
        self.period = period(
            dice.choice([Length.WEEK, Length.FOUR_WEEKS, Length.MONTH]),
            dice.choice(DAYS),
            self.clinic.week_starts,
        )
        self.therapists = [self.therapist(n) for n in range(3)]
        self.patients = [
            Patient.objects.create(clinic=self.clinic, first_name=f"P{n}") for n in range(5)
        ]
        self.services = [*map(self.service, ("cbt", "cbt", "dbt"), (50, 25, 90))]
        self.enrolled()
        Holiday.objects.create(clinic=self.clinic, day=self.day(), name="-")
        groups = [self.group() for _ in range(2)]
        for first in self.grid():
            if dice.random() < 0.4:
                self.meeting(first, dice.choice(groups))
            else:
                self.appointment(first)

    def day(self) -> date:
        """Of both periods, or just beside."""
        days = (self.period.until - self.period.before.first).days
        return self.period.before.first + timedelta(days=self.dice.randrange(-2, days + 2))

    def grid(self) -> Iterator[int]:
        """Some hours, three apart: nothing that is laid there overlaps."""
        days = (self.period.until - self.period.before.first).days + 2
        first = (self.period.before.first - EPOCH.date()).days * 1440 - 1440
        for place in sorted(self.dice.sample(range(days * 8), 30)):
            yield first + place * 180 + self.dice.randrange(0, 90, 5)

    def therapist(self, number: int) -> Therapist:
        user = User.objects.create(email=f"t{self.number}-{number}@example.org", password="!")
        who = Therapist.objects.create(
            clinic=self.clinic, user=user, name=f"T{number}", time_zone=self.dice.choice(ZONES)
        )
        change = self.day()
        for since, until in ((date(2020, 1, 1), change - timedelta(days=1)), (change, None)):
            WeeklyHours.objects.create(
                therapist=who, pattern=self.pattern(), valid_from=since, valid_until=until
            )
        for day in {self.day(), self.day()}:
            text = self.dice.choice(["", "540-720", "1320-1620", "0-1440"])
            DayHours.objects.create(therapist=who, day=day, spans=text)
        off = self.day()
        TimeOff.objects.create(
            therapist=who, first_day=off, last_day=off + timedelta(days=self.dice.randrange(4))
        )
        if self.dice.random() < 0.4:
            left, back = self.day(), self.dice.choice([None, self.day()])
            Departure.objects.create(therapist=who, last_day=left, back=back)
        return who

    def pattern(self) -> str:
        spans = ["540-720,780-1020", "600-1080", "1320-1830", "15-2160", ""]
        texts = [self.dice.choice(spans) for _ in range(7)]
        return ";".join(f"{day}:{text}" for day, text in enumerate(texts) if text)

    def service(self, code: str, minutes: int) -> Service:
        modality, _ = Modality.objects.get_or_create(
            clinic=self.clinic, code=code, defaults={"name": code}
        )
        return Service.objects.create(
            clinic=self.clinic,
            slug=f"{code}-{minutes}",
            name=code,
            modality=modality,
            minutes=minutes,
            kind="group" if minutes == 90 else "individual",
            capacity=6 if minutes == 90 else 1,
        )

    def enrolled(self) -> None:
        for rank, code in enumerate(("op", "iop")):
            level = Level.objects.create(clinic=self.clinic, code=code, name=code, rank=rank)
            Program.objects.create(clinic=self.clinic, level=level, name=code, weeks=9)
        programs = list(Program.objects.filter(clinic=self.clinic))
        middle = (self.day() - EPOCH.date()).days * 1440 + 600
        for who in self.patients[:3]:
            for start, end in ((middle - 90_000, middle), (middle, middle + 30_000)):
                Enrollment.objects.create(
                    clinic=self.clinic,
                    program=self.dice.choice(programs),
                    patient=who,
                    start=start,
                    end=end,
                    live=self.dice.random() < 0.8,
                    place="CA",
                    zone=LA,
                    created_at=EPOCH,
                )

    def group(self) -> Series | None:
        """A group's series; None: its sessions are nobody's."""
        if self.dice.random() < 0.2:
            return None
        group = Group.objects.create(
            clinic=self.clinic,
            service=self.services[2],
            name="G",
            entry="closed",
            capacity=self.dice.randint(2, 9),
            per_facilitator=self.dice.choice([None, 1, 3]),
            created_at=EPOCH,
        )
        return self.series(self.services[2], group=group)

    def series(self, service: Service, **fields: Any) -> Series:
        return Series.objects.create(
            clinic=self.clinic,
            service=service,
            zone=LA,
            rule="FREQ=WEEKLY;BYDAY=MO",
            first_day=self.period.first,
            at=0,
            medium="video",
            created_at=EPOCH,
            **fields,
        )

    # Sessions

    def session(self, start: int, service: Service, state: str, series: Series | None) -> Session:
        return Session.objects.create(
            clinic=self.clinic,
            service=service,
            start=start,
            end=start + service.minutes,
            zone=LA,
            medium=self.dice.choice(["video", "telephone"]),
            state=state,
            series=series,
            slot=start if series else None,
            created_at=EPOCH,
        )

    def given(self, session: Session, *givers: Therapist) -> None:
        for who in givers:
            Occupancy.objects.create(
                session=session,
                therapist=who.user,
                profile=who,
                start=session.start,
                end=session.end,
                buffer_before=0,
                buffer_after=10,
                busy_from=session.start,
                busy_until=session.end + 10,
                live=session.state == "scheduled",
            )

    def seat(self, session: Session, patient: Patient, state: str, number: int = 1) -> None:
        ago = timedelta(minutes=self.dice.choice([3, 2000, 5000, 15_000, 90_000]))
        booked_at = EPOCH + timedelta(minutes=session.start) - ago * self.dice.random()
        more: dict[str, Any] = {"booked_at": booked_at}
        if state == "booked" and session.state == "scheduled":
            more["attendance"] = self.dice.choice(MARKS)
            if more["attendance"] == "attended":
                more["late_by"] = self.dice.choice([None, 5, 30])
                more["left_early_by"] = self.dice.choice([None, 7, 30])
        if state == "cancelled":
            more["cancelled_at"] = booked_at + ago * self.dice.random()
            more["cancel_reason"] = self.dice.choice(REASONS)
        if state in ("held", "released"):
            more, patient = {}, None  # type: ignore[assignment]
        Booking.objects.create(
            clinic=self.clinic,
            session=session,
            patient=patient,
            start=session.start,
            end=session.end,
            live=state in ("held", "booked"),
            seat=number,
            state=state,
            place="CA",
            zone=LA,
            created_at=EPOCH,
            **more,
        )

    def appointment(self, start: int) -> None:
        state = self.dice.choice(["booked"] * 5 + ["cancelled"] * 3 + ["held", "released"])
        of_session = {"booked": "scheduled", "held": "held"}.get(state, "cancelled")
        service, patient = self.dice.choice(self.services[:2]), self.dice.choice(self.patients)
        series = self.series(service, patient=patient) if self.dice.random() < 0.3 else None
        session = self.session(start, service, of_session, series)
        self.given(session, self.dice.choice(self.therapists))
        self.seat(session, patient, state)

    def meeting(self, start: int, series: Series | None) -> None:
        state = self.dice.choice(["scheduled", "scheduled", "cancelled"])
        session = self.session(start, self.services[2], state, series)
        self.given(session, *self.dice.sample(self.therapists, self.dice.randint(1, 2)))
        for number, patient in enumerate(self.dice.sample(self.patients, self.dice.randint(0, 4))):
            booked = state == "scheduled" and self.dice.random() < 0.7
            self.seat(session, patient, "booked" if booked else "cancelled", number + 1)
        if state == "scheduled" and self.dice.random() < 0.4:
            session.present = self.dice.randint(0, 5)
            session.save()


def differences(found: Sums, truth: Truth, part: tuple[str, str]) -> dict[str, tuple]:
    plain = {one.name: truth.parts[part][one.name] for one in fields(Sums)}
    hours = not truth.nothing_offered and (part[0] != "row" or truth.rows_offer)
    right = plain | {
        "offered": plain["offered"] if hours else None,
        "lead": tuple(truth.leads[part]),
        "patients": len(truth.patients[part]),
    }
    return {
        name: (told, right[name]) for name, told in asdict(found).items() if told != right[name]
    }


def compare(asked: Asked, known: Known) -> Report:
    told, truth = report(asked), Truth(asked, known)
    assert not differences(told.total, truth, ("total", ""))
    assert not differences(told.before, truth, ("before", ""))
    for row in told.series:
        assert not differences(row.sums, truth, ("series", row.key)), row.key
    if asked.by is not By.PERIOD:
        for row in told.rows:
            assert not differences(row.sums, truth, ("row", row.key)), row.key
        named = {row.key for row in told.rows}
        assert {key for (kind, key), sums in truth.parts.items() if kind == "row" and any(
            sums.values())} <= named  # fmt: skip
    for weekday, hour in product(range(7), range(24)):
        cell, key = told.heat[weekday][hour], f"{weekday}-{hour}"
        offered = None if truth.nothing_offered else truth.heat[key, "offered"]
        right = offered, truth.heat[key, "booked"], truth.heat[key, "delivered"]
        assert tuple(cell) == right, key
    return told


ADD_UP = [one.name for one in fields(Sums) if one.name not in ("patients", "lead", "offered")]
MINUTES = ADD_UP[: ADD_UP.index("seats")]


def require_parts_sum_up(told: Report) -> None:
    """Rows add up to the total; by therapist only minutes, for a seat is two facilitators' own."""
    names = MINUTES if told.asked.by is By.THERAPIST else ADD_UP
    for name in names:
        assert sum(getattr(row.sums, name) for row in told.rows) == getattr(told.total, name), name
    for name in ADD_UP:
        of_series = sum(getattr(row.sums, name) for row in told.series)
        assert of_series == getattr(told.total, name), name
    for minutes in ("booked", "delivered"):
        cells = sum(getattr(cell, minutes) for day in told.heat for cell in day)
        assert cells == getattr(told.total, minutes)


def require_the_same_minutes_without_people(told: Report) -> None:
    quick = report(replace(told.asked, people=False))
    assert quick.heat == told.heat
    for whole, some in ((told.total, quick.total), (told.before, quick.before)):
        assert some == only_minutes(whole)
    rows = [Row(one.key, one.label, only_minutes(one.sums)) for one in told.rows]
    assert [one for one in rows if any(asdict(one.sums)[name] for name in MINUTES)] == [
        one for one in quick.rows if any(asdict(one.sums)[name] for name in MINUTES)
    ]


def only_minutes(sums: Sums) -> Sums:
    return Sums(offered=sums.offered, **{name: getattr(sums, name) for name in MINUTES})


@settings(max_examples=6, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.integers(0, 10**9))
def test_every_number_equals_the_recount(seed: int) -> None:
    dice = random.Random(seed)
    made = RandomClinic(dice)
    known = Known(made.clinic)
    for by in (None, *By):
        told = compare(Asked(made.clinic, made.period, by=by), known)
        if by is not None:
            require_parts_sum_up(told)
        require_the_same_minutes_without_people(told)
    filters: list[dict[str, Any]] = [
        {"therapist": made.therapists[0].pk},
        {"service": made.services[0].pk},
        {"modality": made.services[0].modality_id},
        {"kind": "group"},
        {"medium": "telephone"},
    ]
    totals = report(Asked(made.clinic, made.period)).total
    for name, counted in recount(made.clinic, made.period).items():
        assert getattr(totals, name) == counted, name
    for only in filters:
        compare(Asked(made.clinic, made.period, by=dice.choice([None, *By]), **only), known)
