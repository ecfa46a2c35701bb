"""The slot search: three SELECTs whatever the number of therapists and days, then one sweep.

1. who offers the service, on which terms, with weekly hours and licences for the place;
2. what differs on single days: other hours, time off, holidays;
3. the time taken, from the covering index alone.

Times are minutes since the epoch, UTC. A held time counts as free from `held_until` on.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache, partial
from itertools import chain
from typing import Any, NamedTuple

from django.db import connection

from accounts.actor import Actor
from scheduling.engine.hours import Hours, day_span
from scheduling.engine.interval import DAY, Span, day_date, merge, to_minute, whole_days
from scheduling.engine.lifecycle import BookingState
from scheduling.engine.slots import Row, Terms, free_starts, rows_span
from scheduling.models import Booking, Occupancy
from scheduling.models.session import LONGEST


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for. `place` is the state where the patient will be, `zone` the
    patient's; `first` and `until` bound the start (minutes). `therapist` is a user's id."""

    service: int
    place: str
    zone: str
    medium: str
    first: int
    until: int
    therapist: int | None = None
    language: str = ""
    without_session: int | None = None  # the one that is being moved takes no time
    notice: bool = True  # staff who override look past notice and horizon
    accepting: bool = True  # a therapist's own patients are booked again all the same
    own: tuple[int, ...] = ()  # the therapists (profiles) whose patient looks


@contextmanager
def reading() -> Iterator[Any]:
    """A cursor for the three SELECTs. On PostgreSQL it has them planned once a connection, not
    anew in every search, which would take longer than to run them."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            from psycopg import Cursor
            from psycopg.pq import Format

            cursor.cursor = Cursor(connection.connection)
            cursor.cursor.format = Format.BINARY
        yield cursor


def treated_by(actor: Actor) -> tuple[int, ...]:
    """The therapists (profiles) who treat the actor; no query for who is nobody's patient."""
    if actor.patient is None:
        return ()
    mine = Booking.objects.filter(patient=actor.patient, state=BookingState.BOOKED.value)
    rows = Occupancy.objects.filter(session__in=mine.values("session"))
    return tuple(rows.values_list("profile", flat=True).distinct().order_by("profile"))


class Found(NamedTuple):
    """One therapist with the free starts, in order."""

    therapist: int  # user id
    profile: int
    starts: list[int]


def search(wanted: Wanted, now: datetime) -> list[Found]:
    """The free starts of every therapist who may treat there. Three SELECTs."""
    span = wanted.first, wanted.until
    if span[0] >= span[1]:
        return []
    window = whole_days(*span)
    with reading() as cursor:
        offers = read_offers(cursor, wanted, window)
        if not offers:
            return []
        terms = terms_of(cursor, offers, wanted, window, now)
        rows = busy_rows(cursor, list(terms), span, now, terms.values(), wanted.without_session)
        found = free_starts(rows, terms, span)
    profiles = {offer[0]: offer[1] for offer in offers}
    return [Found(who, profiles[who], starts) for who, starts in found.items()]


Offer = tuple[Any, ...]
"""One row of the first SELECT: a therapist, a period of hours, a licence (see `terms_of`).

A date is None where hours or licence reach past that end of the window. Dates come as text
(`|| ''`), to be turned into dates once each, not once a row.
"""

OFFERS = """
SELECT t.user_id, t.id, t.time_zone, s.minutes,
  COALESCE(o.grid, s.grid, c.grid),
  COALESCE(o.buffer_before, s.buffer_before, c.buffer_before),
  COALESCE(o.buffer_after, s.buffer_after, c.buffer_after),
  COALESCE(o.min_notice, s.min_notice, c.min_notice),
  COALESCE(o.horizon_days, s.horizon_days, c.horizon_days),
  COALESCE(o.max_per_day, s.max_per_day, c.max_per_day),
  CASE WHEN h.valid_from > %s THEN h.valid_from || '' END,
  CASE WHEN h.valid_until < %s THEN h.valid_until || '' END, h.pattern,
  CASE WHEN l.valid_from > %s THEN l.valid_from || '' END,
  CASE WHEN l.valid_until < %s THEN l.valid_until || '' END
FROM scheduling_offering o
JOIN scheduling_service s ON s.id = o.service_id
JOIN accounts_clinic c ON c.id = s.clinic_id
{then} accounts_therapist t ON t.id = o.therapist_id
JOIN accounts_user u ON u.id = t.user_id
{then} accounts_licence l ON l.therapist_id = t.id AND l.state = %s AND l.revoked_at IS NULL
  AND l.valid_from <= %s AND l.valid_until >= %s
LEFT JOIN scheduling_weeklyhours h ON h.therapist_id = t.id
  AND h.valid_from <= %s AND (h.valid_until IS NULL OR h.valid_until >= %s)
WHERE o.service_id = %s AND o.active = TRUE AND s.active = TRUE AND t.active = TRUE
  AND u.is_active = TRUE"""


def read_offers(cursor: Any, wanted: Wanted, window: Span) -> list[Offer]:
    """The first SELECT. Nobody without a licence for the place in the window is in it."""
    first, last = _days(window)
    # SQLite, left to itself, may begin with every licence of the state.
    sql = OFFERS.format(then="CROSS JOIN" if connection.vendor == "sqlite" else "JOIN")
    values: list[Any] = [first, last, first, last]
    values += [wanted.place, last, first, last, first, wanted.service]
    sql += " AND s.video = TRUE" if wanted.medium == "video" else " AND s.telephone = TRUE"
    if wanted.accepting:
        sql += f" AND (t.accepting = TRUE{' OR t.id = %s' * len(wanted.own)})"
        values += wanted.own
    if wanted.therapist is not None:
        sql += " AND o.therapist_id IN (SELECT id FROM accounts_therapist WHERE user_id = %s)"
        values.append(wanted.therapist)
    if wanted.language:
        sql += " AND ',' || t.languages || ',' LIKE %s"
        values.append(f"%,{wanted.language},%")
    cursor.execute(sql, values)
    offers: list[Offer] = cursor.fetchall()
    return offers


CHANGES = """
SELECT therapist_id, day || '', day || '', spans, 1 FROM scheduling_dayhours
WHERE therapist_id {among} AND day BETWEEN %s AND %s
UNION ALL
SELECT therapist_id, first_day || '', last_day || '', '', 0 FROM scheduling_timeoff
WHERE therapist_id {among} AND last_day >= %s AND first_day <= %s
UNION ALL
SELECT NULL, y.day || '', y.day || '', '', 0 FROM scheduling_holiday y
JOIN scheduling_service s ON s.clinic_id = y.clinic_id
WHERE s.id = %s AND y.day BETWEEN %s AND %s"""


def terms_of(
    cursor: Any, offers: list[Offer], wanted: Wanted, window: Span, now: datetime
) -> dict[int, Terms]:
    """Each therapist's terms for the sweep, by user id. The second SELECT."""
    overrides, days_off = _changes(cursor, wanted.service, {one[1] for one in offers}, window)
    holidays = days_off.pop(None, ())
    minute = to_minute(now) + (now.second > 0 or now.microsecond > 0)
    terms: dict[int, Terms] = {}
    for (
        who, profile, zone, minutes, grid, before, after, notice, horizon, limit,
        since, until, pattern, licensed_from, licensed_until,
    ) in offers:  # fmt: skip
        period = since and _day(since), until and _day(until), pattern
        allowed = None
        if licensed_from is not None or licensed_until is not None:
            allowed = (_licensed(licensed_from, licensed_until, wanted.zone, window),)
        one = Terms(
            Hours(
                zone,
                () if pattern is None else (period,),
                overrides.get(profile, ()),
                days_off[profile] + holidays if profile in days_off else holidays,
            ),
            minutes,
            before,
            after,
            grid,
            minute + notice if wanted.notice else minute,
            minute + horizon * DAY if wanted.notice else window[1] + DAY,
            limit,
            allowed,
        )
        terms[who] = _joined(terms[who], one) if who in terms else one
    return terms


def _joined(terms: Terms, more: Terms) -> Terms:
    """A therapist with several rows: hours that change, or licences that follow one another."""
    periods = dict.fromkeys(terms.hours.periods + more.hours.periods)
    allowed = None
    if terms.allowed is not None and more.allowed is not None:
        allowed = tuple(merge(terms.allowed + more.allowed))
    return terms._replace(hours=terms.hours._replace(periods=tuple(periods)), allowed=allowed)


Changes = tuple[
    dict[int, tuple[tuple[date, str], ...]], dict[int | None, tuple[tuple[date, date], ...]]
]


def _changes(cursor: Any, service: int, profiles: Collection[int], window: Span) -> Changes:
    """Other hours by profile, and days off by profile; those of everybody are under None."""
    first, last = _days(window)
    whose = _those(profiles)
    values = [whose, first, last, whose, first, last, service, first, last]
    cursor.execute(CHANGES.format(among=_among()), values)
    overrides: dict[int, tuple[tuple[date, str], ...]] = {}
    days_off: dict[int | None, tuple[tuple[date, date], ...]] = {}
    for who, first_day, last_day, spans, is_override in cursor.fetchall():
        if is_override:
            overrides[who] = (*overrides.get(who, ()), (_day(first_day), spans))
        else:
            days_off[who] = (*days_off.get(who, ()), (_day(first_day), _day(last_day)))
    return overrides, days_off


def _licensed(since: str | None, until: str | None, zone: str, window: Span) -> Span:
    """The span in which a licence counts: the days of the patient's zone, both ends included
    (TH2)."""
    first, last = _days(window)
    return day_span(zone, _day(since) if since else first, _day(until) if until else last)


CHUNK = 500  # rows read at a time: the sweep finds them still warm
BUSY = """
SELECT therapist_id, busy_from, busy_until FROM scheduling_occupancy
WHERE therapist_id {among} AND live = TRUE AND busy_from >= %s AND busy_from < %s
  AND (held_until IS NULL OR held_until > %s){but}
ORDER BY therapist_id, busy_from"""


def busy_rows(
    cursor: Any,
    therapists: list[int],
    window: Span,
    now: datetime,
    terms: Iterable[Terms],
    without_session: int | None = None,
) -> Iterable[Row[int]]:
    """The third SELECT, answered from the covering index. Whole neighbouring days are read only
    where somebody has a daily limit."""
    zones = {one.hours.zone for one in terms if one.max_per_day is not None}
    low, high = _reach(window, zones)
    but = " AND session_id <> %s" if without_session is not None else ""
    cursor.execute(
        BUSY.format(among=_among(), but=but),
        [_those(therapists), low, high, int(now.timestamp()), *([without_session] if but else [])],
    )
    return chain.from_iterable(iter(partial(cursor.fetchmany, CHUNK), []))


def _among() -> str:
    """The condition that an id is one of those given, however many: one value."""
    if connection.vendor == "postgresql":
        return "= ANY(%s)"
    return "IN (SELECT value FROM json_each(%s))"


def _those(ids: Collection[int]) -> Any:
    return list(ids) if connection.vendor == "postgresql" else json.dumps(list(ids))


TAKEN = """
SELECT busy_from, busy_until, held_until FROM scheduling_occupancy
WHERE therapist_id = %s AND live = TRUE AND busy_from >= %s AND busy_from < %s{but}
ORDER BY busy_from"""


def taken_rows(
    cursor: Any, therapist: int, window: Span, terms: Terms, without_session: int | None = None
) -> list[tuple[int, int, int | None]]:
    """One therapist's live rows, with those held too long in them: who takes time lets them go."""
    limited = (terms.hours.zone,) if terms.max_per_day is not None else ()
    values = [therapist, *_reach(window, limited)]
    but = " AND session_id <> %s" if without_session is not None else ""
    if without_session is not None:
        values.append(without_session)
    cursor.execute(TAKEN.format(but=but), values)
    rows: list[tuple[int, int, int | None]] = cursor.fetchall()
    return rows


def _reach(window: Span, limited_zones: Iterable[str]) -> Span:
    """The busy_from of every row that matters to the window; none is longer than LONGEST."""
    low, high = rows_span(window, LONGEST, limited_zones)
    return low - LONGEST, high


def next_available(wanted: Wanted, now: datetime, *, weeks: int = 4) -> tuple[Found, int] | None:
    """The earliest free start from `wanted.first` on, jumping over empty weeks.

    Looks in growing steps up to `wanted.until`: at most `weeks` searches of three SELECTs.
    """
    first, span = wanted.first, 7 * DAY
    for _ in range(weeks):
        part = replace(wanted, first=first, until=min(first + span, wanted.until))
        found = [(one.starts[0], one) for one in search(part, now) if one.starts]
        if found:
            start, one = min(found, key=lambda pair: (pair[0], pair[1].therapist))
            return one, start
        first, span = part.until, span * 3
        if first >= wanted.until:
            return None
    return None


def nearest(wanted: Wanted, start: int, now: datetime, count: int = 3) -> list[tuple[int, int]]:
    """The free (start, profile) nearest to `start`, within three days either way."""
    around = replace(wanted, first=start - 3 * DAY, until=start + 3 * DAY + 1)
    pairs = {s: one.profile for one in search(around, now) for s in one.starts if s != start}
    return sorted(pairs.items(), key=lambda pair: (abs(pair[0] - start), pair[0]))[:count]


def _days(window: Span) -> tuple[date, date]:
    """The UTC dates of the window, a day wider at both ends: enough for every zone."""
    return day_date(window[0] // DAY - 2), day_date(window[1] // DAY + 1)


@lru_cache(4096)
def _day(text: str) -> date:
    return date.fromisoformat(text)
