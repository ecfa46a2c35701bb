"""People in programs, for tests: rows made by hand, where no action is on trial.

Weeks are those of Monday, March 1, 2027, in Los Angeles; `seat` gives three hours with Alma.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from accounts.models import Patient, Therapist
from scheduling.engine.hours import day_span
from scheduling.models import (
    Booking,
    Enrollment,
    Level,
    LevelRule,
    Occupancy,
    Pause,
    Program,
    Session,
)
from tests.world import LA, NOW, World, at

MONDAY = date(2027, 3, 1)


def program(world: World, name: str = "IOP mornings", code: str = "iop", **rule: Any) -> Program:
    """Intensive outpatient care, 9 to 19 hours a week, if not said otherwise."""
    level, new = Level.objects.get_or_create(
        clinic=world.clinic, code=code, defaults={"name": code.upper(), "rank": 30}
    )
    if new:
        asks = {"valid_from": date(2020, 1, 1), "min_minutes": 540, "max_minutes": 1140} | rule
        LevelRule.objects.create(level=level, **asks)
    return Program.objects.create(clinic=world.clinic, level=level, name=name, weeks=12)


def enrolled(
    what: Program, who: Patient, first: date = MONDAY, weeks: int = 12, **more: Any
) -> Enrollment:
    start, end = day_span(LA, first, first + timedelta(days=7 * weeks - 1))
    return Enrollment.objects.create(
        **{
            "clinic": who.clinic,
            "program": what,
            "patient": who,
            "start": start,
            "end": end,
            "place": "CA",
            "zone": LA,
            "created_at": NOW - timedelta(days=60),
        }
        | more
    )


def paused(row: Enrollment, first: date, last: date | None = None, **more: Any) -> Pause:
    start, end = day_span(LA, first, last or first)
    said = {"start": start, "end": end if last else None, "created_at": NOW} | more
    return Pause.objects.create(enrollment=row, **said)


def seat(
    world: World,
    who: Patient,
    day: date | str,
    hour: int = 9,
    minutes: int = 180,
    *,
    host: Therapist | None = None,
    **more: Any,
) -> Booking:
    """A session alone with a therapist, as it stands in the calendar; `more`: of the booking."""
    host, start = host or world.alma, at(day, hour)
    live = more.get("state", "booked") == "booked"
    times = {"start": start, "end": start + minutes}
    session = Session.objects.create(
        clinic=world.clinic,
        service=world.cbt,
        zone=LA,
        medium="video",
        state="scheduled" if live else "cancelled",
        created_at=NOW,
        **times,
    )
    Occupancy.objects.create(
        session=session, therapist=host.user, profile=host, buffer_before=0, buffer_after=0,
        busy_from=start, busy_until=start + minutes, live=live, **times,
    )  # fmt: skip
    kept = {"place": "CA", "zone": LA, "created_at": NOW, "state": "booked", "live": live}
    return Booking.objects.create(
        **{"clinic": world.clinic, "session": session, "patient": who, **times, **kept} | more
    )
