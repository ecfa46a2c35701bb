"""A seat of an open group is told like a single session, to its patient alone."""

from __future__ import annotations

import pytest

from scheduling.actions.cancel import cancel
from scheduling.models import Task
from scheduling.outbox.plan import plan
from scheduling.outbox.transport import Mailer
from tests.actions.test_groups import a_group, joined
from tests.world import NOW, World, at

pytestmark = pytest.mark.django_db
SECOND = at("2027-03-15", 10)


@pytest.fixture
def group(world: World):
    return a_group(world, entry="open")


def test_who_gives_a_seat_up_is_told_and_nobody_else(world, group, sink, work):
    """BL4: the other members, and what they were told, stay as they were."""
    seat = joined(world, group, start=SECOND)[0]
    joined(world, group, world.omar, start=SECOND)
    work()
    assert len(sink.to("nora@example.org")) == len(sink.to("omar@example.org")) == 1
    cancel(booking=seat.uuid, actor=world.actor(world.nora), now=NOW)
    work()
    assert len(sink.to("nora@example.org")) == 2 and len(sink.to("omar@example.org")) == 1
    assert not Task.objects.filter(patient=world.omar, done_at=None).exists()


def test_a_seat_given_up_while_its_mail_is_on_the_way_is_told_as_well(
    world, group, sink, work, monkeypatch
):
    """The session does not change by it, and still nothing is lost."""
    seat = joined(world, group, start=SECOND)[0]
    deliver = Mailer.deliver

    def meanwhile(mailer, recipient, data):
        deliver(mailer, recipient, data)
        if recipient == "nora@example.org":
            monkeypatch.setattr(Mailer, "deliver", deliver)
            cancel(booking=seat.uuid, actor=world.actor(world.nora), now=NOW)
            # planned at once, as another worker does: the task that is under way stands for it
            plan(NOW)

    monkeypatch.setattr(Mailer, "deliver", meanwhile)
    work()
    assert len(sink.to("nora@example.org")) == 2
