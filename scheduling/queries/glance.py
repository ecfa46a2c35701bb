"""The clinic's present week at a glance, for its admin: numbers without a name."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from accounts.actor import Actor
from scheduling import policy
from scheduling.engine.hours import day_span, local_day
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import SessionState
from scheduling.engine.periods import Length, Period, period
from scheduling.engine.told import Told, minutes
from scheduling.errors import NotFound
from scheduling.models import Session
from scheduling.queries import ledger, seats
from scheduling.queries.utilization import Asked, report


class Glance(NamedTuple):
    """`open_seats`: of the groups that still meet this week. They are places, and how many of a
    group's are taken is on its page for the same reader. `short`: None where it would tell of so
    few people (PR5)."""

    period: Period
    told: Told
    open_seats: int
    short: int | None


def this_week(actor: Actor, now: datetime) -> Glance:
    if actor.clinic is None or not actor.has(policy.ADMIN):
        raise NotFound
    clinic = actor.clinic
    today = local_day(clinic.time_zone, to_minute(now))
    week = period(Length.WEEK, today, clinic.week_starts)
    return Glance(
        period=week,
        told=minutes(report(Asked(clinic, week, people=False)).total),
        open_seats=_open_seats(actor, week, now),
        short=ledger.numbers(actor, now).short,
    )


def _open_seats(actor: Actor, week: Period, now: datetime) -> int:
    assert actor.clinic is not None
    until = day_span(actor.clinic.time_zone, week.first, week.last)[1]
    rows = policy.visible(Session, actor).filter(
        series__group__isnull=False,
        state=SessionState.SCHEDULED.value,
        start__gt=to_minute(now),
        start__lt=until,
    )
    coming = list(rows.values_list("pk", flat=True))
    return sum(seats.seats_left(coming, now).values())
