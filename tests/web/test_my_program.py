"""A patient's own program: the week in words, this week's hours, every date; nobody else."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client

from scheduling.actions.enroll_life import pause
from scheduling.models import Enrollment, Program
from tests.courses import enrolled
from tests.doors import sign_in
from tests.groups import comes_in, founded
from tests.programs import four_weeks
from tests.web.desk import audited
from tests.web.visitor import Visitor
from tests.world import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
PAGE = "/c/harbor/my/program/"


@pytest.fixture
def days(world) -> Program:
    group = founded(world)
    comes_in(world, group, world.omar)
    return four_weeks(world, group)


@pytest.fixture
def row(world, days) -> Enrollment:
    return enrolled(world, days)


@pytest.fixture
def nora(world) -> Visitor:
    return Visitor(sign_in(Client(), world.nora.user, mfa=False))


def test_the_week_and_the_dates(world, row, nora):
    nora.goes("/c/harbor/my/").follows("Days: your week and its hours")
    assert nora.at == PAGE
    assert "From Monday, March 8, 2027 to Sunday, April 4, 2027." in nora.reads
    assert "Evenings Every Tuesday at 4:00 PM (Los Angeles)" in nora.reads
    assert "CBT session Every Thursday at 10:00 AM (Los Angeles) with Alma" in nora.reads
    assert "Tuesday, March 9, 2027, 4:00 PM to 5:30 PM PST (Los Angeles)" in nora.reads
    assert {one.subject_id for one in audited("enrollment.view")} == {str(world.nora.pk)}


def test_the_hours_of_this_week(world, row, clock):
    clock.move_to(NOW + timedelta(days=9))  # Wednesday of the first week
    nora = Visitor(sign_in(Client(), world.nora.user, mfa=False))
    assert "1 h 30 min so far, 50 min to come until Sunday, March 14" in nora.goes(PAGE).reads
    assert "Your program asks for at least 2 hours a week." in nora.reads


def test_a_pause_is_told(world, row, nora):
    said = {"from_day": date(2027, 3, 15), "until_day": date(2027, 3, 21)}
    pause(enrollment=row.uuid, **said, actor=world.actor(world.dana), now=NOW)
    assert "Paused from Monday, March 15, 2027 to Sunday, March 21" in nora.goes(PAGE).reads


def test_nobody_else_is_on_it(world, row, nora):
    """GR1: not who else is in the group, nor how many."""
    nora.goes(PAGE)
    for other in ("Omar", "Quill", "seats", "members"):
        assert other not in nora.reads


def test_who_is_in_no_program(world, row):
    omar = Visitor(sign_in(Client(), world.omar.user, mfa=False))
    assert "You are in no program at present." in omar.goes(PAGE).reads
    assert "Days" not in omar.goes("/c/harbor/my/").reads


def test_at_the_desk_ones_own_page_is_ones_own(world, row):
    """AC4: Dana sees every program at the desk; on this page none of other people's."""
    world.omar.user = world.dana
    world.omar.save()
    dana = Visitor(sign_in(Client(), world.dana))
    assert "You are in no program at present." in dana.goes(PAGE).reads
