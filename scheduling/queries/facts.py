"""The rows behind a utilization report, summed by the database in one statement.

A fact is some minutes of a therapist, a patient's seat, or both: an individual session is one fact;
a group's session is one for each who gives it, without a seat, and one for each seat, without time.
What a second giver adds to the giver's own sums, but not to the clinic's, is there `again`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from django.db import connection

from scheduling.engine.hours import offset_at, segments
from scheduling.engine.interval import DAY, Span, whole_days
from scheduling.engine.utilization import LEAD_DAYS

# Outcomes: of a seat, and from TIME on of a group's time.
UNMARKED, ATTENDED, NO_SHOW, TECHNICAL, EXCUSED = range(5)
CANCELLED, CANCELLED_LATE, CANCELLED_CLINIC, CANCELLED_TECHNICAL = range(5, 9)
TIME = 10

# Extras: the class of the lead time where that counts; of a cancelled individual session, whether
# its patient booked again; of a group's time, whether it stands.
PLAIN = len(LEAD_DAYS) + 1
GONE, REBOOKED, MEETS = PLAIN + 1, PLAIN + 2, PLAIN + 3
REBOOKED_DAYS = 14

SEATS = (
    "unmarked", "attended", "no_show", "technical", "excused", "cancelled", "cancelled_late",
    "cancelled_clinic", "cancelled_technical",
)  # fmt: skip
LOST = {
    NO_SHOW: "lost_no_show",
    TECHNICAL: "lost_technical",
    CANCELLED_LATE: "lost_late",
    CANCELLED_CLINIC: "lost_clinic",
    CANCELLED_TECHNICAL: "lost_technical",
}
"""What becomes of the minutes, besides being booked."""

OUTCOME = """
CASE WHEN b.state = 'booked' THEN
  CASE b.attendance WHEN 'attended' THEN 1 WHEN '' THEN 0 WHEN 'no_show' THEN 2
    WHEN 'technical_failure' THEN 3 ELSE 4 END
WHEN b.state = 'cancelled' THEN
  CASE b.cancel_reason WHEN 'patient' THEN 5 WHEN 'patient_late' THEN 6
    WHEN 'technical_failure' THEN 8 ELSE 7 END
END"""

FACTS = """
WITH meeting AS (
  SELECT s.id, s.start, s."end", s.service_id, s.medium, s.state, s.series_id,
    COUNT(CASE WHEN b.state = 'booked' THEN 1 END) AS taken,
    COALESCE(s.present, COUNT(CASE WHEN {outcome} = 1 THEN 1 END)) AS present,
    CASE
      WHEN s.state = 'scheduled' AND
        (s.present > 0 OR COUNT(CASE WHEN {outcome} = 1 THEN 1 END) > 0) THEN 1
      WHEN s.state = 'scheduled' AND COUNT(CASE WHEN b.state = 'booked' THEN 1 END) > 0 THEN
        CASE WHEN COUNT(CASE WHEN {outcome} = 3 THEN 1 END) > 0 THEN 3
          WHEN COUNT(CASE WHEN {outcome} = 2 THEN 1 END) > 0 THEN 2 ELSE 0 END
      WHEN COUNT(CASE WHEN {outcome} = 8 THEN 1 END) > 0 THEN 8
      WHEN COUNT(CASE WHEN {outcome} = 7 THEN 1 END) > 0 THEN 7
      WHEN COUNT(CASE WHEN {outcome} = 6 THEN 1 END) > 0 THEN 6
      ELSE 5
    END AS outcome,
    {meeting_level} AS level,
    (SELECT COUNT(*) FROM scheduling_occupancy o
      WHERE o.session_id = s.id AND o.live = TRUE) AS givers
  FROM scheduling_session s
  LEFT JOIN scheduling_booking b ON b.session_id = s.id AND b.state IN ('booked', 'cancelled')
  WHERE s.service_id IN ({groups}) AND s.start >= {low} AND s.start < {high}
    AND s.state <> 'held'{medium}
  GROUP BY s.id
),
fact AS MATERIALIZED (
  SELECT {key} AS key, {step} AS step, {outcome} AS outcome, {outcome} * 16 +
    {extra} AS mark,
    {at} AS at, s."end" - s.start AS minutes,
    CASE
      WHEN b.state <> 'booked' OR b.attendance <> 'attended' THEN 0
      WHEN s."end" - s.start <= COALESCE(b.late_by, 0) + COALESCE(b.left_early_by, 0) THEN 0
      ELSE s."end" - s.start - COALESCE(b.late_by, 0) - COALESCE(b.left_early_by, 0)
    END AS delivered,
    0 AS seats, 0 AS taken, 0 AS present, b.patient_id AS patient
  FROM scheduling_booking b
  {then} scheduling_session s ON s.id = b.session_id{given}
  WHERE b.clinic_id = {clinic} AND b.start >= {low} AND b.start < {high}
    AND b.state IN ('booked', 'cancelled') AND s.service_id IN ({individual}){medium}
UNION ALL
  SELECT {time_key}, {step}, {time} + s.outcome,
    ({again_time} * 32 + {time} + s.outcome) * 16
      + CASE s.state WHEN 'scheduled' THEN {meets} ELSE {plain} END,
    {at}, s."end" - s.start, CASE s.outcome WHEN 1 THEN s."end" - s.start ELSE 0 END,
    CASE
      WHEN s.state <> 'scheduled' THEN 0
      WHEN g.id IS NULL THEN v.capacity
      WHEN g.per_facilitator IS NULL OR g.per_facilitator * s.givers > g.capacity THEN g.capacity
      ELSE g.per_facilitator * s.givers
    END,
    s.taken, CASE s.state WHEN 'scheduled' THEN s.present ELSE 0 END, NULL
  FROM meeting s
  JOIN scheduling_service v ON v.id = s.service_id
  JOIN scheduling_occupancy o ON o.session_id = s.id AND (o.live = TRUE OR s.state = 'cancelled')
  LEFT JOIN scheduling_series r ON r.id = s.series_id
  LEFT JOIN scheduling_group g ON g.id = r.group_id{giver}
"""
EXTRA = """
CASE
  WHEN b.state = 'cancelled' THEN CASE WHEN EXISTS (
    SELECT 1 FROM scheduling_booking n {then} scheduling_session m ON m.id = n.session_id
    WHERE n.patient_id = b.patient_id AND n.booked_at > b.cancelled_at
      AND n.booked_at < {later} AND m.service_id IN ({all_individual})
  ) THEN {rebooked} ELSE {gone} END
  WHEN s.series_id IS NULL THEN {lead} ELSE {plain}
END"""
SEATS_OF_GROUPS = """
UNION ALL
  SELECT {key}, {step}, {outcome}, ({again} * 32 + {outcome}) * 16 + {plain},
    0, 0, 0, 0, 0, 0, b.patient_id
  FROM scheduling_session s
  {then} scheduling_booking b ON b.session_id = s.id AND b.state IN ('booked', 'cancelled'){given}
  WHERE s.service_id IN ({groups}) AND s.start >= {low} AND s.start < {high}
    AND s.state <> 'held'{medium}
"""

SUMS = """
SELECT 0, step, mark, COUNT(*), CAST(SUM(minutes) AS BIGINT),
  CAST(SUM(delivered) AS BIGINT), CAST(SUM(seats) AS BIGINT), CAST(SUM(taken) AS BIGINT),
  CAST(SUM(present) AS BIGINT)
FROM fact GROUP BY step, mark
UNION ALL
SELECT 1, at, minutes, delivered, outcome, COUNT(*), 0, 0, 0
FROM fact WHERE step >= {now} AND minutes > 0 GROUP BY at, minutes, delivered, outcome
"""
PATIENTS = """
UNION ALL
SELECT 2, step, COUNT(DISTINCT patient), 0, 0, 0, 0, 0, 0
FROM fact WHERE step >= {now} AND outcome < 5 GROUP BY step
UNION ALL
SELECT 3, CASE WHEN step < {now} THEN 0 ELSE 1 END, COUNT(DISTINCT patient), 0, 0, 0, 0, 0, 0
FROM fact WHERE outcome < 5 GROUP BY CASE WHEN step < {now} THEN 0 ELSE 1 END
"""
ROWS = """
UNION ALL
SELECT 5, key, mark, COUNT(*), CAST(SUM(minutes) AS BIGINT),
  CAST(SUM(delivered) AS BIGINT), CAST(SUM(seats) AS BIGINT), CAST(SUM(taken) AS BIGINT),
  CAST(SUM(present) AS BIGINT)
FROM fact WHERE step >= {now} GROUP BY key, mark
"""
PATIENTS_OF_ROWS = """
UNION ALL
SELECT 4, key, COUNT(DISTINCT patient), 0, 0, 0, 0, 0, 0
FROM fact WHERE step >= {now} AND outcome < 5 GROUP BY key
"""


class Fact(NamedTuple):
    """So many alike; minutes, seats and people present are those of all together."""

    at: int  # step or key
    again: int
    outcome: int
    extra: int
    many: int
    minutes: int
    delivered: int
    seats: int
    taken: int
    present: int

    def tally(self, into: Tally, *, time: bool = True, seats: bool = True) -> None:
        """Count it, or a part of it."""
        if time:
            into.update(minutes_of(self.outcome % TIME, self.minutes, self.delivered))
        if seats and self.outcome >= TIME:
            into["group_sessions"] += self.many if self.extra == MEETS else 0
            into["group_seats"] += self.seats
            into["group_taken"] += self.taken
            into["group_present"] += self.present
        elif seats:
            into[SEATS[self.outcome]] += self.many
            if self.outcome <= EXCUSED:
                into["seats"] += self.many
            if self.extra < PLAIN:
                into[self.extra] += self.many
            elif self.extra in (GONE, REBOOKED):
                into["individual_cancels"] += self.many
                into["rebooked"] += self.many if self.extra == REBOOKED else 0


def minutes_of(outcome: int, minutes: int, delivered: int) -> dict[str, int]:
    """What becomes of minutes, by field."""
    lost = {LOST[outcome]: minutes} if outcome in LOST else {}
    return {"booked": minutes, "delivered": delivered} | lost if outcome <= EXCUSED else lost


Tally = Counter[str | int]
"""Sums in the making, by field; a number is a class of the lead time."""


class Found(NamedTuple):
    """`rows` are of the period asked for, by key. So are `times`: (minute of the week, minutes,
    minutes delivered, outcome, how many). `patients` are counted by (what, which) with `what` one
    of BY_STEP, BY_PERIOD (0 before, 1 asked for) and BY_KEY."""

    steps: list[Fact]
    rows: list[Fact]
    times: list[tuple[int, int, int, int, int]]
    patients: dict[tuple[int, int], int]


STEP, TIMES, BY_STEP, BY_PERIOD, BY_KEY, ROW = range(6)


def find(look: Look) -> Found:
    """One statement."""
    found = Found([], [], [], {})
    with connection.cursor() as cursor:
        cursor.execute(statement(look))
        for what, *row in cursor:
            if what == STEP:
                found.steps.append(_fact(*row))
            elif what == ROW:
                found.rows.append(_fact(*row))
            elif what == TIMES:
                at, minutes, delivered, outcome, count = row[:5]
                found.times.append((at, minutes, delivered, outcome % TIME, count))
            else:
                found.patients[what, row[0]] = row[1]
    return found


def _fact(at: int, mark: int, *counted: int) -> Fact:
    """A mark is one number, so that the database sorts by one: again, outcome and extra."""
    return Fact(at, mark // 512, mark // 16 % 32, mark % 16, *counted)


@dataclass(frozen=True)
class Look:
    """Which facts, and under which keys. All values are whole numbers.

    `steps` are the minutes (UTC) at which weeks or months begin, `until` ends the last; the first
    half of them is the period before.
    """

    clinic: int
    zone: str
    steps: Sequence[int]
    until: int
    weekly: bool
    individual: Sequence[int]  # services
    groups: Sequence[int]
    all_individual: Sequence[int]
    medium: str = ""
    therapist: int | None = None
    by: str | None = None
    people: bool = True  # whether they and what became of their seats are counted
    of_service: Mapping[int, int] | None = None  # the keys, by service or what a service has


def statement(look: Look) -> str:
    low, high = look.steps[0], look.until
    sqlite = connection.vendor == "sqlite"
    joined = look.by == "therapist" or look.therapist is not None
    given = (
        " JOIN scheduling_occupancy o ON o.session_id = s.id"
        " AND (o.live = TRUE OR s.state = 'cancelled')"
    )
    whose = f" AND o.profile_id = {look.therapist}" if look.therapist is not None else ""
    second = """CASE WHEN o.id = (SELECT MIN(p.id) FROM scheduling_occupancy p
      WHERE p.session_id = s.id AND (p.live = TRUE OR s.state = 'cancelled')) THEN 0 ELSE 1 END"""
    local = _local(look.zone, (low, high))
    parts = {
        "outcome": OUTCOME,
        "clinic": look.clinic,
        "low": low,
        "high": high,
        "groups": _list(look.groups),
        "individual": _list(look.individual),
        "all_individual": _list(look.all_individual),
        "medium": f" AND s.medium = '{look.medium}'" if look.medium else "",
        "key": _key(look, local, _LEVEL),
        "time_key": _key(look, local, "s.level"),
        "step": _step(look, local),
        "at": f"({local} + {3 * DAY}) % {7 * DAY}",
        "then": "CROSS JOIN" if sqlite else "JOIN",
        "later": _LATER[connection.vendor],
        "lead": _lead(),
        "plain": PLAIN,
        "gone": GONE,
        "rebooked": REBOOKED,
        "meets": MEETS,
        "time": TIME,
        "given": given + whose if joined else "",
        "giver": f" WHERE o.profile_id = {look.therapist}" if look.therapist is not None else "",
        "again_time": "0" if look.therapist is not None else second,
        "again": second if look.by == "therapist" and look.therapist is None else "0",
        "meeting_level": _MEETING_LEVEL if look.by == "level" else "0",
        "now": len(look.steps) // 2,
    }
    parts["extra"] = EXTRA.format(**parts) if look.people else PLAIN
    sums = FACTS + (SEATS_OF_GROUPS if look.people else "") + ")" + SUMS
    sums += PATIENTS if look.people else ""
    if look.by:
        sums += ROWS + (PATIENTS_OF_ROWS if look.people else "")
    return sums.format(**parts)


_LATER = {
    "sqlite": f"strftime('%Y-%m-%d %H:%M:%S', b.cancelled_at, '+{REBOOKED_DAYS} days')",
    "postgresql": f"b.cancelled_at + INTERVAL '{REBOOKED_DAYS} days'",
}
_SECONDS = {
    "sqlite": "CAST(strftime('%s', b.booked_at) AS INTEGER)",
    "postgresql": "CAST(FLOOR(EXTRACT(EPOCH FROM b.booked_at)) AS BIGINT)",
}
_LEVEL = """COALESCE((
  SELECT p.level_id FROM scheduling_enrollment e
  JOIN scheduling_program p ON p.id = e.program_id
  WHERE e.patient_id = b.patient_id AND e.live = TRUE AND e.start <= s.start AND e."end" > s.start
), 0)"""
_MEETING_LEVEL = f"""
CASE WHEN MIN(CASE WHEN b.state = 'booked' THEN {_LEVEL} END)
    = MAX(CASE WHEN b.state = 'booked' THEN {_LEVEL} END)
    OR (COUNT(CASE WHEN b.state = 'booked' THEN 1 END) = 0 AND MIN({_LEVEL}) = MAX({_LEVEL}))
  THEN COALESCE(MIN(CASE WHEN b.state = 'booked' THEN {_LEVEL} END), MIN({_LEVEL})) ELSE -1 END"""


def _key(look: Look, local: str, level: str) -> str:
    match look.by:
        case "therapist":
            return "o.profile_id"
        case "level":
            return level
        case "weekday_hour":
            return f"({local} + {3 * DAY}) % {7 * DAY} / 60"
        case "medium":
            return "CASE s.medium WHEN 'video' THEN 0 ELSE 1 END"
        case "service" | "modality" | "kind":
            return _case("s.service_id", look.of_service or {})
    return "0"


def _step(look: Look, local: str) -> str:
    if look.weekly:
        first = look.steps[0] + offset_at(look.zone, look.steps[0])
        return f"({local} - {first}) / {7 * DAY}"
    return _month("s.start", look.steps[1:], 0, len(look.steps) - 1)


def _month(value: str, ends: Sequence[int], low: int, high: int) -> str:
    """Which of the months from low to high, found by halves: a year has 24 with those before."""
    if low == high:
        return str(low)
    middle = (low + high) // 2
    sooner, later = _month(value, ends, low, middle), _month(value, ends, middle + 1, high)
    return f"CASE WHEN {value} < {ends[middle]} THEN {sooner} ELSE {later} END"


def _local(zone: str, span: Span) -> str:
    """The minute that the wall clock shows when a session begins, since 1970."""
    *pieces, (_low, _high, last) = segments(zone, *whole_days(*span))
    if not pieces:
        return f"(s.start + {last})"
    cases = " ".join(f"WHEN s.start < {until} THEN {offset}" for _from, until, offset in pieces)
    return f"(s.start + CASE {cases} ELSE {last} END)"


def _lead() -> str:
    """The class of the time from the request to the session; the time itself is worked out once."""
    asked = _SECONDS[connection.vendor]
    days = f"CAST((s.start * 60 - {asked}) / {DAY * 60} AS INTEGER)"
    bounds = list(pairwise((0, *LEAD_DAYS)))
    of = {day: place for place, (low, high) in enumerate(bounds) for day in range(low, high)}
    late = f"CASE WHEN s.start * 60 < {asked} THEN 0 ELSE {len(LEAD_DAYS)} END"
    return _case(days, of, late)


def _case(value: str, of: Mapping[int, int], other: str = "0") -> str:
    cases = " ".join(f"WHEN {one} THEN {key}" for one, key in of.items())
    return f"CASE {value} {cases} ELSE {other} END" if cases else other


def _list(ids: Iterable[int]) -> str:
    return ", ".join(str(one) for one in ids) or "NULL"
