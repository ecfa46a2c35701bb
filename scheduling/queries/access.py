"""How long people wait for a time, by service: what the worker noted each day."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import NamedTuple

from accounts.actor import Actor
from accounts.models import Clinic
from scheduling import policy
from scheduling.engine.periods import Period
from scheduling.models import AccessDay, Kind, Service

BEFORE = timedelta(days=28)


class Wait(NamedTuple):
    """Minutes until the third next available time; None: fewer than three, or not noted.

    `before`: the same, four weeks earlier.
    """

    service: Service
    noted: bool
    minutes: int | None
    before: int | None


def waits(actor: Actor, today: date) -> list[Wait]:
    """Of each service that can be booked, by name; a figure counts for two days. Two queries."""
    days = [today, today - timedelta(days=1), today - BEFORE]
    rows = policy.visible(AccessDay, actor).filter(day__in=days)
    kept = {(row.service_id, row.day): row for row in rows}
    offered = policy.visible(Service, actor).filter(active=True, kind=Kind.INDIVIDUAL.value)
    return [
        _wait(one, [kept.get((one.pk, day)) for day in days]) for one in offered.order_by("name")
    ]


def _wait(service: Service, noted: list[AccessDay | None]) -> Wait:
    new, old = noted[0] or noted[1], noted[2]
    minutes = new.wait_minutes if new else None
    return Wait(service, new is not None, minutes, old.wait_minutes if old else None)


class Access(NamedTuple):
    """How people could come to a service in a period, of the days that were noted.

    `wait_minutes`: the middle one until the third next available time; None where on that day there
    were fewer than three. `waiting` and `waited_minutes` are those of the last day.
    """

    service: Service
    days: int
    wait_minutes: int | None
    waiting: int
    waited_minutes: int | None


def access(clinic: Clinic, period: Period) -> list[Access]:
    """Of each service that was noted, by name. One query."""
    rows = AccessDay.objects.filter(clinic=clinic, day__gte=period.first, day__lt=period.until)
    noted: dict[Service, list[AccessDay]] = defaultdict(list)
    for row in rows.select_related("service").order_by("service__name", "service", "day"):
        noted[row.service].append(row)
    return [_access(service, some) for service, some in noted.items()]


def _access(service: Service, noted: list[AccessDay]) -> Access:
    """A day without three times counts as the longest wait."""
    waits = sorted((row.wait_minutes is None, row.wait_minutes or 0) for row in noted)
    none, middle = waits[(len(waits) - 1) // 2]
    last = noted[-1]
    return Access(service, len(noted), None if none else middle, last.waiting, last.waited_minutes)
