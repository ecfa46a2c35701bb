"""Groups for tests: rows made by hand where no action is on trial."""

from __future__ import annotations

from datetime import date
from typing import Any

from accounts.models import Therapist
from scheduling.engine.recurrence import weekly
from scheduling.models import (
    Facilitator,
    Group,
    Occupancy,
    Series,
    Service,
    Session,
)
from tests.world import LA, NOW, World, at, service


def group_service(world: World, slug: str = "dbt-group", minutes: int = 90) -> Service:
    found = Service.objects.filter(clinic=world.clinic, slug=slug).first()
    return found or service(world.clinic, slug, "dbt", minutes, name="DBT skills", kind="group")


def group(world: World, *, entry: str = "closed", capacity: int = 8, **more: Any) -> Group:
    if entry == "rolling":
        more = {"module_sessions": 4, "cycle_sessions": 8} | more
    made = Group.objects.create(
        **{
            "clinic": world.clinic,
            "service": group_service(world),
            "name": "Mornings",
            "entry": entry,
            "capacity": capacity,
            "created_at": NOW,
        }
        | more
    )
    Facilitator.objects.create(
        group=made, therapist=world.alma, lead=True, from_day=date(2027, 3, 1)
    )
    return made


def group_series(group: Group, rule: str = weekly((0,)), hour: int = 10) -> Series:
    return Series.objects.create(
        clinic=group.clinic,
        service=group.service,
        group=group,
        zone=LA,
        rule=rule,
        first_day=date(2027, 3, 8),
        at=hour * 60,
        medium="video",
        created_at=NOW,
    )


def a_session(series: Series, day: str, *givers: Therapist) -> Session:
    start = at(day, series.at // 60)
    made = Session.objects.create(
        clinic=series.clinic,
        service=series.service,
        series=series,
        slot=start,
        start=start,
        end=start + series.service.minutes,
        zone=LA,
        medium="video",
        state="scheduled",
        created_at=NOW,
    )
    for who in givers:
        Occupancy.objects.create(
            session=made,
            therapist=who.user,
            profile=who,
            start=made.start,
            end=made.end,
            buffer_before=0,
            buffer_after=10,
            busy_from=made.start,
            busy_until=made.end + 10,
        )
    return made
