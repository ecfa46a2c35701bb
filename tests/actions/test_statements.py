"""What each verb costs the database: counted, pinned, and as few as the rules allow."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actor import Actor
from scheduling.actions.book import book, confirm
from scheduling.actions.cancel import cancel
from scheduling.actions.hold import hold
from scheduling.actions.reschedule import reschedule
from tests.world import LA, NOW, World, at, build

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return build()


def cost(verb, **said) -> tuple[int, object]:
    """The statements of one call, savepoints of the test not counted."""
    with CaptureQueriesContext(connection) as sent:
        result = verb(**said)
    ours = [q["sql"] for q in sent if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    return len(ours), result


def words(world: World, hour: int) -> dict:
    return {
        "service": world.cbt.uuid,
        "therapist": world.alma.uuid,
        "start": at("2027-03-09", hour),
        "medium": "video",
        "place": "CA",
        "zone": LA,
        "now": NOW,
    }


def test_booking_in_one_step(world):
    """Reads: therapist (locked) and service; terms; single days; time taken; patient (locked);
    consents; the platform. Writes: session, occupancy, booking, links, room, event, audit."""
    count, _ = cost(book, **words(world, 10), patient=world.nora.pk, actor=world.actor(world.dana))
    assert count == 14


def test_hold_and_confirm(world):
    """Hold: count of holds; the four reads of the rules; session, occupancy, booking.
    Confirm: the hold, whose time, the lock (PostgreSQL), the hold again; patient; consents;
    occupancy; licence; three updates; links, platform, room, event, audit."""
    visitor = Actor.anonymous(world.clinic)
    count, held = cost(hold, **words(world, 10), secret="s", actor=visitor)
    assert count == 8
    said = {"hold": held.uuid, "secret": "s", "patient": world.nora.pk, "now": NOW}
    locks = connection.vendor == "postgresql"
    count, _ = cost(confirm, **said, actor=world.actor(world.nora))
    assert count == 15 + locks


def test_moving_and_cancelling(world):
    booking = book(**words(world, 10), patient=world.nora.pk, actor=world.actor(world.dana))
    nora = world.actor(world.nora)
    locks = connection.vendor == "postgresql"
    count, _ = cost(
        reschedule, booking=booking.uuid, start=at("2027-03-09", 14), actor=nora, now=NOW
    )
    assert count == 23 + locks
    count, _ = cost(cancel, booking=booking.uuid, actor=nora, now=NOW)
    assert count == 14 + locks
