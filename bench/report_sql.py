"""The sums of a utilization report, by hand: what a good engineer would write for one database.

One temporary table of individual sessions and one of groups', then a SELECT for each table of the
page: by step, by therapist, by hour, and how many patients. The clinic's zone has one change of the
clock in the spans that are measured, or two.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db import connection

SECONDS = {
    "sqlite": "unixepoch(b.booked_at)",
    "postgresql": "FLOOR(EXTRACT(EPOCH FROM b.booked_at))",
}
LATER = {
    "sqlite": "datetime(b.cancelled_at, '+14 days')",
    "postgresql": "b.cancelled_at + INTERVAL '14 days'",
}
THEN = {"sqlite": "CROSS JOIN", "postgresql": "JOIN"}

ALONE = """
CREATE TEMP TABLE alone AS
SELECT o.profile_id AS who, {step} AS step, {local} % 10080 AS at, s."end" - s.start AS length,
  b.state, b.attendance, b.cancel_reason AS reason, b.patient_id AS patient,
  COALESCE(b.late_by, 0) + COALESCE(b.left_early_by, 0) AS missed,
  CASE WHEN s.series_id IS NULL AND b.state = 'booked' THEN s.start * 60 - {seconds} END AS ahead,
  CASE WHEN b.state = 'cancelled' AND EXISTS (
    SELECT 1 FROM scheduling_booking n {then} scheduling_session m ON m.id = n.session_id
    JOIN scheduling_service v ON v.id = m.service_id
    WHERE n.patient_id = b.patient_id AND n.booked_at > b.cancelled_at AND n.booked_at < {later}
      AND v.kind = 'individual') THEN 1 ELSE 0 END AS again
FROM scheduling_booking b
{then} scheduling_session s ON s.id = b.session_id
{then} scheduling_service v ON v.id = s.service_id AND v.kind = 'individual'
{then} scheduling_occupancy o ON o.session_id = s.id
WHERE b.clinic_id = {clinic} AND b.start >= {low} AND b.start < {high}
  AND b.state IN ('booked', 'cancelled')"""

SEATS = """
CREATE TEMP TABLE seats AS
SELECT s.id AS session, {step} AS step, {local} % 10080 AS at, s."end" - s.start AS length,
  g.capacity, b.patient_id AS patient, b.state, b.attendance, b.cancel_reason AS reason
FROM scheduling_service v
{then} scheduling_session s ON s.service_id = v.id
LEFT JOIN scheduling_booking b ON b.session_id = s.id AND b.state IN ('booked', 'cancelled')
JOIN scheduling_series r ON r.id = s.series_id
JOIN scheduling_group g ON g.id = r.group_id
WHERE v.clinic_id = {clinic} AND v.kind = 'group' AND s.state = 'scheduled'
  AND s.start >= {low} AND s.start < {high}"""

MET = """
CREATE TEMP TABLE met AS
SELECT t.session, t.step, t.at, t.length, t.capacity, o.profile_id AS who,
  ROW_NUMBER() OVER (PARTITION BY t.session ORDER BY o.id) AS place, t.taken, t.there, t.missed,
  t.failed
FROM (
  SELECT session, step, at, length, capacity, COUNT(*) FILTER (WHERE state = 'booked') AS taken,
    COUNT(*) FILTER (WHERE attendance = 'attended') AS there,
    COUNT(*) FILTER (WHERE attendance = 'no_show') AS missed,
    COUNT(*) FILTER (WHERE attendance = 'technical_failure') AS failed
  FROM seats GROUP BY session, step, at, length, capacity
) t JOIN scheduling_occupancy o ON o.session_id = t.session"""

OF_ALONE = """
SELECT {by}, SUM(length) FILTER (WHERE state = 'booked'),
  SUM(CASE WHEN length > missed THEN length - missed ELSE 0 END)
    FILTER (WHERE attendance = 'attended'),
  SUM(length) FILTER (WHERE reason = 'patient_late'),
  SUM(length) FILTER (WHERE attendance = 'no_show'),
  SUM(length) FILTER (WHERE reason IN ('clinic', 'therapist_ill', 'other')),
  SUM(length) FILTER (WHERE attendance = 'technical_failure' OR reason = 'technical_failure'),
  COUNT(*) FILTER (WHERE state = 'booked'),
  COUNT(*) FILTER (WHERE attendance = 'attended'),
  COUNT(*) FILTER (WHERE attendance = 'no_show'),
  COUNT(*) FILTER (WHERE attendance = 'technical_failure'),
  COUNT(*) FILTER (WHERE attendance = 'excused'),
  COUNT(*) FILTER (WHERE state = 'booked' AND attendance = ''),
  COUNT(*) FILTER (WHERE reason = 'patient'),
  COUNT(*) FILTER (WHERE reason = 'patient_late'),
  COUNT(*) FILTER (WHERE reason IN ('clinic', 'therapist_ill', 'other')),
  COUNT(*) FILTER (WHERE reason = 'technical_failure'),
  COUNT(*) FILTER (WHERE state = 'cancelled'), SUM(again),
  COUNT(*) FILTER (WHERE ahead < 86400),
  COUNT(*) FILTER (WHERE ahead >= 86400 AND ahead < 172800),
  COUNT(*) FILTER (WHERE ahead >= 172800 AND ahead < 345600),
  COUNT(*) FILTER (WHERE ahead >= 345600 AND ahead < 604800),
  COUNT(*) FILTER (WHERE ahead >= 604800 AND ahead < 1209600),
  COUNT(*) FILTER (WHERE ahead >= 1209600 AND ahead < 2419200),
  COUNT(*) FILTER (WHERE ahead >= 2419200 AND ahead < 4838400),
  COUNT(*) FILTER (WHERE ahead >= 4838400)
FROM alone {where} GROUP BY {by}"""

OF_SEATS = """
SELECT {by}, COUNT(*) FILTER (WHERE state = 'booked'),
  COUNT(*) FILTER (WHERE attendance = 'attended'),
  COUNT(*) FILTER (WHERE attendance = 'no_show'),
  COUNT(*) FILTER (WHERE attendance = 'technical_failure'),
  COUNT(*) FILTER (WHERE attendance = 'excused'),
  COUNT(*) FILTER (WHERE state = 'booked' AND attendance = ''),
  COUNT(*) FILTER (WHERE reason = 'patient'),
  COUNT(*) FILTER (WHERE reason = 'patient_late'),
  COUNT(*) FILTER (WHERE reason IN ('clinic', 'therapist_ill', 'other'))
FROM {rows} GROUP BY {by}"""

OF_MET = """
SELECT {by}, SUM(length) FILTER (WHERE taken > 0), SUM(length) FILTER (WHERE there > 0),
  SUM(length) FILTER (WHERE there = 0 AND failed = 0 AND missed > 0),
  SUM(length) FILTER (WHERE there = 0 AND failed > 0),
  COUNT(*) FILTER (WHERE {once}), SUM(capacity) FILTER (WHERE {once}),
  SUM(taken) FILTER (WHERE {once}), SUM(there) FILTER (WHERE {once})
FROM met {where} GROUP BY {by}"""

PEOPLE = "SELECT step, patient, who FROM alone WHERE state = 'booked'"
GROUPED = "SELECT x.step, x.patient, o.who FROM seats x JOIN met o ON o.session = x.session"
TABLES = [
    ("step", OF_ALONE, {"by": "step", "where": ""}),
    ("who", OF_ALONE, {"by": "who", "where": "WHERE step >= {half}"}),
    ("step", OF_SEATS, {"by": "step", "rows": "seats"}),
    ("who", OF_SEATS, {"by": "who", "rows": (
        "(SELECT o.who, x.state, x.attendance, x.reason FROM seats x JOIN met o"
        " ON o.session = x.session WHERE x.step >= {half}) t")}),
    ("step", OF_MET, {"by": "step", "where": "", "once": "place = 1"}),
    ("who", OF_MET, {"by": "who", "where": "WHERE step >= {half}", "once": "place > 0"}),
    ("hour", "SELECT at, length, COUNT(*),"
     " SUM(CASE WHEN attendance = 'attended' AND length > missed THEN length - missed ELSE 0 END)"
     " FROM alone WHERE state = 'booked' AND step >= {half}"
     " GROUP BY at, length UNION ALL SELECT at, length, COUNT(*),"
     " SUM(CASE WHEN there > 0 THEN length ELSE 0 END) FROM met"
     " WHERE taken > 0 AND step >= {half} GROUP BY at, length", {}),
    ("people", f"WITH p AS ({PEOPLE} UNION ALL {GROUPED} WHERE x.state = 'booked')"
     " SELECT 'step', step, COUNT(DISTINCT patient) FROM p GROUP BY step UNION ALL"
     " SELECT 'who', who, COUNT(DISTINCT patient) FROM p WHERE step >= {half} GROUP BY who"
     " UNION ALL"
     " SELECT 'all', CASE WHEN step < {half} THEN 0 ELSE 1 END, COUNT(DISTINCT patient) FROM p"
     " GROUP BY CASE WHEN step < {half} THEN 0 ELSE 1 END", {}),
]  # fmt: skip


class Span(NamedTuple):
    clinic: int
    steps: list[int]  # minutes at which weeks or months begin
    until: int
    changes: list[tuple[int, int]]  # (until, offset), the last of them without end


def run(span: Span) -> dict[str, int]:
    """All statements; the sums of the period asked for, to compare."""
    vendor, low = connection.vendor, span.steps[0]
    *before, (_end, last) = span.changes
    cases = " ".join(f"WHEN s.start < {end} THEN {offset}" for end, offset in before)
    local = f"(s.start + CASE {cases} ELSE {last} END + 4320)" if before else f"(s.start + {last})"
    steps = " ".join(f"WHEN s.start < {end} THEN {n}" for n, end in enumerate(span.steps[1:]))
    half = len(span.steps) // 2
    values: dict[str, Any] = {
        "clinic": span.clinic,
        "low": low,
        "high": span.until,
        "local": local,
        "step": f"CASE {steps} ELSE {len(span.steps) - 1} END",
        "seconds": SECONDS[vendor],
        "later": LATER[vendor],
        "then": THEN[vendor],
    }
    rows: list[tuple[str, list[Any]]] = []
    with connection.cursor() as cursor:
        for sql in (ALONE, SEATS, MET):
            cursor.execute(sql.format(**values))
        for name, sql, own in TABLES:
            said = {key: text.format(half=half) for key, text in own.items()}
            cursor.execute(sql.format(half=half, **said))
            rows.append((name, cursor.fetchall()))
        for table in ("alone", "seats", "met"):
            cursor.execute(f"DROP TABLE {table}")
    (alone, seats, met) = (rows[at][1] for at in (0, 2, 4))
    return {
        "booked": _sum(alone, half, 1) + _sum(met, half, 1),
        "delivered": _sum(alone, half, 2) + _sum(met, half, 2),
        "lost_no_show": _sum(alone, half, 4) + _sum(met, half, 3),
        "seats": _sum(alone, half, 7) + _sum(seats, half, 1),
        "attended": _sum(alone, half, 8) + _sum(seats, half, 2),
        "cancelled": _sum(alone, half, 13) + _sum(seats, half, 7),
        "rebooked": _sum(alone, half, 18),
        "group_taken": _sum(met, half, 7),
        "patients": next(row[2] for row in rows[7][1] if row[:2] == ("all", 1)),
    }


def _sum(rows: list[Any], half: int, column: int) -> int:
    return sum(int(row[column] or 0) for row in rows if row[0] >= half)
