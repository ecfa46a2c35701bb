"""Looks for what must not be, by hand-written SQL."""

from django.db import connection

PAIRS = """
SELECT COUNT(*) FROM {table} a JOIN {table} b ON a.{owner} = b.{owner} AND a.id < b.id
WHERE a.live = TRUE AND b.live = TRUE AND a."{start}" < b."{end}" AND b."{start}" < a."{end}"
"""


def count(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def found() -> dict[str, int]:
    """The pairs of live rows that overlap, by table, and how many live sessions there are."""
    occupancy = {"table": "scheduling_occupancy", "owner": "therapist_id"}
    booking = {"table": "scheduling_booking", "owner": "patient_id"}
    return {
        "therapists": count(PAIRS.format(**occupancy, start="busy_from", end="busy_until")),
        "patients": count(PAIRS.format(**booking, start="start", end="end")),
        "live": count("SELECT COUNT(*) FROM scheduling_occupancy WHERE live = TRUE"),
        "orphans": count(
            "SELECT COUNT(*) FROM scheduling_booking b JOIN scheduling_occupancy o"
            " ON o.session_id = b.session_id WHERE b.live <> o.live"
            ' OR (b.live = TRUE AND (b.start <> o.start OR b."end" <> o."end"))'
        ),
    }
