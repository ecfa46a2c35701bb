"""Measure booking: python -m bench.booking [--json] [--quick] (see scripts/bench).

Bookings per second through the action `book`, from 1 and from 8 processes, as ratios in one run:

  action_raw        the action against the same statements, captured and sent raw
  guarded_unguarded with the database's guards against without them
  growth            in a table of 1,000,000 sessions against one of 10,000
  hot_spread        all on one therapist against spread over many
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

from bench.setting import begin, note, tell

THERAPISTS, PATIENTS = 200, 3000
PROCESSES = (1, 8)
EACH = {1: 240, 8: 60}  # bookings of one process in one round
ROUNDS = 3
GOALS: dict[Any, float] = {
    ("action_raw", "sqlite"): 0.12,
    ("action_raw", "postgresql"): 0.35,
    "guarded_unguarded": 0.75,
    "growth": 0.8,
    "hot_spread": 0.3,
}
ROOT = Path(__file__).resolve().parent.parent
places = {"action": 0, "hot": 0}  # the next place in the future that nobody has taken


def main() -> None:
    said = begin(__doc__ or "")
    speed: dict[int, float] = {}
    for bookings in (10_000,) if said.quick else (10_000, 1_000_000):
        lay_out(bookings)
        for processes in PROCESSES:
            action = against_raw(said, processes, bookings)
            if bookings == 10_000:
                against_unguarded(said, processes, bookings)
                speed[processes] = action
            else:
                report(said, "growth", processes, bookings, action / speed[processes])
        hot_against_spread(said, bookings)
    assert errors["locks"] == 0, errors


def lay_out(bookings: int) -> None:
    from django.db import connection

    from bench import world
    from scheduling.models import Occupancy

    note(f"{connection.vendor}: laying out {bookings} sessions of {THERAPISTS} therapists")
    world.empty()
    clinic = world.make_clinic(THERAPISTS)
    world.make_people(clinic, PATIENTS)
    with world.unguarded(Occupancy):
        world.load(clinic, world.past_rows(THERAPISTS, bookings))
    world.analyze()
    places.update(action=0, hot=0)


def report(said: Any, case: str, processes: int, bookings: int, ratio: float, **more: Any) -> None:
    from django.db import connection

    database = connection.vendor
    goal = GOALS.get((case, database)) or GOALS[case]
    row = {"case": case, "database": database, "processes": processes, "bookings": bookings}
    tell(said, row | {"ratio": round(ratio, 2), "goal": goal} | more)


def against_raw(said: Any, processes: int, bookings: int) -> float:
    """Answers the bookings per second through the action."""
    race("action", processes)  # warms the caches; does not count
    pairs = [(race("action", processes), race("raw", processes)) for _ in range(ROUNDS)]
    action, raw = (median(one) for one in zip(*pairs, strict=True))
    report(
        said,
        "action_raw",
        processes,
        bookings,
        median(a / r for a, r in pairs),
        per_second=round(action),
        raw_per_second=round(raw),
        statements=statements(),
        lock_errors=errors["locks"],
    )
    return action


def against_unguarded(said: Any, processes: int, bookings: int) -> None:
    from bench import world
    from scheduling.models import Booking, Occupancy

    ratios = []
    for _ in range(ROUNDS):
        guarded = race("action", processes)
        with world.unguarded(Occupancy, Booking):
            ratios.append(guarded / race("action", processes))
    report(said, "guarded_unguarded", processes, bookings, median(ratios))


def hot_against_spread(said: Any, bookings: int) -> None:
    pairs = [(race("hot", 8), race("action", 8)) for _ in range(ROUNDS)]
    report(
        said,
        "hot_spread",
        8,
        bookings,
        median(hot / spread for hot, spread in pairs),
        per_second=round(median(hot for hot, _ in pairs)),
        lock_errors=errors["locks"],
    )


errors = {"locks": 0}


def race(kind: str, processes: int) -> float:
    """Bookings per second of so many processes at once; each has its own places to fill."""
    each, whose = EACH[processes], "hot" if kind == "hot" else "action"
    racers = []
    for _ in range(processes):
        command = [sys.executable, "-m", "bench.booker", kind, str(places[whose]), str(each)]
        racers.append(
            subprocess.Popen(
                command,
                cwd=ROOT,
                env=os.environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        places[whose] += each
    for racer in racers:
        assert racer.stdout and racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin
        racer.stdin.write("go\n")
        racer.stdin.flush()
    done = [json.loads(racer.communicate(timeout=300)[0]) for racer in racers]
    errors["locks"] += sum(one["locks"] for one in done)
    booked = sum(one["booked"] for one in done)
    assert booked == each * processes, done
    return booked / (max(one["ended"] for one in done) - min(one["began"] for one in done))


def statements() -> int:
    """Statements that one booking sends, BEGIN and COMMIT not counted."""
    command = [sys.executable, "-m", "bench.booker", "count", str(places["action"]), "1"]
    places["action"] += 1
    said = subprocess.run(
        command, cwd=ROOT, env=os.environ, input="go\n", capture_output=True, text=True, check=True
    )
    return int(json.loads(said.stdout.splitlines()[-1])["statements"])


if __name__ == "__main__":
    main()
