"""What is looked after now and then, rather than when something happens.

Every sweep may run in several workers at once, may be broken off, and is right when run late.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import Q

from accounts import audit
from accounts.actions.newcomers import purge_unverified
from accounts.models import Therapist
from scheduling.actions.enroll_life import complete
from scheduling.actions.offer import lock_therapists
from scheduling.actions.release import release_expired
from scheduling.engine.interval import DAY, to_minute
from scheduling.models import Occupancy, StoredReply, Task, TaskKind
from scheduling.outbox import (
    access,
    bounces,
    ending,
    group_window,
    offers,
    remind,
    rooms,
    short_hours,
    weekly,
)

REPLIES = timedelta(days=2)
TASKS = timedelta(days=90)

Sweep = Callable[[datetime], int]


def release_holds(now: datetime) -> int:
    """Free what was held too long, of times to come: there the index of the slot search helps."""
    therapists = list(Therapist.objects.values_list("user_id", flat=True).distinct())
    yesterday = to_minute(now) - DAY
    return release_of(now, therapist__in=therapists, busy_from__gte=yesterday)


def release_rest(now: datetime) -> int:
    """The same of all times, for what was left when no worker ran for days; reads the table."""
    return release_of(now)


def release_of(now: datetime, **which: Any) -> int:
    """Under each therapist's lock, as everybody who takes time."""
    expired = Occupancy.objects.filter(live=True, held_until__lte=int(now.timestamp()), **which)
    freed = 0
    for therapist in sorted(set(expired.values_list("therapist_id", flat=True))):
        with transaction.atomic():
            lock_therapists(therapist)
            freed += release_expired(therapist, now)
    return freed


def seal_audit(_now: datetime) -> int:
    return audit.seal_batch()


def forget_replies(now: datetime) -> int:
    """Answers under an Idempotency-Key are kept for two days."""
    return StoredReply.objects.filter(created_at__lt=now - REPLIES).delete()[0]


def forget_tasks(now: datetime) -> int:
    """Done tasks, with the messages in them, are kept for ninety days; what is told but once of a
    series, until that is over."""
    goes_on = Q(kind=TaskKind.SERIES_ENDS.value, series__last_day__gte=now.date())
    return Task.objects.filter(done_at__lt=now - TASKS).exclude(goes_on).delete()[0]


SWEEPS: list[tuple[int, Sweep]] = [  # seconds between two runs
    (15, remind.sweep),
    (10, offers.end_overdue),
    (300, offers.tick),
    (30, release_holds),
    (600, ending.sweep),
    (20, rooms.warn_unfilled),
    (10, seal_audit),
    (60, bounces.read_bounces),
    (600, access.sweep),
    (600, group_window.fill_windows),
    (600, group_window.end_what_is_over),
    (600, complete),
    (600, weekly.sweep),
    (900, short_hours.warn_short),
    (3600, release_rest),
    (3600, forget_replies),
    (3600, forget_tasks),
    (3600, rooms.forget_receipts),
    (3600, purge_unverified),
]


class Sweeps:
    """When each sweep ran last, in this worker. The first turn runs them all."""

    def __init__(self) -> None:
        self.due: dict[Sweep, datetime] = {}

    def run(self, now: datetime, log: Any) -> None:
        for every, sweep in SWEEPS:
            if sweep in self.due and now < self.due[sweep]:
                continue
            self.due[sweep] = now + timedelta(seconds=every)
            self._run(sweep, now, log)

    def _run(self, sweep: Sweep, now: datetime, log: Any) -> None:
        name = sweep.__name__
        try:
            count = sweep(now)
        except DatabaseError:
            raise
        except Exception as error:  # one sweep that fails stops no other, and no mail
            log.exception("sweep failed", kind=name, exc_info=error)
            return
        if count:
            log.info("swept", kind=name, count=count)
