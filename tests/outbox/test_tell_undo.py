"""What is told of a step or an end that was taken back: how it stands now, once, or nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scheduling.engine.recurrence import weekly
from scheduling.models import Booking, Event, Occupancy
from scheduling.queries.repeat import Pattern
from tests.courses import (
    FIRST,
    discharged,
    enrolled,
    iop,
    mornings,
    program,
    stepped,
    undone,
)
from tests.outbox.serial import calendar_of, times_of
from tests.world import LA, NOW, World, build

pytestmark = pytest.mark.django_db
NORA, ALMA = "nora@example.org", "alma@example.org"
WEEK = timedelta(weeks=1)
FOURTH = FIRST + 3 * WEEK
SOON = NOW + timedelta(minutes=4)


@pytest.fixture
def world(db) -> World:
    made = build()
    made.clinic.horizon_days = 400
    made.clinic.save()
    return made


@pytest.fixture
def made(world):
    return iop(world, weeks=6)


@pytest.fixture
def more(world, made):
    afternoons = mornings(
        world, days=(0, 2), name="Afternoons", facilitators=[world.alma.uuid],
        pattern=Pattern(weekly((0, 2)), LA, 13 * 60, FIRST),
    )  # fmt: skip
    return program(world, made.parts.first().group, afternoons, of=made.level, weeks=6)


def right(world, sink) -> bool:
    """The calendars show what is: of the patient, and of who gives the sessions alone."""
    seats = Booking.objects.filter(patient=world.nora, state="booked")
    given = Occupancy.objects.filter(profile=world.alma, live=True, session__state="scheduled")
    hers, his = calendar_of(sink, NORA).shows(), calendar_of(sink, ALMA).shows()
    return hers == times_of(seats) and set(times_of(given)) <= set(his)


def test_a_step_that_was_told_is_told_back_in_one_mail(world, sink, work, made, more):
    row = enrolled(world, made)
    work()
    stepped(world, row, more, FOURTH)
    work()
    undone(world, row, now=SOON)
    work(SOON)
    _, there, back = sink.to(NORA)
    assert "Every Monday and Wednesday at 1:00 PM PDT" in there.text
    assert back.text.startswith("Your appointments have changed. From now on they are:")
    assert "Every Tuesday at 10:00 AM" in back.text
    gone = back.text.partition("Not any more:")[2]
    assert gone.strip().startswith("Every Monday and Wednesday at 1:00 PM PDT")
    assert right(world, sink)


def test_of_one_that_was_not_told_yet_nothing_is(world, sink, work, made, more):
    row = enrolled(world, made)
    work()
    sent = len(sink.messages)
    stepped(world, row, more, FOURTH)
    undone(world, row, now=SOON)
    work(SOON)
    assert len(sink.to(NORA)) == 1
    assert not [one for one in sink.messages[sent:] if one.to != ALMA]
    assert right(world, sink) and not Event.objects.filter(planned_at=None).exists()


def test_an_end_that_was_told_is_told_back(world, sink, work, made):
    row = enrolled(world, made)
    work()
    discharged(world, row, FIRST)
    work()
    assert sink.to(NORA)[1].text.startswith("Your appointments are cancelled. They were:")
    undone(world, row, now=SOON)
    work(SOON)
    assert sink.to(NORA)[2].text.startswith("Your appointments take place after all.")
    assert len(sink.to(NORA)) == 3 and right(world, sink)


def test_an_end_of_dates_that_are_not_made_yet_too(world, sink, work):
    row = enrolled(world, program(world, mornings(world, days=(0,)), weeks=20), choices=[])
    work()
    discharged(world, row, FIRST + 18 * WEEK)
    work()
    undone(world, row, now=SOON)
    work(SOON)
    assert len(sink.to(NORA)) == 3 and len(calendar_of(sink, NORA).shows()) == 20
