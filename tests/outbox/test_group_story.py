"""The messages of a group's whole life, by its own actions."""

from datetime import date, timedelta

import pytest

from scheduling.actions import group_dates, group_life, group_members
from scheduling.models import Booking, Member, Occupancy
from scheduling.outbox import group_window
from scheduling.queries.repeat import Pattern
from tests.actions.test_groups import a_group, dates, joined
from tests.calendars.receiver import Receiver
from tests.outbox.serial import calendar_of, times_of
from tests.world import LA, NOW

pytestmark = pytest.mark.django_db
SWEPT = [group_window.fill_windows, group_window.end_what_is_over]
NORA, OMAR, ALMA, BEN = (f"{name}@example.org" for name in ("nora", "omar", "alma", "ben"))


def seats_of(who):
    return Booking.objects.filter(patient=who, state="booked")


def given_by(who):
    return Occupancy.objects.filter(profile=who, live=True, session__state="scheduled")


def by(world, now=NOW):
    return {"actor": world.actor(world.dana, now), "now": now}


def test_the_life_of_a_group_by_its_own_actions(world, sink, work):
    """Founded, joined, a date moved and one cancelled, somebody else gives it, one leaves, it
    pauses, goes on, and ends: each calendar shows its owner's dates after every step."""
    reason = {"reason": "clinic"}
    made = a_group(world, pattern=until_may())
    joined(world, made)
    joined(world, made, world.omar)
    days = dates(made)
    calendars = {who: Receiver() for who in (NORA, OMAR, ALMA, BEN)}

    def told(now=NOW):
        work(now)
        for address, rows in (
            (NORA, seats_of(world.nora)),
            (OMAR, seats_of(world.omar)),
            (ALMA, given_by(world.alma)),
            (BEN, given_by(world.ben)),
        ):
            shown = calendar_of(sink, address, calendars[address]).shows()
            assert shown == times_of(rows), address

    told()
    assert [len(sink.to(who)) for who in (NORA, OMAR, ALMA, BEN)] == [1, 1, 1, 1]
    group_dates.move_date(session=days[2].uuid, start=days[2].start + 60, **reason, **by(world))
    told()
    group_dates.cancel_date(session=days[4].uuid, **reason, **by(world))
    told()
    group_dates.change_facilitator(
        group=made.uuid, from_day=date(2027, 4, 12), leaving=world.ben.uuid, **by(world)
    )
    told()
    assert [len(sink.to(who)) for who in (NORA, OMAR, ALMA, BEN)] == [3, 3, 3, 4]
    member = Member.objects.get(patient=world.nora)
    group_members.leave(member=member.uuid, actor=world.actor(world.nora), now=NOW)
    told()
    assert [len(sink.to(who)) for who in (NORA, OMAR, ALMA, BEN)] == [4, 3, 3, 4]
    later = days[3].starts_at + timedelta(days=1)
    group_life.pause(group=made.uuid, **reason, **by(world, now=later))
    told(later)
    group_life.resume(group=made.uuid, first=date(2027, 4, 19), **by(world, now=later))
    told(later)
    group_life.end(group=made.uuid, **reason, **by(world, now=later))
    told(later)


def until_may():
    return Pattern("FREQ=WEEKLY;BYDAY=MO", LA, 600, date(2027, 3, 8), date(2027, 5, 24))
