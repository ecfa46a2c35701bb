"""Short names for what people do in these tests; all through the public actions."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from scheduling.actions.book import book
from scheduling.actions.cancel import cancel, undo_cancel
from scheduling.actions.reschedule import reschedule
from tests.world import LA, NOW, World, at

TUESDAY = "2027-03-02"


@contextmanager
def in_vain() -> Iterator[None]:
    """Whatever happens to the database here has not happened."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def booked(world: World, who=None, *, start=None, now=NOW, medium="video", therapist=None, **said):
    return book(
        service=world.cbt.uuid,
        therapist=(therapist or world.alma).uuid,
        start=start or at(TUESDAY, 14),
        medium=medium,
        place="CA",
        zone=LA,
        patient=(who or world.nora).pk,
        actor=world.actor(world.dana),
        now=now,
        **said,
    )


def moved(world: World, seat, start: int, *, now=NOW, **said):
    return reschedule(
        booking=seat.uuid,
        start=start,
        reason="clinic",
        actor=world.actor(world.dana),
        now=now,
        **said,
    )


def cancelled(world: World, seat, *, by=None, reason="clinic", now=NOW):
    actor = world.actor(by or world.dana)
    return cancel(booking=seat.uuid, reason=reason, actor=actor, now=now)


def restored(world: World, seat, *, by=None, now=NOW):
    return undo_cancel(booking=seat.uuid, actor=world.actor(by or world.dana), now=now)
