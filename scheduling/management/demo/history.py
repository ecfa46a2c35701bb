"""Eight weeks behind and four ahead, lived through by the public actions with the `now` of the day.

Each patient has one place in the week of one therapist and comes most weeks. What happens in a
week depends on patient and week alone, so that a later day only adds what is missing.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from accounts.actor import Actor
from accounts.models import Clinic, Patient, Therapist
from scheduling.actions.attend import mark
from scheduling.actions.book import book
from scheduling.actions.cancel import cancel
from scheduling.engine.interval import from_minute, to_minute
from scheduling.errors import Refusal
from scheduling.management.demo.places import monday_of, places
from scheduling.models import Booking, Event, Service

BEHIND, AHEAD = 8, 4  # weeks
COMES = 0.5  # of the weeks


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


def live_through(clinic: Clinic, actor: Actor, now: datetime) -> None:
    """Book, cancel and mark the single sessions, up to `now` and four weeks on."""
    there = Booking.objects.filter(clinic=clinic, session__series__group__isnull=True)
    known = {(who, week_of(start)) for who, start in there.values_list("patient_id", "start")}
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
        change(booking, visit.fate, visit.booked_at, actor, now)
    mark_the_rest(clinic, actor, now)


def week_of(start: int) -> int:
    """A number for each week from Monday: one visit a week, also when somebody has moved it."""
    return (start - 4 * 1440) // (7 * 1440)


def change(booking: Booking, fate: str, booked_at: datetime, actor: Actor, now: datetime) -> None:
    """Let the booking's fate come true, as far as it lies before `now`."""
    ahead = {"patient": 3 * 1440, "patient_late": 300, "therapist_ill": 180}.get(fate)
    if ahead is not None:
        at = max(from_minute(booking.start - ahead), booked_at + timedelta(minutes=1))
        if at < now and to_minute(at) < booking.start:
            reason = "patient" if fate == "patient_late" else fate
            cancel(booking=booking.uuid, reason=reason, actor=actor, now=at)
    elif booking.end < to_minute(now) - 120:
        attend(booking, fate, actor)


def attend(booking: Booking, fate: str, actor: Actor) -> None:
    mark(
        booking=booking.uuid,
        attendance=fate,
        actor=actor,
        now=booking.ends_at + timedelta(minutes=4),
    )


def mark_the_rest(clinic: Clinic, actor: Actor, now: datetime) -> None:
    """What was to come when it was booked is over on a later day."""
    over = Booking.objects.filter(clinic=clinic, end__lt=to_minute(now) - 120)
    for booking in over.filter(state="booked", attendance=""):
        attend(booking, "attended", actor)


def visits(clinic: Clinic, now: datetime) -> Iterator[Visit]:
    """Every session that the demo's people would have had."""
    monday = monday_of(now)
    for one in places(clinic):
        for week in range(-BEHIND, AHEAD):
            first = monday + timedelta(weeks=week)
            dice = random.Random(f"{one.number} {first + timedelta(days=one.day)}")
            if dice.random() > COMES:
                continue
            start = one.start(first)
            yield Visit(
                patient=one.patient,
                therapist=one.therapist,
                service=one.service,
                start=start,
                medium=medium_of(dice, one.plan.medium_share, one.service),
                booked_at=min(booked_on(dice, start), now - timedelta(hours=dice.randint(1, 400))),
                fate=fate_of(dice),
            )


def fate_of(dice: random.Random) -> str:
    return dice.choices([fate for fate, _ in FATES], [weight for _, weight in FATES])[0]


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
