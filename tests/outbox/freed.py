"""Somebody waits for an hour that somebody else gave up, in real time: the worker reads the clock.

Started by `tests/outbox/test_offers_worker.py`; prints the hour as mail says it.
"""

import os
from datetime import UTC, datetime, timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "telehealth.settings")
django.setup()

from scheduling.engine.lifecycle import UNDO  # noqa: E402
from scheduling.models import DayHours, WeeklyHours  # noqa: E402
from scheduling.queries.times import when  # noqa: E402
from tests.outbox.acts import booked, cancelled  # noqa: E402
from tests.waiting import waiting  # noqa: E402
from tests.world import LA, at, build  # noqa: E402

if __name__ == "__main__":
    world, now = build(), datetime.now(UTC)
    day = (now + timedelta(days=5)).date()
    WeeklyHours.objects.all().delete()
    DayHours.objects.create(therapist=world.alma, day=day, spans="840-900")
    seat = booked(world, start=at(day, 14), now=now)
    waiting(world, world.omar, now=now)
    cancelled(world, seat, now=now - UNDO)
    print(when(seat.start, seat.end, LA))
