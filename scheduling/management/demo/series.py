"""Some patients come every week by a series, booked once; a few of its dates moved or cancelled."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.actor import Actor
from accounts.models import Clinic
from scheduling.actions.repeat import Chosen, repeat
from scheduling.actions.reschedule import reschedule
from scheduling.engine.interval import from_minute, to_minute
from scheduling.engine.recurrence import weekly
from scheduling.errors import Refusal
from scheduling.management.demo.history import BEHIND, change, fate_of
from scheduling.management.demo.people import LA
from scheduling.management.demo.places import Place, monday_of, places
from scheduling.models import Booking, Series, Session
from scheduling.queries.repeat import Pattern

EVERY = 6  # of the patients whose therapist has the patients' own clock
LENGTHS = (16, 14, 11)  # sessions
REVIEW = 12
MOVED = 0.06  # of the dates


def live_in_series(clinic: Clinic, actor: Actor, now: datetime) -> None:
    """A series for each of them, and a new one when the last is over."""
    coming = Session.objects.filter(series__clinic=clinic, start__gt=to_minute(now))
    going_on = set(coming.values_list("series__patient_id", flat=True))
    before = set(Series.objects.filter(clinic=clinic).values_list("patient_id", flat=True))
    for one in places(clinic):
        if one.number % EVERY or one.plan.zone != LA or one.patient.pk in going_on:
            continue
        weeks = 1 if one.patient.pk in before else -BEHIND
        begin(one, monday_of(now) + timedelta(weeks=weeks), actor, now)


def begin(one: Place, monday: date, actor: Actor, now: datetime) -> None:
    """Booked whole, some days before the first date; what happens to its dates is thrown."""
    first = monday + timedelta(days=one.day)
    booked_at = min(datetime.combine(monday - timedelta(days=4), time(17), ZoneInfo(LA)), now)
    length = LENGTHS[one.number // EVERY % len(LENGTHS)]
    pattern = Pattern(weekly((one.day,)), LA, one.minute, first, count=length)
    starts = [row.start for row in pattern.dates() if row.start is not None]
    try:
        series = repeat(
            service=one.service.uuid,
            pattern=pattern,
            chosen=[Chosen(start, start, one.therapist.uuid) for start in starts],
            medium="video",
            place=one.patient.state,
            patient=one.patient.pk,
            review_after=REVIEW if length > REVIEW else None,
            actor=actor,
            now=booked_at,
        )
    except Refusal:
        return  # an hour or a licence stood against it
    dice = random.Random(f"series {one.number} {first}")
    for seat in Booking.objects.filter(session__series=series).order_by("start"):
        if dice.random() < MOVED:
            move(seat, actor, now)
        else:
            change(seat, fate_of(dice), booked_at, actor, now)


def move(seat: Booking, actor: Actor, now: datetime) -> None:
    """To another hour of that day or the next, some days before, where one is free."""
    at = from_minute(seat.start) - timedelta(days=3)
    if at > now:
        return
    for later in (75, 150, -75, 1440, 1440 + 75):
        try:
            reschedule(
                booking=seat.uuid, start=seat.start + later, reason="patient", actor=actor, now=at
            )
        except Refusal:
            continue
        return
