"""Who races against whom for a room: filling, filling again, cancelling, moving."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from accounts.models import Clinic, User
from accounts.policy import actor_for
from scheduling.actions.cancel import cancel
from scheduling.actions.reschedule import reschedule
from scheduling.engine.interval import DAY
from scheduling.models import Booking, Connection, Event, HookReceipt, Room
from scheduling.video import callbacks, signing
from scheduling.video.contract import RawRequest
from tests.ways_in.story import booked, filled, platform
from tests.world import NOW, at, build

ROUNDS = 24
Act = Callable[[str], str]


def set_up() -> dict[str, Any]:
    world = build()
    rooms = platform(world)
    days = [f"2027-03-{day:02}" for day in (2, 3, 4)]
    starts = [at(day, hour) for day in days for hour in range(9, 17)]
    bookings = [booked(world, start=start) for start in starts[:ROUNDS]]
    return {
        "rooms": str(rooms.uuid),
        "bookings": [str(one.uuid) for one in bookings],
        "messages": {str(one.uuid): filled(one) for one in bookings},
    }


def rooms() -> dict[str, Any]:
    """What came of it."""
    return {
        "rooms": [[one.state, one.generation, one.join_url] for one in Room.objects.all()],
        "receipts": HookReceipt.objects.count(),
        "filled": Event.objects.filter(kind="room").count(),
    }


def _fill(story: dict[str, Any], message_id: str, url: str = "") -> Act:
    rooms = Connection.objects.get(uuid=story["rooms"])
    keys = signing.keys(rooms.secret)

    def act(booking: str) -> str:
        message = story["messages"][booking]
        if url:
            message["data"]["join_url"] = url
        body = json.dumps(message).encode()
        headers = signing.sign(keys, f"{message_id}{booking}", body, NOW)
        request = RawRequest({"content-type": "application/json"} | headers, body)
        answer = callbacks.receive(rooms.uuid, request, where="", now=NOW)
        return answer.body.get("reason") or answer.body.get("status") or answer.code

    return act


def _by_dana(do: Callable[..., Any]) -> Act:
    clinic = Clinic.objects.get()
    dana = actor_for(User.objects.get(email="dana@example.org"), clinic, today=NOW.date())

    def act(booking: str) -> str:
        do(UUID(booking), dana)
        return "done"

    return act


def _cancel(booking: UUID, actor: Any) -> None:
    cancel(booking=booking, reason="clinic", actor=actor, now=NOW)


def _move(booking: UUID, actor: Any) -> None:
    start = Booking.objects.get(uuid=booking).start + 7 * DAY
    reschedule(booking=booking, start=start, reason="clinic", actor=actor, now=NOW)


PARTS: dict[str, Callable[[dict[str, Any]], Act]] = {
    "fill": lambda story: _fill(story, "one_"),
    "fill_again": lambda story: _fill(story, "one_"),
    "fill_other": lambda story: _fill(story, "two_", "https://meet.example/r/78"),
    "cancel": lambda story: _by_dana(_cancel),
    "move": lambda story: _by_dana(_move),
}
