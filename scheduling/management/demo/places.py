"""Each patient's place in the week of one therapist: the same one every time it is asked."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import NamedTuple

from accounts.models import Clinic, Patient, Therapist
from scheduling.engine.hours import parse_pattern, wall_to_minute
from scheduling.management.demo.people import THERAPISTS, DemoTherapist
from scheduling.models import Service


class Place(NamedTuple):
    """`day` is a weekday; `minute` of the day, on the therapist's own wall clock."""

    number: int
    patient: Patient
    plan: DemoTherapist
    therapist: Therapist
    service: Service
    day: int
    minute: int

    def start(self, monday: date) -> int:
        """The minute at which it begins in the week of that Monday."""
        return wall_to_minute(self.plan.zone, monday + timedelta(days=self.day), self.minute)


def places(clinic: Clinic) -> list[Place]:
    services = {one.slug: one for one in Service.objects.filter(clinic=clinic)}
    therapists = list(Therapist.objects.filter(clinic=clinic).order_by("pk"))
    taken: Counter[int] = Counter()
    found = []
    for number, patient in enumerate(Patient.objects.filter(clinic=clinic).order_by("pk")):
        which = suited(number, patient.state)
        plan = THERAPISTS[which]
        service = services[plan.service]
        day, minute = in_week(plan.pattern, service.minutes)[taken[which]]
        taken[which] += 1
        found.append(Place(number, patient, plan, therapists[which], service, day, minute))
    return found


def suited(number: int, state: str) -> int:
    """A therapist licensed where the patient lives; the same number keeps the same one."""
    count = len(THERAPISTS)
    for step in range(count):
        which = (number + step) % count
        if state in THERAPISTS[which].states:
            return which
    return number % count


def in_week(pattern: str, minutes: int) -> list[tuple[int, int]]:
    """(weekday, minute of the day) of each place in a therapist's week, day after day; late hours
    first, as the mornings are for programs."""
    week = parse_pattern(pattern)
    by_day = [
        [(day, minute) for start, end in reversed(spans) for minute in hours(start, end - minutes)]
        for day, spans in enumerate(week)
    ]
    longest = max(len(rows) for rows in by_day)
    return [rows[i] for i in range(longest) for rows in by_day if i < len(rows)]


def hours(first: int, last: int) -> list[int]:
    return list(range(first, last + 1, 75))[::-1]


def monday_of(now: datetime) -> date:
    return now.date() - timedelta(days=now.weekday())
