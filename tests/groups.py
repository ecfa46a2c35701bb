"""Groups for tests: rows made by hand where no action is on trial, or by the actions."""

from __future__ import annotations

from datetime import date
from typing import Any

from accounts.models import Patient, Therapist
from scheduling.actions.group_members import join
from scheduling.actions.groups import found
from scheduling.engine.recurrence import weekly
from scheduling.models import (
    Booking,
    Facilitator,
    Group,
    Occupancy,
    Series,
    Service,
    Session,
)
from scheduling.queries.repeat import Pattern
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


def founded(world: World, **more: Any) -> Group:
    """By the action: Tuesdays at 4 PM from March 9, by Alma and Ben, a closed group of eight."""
    said = {
        "service": group_service(world).uuid,
        "name": "Evenings",
        "about": "We practise one skill each time.",
        "entry": "closed",
        "capacity": 8,
        "entry_sessions": 2,
        "pattern": Pattern(weekly((1,)), LA, 16 * 60, date(2027, 3, 9)),
        "medium": "video",
        "facilitators": [world.alma.uuid, world.ben.uuid],
        "actor": world.actor(world.dana),
        "now": NOW,
    }
    if more.get("entry") == "rolling":
        more = {"module_sessions": 4, "cycle_sessions": 8} | more
    return found(**said | more)


def comes_in(world: World, group: Group, who: Patient, **more: Any) -> list[Booking]:
    """The patient joins, by the action."""
    said = {"place": "CA", "zone": LA, "actor": world.actor(who), "now": NOW} | more
    return join(group=group.uuid, patient=who.pk, **said)
