"""Measure the slot search: python -m bench.slots [--json] [--quick] (see scripts/bench).

`select` is the indexed SELECT of the very same busy rows through a bare Django cursor; `core` is
`queries.slots.search`, which pages and API call, with licences, holidays, time off, holds and daily
limits on; `json` adds the API's answer as text. The three take turns; the quickest round of each
counts, for what else the machine does can only add.
"""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable
from pathlib import Path

from bench.setting import begin, note, tell

ROUNDS = {"W1": 200, "W2": 100, "W3": 50, "W4": 25}
SHAPES = {"W1": (1, 14), "W2": (50, 14), "W3": (50, 60), "W4": (1000, 14)}
SIZES = {"small": 10_000, "large": 1_000_000}


def measure(workload: str, service: int, therapists: int, days: int) -> dict[str, float]:
    from django.db import connection

    from accounts.models import Therapist
    from bench.world import NOW
    from scheduling.api.slots import slots_json
    from scheduling.engine.interval import to_minute
    from scheduling.queries import slots

    people = list(Therapist.objects.order_by("pk"))
    who = {one.pk: (str(one.uuid), one.name) for one in people}
    wanted = slots.Wanted(
        service=service,
        place="CA",
        zone="America/Los_Angeles",
        medium="video",
        first=to_minute(NOW),
        until=to_minute(NOW) + days * 1440,
        therapist=people[0].user_id if therapists == 1 else None,
    )
    asked = {}

    def spy(execute, sql, params, many, context):
        if "scheduling_occupancy" in sql:
            asked["sql"], asked["params"] = sql, params
        return execute(sql, params, many, context)

    with connection.execute_wrapper(spy):
        found = slots.search(wanted, NOW)

    def select() -> None:
        with connection.cursor() as cursor:
            cursor.execute(asked["sql"], asked["params"])
            cursor.fetchall()

    def core() -> None:
        slots.search(wanted, NOW)

    def with_json() -> None:
        slots_json(slots.search(wanted, NOW), wanted.zone, who)

    times = interleaved([select, core, with_json], ROUNDS[workload])
    with connection.cursor() as cursor:
        cursor.execute(asked["sql"], asked["params"])
        busy = len(cursor.fetchall())
    return {
        "busy_rows": busy,
        "starts": sum(len(one.starts) for one in found),
        "select_ms": times[0],
        "core_ms": times[1],
        "json_ms": times[2],
    }


def interleaved(functions: list[Callable[[], None]], rounds: int) -> list[float]:
    """The least milliseconds of each, taken in turn, after eight rounds that do not count: by then
    caches are filled and statements prepared."""
    served = server_clock()
    least = [math.inf] * len(functions)
    gc.collect()
    gc.disable()
    try:
        for number in range(rounds + 8):
            for index, function in enumerate(functions):
                there, here = served(), time.process_time()
                function()
                here = time.process_time() - here
                took = 1000 * (served() - there + here)
                if number >= 8:
                    least[index] = min(least[index], took)
    finally:
        gc.enable()
    return least


def server_clock() -> Callable[[], float]:
    """Seconds that PostgreSQL's process for this connection has computed. With this process's own
    they are the whole work, whoever else keeps the machine busy. SQLite has no other process; where
    the system does not tell, the time that this process waits stands for it."""
    from django.db import connection

    if connection.vendor == "sqlite":
        return lambda: 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        told = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")
    if not told.exists():
        return lambda: time.perf_counter() - time.process_time()
    return lambda: int(told.read_text().split()[0]) / 1e9


def main() -> None:
    said = begin(__doc__ or "")
    from django.db import connection

    from bench import world
    from scheduling.models import Occupancy, Session, TimeOff

    world.unguard(Occupancy)  # a search never meets the guard
    first: dict[str, float] = {}
    for size, bookings in SIZES.items():
        if size == "large" and said.quick:
            continue
        # The small table holds what W1 to W3 look at; W4 has its own thousand therapists.
        groups = [(50, 60, ("W1", "W2", "W3")), (1000, 14, ("W4",))]
        if size == "large":
            groups = [(1000, 60, ("W1", "W2", "W3", "W4"))]
        for therapists, days, workloads in groups:
            note(f"{connection.vendor}: laying out {bookings} bookings of {therapists} therapists")
            world.empty()
            clinic = world.make_clinic(therapists)
            rows = world.load(clinic, world.window_rows(therapists, days))
            rows += world.load(clinic, world.past_rows(therapists, max(0, bookings - rows)))
            for workload in workloads:
                world.service_of(clinic, SHAPES[workload][0])
            world.analyze()
            assert TimeOff.objects.exists() and Session.objects.exists()
            for workload in workloads:
                count, window = SHAPES[workload]
                figures = measure(workload, world.service_of(clinic, count), count, window)
                select = figures["select_ms"]
                row = {
                    "workload": workload,
                    "database": connection.vendor,
                    "bookings": bookings,
                    "rows": rows,
                    "busy_rows": figures["busy_rows"],
                    "starts": figures["starts"],
                    "select_ms": round(select, 3),
                    "core_ms": round(figures["core_ms"], 3),
                    "json_ms": round(figures["json_ms"], 3),
                    "core_ratio": round(figures["core_ms"] / select, 2),
                    "json_ratio": round(figures["json_ms"] / select, 2),
                }
                if size == "small":
                    first[workload] = figures["core_ms"]
                elif workload in first:
                    row["growth"] = round(figures["core_ms"] / first[workload], 2)
                tell(said, row)


if __name__ == "__main__":
    main()
