"""Dates of a program that were taken back and are to stand again: which can, and why others cannot.

Times are minutes since the epoch, UTC. A fixed number of queries for each series, however many
dates.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from uuid import UUID

from accounts.models import Patient
from scheduling.engine.hours import day_span, local_day
from scheduling.engine.interval import Span, to_minute
from scheduling.engine.ledger import Seat, Week, weeks
from scheduling.engine.lifecycle import BookingState, CancelReason, SessionState
from scheduling.errors import BadInput, IllegalChange, InThePast
from scheduling.models import Booking, Enrollment, Kind, Member, Occupancy, Pause, Session
from scheduling.queries import groups
from scheduling.queries.enrollments import pause_ahead
from scheduling.queries.lay import missing_forms
from scheduling.queries.ledger import born, made_until, rule_for, rules_of, seats_of
from scheduling.queries.plan import CANCELLED, FULL, GIVEN, OWN_PLAN
from scheduling.queries.repeat import NOT_LICENSED, PATIENT_BUSY, Asked, look
from scheduling.queries.seats import seats_left


@dataclass(frozen=True)
class Back:
    """One date. `seat` None: it was made meanwhile, and brings a new one. `why` "": it is free."""

    session: Session
    seat: Booking | None
    why: str = ""

    @property
    def start(self) -> int:
        return self.session.start

    @property
    def span(self) -> Span:
        return self.session.start, self.session.end

    @property
    def open(self) -> bool:
        """Somebody has to decide about it."""
        return bool(self.why) and self.why not in GIVEN

    @property
    def alone(self) -> bool:
        return self.session.service.kind != Kind.GROUP.value


# Which dates


def of_pause(row: Enrollment, pause: Pause, low: int, high: int, now: datetime) -> list[Back]:
    """What the pause took from [low, high), and what groups have made there since."""
    low = max(low, to_minute(now) + 1)
    gone = with_sessions(
        Booking.objects.filter(
            patient=row.patient_id,
            state=BookingState.CANCELLED.value,
            cancel_reason=CancelReason.CLINIC.value,
            cancelled_at=pause.created_at,
            session__start__gte=low,
            session__start__lt=high,
        )
    )
    return [*gone, *(Back(one, None) for one in _made_since(row, low, high))]


def with_sessions(seats: Iterable[Booking]) -> list[Back]:
    rows = Booking.objects.filter(pk__in=[one.pk for one in seats])
    rows = rows.select_related("session__service", "session__series__group__service", "clinic")
    return [Back(one.session, one) for one in rows.order_by("session__start")]


def _made_since(row: Enrollment, low: int, high: int) -> Iterator[Session]:
    """Dates of its groups within a place of the patient, who never had a seat in them."""
    for member in Member.objects.filter(enrollment=row, left_at__isnull=True):
        rows = Session.objects.filter(
            series__group=member.group_id,
            state=SessionState.SCHEDULED.value,
            start__gte=low,
            start__lt=high,
            slot__gte=member.from_start,
        ).exclude(bookings__patient=row.patient_id)
        if member.until_start is not None:
            rows = rows.filter(slot__lte=member.until_start)
        yield from rows.select_related("service", "series__group__service").order_by("start")


# Whether they can be


def look_at(
    row: Enrollment, who: Patient, dates: Sequence[Back], override: bool, now: datetime
) -> list[Back]:
    """Each with what stands against it, in order. `override`: only an overlap or a licence does.

    Under the locks of the sessions, it is the last word.
    """
    alone = [one for one in dates if one.alone]
    whys = _alone(row, who, alone, override, now)
    whys |= _together(row, who, [one.session for one in dates if not one.alone], now)
    found: list[Back] = []
    for one in sorted(dates, key=lambda one: (not one.alone, one.start)):
        taken = [other.span for other in found if not other.why]
        why = whys.get(one.session.pk, "")
        found.append(replace(one, why=why or (OWN_PLAN if _meets(one.span, taken) else "")))
    return sorted(found, key=lambda one: one.start)


def _alone(
    row: Enrollment, who: Patient, dates: Sequence[Back], override: bool, now: datetime
) -> dict[int, str]:
    """By session: with the same therapist at the same time."""
    given = Occupancy.objects.filter(session__in=[one.session for one in dates])
    hosts = dict(given.values_list("session_id", "therapist_id"))
    by_series: dict[int | None, list[Booking]] = defaultdict(list)
    for one in dates:
        if one.seat is not None:
            by_series[one.session.series_id].append(one.seat)
    whys: dict[int, str] = {}
    for seats in by_series.values():
        whys |= _of_one_series(row, who, seats, hosts, override, now)
    return whys


def _of_one_series(
    row: Enrollment,
    who: Patient,
    seats: Sequence[Booking],
    hosts: Mapping[int, int],
    override: bool,
    now: datetime,
) -> dict[int, str]:
    first = seats[0]
    asked = Asked(
        clinic=row.clinic_id,
        service=first.session.service_id,
        therapist=hosts[first.session_id],
        patient=who.pk,
        medium=first.session.medium,
        place=first.place,
        minutes=first.end - first.start,
        override=override or bool(first.override),
    )
    world = look(asked, first.zone, [one.start for one in seats], now)
    return {one.session_id: world.why_not(one.start, hosts[one.session_id]) for one in seats}


def _together(
    row: Enrollment, who: Patient, sessions: Sequence[Session], now: datetime
) -> dict[int, str]:
    """By session of a group."""
    left = seats_left([one.pk for one in sessions], now)
    busy = {one.pk for one in groups.clashes(who.pk, sessions, now)}
    barred = _barred(row, sessions)

    def why(one: Session) -> str:
        if one.state != SessionState.SCHEDULED.value:
            return CANCELLED
        if one.pk in busy:
            return PATIENT_BUSY
        if one.pk in barred:
            return NOT_LICENSED
        return "" if left.get(one.pk, 0) > 0 else FULL

    return {one.pk: why(one) for one in sessions}


def _barred(row: Enrollment, sessions: Iterable[Session]) -> set[int]:
    found: set[int] = set()
    by_series: dict[int | None, list[Session]] = defaultdict(list)
    for one in sessions:
        by_series[one.series_id].append(one)
    for some in by_series.values():
        series = some[0].series
        assert series is not None and series.group is not None
        lead = groups.leads(series.group, series.zone, [one.slot or 0 for one in some])
        slots = set(groups.unlicensed(lead, row.place, row.zone))
        found |= {one.pk for one in some if one.slot in slots}
    return found


def _meets(span: Span, spans: Collection[Span]) -> bool:
    return any(low < span[1] and high > span[0] for low, high in spans)


# The way back from a pause


@dataclass(frozen=True)
class Return:
    """What a day back means. `low`: its first minute; `missing`: forms to be signed before."""

    pause: Pause
    low: int
    dates: Sequence[Back]
    weeks: Sequence[Week]
    missing: Sequence[str]

    @property
    def open(self) -> list[Back]:
        return [one for one in self.dates if one.open]


def look_back(
    row: Enrollment, day: date, override: bool, now: datetime, leave_out: Collection[UUID] = ()
) -> Return:
    """Every date that comes back, and the hours of each week from then on. Writes nothing."""
    pause, low, high = stretch(row, day, now)
    every = of_pause(row, pause, max(low, pause.start), high, now)
    dates = [one for one in every if one.session.uuid not in leave_out]
    seen = look_at(row, row.patient, dates, override, now)
    missing = missing_forms(row.patient, any(not one.alone for one in dates), now)
    return Return(pause, low, seen, weeks_with(row, pause, low, seen, now), missing)


def stretch(row: Enrollment, day: date, now: datetime) -> tuple[Pause, int, int]:
    """The pause that is over before a day, the first minute back, and where the pause was to end.
    IllegalChange: there is none."""
    zone = row.clinic.time_zone
    pause = pause_ahead(row, now)
    if pause is None:
        raise IllegalChange(subject=row.patient_id)
    if day < local_day(zone, to_minute(now)):
        raise InThePast(subject=row.patient_id)
    low = day_span(zone, day, day)[0]
    high = row.end if pause.end is None else min(pause.end, row.end)
    if low > high:
        raise BadInput(field="from_day", subject=row.patient_id)
    return pause, low, high


def weeks_with(
    row: Enrollment, pause: Pause, low: int, dates: Iterable[Back], now: datetime
) -> list[Week]:
    """The weeks from the first day back on, as the ledger has them, with what comes back."""
    zone, level = row.clinic.time_zone, row.program.level_id
    others = row.pauses.exclude(pk=pause.pk).values_list("start", "end")
    rules = rules_of([level])[level]
    found = weeks(
        [
            *seats_of({row.patient_id}, row.start)[row.patient_id],
            *(Seat(*one.span) for one in dates if not one.why),
        ],
        zone=zone,
        starts=row.clinic.week_starts,
        enrolled=(row.start, row.end),
        pauses=[*others, *([(pause.start, low)] if pause.start < low else [])],
        rule=partial(rule_for, rules, born(row.patient.birth_date)),
        now=to_minute(now),
        made_until=made_until([row], now).get(row.pk),
    )
    return [one for one in found if one.last >= local_day(zone, low)]
