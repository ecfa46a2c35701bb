"""One program that asks for the same thing four times at once: python -m tests.api.at_once KEY

Makes its own world in the database of DATABASE_URL; prints what it was told, as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import threading

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "telehealth.settings")
django.setup()

import time_machine  # noqa: E402
from django.db import connections  # noqa: E402
from django.test import Client  # noqa: E402

from scheduling.models import Booking  # noqa: E402
from tests.api.caller import Caller, hold_body, token  # noqa: E402
from tests.databases import PATIENCE  # noqa: E402
from tests.world import NOW, build  # noqa: E402


def main(key: str) -> None:
    world = build()
    text = token(world.nora.user, world.clinic)
    answers, ready = [], threading.Barrier(4)

    def ask() -> None:
        calling = Caller(Client(), world.clinic, {"Authorization": f"Bearer {text}"})
        ready.wait(PATIENCE)
        answers.append(calling.post("holds/", hold_body(world), Idempotency_Key=key))
        connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    told = {
        "statuses": [answer.status_code for answer in answers],
        "answers": [answer.content.decode() for answer in answers],
        "replayed": ["Idempotency-Replayed" in answer for answer in answers],
        "bookings": Booking.objects.count(),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    with time_machine.travel(NOW, tick=True):
        main(sys.argv[1])
