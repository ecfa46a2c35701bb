"""The worker: plan, take a batch, do it, sweep now and then, sleep a second, go on.

Any number may run, on PostgreSQL also on several machines; each ends by SIGTERM after the task in
hand, and may be killed at any point.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from django.db import DatabaseError, close_old_connections

from scheduling.models import Task
from scheduling.outbox import heartbeat, queue
from scheduling.outbox.doers import DOERS
from scheduling.outbox.plan import plan
from scheduling.outbox.sweeps import Sweeps
from scheduling.outbox.transport import Mailer

BATCH = 20
IDLE = 1.0  # seconds between looks when there is nothing to do
AWAY = 5.0  # seconds to wait while the database is away

log = structlog.stdlib.get_logger("scheduling.outbox")

Clock = Callable[[], datetime]


def clock() -> datetime:
    return datetime.now(UTC)


class Worker:
    """`stop()` may be called from a signal handler; a sleeping worker wakes up by it."""

    def __init__(self, clock: Clock = clock) -> None:
        self.clock = clock
        self.mailer = Mailer()
        self.sweeps = Sweeps()
        self.stopped = threading.Event()

    def stop(self) -> None:
        self.stopped.set()

    def run(self) -> None:
        """Work until asked to stop. A database that is away is waited for."""
        while not self.stopped.is_set():
            close_old_connections()
            try:
                busy = self.turn()
            except DatabaseError as error:
                log.exception("database", exc_info=error)
                self.stopped.wait(AWAY)
                continue
            if not busy:
                self.stopped.wait(IDLE)

    def drain(self) -> int:
        """Work until nothing is due; answers how many tasks were taken."""
        total = 0
        while not self.stopped.is_set() and (taken := self.turn()):
            total += taken
        return total

    def turn(self) -> int:
        """Everything once; answers how many events were planned and tasks taken.

        What changed is told before the sweeps remind of it; what they change is told, too.
        """
        heartbeat.beat(self.clock())
        taken = self.tell()
        self.sweeps.run(self.clock(), log)
        return taken + self.tell()

    def tell(self) -> int:
        return plan(self.clock()) + self.batch()

    def batch(self) -> int:
        tasks = queue.claim(self.clock(), BATCH)
        try:
            for number, task in enumerate(tasks):
                if self.stopped.is_set():
                    queue.give_back(tasks[number:])
                    break
                if queue.begin(task, self.clock()):
                    self.do(task)
        finally:
            self.mailer.close()
        return len(tasks)

    def do(self, task: Task) -> None:
        """One task; whatever goes wrong with it stops no other."""
        say = log.bind(kind=task.kind, task=task.pk, attempt=task.attempts)
        try:
            code = DOERS[task.kind](task, self.mailer, self.clock())
        except queue.Failed as failure:
            queue.failed(task, failure, self.clock())
            say.warning("task failed", code=failure.code, state=state(task))
        except DatabaseError:
            raise
        except Exception as error:
            queue.failed(task, queue.Failed("error", certain=False), self.clock())
            say.exception("task failed", code="error", state=state(task), exc_info=error)
        else:
            say.info("task done", code=code)


def state(task: Task) -> str:
    return "gave_up" if task.gave_up_at else "again"
