"""One database with so many sessions in it, and the processes that book there.

python -m bench.site COUNT lays out the database of DATABASE_URL.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
THERAPISTS, PATIENTS = 200, 3000
MOST = 8  # processes
EACH = {1: 40, MOST: 12}  # bookings of one process in one race


def other(url: str, name: str) -> str:
    """A second database beside that of `url`; on PostgreSQL it is made."""
    parts = urlsplit(url)
    if parts.scheme.startswith("postgres"):
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
        return parts._replace(path=f"/{name}").geturl()
    return f"{url}.{name}"


class Site:
    def __init__(self, url: str, bookings: int) -> None:
        self.bookings = bookings
        self.env = {**os.environ, "DATABASE_URL": url}
        lay = [sys.executable, "-m", "bench.site", str(bookings)]
        subprocess.run(lay, cwd=ROOT, env=self.env, check=True)
        self.places = {"action": 0, "hot": 0}  # the next one in the future that nobody has taken
        self.locks = self.statements = 0
        self.crew = [self._booker() for _ in range(MOST)]

    def _booker(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "bench.booker"],
            cwd=ROOT,
            env=self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def race(self, kind: str, processes: int) -> float:
        """Bookings per second of so many processes at once; each has its own places to fill."""
        each, whose = EACH[processes], "hot" if kind == "hot" else "action"
        racers = self.crew[:processes]
        for racer in racers:
            self._say(racer, f"{kind} {self.places[whose]} {each}")
            self.places[whose] += each
        for racer in racers:
            assert self._hear(racer) == "ready"
        for racer in racers:
            self._say(racer, "go")
        done: list[dict[str, Any]] = [json.loads(self._hear(racer)) for racer in racers]
        self.locks += sum(one["locks"] for one in done)
        self.statements = done[0]["statements"] or self.statements
        booked = sum(one["booked"] for one in done)
        assert booked == each * processes, done
        return booked / (max(one["ended"] for one in done) - min(one["began"] for one in done))

    def close(self) -> None:
        for racer in self.crew:
            racer.communicate(timeout=60)  # the end of its input is the end of its work

    @staticmethod
    def _say(racer: subprocess.Popen[str], text: str) -> None:
        assert racer.stdin
        racer.stdin.write(f"{text}\n")
        racer.stdin.flush()

    @staticmethod
    def _hear(racer: subprocess.Popen[str]) -> str:
        assert racer.stdout
        return racer.stdout.readline().strip()


def lay_out(bookings: int) -> None:
    from bench import setting

    setting.start()
    from django.db import connection

    from bench import world
    from scheduling.models import Occupancy

    setting.note(f"{connection.vendor}: laying out {bookings} sessions of {THERAPISTS} therapists")
    clinic = world.make_clinic(THERAPISTS)
    world.make_people(clinic, PATIENTS)
    with world.unguarded(Occupancy):
        world.load(clinic, world.past_rows(THERAPISTS, bookings))
    world.analyze()


if __name__ == "__main__":
    lay_out(int(sys.argv[1]))
