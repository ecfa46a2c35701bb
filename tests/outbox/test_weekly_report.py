"""The numbers of a week by mail: to the admins who asked, once, on the first weekday's morning."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from accounts.models import Membership
from scheduling.models import Task
from scheduling.outbox import weekly
from tests.attended import crowd, held, starts
from tests.outbox.test_words import DENIED
from tests.world import NOW, World, build

pytestmark = pytest.mark.django_db
SWEPT = [weekly.sweep]
ADA = "ada@example.org"
MONDAY = NOW  # March 1, 2027, 9 AM in Los Angeles
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def asked(world) -> Membership:
    """Ada wants it; of the last week there is something to tell."""
    held(world.alma, world.cbt, starts(date(2027, 2, 22), 12), crowd(world.clinic, 12))
    row = Membership.objects.get(user=world.ada, role="admin")
    Membership.objects.filter(pk=row.pk).update(weekly_report=True)
    return row


def test_it_says_what_the_week_came_to(sink, work) -> None:
    work(MONDAY)
    (mail,) = sink.to(ADA)
    assert mail.mail["Subject"] == "The numbers of the week"
    assert "The week from February 22, 2027 to February 28, 2027" in mail.text
    lines = mail.text.splitlines()
    for line in ("Offered: 80:00 (80:00)", "Booked: 10:00 (0:00)", "Delivered: 10:00 (0:00)"):
        assert line in lines
    address = "https://clinic.example/c/harbor/office/utilization/?period=week&from=2027-02-22"
    assert address in mail.text
    assert "Booked: 10:00 (0:00)" in mail.html


def test_nobody_is_in_it(sink, work) -> None:
    """PR1: no name of anybody, no kind of care, no count of people."""
    work(MONDAY)
    (mail,) = sink.to(ADA)
    told = mail.text.replace("clinic.example", "").replace("/c/harbor/office/utilization/", "")
    assert not DENIED.search(told)
    assert not re.search(r"Alma|Ben|Ada|Harbor|\b12\b", told)


def test_it_comes_once_a_week(sink, work) -> None:
    for when in (MONDAY, MONDAY + HOUR, MONDAY + 3 * DAY):
        work(when)
    assert len(sink.to(ADA)) == 1
    work(MONDAY + 7 * DAY)
    assert len(sink.to(ADA)) == 2


def test_not_before_the_morning(sink, work) -> None:
    work(MONDAY - 4 * HOUR)  # 5 AM
    assert sink.to(ADA) == []
    work(MONDAY - 3 * HOUR)
    assert len(sink.to(ADA)) == 1


def test_a_week_that_begins_on_sunday_is_told_of_on_monday(world, sink, work) -> None:
    world.clinic.week_starts = 6
    world.clinic.save()
    work(MONDAY - DAY)
    assert sink.to(ADA) == []
    work(MONDAY)
    (mail,) = sink.to(ADA)
    assert "February 21, 2027 to February 27, 2027" in mail.text


def test_nobody_gets_it_unasked(world, sink, work, asked) -> None:
    Membership.objects.filter(pk=asked.pk).update(weekly_report=False)
    work(MONDAY)
    assert sink.messages == []


@pytest.mark.parametrize("ended", ["role", "person", "wish"])
def test_who_no_longer_may_or_wants_gets_none(world, sink, work, asked, ended) -> None:
    """AC7: also where it waits already to be sent."""
    assert weekly.sweep(MONDAY) == 1
    if ended == "person":
        world.ada.is_active = False
        world.ada.save()
    else:
        changed = {"role": {"state": "suspended"}, "wish": {"weekly_report": False}}[ended]
        Membership.objects.filter(pk=asked.pk).update(**changed)
    work(MONDAY)
    assert sink.to(ADA) == [] and Task.objects.get(kind="weekly").outcome == "unwanted"


def test_each_clinic_tells_its_own(sink, work) -> None:
    """AC3."""
    other: World = build("haven", "2")
    Membership.objects.filter(user=other.ada, role="admin").update(weekly_report=True)
    work(MONDAY)
    (mail,) = sink.to("ada2@example.org")
    assert "Booked: 0:00 (0:00)" in mail.text and "/c/haven/" in mail.text


def test_what_gave_up_is_shown_to_the_office(world, sink, work, clock) -> None:
    from tests.web.desk import OFFICE, at_work
    from tests.web.patient import text_of

    work(MONDAY)
    Task.objects.filter(kind="weekly").update(gave_up_at=MONDAY, done_at=None, outcome="refused")
    assert "The numbers of a week" in text_of(at_work(world.ada).get(f"{OFFICE}messages/"))
