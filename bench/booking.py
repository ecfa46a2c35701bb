"""Measure booking: python -m bench.booking [--json] [--quick] (see scripts/bench).

Bookings per second through the action `book`, from 1 and from 8 processes, as ratios:

  action_raw        the action against the same statements, captured and sent raw
  guarded_unguarded with the database's guards against without them
  growth            in a table of 1,000,000 sessions against one of 10,000
  hot_spread        all on one therapist against spread over many

The two sides of a ratio take turns, in processes that live on; the ratio is the median of the
rounds' own, so that a slow moment of the machine counts on both sides or in one round alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from statistics import median
from typing import Any

from bench.setting import begin, tell
from bench.site import MOST, Site, other

PROCESSES = (1, MOST)
ROUNDS = 7
GOALS: dict[Any, float] = {
    ("action_raw", "sqlite"): 0.12,
    ("action_raw", "postgresql"): 0.35,
    "guarded_unguarded": 0.75,
    "growth": 0.8,
    "hot_spread": 0.3,
}


def main() -> None:
    said = begin(__doc__ or "")
    url = os.environ["DATABASE_URL"]
    small = Site(url, 10_000)
    sites = [small]
    for processes in PROCESSES:
        against_raw(said, small, processes)
        against_unguarded(said, small, processes)
    hot_against_spread(said, small)
    if not said.quick:
        large = Site(other(url, "large"), 1_000_000)
        sites.append(large)
        for processes in PROCESSES:
            against_raw(said, large, processes)
            against_small(said, large, small, processes)
        hot_against_spread(said, large)
    for site in sites:
        site.close()
    assert not any(site.locks for site in sites)


def against_raw(said: Any, site: Site, processes: int) -> None:
    compare(
        said,
        "action_raw",
        site,
        processes,
        lambda: site.race("action", processes),
        lambda: site.race("raw", processes),
        statements=True,
    )


def against_unguarded(said: Any, site: Site, processes: int) -> None:
    from bench import world
    from scheduling.models import Booking, Occupancy

    def unguarded() -> float:
        with world.unguarded(Occupancy, Booking):
            return site.race("action", processes)

    guarded = lambda: site.race("action", processes)  # noqa: E731
    compare(said, "guarded_unguarded", site, processes, guarded, unguarded)


def against_small(said: Any, site: Site, small: Site, processes: int) -> None:
    compare(
        said,
        "growth",
        site,
        processes,
        lambda: site.race("action", processes),
        lambda: small.race("action", processes),
    )


def hot_against_spread(said: Any, site: Site) -> None:
    compare(
        said,
        "hot_spread",
        site,
        MOST,
        lambda: site.race("hot", MOST),
        lambda: site.race("action", MOST),
    )


def compare(
    said: Any,
    case: str,
    site: Site,
    processes: int,
    one: Callable[[], float],
    against: Callable[[], float],
    *,
    statements: bool = False,
) -> None:
    """Print the median of the rounds' ratios, after a round that does not count."""
    from django.db import connection

    rounds = [(one(), against()) for _ in range(ROUNDS + 1)][1:]
    database = connection.vendor
    row = {
        "case": case,
        "database": database,
        "processes": processes,
        "bookings": site.bookings,
        "ratio": round(median(a / b for a, b in rounds), 2),
        "goal": GOALS.get((case, database)) or GOALS[case],
        "per_second": round(median(a for a, _ in rounds)),
        "against_per_second": round(median(b for _, b in rounds)),
        "lock_errors": site.locks,
    }
    tell(said, row | ({"statements": site.statements} if statements else {}))


if __name__ == "__main__":
    main()
