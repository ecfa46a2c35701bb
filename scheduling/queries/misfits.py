"""Which booked sessions no longer fit hours, days off or licences. Nothing of it moves them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts.models import Licence, Therapist
from scheduling.engine.hours import Hours, day_span, local_day, openings
from scheduling.engine.interval import Span, merge, to_minute, whole_days
from scheduling.models import Booking, DayHours, Facilitator, Holiday, TimeOff
from scheduling.queries.agenda import called
from scheduling.queries.weeks import Weeks, weeks_of


class Why(StrEnum):
    """Why a session no longer fits."""

    OUTSIDE_HOURS = "outside_hours"
    OTHER_HOURS = "other_hours"  # that day has hours of its own
    DAY_OFF = "day_off"  # that day has none
    TIME_OFF = "time_off"
    HOLIDAY = "holiday"
    LICENCE = "licence"  # none for the patient's state on that day (TH2)


class Misfit(NamedTuple):
    session: UUID
    booking: UUID
    start: int
    end: int
    patient: int
    name: str
    why: tuple[Why, ...]
    group: str = ""

    @property
    def as_a_whole(self) -> bool:
        """It is the group's session that does not fit; a licence is about one member."""
        return bool(self.group) and Why.LICENCE not in self.why


@dataclass(frozen=True)
class Change:
    """What somebody is about to save: it counts as if it were."""

    weeks: tuple[Weeks, ...] | None = None
    day: tuple[date, str | None] | None = None  # None takes an exception back
    time_off: tuple[date, date] | None = None


@dataclass(frozen=True)
class Rules:
    """All that a session is held against."""

    hours: Hours
    time_off: list[Span]
    holidays: list[Span]
    licences: list[tuple[str, date, date]]


def misfits(
    rows: QuerySet[Booking], therapist: Therapist, now: datetime, change: Change | None = None
) -> list[Misfit]:
    """Those of `rows` to come with this therapist that do not fit. At most six queries.

    `rows` are what the caller may see. What was booked outside the hours on purpose, with a
    reason, is not reproached with the hours again.
    """
    booked = _upcoming(rows, therapist, now)
    if not booked:
        return []
    rules = _rules(therapist, change or Change())
    window = whole_days(booked[0]["start"], max(row["end"] for row in booked))
    opened = merge((start, end) for start, end, _offset in openings(rules.hours, window))
    changed = dict(rules.hours.overrides)
    found = [(row, _against(row, rules, opened, changed)) for row in booked]
    return [_misfit(row, why) for row, why in found if why]


def assists() -> Q:
    """Of a booking and one who gives its session: whether another leads that group. The licence of
    the lead alone counts for its members (TH2)."""
    who = OuterRef("session__occupancies__profile")
    leads = Facilitator.objects.filter(
        group=OuterRef("session__series__group"),
        lead=True,
        therapist__occupancies__session=OuterRef("session"),
    )
    return Q(Exists(leads.exclude(therapist=who))) & ~Q(Exists(leads.filter(therapist=who)))


def _upcoming(rows: QuerySet[Booking], therapist: Therapist, now: datetime) -> list[dict[str, Any]]:
    mine = rows.filter(live=True, start__gt=to_minute(now), session__occupancies__profile=therapist)
    names = {
        "called": F("patient__called"),
        "first": F("patient__first_name"),
        "last": F("patient__last_name"),
        "of": F("session__uuid"),
        "group": F("session__series__group__name"),
    }
    fields = ("uuid", "start", "end", "place", "zone", "override", "patient_id")
    found: Any = mine.order_by("start").values(*fields, **names, assists=assists())
    return list(found)


def _rules(therapist: Therapist, change: Change) -> Rules:
    days = dict(DayHours.objects.filter(therapist=therapist).values_list("day", "spans"))
    if change.day is not None:
        day, spans = change.day
        days.pop(day, None)
        if spans is not None:
            days[day] = spans
    off = list(TimeOff.objects.filter(therapist=therapist).values_list("first_day", "last_day"))
    if change.time_off is not None:
        off.append(change.time_off)
    closed = Holiday.objects.filter(clinic=therapist.clinic_id).values_list("day", flat=True)
    licences = Licence.objects.filter(therapist=therapist, revoked_at__isnull=True)
    weeks = weeks_of(therapist) if change.weeks is None else change.weeks
    zone = therapist.time_zone
    return Rules(
        Hours(zone, tuple(weeks), tuple(sorted(days.items()))),
        [day_span(zone, first, last) for first, last in off],
        [day_span(zone, day, day) for day in closed],
        list(licences.values_list("state", "valid_from", "valid_until")),
    )


def _against(
    row: dict[str, Any], rules: Rules, opened: list[Span], changed: dict[date, str]
) -> tuple[Why, ...]:
    start, end, zone = row["start"], row["end"], rules.hours.zone
    inside = any(low <= start and end <= high for low, high in opened)
    own = changed.get(local_day(zone, start))  # None: as in the week; "": off
    against = {
        Why.OUTSIDE_HOURS: not inside and own is None and not row["override"],
        Why.OTHER_HOURS: not inside and bool(own),
        Why.DAY_OFF: not inside and own == "",
        Why.TIME_OFF: _meets(start, end, rules.time_off),
        Why.HOLIDAY: _meets(start, end, rules.holidays),
        Why.LICENCE: not row["assists"] and not _licensed(row, rules.licences),
    }
    return tuple(why for why, holds in against.items() if holds)


def _meets(start: int, end: int, spans: list[Span]) -> bool:
    return any(low < end and high > start for low, high in spans)


def _licensed(row: dict[str, Any], licences: list[tuple[str, date, date]]) -> bool:
    day = local_day(row["zone"], row["start"])
    return any(state == row["place"] and low <= day <= high for state, low, high in licences)


def _misfit(row: dict[str, Any], why: tuple[Why, ...]) -> Misfit:
    name = called(row["called"], row["first"], row["last"])
    span, group = (row["start"], row["end"]), row["group"] or ""
    return Misfit(row["of"], row["uuid"], *span, row["patient_id"], name, why, group)
