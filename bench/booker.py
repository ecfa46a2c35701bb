"""One process that books, again and again: python -m bench.booker

Each line that it reads, KIND FIRST COUNT, is one race: it gets ready, says "ready", waits for a
line, books, and prints what it took. KIND: `action` books through the action; `hot` does so with
one therapist alone; `raw` captures the statements of its bookings beforehand, in transactions that
are rolled back, and then sends them through a bare cursor.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "telehealth.settings")
django.setup()

from django.db import OperationalError, connection, transaction  # noqa: E402

from accounts.models import Clinic, Patient, Therapist, User  # noqa: E402
from accounts.policy import actor_for  # noqa: E402
from bench.world import FIRST_DAY, NOW, ZONES, days_off  # noqa: E402
from scheduling.actions.book import book  # noqa: E402
from scheduling.engine.hours import wall_to_minute  # noqa: E402
from scheduling.models import Service  # noqa: E402

HOURS = (9, 10, 11, 13, 14, 15, 16)
INSERT = re.compile(r'INSERT INTO "(\w+)" \(([^)]*)\)')
Statement = tuple[str, Any]


class Booker:
    def __init__(self) -> None:
        self.clinic = Clinic.objects.get()
        self.service = Service.objects.get(slug="cbt").uuid
        self.therapists = list(Therapist.objects.order_by("pk").values_list("uuid", flat=True))
        self.patients = list(Patient.objects.order_by("pk").values_list("pk", flat=True))
        desk = User.objects.get(email="desk@example.org")
        self.desk = actor_for(desk, self.clinic, today=NOW.date())

    def words(self, number: int, hot: bool) -> dict[str, Any]:
        """The place of this number: free, and nobody else's. Hot places are the last therapist's,
        who has no others; nor have the last thousand patients."""
        others = len(self.therapists) - 1
        who, turn = (others, number) if hot else (number % others, number // others)
        return {
            "service": self.service,
            "therapist": self.therapists[who],
            "start": start_of(who, turn),
            "medium": "video",
            "place": "CA",
            "zone": ZONES[0],
            "patient": self.patients[2000 + number % 1000 if hot else number % 2000],
            "actor": self.desk,
            "now": NOW,
        }

    def action(self, first: int, count: int, hot: bool = False) -> int:
        for number in range(first, first + count):
            book(**self.words(number, hot))
        return count

    def capture(self, number: int) -> list[Statement]:
        """The statements of one booking, which is then undone."""
        sent: list[Statement] = []

        def keep(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            sent.append((sql, params))
            return execute(sql, params, many, context)

        with transaction.atomic():
            with connection.execute_wrapper(keep):
                book(**self.words(number, False))
            transaction.set_rollback(True)
        return [one for one in sent if not one[0].startswith(("SAVEPOINT", "RELEASE"))]


def start_of(who: int, turn: int) -> int:
    """The start of a therapist's turn-th free hour from the first day on."""
    off, day, left = set(days_off(who)), FIRST_DAY, turn
    while True:
        if day.weekday() < 5 and day not in off:
            if left < len(HOURS):
                return wall_to_minute(ZONES[who % 4], day, HOURS[left] * 60)
            left -= len(HOURS)
        day += timedelta(days=1)


def send(bookings: list[list[Statement]]) -> int:
    """What was captured, through a bare cursor; rows refer to the ids that are given now."""
    for statements in bookings:
        with transaction.atomic(), connection.cursor() as cursor:
            given: dict[str, int] = {}
            for sql, params in statements:
                cursor.cursor.execute(*_raw(cursor, sql, _renumbered(sql, params, given)))
                if cursor.description is not None:
                    rows = cursor.fetchall()
                    if found := INSERT.match(sql):
                        given[found[1]] = rows[0][0]
    return len(bookings)


def _raw(cursor: Any, sql: str, params: Any) -> tuple[str, Any]:
    return (sql.replace("%s", "?"), params) if connection.vendor == "sqlite" else (sql, params)


OWN = {"session_id": "scheduling_session", "booking_id": "scheduling_booking"}


def _renumbered(sql: str, params: Any, given: dict[str, int]) -> list[Any]:
    values = list(params or ())
    if found := INSERT.match(sql):
        columns = [name.strip(' "') for name in found[2].split(",")]
        for index, value in enumerate(values):
            table = OWN.get(columns[index % len(columns)])
            if table and value is not None:
                values[index] = given[table]
    return values


def work(booker: Booker, kind: str, first: int, count: int) -> Iterator[dict[str, Any]]:
    locks = 0
    captured = []
    if kind == "raw":
        captured = [booker.capture(number) for number in range(first, first + count)]
    yield {}
    began = time.time()
    try:
        booked = send(captured) if captured else booker.action(first, count, kind == "hot")
    except OperationalError as error:
        sys.stderr.write(f"{error}\n")
        booked, locks = 0, 1
    yield {
        "booked": booked,
        "locks": locks,
        "began": began,
        "ended": time.time(),
        "statements": len(captured[0]) if captured else 0,
    }


def main() -> None:
    booker = Booker()
    for line in iter(sys.stdin.readline, ""):
        kind, first, count = line.split()
        steps = work(booker, kind, int(first), int(count))
        next(steps)
        print("ready", flush=True)
        sys.stdin.readline()
        print(json.dumps(next(steps)), flush=True)


if __name__ == "__main__":
    main()
