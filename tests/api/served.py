"""The API on a port of its own, for a program that fuzzes it: python -m tests.api.served

Makes the world in the database of DATABASE_URL, with a booking of Nora's and one of Omar's; prints
port and tokens as one line of JSON and serves until its input ends. From the line "hole" on, a
booking is shown to whoever knows its id: the fuzz must find that.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "telehealth.settings")
django.setup()

import time_machine  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402

from accounts.actor import Actor, ActorKind  # noqa: E402
from scheduling.actions.book import book  # noqa: E402
from scheduling.api.bookings import OneBooking  # noqa: E402
from scheduling.models import Booking  # noqa: E402
from tests.api.caller import token  # noqa: E402
from tests.world import LA, NOW, World, at, build  # noqa: E402


class Quiet(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


def make_hole() -> None:
    """`GET bookings/<id>/` forgets to ask whose it is; lists are right still."""
    right = OneBooking.get

    def wrong(self: OneBooking, request: object, booking: object) -> object:
        row = Booking.objects.get(uuid=booking)
        whose = row.patient_id if self.actor.roles == frozenset() else self.actor.patient
        self.actor = Actor(ActorKind.TOKEN, self.actor.id, self.clinic, patient=whose)
        return right(self, request, booking)

    OneBooking.get = wrong


def bookings(world: World) -> None:
    what = {
        "service": world.cbt.uuid,
        "therapist": world.alma.uuid,
        "medium": "video",
        "place": "CA",
        "zone": LA,
        "actor": world.actor(world.dana),
        "now": NOW,
    }
    for hour, who in ((10, world.nora), (13, world.omar)):
        book(start=at("2027-03-09", hour), patient=who.pk, **what)


def main() -> None:
    world = build()
    bookings(world)
    with make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet) as server:
        people = {"nora": world.nora.user, "omar": world.omar.user}
        tokens = {name: token(who, world.clinic) for name, who in people.items()}
        print(json.dumps({"port": server.server_port, "tokens": tokens}), flush=True)
        threading.Thread(target=listen, args=(server,), daemon=True).start()
        server.serve_forever(0.1)


def listen(server: WSGIServer) -> None:
    for line in sys.stdin:
        if line.strip() == "hole":
            make_hole()
            print("made", flush=True)
    server.shutdown()


if __name__ == "__main__":
    with time_machine.travel(NOW, tick=True):
        main()
