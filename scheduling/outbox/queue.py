"""The life of a task: due, leased, done, tried again later, given up where staff see it.

A lease is a time: whoever holds it owns the task until then, and a worker that was killed loses
it by doing nothing. An attempt counts before it is made, so a task that kills its worker ends too.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from scheduling.models import Task
from scheduling.outbox.told import note_told

ATTEMPTS = 10  # over about three hours
FIRST_WAIT, LONGEST_WAIT = 30, 3600  # seconds

UNDONE = Q(done_at__isnull=True, gave_up_at__isnull=True)


class Failed(Exception):
    """A task was not done. `code` is for staff and logs, so it quotes nothing and nobody.

    `permanent`: trying again cannot help. `certain`: nothing has reached the outside for sure.
    """

    def __init__(self, code: str, *, permanent: bool = False, certain: bool = True) -> None:
        super().__init__(code)
        self.code, self.permanent, self.certain = code, permanent, certain


def claim(now: datetime, limit: int) -> list[Task]:
    """Lease what is due, oldest first. Several workers never get the same task."""
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
    due = Task.objects.filter(UNDONE & free, due_at__lte=now)
    if not due.exists():  # an idle worker takes no lock
        return []
    until = now + timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)
    with transaction.atomic():
        rows = due.select_for_update(skip_locked=True, of=("self",))
        tasks = list(rows.order_by("due_at", "pk")[:limit])
        ids = [task.pk for task in tasks]
        Task.objects.filter(pk__in=ids).update(leased_until=until)
    for task in tasks:
        task.leased_until = until
    return tasks


def begin(task: Task, now: datetime) -> bool:
    """Count an attempt, with the whole lease before it; False if the lease was lost meanwhile."""
    until = now + timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)
    mine = Task.objects.filter(UNDONE, pk=task.pk, leased_until=task.leased_until)
    if not mine.update(leased_until=until, attempts=F("attempts") + 1):
        return False
    task.leased_until, task.attempts = until, task.attempts + 1
    return True


def give_back(tasks: list[Task]) -> None:
    """Return leases unused, as a worker does that was asked to stop."""
    for task in tasks:
        mine = Task.objects.filter(UNDONE, pk=task.pk, leased_until=task.leased_until)
        mine.update(leased_until=None)


def lock(task: Task) -> bool:
    """Lock the task's row; False if somebody else has ended it."""
    return Task.objects.select_for_update(of=("self",)).filter(UNDONE, pk=task.pk).exists()


def done(task: Task, outcome: str, now: datetime) -> None:
    task.done_at, task.leased_until, task.outcome = now, None, outcome
    task.maybe_sent = False
    task.save(update_fields=["done_at", "leased_until", "outcome", "maybe_sent", "telling"])


def failed(task: Task, failure: Failed, now: datetime) -> None:
    """Try again after a wait that doubles, or give up. What may have arrived counts as told."""
    with transaction.atomic():
        if not Task.objects.filter(UNDONE, pk=task.pk, leased_until=task.leased_until).exists():
            return  # the lease was lost: somebody else has the task
        task.maybe_sent = task.maybe_sent and not failure.certain
        task.outcome, task.leased_until = failure.code, None
        if failure.permanent or task.attempts >= ATTEMPTS:
            task.gave_up_at = now
            if task.maybe_sent:
                note_told(task)
                task.maybe_sent = False
        else:
            task.due_at = now + wait(task.attempts)
        task.save(update_fields=["maybe_sent", "outcome", "leased_until", "gave_up_at", "due_at"])


def wait(attempts: int) -> timedelta:
    """30 s, 1, 2, 4... minutes up to an hour, give or take a fifth: no herd after an outage."""
    seconds = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempts - 1))
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311
