"""Somebody waits for an hour that somebody else gave up, two sit in a group, one comes every week,
one is enrolled, and one is short of hours; in real time, since the worker reads the clock.

Started by `tests/outbox/test_offers_worker.py`; prints the hour as mail says it.
"""

import os
from datetime import UTC, date, datetime, timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "telehealth.settings")
django.setup()

from scheduling.actions.repeat import Chosen, repeat  # noqa: E402
from scheduling.engine.lifecycle import UNDO  # noqa: E402
from scheduling.engine.recurrence import weekly  # noqa: E402
from scheduling.models import DayHours, WeeklyHours  # noqa: E402
from scheduling.queries.repeat import Pattern  # noqa: E402
from scheduling.queries.times import when  # noqa: E402
from tests import courses, enrolled  # noqa: E402
from tests.groups import comes_in, founded  # noqa: E402
from tests.outbox.acts import booked, cancelled  # noqa: E402
from tests.waiting import waiting  # noqa: E402
from tests.world import LA, World, at, build, patient  # noqa: E402


def every_week(world: World, wanted: Pattern, now: datetime) -> None:
    """Ida, with Alma; out of her hours, as agreed."""
    repeat(
        service=world.cbt.uuid,
        pattern=wanted,
        chosen=[Chosen(one.start, one.start, world.alma.uuid) for one in wanted.dates()],
        medium="video",
        place="CA",
        patient=patient(world.clinic, "Ida").pk,
        override="agreed",
        actor=world.actor(world.dana, now),
        now=now,
    )


def a_group(world: World, wanted: Pattern, now: datetime) -> None:
    """Uma and Zoe are in it."""
    made = founded(world, pattern=wanted, actor=world.actor(world.dana, now), now=now)
    for name in ("Uma", "Zoe"):
        who = patient(world.clinic, name)
        comes_in(world, made, who, actor=world.actor(who, now), now=now)


def a_program(world: World, first: date, now: datetime) -> None:
    """Lea begins with a group and hours alone; Kit is in it since three weeks, and never came."""
    desk = {"actor": world.actor(world.dana, now), "now": now}
    wanted = Pattern(weekly((first.weekday(),)), LA, 12 * 60, first)
    made = courses.program(world, courses.mornings(world, pattern=wanted, **desk), weeks=3)
    courses.alone(world, made, (first.weekday() + 1) % 7)
    lea, kit = patient(world.clinic, "Lea"), patient(world.clinic, "Kit")
    courses.enrolled(world, made, lea, first_day=first, override="agreed", **desk)
    enrolled.enrolled(made, kit, now.date() - timedelta(weeks=3))


if __name__ == "__main__":
    world, now = build(), datetime.now(UTC)
    day = (now + timedelta(days=5)).date()
    WeeklyHours.objects.all().delete()
    DayHours.objects.create(therapist=world.alma, day=day, spans="840-900")
    seat = booked(world, start=at(day, 14), now=now)
    waiting(world, world.omar, now=now)
    cancelled(world, seat, now=now - UNDO)
    first = now.date() + timedelta(days=10)
    rule = weekly((first.weekday(),))
    every_week(world, Pattern(rule, LA, 18 * 60, first, count=3), now)
    a_group(world, Pattern(rule, LA, 9 * 60, first, first + timedelta(weeks=4)), now)
    a_program(world, first, now)
    print(when(seat.start, seat.end, LA))
