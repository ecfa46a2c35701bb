"""How long people wait for a time, by service: what the worker noted each day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from accounts.actor import Actor
from scheduling import policy
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
