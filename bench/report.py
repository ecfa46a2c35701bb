"""Measure the utilization report: python -m bench.report [--json] [--quick] (see scripts/bench).

`page` is `queries.utilization.report` by therapist, as the page asks for it: total, the period
before, the rows, each week or month, hours of the week, hours offered. `sql` is the same sums (but
for the hours offered) in hand-written SQL. The two take turns; the quickest of each counts, in the
processor's time. `first_byte_ms` is the whole page, asked for and rendered in this process.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import date
from typing import Any

from bench.setting import begin, note, tell
from bench.slots import server_clock

SIZES = {"quick": 40_000, "whole": 1_000_000}
ROUNDS = {"4 weeks": 7, "year": 3}


def measure(said: Any, bookings: int) -> None:
    """On the database as it lies, of one clinic."""
    from django.db import connection

    from accounts.models import Clinic
    from bench import report_sql
    from scheduling.engine.hours import day_span, segments
    from scheduling.engine.interval import whole_days
    from scheduling.engine.periods import Length, period
    from scheduling.engine.utilization import steps
    from scheduling.queries.utilization import Asked, By, report

    clinic = Clinic.objects.get(slug="bench")
    spans = {
        "4 weeks": period(Length.FOUR_WEEKS, date(2027, 2, 8), 0),
        "year": period(Length.YEAR, date(2026, 6, 1), 0),
    }
    first: dict[str, float] = {}
    for name, asked_for in spans.items():
        if said.quick and name == "year":
            continue
        asked = Asked(clinic, asked_for, by=By.THERAPIST)
        days = [*steps(asked_for.before), *steps(asked_for), asked_for.until]
        bounds = [day_span(clinic.time_zone, day, day)[0] for day in days]
        pieces = segments(clinic.time_zone, *whole_days(bounds[0], bounds[-1]))
        by_hand = report_sql.Span(
            clinic.pk, bounds[:-1], bounds[-1], [(end, offset) for _, end, offset in pieces]
        )
        found, hand = report(asked).total, report_sql.run(by_hand)
        assert {key: getattr(found, key) for key in hand} == hand, (found, hand)
        page, sql = quickest(
            [lambda: report(asked), lambda: report_sql.run(by_hand)],  # noqa: B023
            ROUNDS[name],
        )
        rows = found.seats + sum(
            getattr(found, f"cancelled{kind}") for kind in ("", "_late", "_clinic", "_technical")
        )
        row = {
            "database": connection.vendor,
            "bookings": bookings,
            "span": name,
            "rows": rows,
            "page_ms": round(page, 1),
            "sql_ms": round(sql, 1),
            "ratio": round(page / sql, 2),
        }
        if name == "4 weeks":
            row["first_byte_ms"] = round(first_byte(clinic, asked_for.first), 1)
            first = {"ms": page, "rows": rows}
        else:
            row["growth"] = round(page / first["ms"], 1)
            row["rows_growth"] = round(rows / first["rows"], 1)
        tell(said, row)


def first_byte(clinic: Any, day: date) -> float:
    """The page of four weeks, by an admin who is signed in."""
    from django.test import Client
    from django.test.utils import override_settings

    from accounts.models import Membership, Role, User
    from tests.doors import sign_in

    admin, _ = User.objects.get_or_create(email="admin@example.org", defaults={"password": "!"})
    Membership.objects.get_or_create(clinic=clinic, user=admin, role=Role.ADMIN.value)
    with override_settings(ALLOWED_HOSTS=["testserver"]):
        browser = sign_in(Client(), admin)
        address = f"/c/{clinic.slug}/office/utilization/"

        def ask() -> None:
            answer = browser.get(address, {"period": "4weeks", "from": day.isoformat()})
            assert answer.status_code == 200, answer.status_code

        return quickest([ask], ROUNDS["4 weeks"])[0]


def quickest(functions: list[Callable[[], Any]], rounds: int) -> list[float]:
    served = server_clock()
    least = [math.inf] * len(functions)
    for _ in range(rounds):
        for index, function in enumerate(functions):
            there, here = served(), time.process_time()
            function()
            here = time.process_time() - here
            least[index] = min(least[index], 1000 * (served() - there + here))
    return least


def main() -> None:
    said = begin(__doc__ or "")
    from django.db import connection

    from bench import history

    bookings = SIZES["quick" if said.quick else "whole"]
    note(f"{connection.vendor}: laying out {bookings} bookings")
    history.lay_out(bookings)
    measure(said, bookings)


if __name__ == "__main__":
    main()
