"""manage.py worker: sends what is owed, and looks after what time changes."""

from __future__ import annotations

import signal
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand

from scheduling.outbox.worker import Worker


class Command(BaseCommand):
    requires_system_checks = ()  # a worker that was killed is back at once
    help = "Send mail, plan reminders, let go of expired holds, seal the audit. Ctrl-C ends it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--once", action="store_true", help="one turn, then end")
        which.add_argument("--drain", action="store_true", help="end when nothing is due")

    def handle(self, *args: Any, **options: Any) -> None:
        worker = Worker()

        def stop(_number: int, _frame: FrameType | None) -> None:
            worker.stop()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        if options["once"]:
            worker.turn()
        elif options["drain"]:
            worker.drain()
        else:
            worker.run()
