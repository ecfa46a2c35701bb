"""Years of one clinic, laid into the tables by bulk statements, as many bookings as are asked for.

Two hundred therapists work as in `bench.world`. Nine hours in ten are booked, half of them by
patients who come every week; of ten bookings seven are attended, the others cancelled, missed or
failed. Sixty groups of eight meet weekly with two facilitators. One patient in ten is in a program.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.models import Clinic, Patient, Therapist
from accounts.models.people import LETTERS, new_reference
from bench import world
from scheduling.engine.hours import wall_to_minute
from scheduling.engine.interval import DAY, from_minute, to_minute
from scheduling.models import (
    Booking,
    Enrollment,
    Group,
    Level,
    Modality,
    Occupancy,
    Program,
    Series,
    Service,
    Session,
    WeeklyHours,
)

THERAPISTS, PATIENTS, GROUPS, SEATS = 200, 12_000, 60, 8
LAST = world.FIRST_DAY  # a Monday; what is laid out lies before
HOURS = (9, 10, 11, 13, 14, 15, 16)
FATES = (
    ("booked", "attended", "", 68),
    ("booked", "no_show", "", 7),
    ("booked", "technical_failure", "", 2),
    ("booked", "excused", "", 1),
    ("booked", "", "", 4),
    ("cancelled", "", "patient", 9),
    ("cancelled", "", "patient_late", 5),
    ("cancelled", "", "clinic", 2),
    ("cancelled", "", "therapist_ill", 2),
)
SESSION = (*world.SESSION, "series_id", "slot", "present")
BOOKING = (
    "id", "uuid", "reference", "clinic_id", "session_id", "patient_id", "owner_hash", "start",
    "end", "live", "seat", "state", "extended", "place", "zone", "override", "created_at",
    "booked_at", "cancelled_at", "cancel_reason", "cancelled_by", "late", "attendance", "late_by",
    "left_early_by",
)  # fmt: skip


def lay_out(bookings: int) -> Clinic:
    """A clinic, with that many bookings in the weeks before LAST."""
    clinic = world.make_clinic(THERAPISTS)
    made = Makings(clinic)
    known = list(made.rows(bookings))
    known.sort(key=lambda row: row[0])  # as they were booked: so lie the rows of a real table
    world.unguard(Occupancy, Booking)  # a report writes nothing
    made.put(known)
    world.analyze()
    return clinic


class Makings:
    def __init__(self, clinic: Clinic) -> None:
        self.clinic, self.dice = clinic, random.Random(7)
        self.people = list(Therapist.objects.filter(clinic=clinic).order_by("pk"))
        begin = LAST - timedelta(days=9 * 366)
        WeeklyHours.objects.update(valid_from=begin)
        self.services = [self._service(n) for n in range(4)]
        self.group_service = self._service(4, kind="group", capacity=SEATS, minutes=90)
        Patient.objects.bulk_create(
            [
                Patient(clinic=clinic, first_name=f"P{n}", reference=new_reference())
                for n in range(PATIENTS)
            ],
            batch_size=2000,
        )
        self.patients = list(Patient.objects.order_by("pk").values_list("pk", flat=True))
        self.series = self._series()
        self.groups = self._groups()
        self._programs()

    def _service(self, number: int, **fields: Any) -> Service:
        modality, _ = Modality.objects.get_or_create(
            clinic=self.clinic, code=f"m{number % 3}", defaults={"name": f"M{number % 3}"}
        )
        fields = {"minutes": 50, "slug": f"s{number}", "name": f"S{number}"} | fields
        return Service.objects.create(clinic=self.clinic, modality=modality, **fields)

    def _series(self) -> dict[int, int]:
        """One for every second patient."""
        rows = Series.objects.bulk_create(
            [
                self._one_series(self.services[pk % 4], patient_id=pk)
                for pk in self.patients
                if pk % 2
            ],
            batch_size=2000,
        )
        return {row.patient_id: row.pk for row in rows if row.patient_id}

    def _one_series(self, service: Service, **fields: Any) -> Series:
        return Series(
            clinic=self.clinic,
            service=service,
            zone=world.ZONES[0],
            rule="FREQ=WEEKLY;BYDAY=MO",
            first_day=LAST,
            at=540,
            medium="video",
            created_at=world.NOW,
            **fields,
        )

    def _groups(self) -> list[int]:
        """Series of groups."""
        found = []
        for number in range(GROUPS):
            group = Group.objects.create(
                clinic=self.clinic,
                service=self.group_service,
                name=f"G{number}",
                entry="closed",
                capacity=SEATS + 2,
                created_at=world.NOW,
            )
            row = self._one_series(self.group_service, group=group)
            row.save()
            found.append(row.pk)
        return found

    def _programs(self) -> None:
        level = Level.objects.create(clinic=self.clinic, code="iop", name="IOP", rank=2)
        program = Program.objects.create(clinic=self.clinic, level=level, name="IOP", weeks=52)
        end = to_minute(world.NOW)
        Enrollment.objects.bulk_create(
            [
                Enrollment(
                    clinic=self.clinic,
                    program=program,
                    patient_id=pk,
                    start=end - (year + 1) * 360 * DAY,
                    end=end - year * 360 * DAY,
                    place="CA",
                    zone=world.ZONES[0],
                    created_at=world.NOW,
                )
                for pk in self.patients[::10]
                for year in range(2)
            ]
        )

    def rows(self, bookings: int) -> Iterator[tuple[Any, ...]]:
        """(booked at, start, minutes, givers, patients, series, service), week by week back."""
        left, monday = bookings, LAST
        while left > 0:
            monday -= timedelta(weeks=1)
            for row in self._week(monday):
                yield row
                left -= len(row[4])

    def _week(self, monday: date) -> Iterator[tuple[Any, ...]]:
        dice, own = self.dice, PATIENTS // THERAPISTS
        for number in range(GROUPS):
            start = minute(0, monday + timedelta(days=number % 5), 8)
            givers = (number, number + GROUPS)
            seated = [self.patients[(number * 97 + seat * 11) % PATIENTS] for seat in range(SEATS)]
            booked = start - dice.randint(3, 40) * DAY
            yield booked, start, 90, givers, seated, self.groups[number], self.group_service
        for number in range(THERAPISTS):
            for day in range(5):
                for hour in HOURS:
                    if dice.random() > 0.9:
                        continue
                    start = minute(number % 4, monday + timedelta(days=day), hour)
                    patient = self.patients[number * own + dice.randrange(own)]
                    booked = start - int(dice.expovariate(1 / 12) * DAY) - 200
                    series = self.series.get(patient)
                    service = self.services[patient % 4]
                    yield booked, start, 50, (number,), [patient], series, service

    def put(self, known: list[tuple[Any, ...]]) -> None:
        sessions: list[tuple[Any, ...]] = []
        occupancies: list[tuple[Any, ...]] = []
        bookings: list[tuple[Any, ...]] = []
        for pk, (booked, start, minutes, givers, patients, series, service) in enumerate(known, 1):
            fates = [self._fate(start) for _ in patients]
            state = "scheduled" if len(patients) > 1 or fates[0][0] == "booked" else "cancelled"
            medium = "video" if self.dice.random() < 0.8 else "telephone"
            sessions.append(
                (pk, self._uuid(), self.clinic.pk, service.pk, start, start + minutes, "UTC",
                 medium, state, 0, stamp(booked), series, start if series else None, None)
            )  # fmt: skip
            for who in givers:
                one = self.people[who]
                occupancies.append(
                    (pk, one.user_id, one.pk, start, start + minutes, 0, 10, start,
                     start + minutes + 10, state == "scheduled", None)
                )  # fmt: skip
            for seat, (patient, fate) in enumerate(zip(patients, fates, strict=True), 1):
                bookings.append(
                    (len(bookings) + 1, self._uuid(), reference(len(bookings)), self.clinic.pk, pk,
                     patient, "", start, start + minutes, fate[0] == "booked", seat, fate[0],
                     False, "CA", "UTC", "", stamp(booked), stamp(booked), *fate[1:])
                )  # fmt: skip
        # The same patient may come twice a week in a series: a slot is a series' only once.
        world.put(Session, SESSION, iter(_once(sessions)))
        world.put(Occupancy, world.OCCUPANCY, iter(occupancies))
        world.put(Booking, BOOKING, iter(bookings))

    def _fate(self, start: int) -> tuple[Any, ...]:
        [(state, attendance, reason, _)] = self.dice.choices(FATES, [one[3] for one in FATES])
        gone = stamp(start - self.dice.randint(60, 4 * DAY)) if reason else None
        late = self.dice.choice((None, None, None, 5, 10)) if attendance == "attended" else None
        by = "user" if reason else ""
        return state, gone, reason, by, reason == "patient_late", attendance, late, None

    def _uuid(self) -> str:
        return UUID(int=self.dice.getrandbits(128), version=4).hex


def reference(number: int) -> str:
    """Each another one."""
    base = len(LETTERS)
    return "".join(LETTERS[number // base**place % base] for place in range(8))


def _once(sessions: list[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    seen = set()
    for row in sessions:
        series, slot = row[-3:-1]
        if series is not None and (series, slot) in seen:
            row = (*row[:-3], None, None, row[-1])
        seen.add((series, slot))
        yield row


@lru_cache(100_000)
def minute(zone: int, day: date, hour: int) -> int:
    return wall_to_minute(world.ZONES[zone], day, hour * 60)


def stamp(when: int) -> Any:
    return connection.ops.adapt_datetimefield_value(from_minute(when))
