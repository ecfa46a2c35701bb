"""Staff hear while the week can still be saved that hours are short: once, and without a name."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import AuditRow, User
from scheduling.models import Enrollment, Task
from scheduling.outbox.short_hours import warn_short
from tests.enrolled import MONDAY, enrolled, paused, program, seat
from tests.world import NOW, World, build

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return build()


@pytest.fixture
def mails(settings):
    """(recipient, text) of what is in the outbox."""
    settings.EMAIL_BACKEND = "scheduling.outbox.mail.OutboxBackend"

    def read():
        tasks = Task.objects.filter(kind="account_mail").order_by("pk")
        return [(task.recipient, task.message) for task in tasks]

    return read


def full_week(world, who) -> None:
    for day in ("2027-03-02", "2027-03-03", "2027-03-04"):
        seat(world, who, day)


def test_whoever_treats_the_patient_is_told_once_a_week_and_no_name(world, mails):
    """PR1"""
    enrolled(program(world), world.nora)
    seat(world, world.nora, "2027-03-03")
    assert [warn_short(NOW + timedelta(hours=hour)) for hour in (0, 1, 100)] == [1, 0, 0]
    ((recipient, text),) = mails()
    assert recipient == "alma@example.org"
    assert "/c/harbor/caseload/" in text
    for word in ("Nora", "Quill", "IOP", "program", "Harbor", world.nora.reference):
        assert word not in text
    assert warn_short(NOW + timedelta(weeks=1)) == 1
    assert len(mails()) == 2


def test_one_mail_for_all_of_a_caseload(world, mails):
    what = program(world)
    for who, day in ((world.nora, "2027-03-03"), (world.omar, "2027-03-04")):
        enrolled(what, who)
        seat(world, who, day)
    assert warn_short(NOW) == 2
    assert [recipient for recipient, _text in mails()] == ["alma@example.org"]


def test_a_miss_in_the_week_is_told_then(world, mails):
    enrolled(program(world), world.nora)
    full_week(world, world.nora)
    assert warn_short(NOW) == 0
    first = world.nora.bookings.order_by("start")[0]
    first.attendance = "no_show"
    first.save()
    assert warn_short(NOW + timedelta(days=2)) == 1


def test_the_desk_is_told_where_nobody_treats_the_patient(world, mails):
    enrolled(program(world), world.nora)
    assert warn_short(NOW) == 1
    ((recipient, text),) = mails()
    assert recipient == "dana@example.org"
    assert "/c/harbor/programs/" in text


def test_nobody_who_has_left_is_told(world, mails):
    enrolled(program(world), world.nora)
    seat(world, world.nora, "2027-03-03")
    User.objects.filter(pk=world.alma.user_id).update(is_active=False)
    warn_short(NOW)
    assert [recipient for recipient, _text in mails()] == ["dana@example.org"]


@pytest.mark.parametrize("why", ["enough", "paused", "over", "not yet", "inactive"])
def test_no_word_where_nothing_is_missing(world, mails, why):
    first = MONDAY + {"over": timedelta(weeks=-12), "not yet": timedelta(weeks=1)}.get(
        why, timedelta()
    )
    row = enrolled(program(world), world.nora, first)
    if why == "enough":
        full_week(world, world.nora)
    if why == "paused":
        paused(row, MONDAY)
    if why == "inactive":
        world.nora.active = False
        world.nora.save()
    assert (warn_short(NOW), mails()) == (0, [])


def test_it_is_in_the_record(world, mails):
    """LG1"""
    enrolled(program(world), world.nora)
    warn_short(NOW)
    assert AuditRow.objects.get(action="enrollment.short").subject_id == str(world.nora.pk)
    assert Enrollment.objects.get().short_told == MONDAY
