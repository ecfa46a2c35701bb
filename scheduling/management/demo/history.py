"""Eight weeks behind and four ahead, lived through by the public actions with the `now` of the day.

Each patient has one place in the week of one therapist and comes most weeks. What happens in a
week depends on patient and week alone, so that a later day only adds what is missing.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from accounts.actor import Actor
from accounts.models import Clinic, Patient, Therapist, User
from accounts.policy import actor_for
from scheduling.actions.attend import mark
from scheduling.actions.book import book
from scheduling.actions.cancel import cancel
from scheduling.engine.hours import parse_pattern, wall_to_minute
from scheduling.engine.interval import from_minute, to_minute
from scheduling.errors import Refusal
from scheduling.management.demo.people import THERAPISTS
from scheduling.models import Booking, Event, Service

BEHIND, AHEAD = 8, 4  # weeks
COMES = 0.98  # of the weeks


@dataclass(frozen=True)
class Visit:
    """One planned session. `start` is a minute; `fate` is what becomes of it."""

    patient: Patient
    therapist: Therapist
    service: Service
    start: int
    medium: str
    booked_at: datetime
    fate: str


FATES = [
    ("attended", 0.82),
    ("no_show", 0.05),
    ("patient", 0.05),
    ("patient_late", 0.03),
    ("therapist_ill", 0.02),
    ("technical_failure", 0.02),
    ("excused", 0.01),
]


def live_through(clinic: Clinic, now: datetime) -> int:
    """Book, cancel and mark everything up to `now` and four weeks on; answers how many were new."""
    desk = User.objects.get(email="desk@example.org")
    actor = actor_for(desk, clinic, today=now.date())
    there = Booking.objects.filter(clinic=clinic).values_list("patient_id", "start")
    known = {(patient, week_of(start)) for patient, start in there}
    made = 0
    for visit in sorted(visits(clinic, now), key=lambda one: one.booked_at):
        if (visit.patient.pk, week_of(visit.start)) in known:
            continue
        try:
            booking = book(
                service=visit.service.uuid,
                therapist=visit.therapist.uuid,
                start=visit.start,
                medium=visit.medium,
                place=visit.patient.state,
                zone=visit.patient.time_zone,
                patient=visit.patient.pk,
                actor=actor,
                now=visit.booked_at,
            )
        except Refusal:
            continue  # a licence or an hour stood against it, as it would for anybody
        made += 1
        change(booking, visit, actor, now)
    for booking in Booking.objects.filter(
        clinic=clinic, state="booked", attendance="", end__lt=to_minute(now) - 120
    ):
        attend(booking, "attended", actor)
    tell_nobody_of_the_past(clinic, now)
    return made


def week_of(start: int) -> int:
    """A number for each week from Monday: one visit a week, also when somebody has moved it."""
    return (start - 4 * 1440) // (7 * 1440)


def change(booking: Booking, visit: Visit, actor: Actor, now: datetime) -> None:
    """Let the visit's fate come true, as far as it lies before `now`."""
    ahead = {"patient": 3 * 1440, "patient_late": 300, "therapist_ill": 180}.get(visit.fate)
    if ahead is not None:
        at = max(from_minute(visit.start - ahead), visit.booked_at + timedelta(minutes=1))
        if at < now and to_minute(at) < visit.start:
            reason = "patient" if visit.fate == "patient_late" else visit.fate
            cancel(booking=booking.uuid, reason=reason, actor=actor, now=at)
    elif booking.end < to_minute(now) - 120:
        attend(booking, visit.fate, actor)


def attend(booking: Booking, fate: str, actor: Actor) -> None:
    mark(
        booking=booking.uuid,
        attendance=fate,
        actor=actor,
        now=booking.ends_at + timedelta(minutes=4),
    )


def visits(clinic: Clinic, now: datetime) -> Iterator[Visit]:
    """Every session that the demo's people would have had."""
    services = {one.slug: one for one in Service.objects.filter(clinic=clinic)}
    therapists = list(Therapist.objects.filter(clinic=clinic).order_by("pk"))
    monday = now.date() - timedelta(days=now.weekday())
    taken: Counter[int] = Counter()
    for number, patient in enumerate(Patient.objects.filter(clinic=clinic).order_by("pk")):
        which = suited(number, patient.state)
        plan, place = THERAPISTS[which], taken[which]
        taken[which] += 1
        day, minute = places(plan.pattern, services[plan.service].minutes)[place]
        for week in range(-BEHIND, AHEAD):
            on = monday + timedelta(weeks=week, days=day)
            dice = random.Random(f"{number} {on.isoformat()}")
            if dice.random() > COMES:
                continue
            start = wall_to_minute(plan.zone, on, minute)
            yield Visit(
                patient=patient,
                therapist=therapists[which],
                service=services[plan.service],
                start=start,
                medium=medium_of(dice, plan.medium_share, services[plan.service]),
                booked_at=min(booked_on(dice, start), now),
                fate=dice.choices([f for f, _ in FATES], [w for _, w in FATES])[0],
            )


def suited(number: int, state: str) -> int:
    """A therapist licensed where the patient lives; the same number keeps the same one."""
    count = len(THERAPISTS)
    for step in range(count):
        which = (number + step) % count
        if state in THERAPISTS[which].states:
            return which
    return number % count


def places(pattern: str, minutes: int) -> list[tuple[int, int]]:
    """(weekday, minute of the day) of each place in a therapist's week, day after day."""
    week = parse_pattern(pattern)
    by_day = [
        [(day, minute) for start, end in spans for minute in range(start, end - minutes + 1, 75)]
        for day, spans in enumerate(week)
    ]
    longest = max(len(rows) for rows in by_day)
    return [rows[i] for i in range(longest) for rows in by_day if i < len(rows)]


def medium_of(dice: random.Random, share: float, service: Service) -> str:
    return "video" if not service.telephone or dice.random() < share else "telephone"


def booked_on(dice: random.Random, start: int) -> datetime:
    """Some days before, at an hour at which somebody would."""
    day: date = from_minute(start).date() - timedelta(days=dice.randint(2, 20))
    return datetime(day.year, day.month, day.day, 17, dice.randint(0, 59), tzinfo=UTC)


def tell_nobody_of_the_past(clinic: Clinic, now: datetime) -> None:
    """What happened before today was told then: only the last day's changes are still to tell."""
    past = Event.objects.filter(clinic=clinic, planned_at__isnull=True)
    past.filter(at__lt=now - timedelta(days=1)).update(planned_at=now)
