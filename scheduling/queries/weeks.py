"""A therapist's weekly hours over time, and what would come of others before they are saved."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from accounts.models import Licence, Therapist
from scheduling.engine.hours import segments
from scheduling.engine.interval import whole_days
from scheduling.engine.slots import free_starts
from scheduling.models import Offering, Service, WeeklyHours
from scheduling.queries import slots

ONE_DAY = timedelta(days=1)


class Weeks(NamedTuple):
    """A weekly pattern from day to day, both included; `until` None goes on."""

    since: date
    until: date | None
    pattern: str

    def holds_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day <= self.until)


def weeks_of(therapist: Therapist) -> list[Weeks]:
    """All that was and will be, in order. One query."""
    rows = WeeklyHours.objects.filter(therapist=therapist).order_by("valid_from")
    return [Weeks(*row) for row in rows.values_list("valid_from", "valid_until", "pattern")]


def planned(therapist: Therapist, today: date) -> bool:
    """Whether any weekly hours hold now or later. One query."""
    rows = WeeklyHours.objects.filter(therapist=therapist)
    return rows.exclude(valid_until__lt=today).exists()


def in_force(weeks: Iterable[Weeks], day: date) -> Weeks | None:
    return next((one for one in weeks if one.holds_on(day)), None)


def laid_over(weeks: Iterable[Weeks], new: Weeks) -> list[Weeks]:
    """The weeks once `new` holds from its first to its last day; the others keep their rest."""
    kept = [part for one in weeks for part in _rest(one, new)]
    return sorted([*kept, new], key=lambda one: one.since)


def _rest(old: Weeks, new: Weeks) -> list[Weeks]:
    """What is left of `old` before and after `new`."""
    left: list[Weeks] = []
    if old.since < new.since:
        end = new.since - ONE_DAY
        left.append(old._replace(until=end if old.until is None else min(old.until, end)))
    if new.until is not None and (old.until is None or old.until > new.until):
        left.append(old._replace(since=max(old.since, new.until + ONE_DAY)))
    return left


def ended_by(weeks: Iterable[Weeks], new: Weeks) -> list[Weeks]:
    """Planned weeks that begin within `new`, so that it would take their place."""
    return [
        one
        for one in weeks
        if one.since > new.since and (new.until is None or one.since <= new.until)
    ]


class Preview(NamedTuple):
    """The starts that patients could book; `place` is the state it was asked for."""

    starts: list[int]
    place: str


def offered_by(therapist: Therapist) -> list[Service]:
    """The services that the therapist offers. One query."""
    rows = Offering.objects.filter(therapist=therapist, active=True, service__active=True)
    return [row.service for row in rows.select_related("service").order_by("service__name", "pk")]


def preview(
    therapist: Therapist,
    service: Service,
    weeks: Iterable[Weeks],
    span: tuple[int, int],
    now: datetime,
) -> Preview | None:
    """The search itself, with other weekly hours in it; None without a licence. Writes nothing.

    Hours that begin beyond the booking horizon show their times all the same.
    """
    place = _likely_place(therapist, now)
    if place is None or not service.media:
        return None
    wanted = slots.Wanted(
        service=service.pk,
        place=place,
        zone=therapist.time_zone,
        medium=service.media[0],
        first=span[0],
        until=span[1],
        therapist=therapist.user_id,
        accepting=False,
    )
    return Preview(_starts(wanted, tuple(weeks), now), place)


def _starts(wanted: slots.Wanted, weeks: tuple[Weeks, ...], now: datetime) -> list[int]:
    """The three SELECTs of the search; only the weekly hours are those that were given."""
    window = whole_days(wanted.first, wanted.until)
    with slots.reading() as cursor:
        offers = slots.read_offers(cursor, wanted, window)
        if not offers:
            return []
        terms = {
            who: one._replace(
                hours=one.hours._replace(periods=weeks), cut_until=max(one.cut_until, window[1])
            )
            for who, one in slots.terms_of(cursor, offers, wanted, window, now).items()
        }
        rows = slots.busy_rows(cursor, list(terms), window, now, terms.values())
        found = free_starts(rows, terms, window)
    low, high = wanted.first, wanted.until
    return [start for starts in found.values() for start in starts if low <= start < high]


def _likely_place(therapist: Therapist, now: datetime) -> str | None:
    today = now.date()
    held = Licence.objects.filter(
        therapist=therapist,
        revoked_at__isnull=True,
        valid_from__lte=today + timedelta(days=7),
        valid_until__gte=today,
    )
    return held.order_by("pk").values_list("state", flat=True).first()


class ClockChange(NamedTuple):
    """At `minute` (UTC) the wall clock jumps by `by` minutes, forward if positive."""

    minute: int
    by: int


def clock_changes(zone: str, first: int, until: int) -> list[ClockChange]:
    """When the clocks of a zone change within [first, until)."""
    pieces = segments(zone, *whole_days(first, until))
    return [
        ClockChange(later[0], later[2] - sooner[2])
        for sooner, later in zip(pieces, pieces[1:], strict=False)
        if first <= later[0] < until
    ]
