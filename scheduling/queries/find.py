"""Find a time, as a patient looks for one: what there is to choose from, and the free times.

Times are minutes since the epoch, UTC; days and parts of a day are those of the patient's zone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, Q

from accounts.actor import Actor
from accounts.models import Licence, Therapist
from scheduling import policy
from scheduling.engine.hours import day_span, local_day
from scheduling.engine.interval import to_minute
from scheduling.engine.slots import PartOfDay, in_part_of_day
from scheduling.models import Kind, Medium, Offering, Service
from scheduling.queries.slots import Found, Wanted, nearest, search, treated_by

FEW_DAYS = 3  # days with free times on one page
LOOK, LOOKS = 14, 4  # days of the first look, each further one three times as long


@dataclass(frozen=True)
class Choices:
    """What a clinic offers to patients: individual services, who treats, and where."""

    services: list[Service]
    therapists: list[Therapist]
    places: dict[str, set[int]]  # state -> therapists (profile ids) licensed there today
    usual: Service | None  # what most therapists offer; the longest of several
    own: tuple[int, ...] = ()  # who treats the one who looks (profile ids)

    @property
    def languages(self) -> list[str]:
        return sorted(
            {code for who in self.therapists for code in who.languages.split(",") if code}
        )


def choices(actor: Actor, today: date) -> Choices:
    """Three queries; for a patient one more."""
    services = policy.visible(Service, actor).filter(active=True, kind=Kind.INDIVIDUAL.value)
    offered = policy.visible(Therapist, actor).filter(
        active=True, user__is_active=True, offerings__active=True, offerings__service__active=True
    )
    licences = policy.visible(Licence, actor).filter(
        therapist__active=True,
        valid_from__lte=today,
        valid_until__gte=today,
        revoked_at__isnull=True,
    )
    places = defaultdict(set)
    for state, therapist in licences.values_list("state", "therapist_id"):
        places[state].add(therapist)
    services = services.select_related("modality").order_by("modality__name", "minutes", "name")
    counted = list(services.annotate(hosts=Count("offerings", filter=Q(offerings__active=True))))
    return Choices(
        services=list(counted),
        therapists=list(offered.distinct().order_by("name")),
        places=dict(places),
        usual=max(counted, key=lambda one: (one.hosts, one.minutes), default=None),
        own=treated_by(actor),
    )


class Day(NamedTuple):
    """A day of the patient's calendar with its free starts by part of the day."""

    day: date
    parts: list[tuple[PartOfDay, list[int]]]

    @property
    def how_many(self) -> int:
        return sum(len(starts) for _, starts in self.parts)


class Times(NamedTuple):
    """`jumped`: nothing is free for a week before the first day. `more`: where to go on."""

    days: list[Day]
    jumped: bool
    more: date | None

    @property
    def first(self) -> int | None:
        return self.days[0].parts[0][1][0] if self.days else None


def free_times(wanted: Wanted, part: str, now: datetime) -> Times:
    """The next few days with free times from `wanted.first` on, over all therapists.

    Three SELECTs, and three more for each jump over an empty stretch (at most three jumps).
    """
    asked = first = local_day(wanted.zone, max(wanted.first, to_minute(now)))
    for look in range(LOOKS):
        last = first + timedelta(days=LOOK * 3**look)
        until = min(day_span(wanted.zone, last, last)[0], wanted.until)
        begin = max(day_span(wanted.zone, first, first)[0], wanted.first)
        starts = _union(search(replace(wanted, first=begin, until=until), now), wanted.zone, part)
        if starts:
            days = _days(starts, wanted.zone)
            shown = days[:FEW_DAYS]
            more = shown[-1].day + timedelta(days=1)
            return Times(shown, shown[0].day >= asked + timedelta(days=7), more)
        if until >= wanted.until:
            break
        first = last
    return Times([], False, None)


def without(free: Times, start: int) -> Times:
    """The same times but one: the one that is being moved is no choice."""
    days = [
        Day(one.day, [(part, left) for part, starts in one.parts if (left := _but(starts, start))])
        for one in free.days
    ]
    return free._replace(days=[one for one in days if one.parts])


def _but(starts: list[int], start: int) -> list[int]:
    return [one for one in starts if one != start]


def next_time(wanted: Wanted, part: str, now: datetime) -> int | None:
    """The earliest free start from now on, whatever the day that was asked for."""
    return free_times(replace(wanted, first=to_minute(now)), part, now).first


def _union(found: Iterable[Found], zone: str, part: str) -> list[int]:
    starts = sorted({start for one in found for start in one.starts})
    return in_part_of_day(zone, starts, PartOfDay(part)) if part else starts


def _days(starts: list[int], zone: str) -> list[Day]:
    days = groupby(starts, lambda start: local_day(zone, start))
    return [Day(day, _parts(list(of_day), zone)) for day, of_day in days]


def _parts(starts: list[int], zone: str) -> list[tuple[PartOfDay, list[int]]]:
    parts = [(part, in_part_of_day(zone, starts, part)) for part in PartOfDay]
    return [(part, some) for part, some in parts if some]


def around(wanted: Wanted, start: int, now: datetime, count: int = 3) -> list[int]:
    """The free starts nearest to one that is gone, in order of time: `count`, if there are."""
    close = [near for near, _ in nearest(wanted, start, now, count)]
    if len(close) < count:
        later = free_times(replace(wanted, first=max(start, to_minute(now))), "", now)
        rest = [s for day in later.days for _, some in day.parts for s in some]
        close += [s for s in rest if s != start and s not in close]
    return sorted(close[:count])


def who_is_free(wanted: Wanted, start: int, now: datetime) -> list[UUID]:
    """The therapists who are free at `start`, those with the fewest sessions that day first."""
    found = search(replace(wanted, first=start, until=start + 1), now)
    return _by_load([one.profile for one in found if start in one.starts], wanted.zone, start)


def who_offers(wanted: Wanted) -> list[UUID]:
    """The therapists who offer the service at all: somebody to say why a time cannot be."""
    rows = Offering.objects.filter(service=wanted.service, active=True, therapist__active=True)
    rows = rows.order_by("-therapist__accepting", "pk")
    licensed = Q(therapist__licences__state=wanted.place, therapist__licences__revoked_at=None)
    some = rows.filter(licensed).distinct() if rows.filter(licensed).exists() else rows
    return list(some.values_list("therapist__uuid", flat=True)[:3])


def _by_load(profiles: list[int], zone: str, start: int) -> list[UUID]:
    day = local_day(zone, start)
    low, high = day_span(zone, day, day)
    that_day = Q(
        user__occupancies__live=True,
        user__occupancies__start__gte=low,
        user__occupancies__start__lt=high,
    )
    rows = Therapist.objects.filter(pk__in=profiles)
    rows = rows.annotate(load=Count("user__occupancies", filter=that_day)).order_by("load", "pk")
    return list(rows.values_list("uuid", flat=True))


class Empty(StrEnum):
    """Why there is no free time at all."""

    LATER = "later"  # there are free times, but before the day that was asked for
    NOT_LICENSED = "not_licensed"  # nobody who offers it may treat in that state
    NOT_ACCEPTING = "not_accepting"
    NOT_THIS_WAY = "not_this_way"  # not by video, or not by telephone
    FILTERED = "filtered"  # therapist, language or part of day leave nothing
    FULL = "full"


def why_empty(wanted: Wanted, part: str, service: Service, now: datetime) -> Empty:
    """The most telling reason; at most two queries and two more looks."""
    if wanted.medium not in service.media:
        return Empty.NOT_THIS_WAY
    if wanted.first > to_minute(now) and next_time(wanted, part, now) is not None:
        return Empty.LATER
    day = local_day(wanted.zone, max(wanted.first, to_minute(now)))
    licensed = Licence.objects.filter(
        state=wanted.place,
        revoked_at__isnull=True,
        valid_until__gte=day,
        therapist__active=True,
        therapist__offerings__service=wanted.service,
        therapist__offerings__active=True,
    )
    if wanted.therapist is not None:
        licensed = licensed.filter(therapist__user=wanted.therapist)
    if not licensed.exists():
        return Empty.NOT_LICENSED
    takes = Q(therapist__accepting=True) | Q(therapist__in=wanted.own)
    if wanted.accepting and not licensed.filter(takes).exists():
        return Empty.NOT_ACCEPTING
    if part or wanted.language or wanted.therapist is not None:
        open_to_all = replace(wanted, therapist=None, language="")
        if free_times(open_to_all, "", now).days:
            return Empty.FILTERED
    return Empty.FULL


def media_of(services: Iterable[Service]) -> list[str]:
    """The ways in which at least one of the services is held."""
    return [m.value for m in Medium if any(getattr(service, m.value) for service in services)]
