"""Find a group, as a patient looks for one: what it is, when it meets, how one comes in.

Of who is in it nothing goes out but one word, `Seen.standing` (GR1).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from accounts.actor import Actor
from accounts.models import Licence, Therapist
from scheduling import policy
from scheduling.engine.hours import local_day
from scheduling.engine.lifecycle import GroupState
from scheduling.engine.slots import PartOfDay, in_part_of_day
from scheduling.models import Entry, Group, Member, Series, Session
from scheduling.queries import groups
from scheduling.queries.groups import Stretch
from scheduling.queries.seats import seat_limits, seats_left


class Standing(StrEnum):
    """All that a patient is told of how full a group is."""

    OPEN = "open"  # there is a place
    WAITING_LIST = "waiting_list"  # it could be joined, but for a place
    CLOSED = "closed"  # nobody comes in at present


@dataclass(frozen=True)
class Seen:
    """`ways`: every way in, the next one first; those with a place are in `free`. Each date of an
    open group is a way in of its own. `hosts`: of the next date, the lead first."""

    group: Group
    series: Series | None
    dates: list[Session]
    hosts: list[Therapist]
    places: list[str]  # states in which the lead may treat then
    ways: list[Stretch]
    free: list[Stretch]

    @property
    def standing(self) -> Standing:
        if self.free:
            return Standing.OPEN
        return Standing.WAITING_LIST if self.ways else Standing.CLOSED

    @property
    def way(self) -> Stretch | None:
        """How somebody comes in who asks now."""
        return self.free[0] if self.free else None

    @property
    def dropped_in(self) -> bool:
        return self.group.entry == Entry.OPEN.value


@dataclass(frozen=True)
class Sought:
    """What somebody looks for; "" is anything. Weekday and part of day are those of `zone`."""

    zone: str
    entry: str = ""
    modality: str = ""
    medium: str = ""
    place: str = ""
    day: str = ""
    part: str = ""


def listed(actor: Actor) -> list[Group]:
    """What patients find, staff too."""
    rows = policy.visible(Group, actor).filter(listed=True).exclude(state=GroupState.ENDED.value)
    return list(rows.select_related("clinic", "service__modality").order_by("name", "pk"))


def any_listed(actor: Actor) -> bool:
    """One query."""
    rows = policy.visible(Group, actor).filter(listed=True)
    return rows.exclude(state=GroupState.ENDED.value).exists()


def one(group: Group, now: datetime) -> Seen:
    """Ten queries, whoever is in it."""
    dates, series = groups.coming(group, now), groups.running_series(group)
    hosts = _hosts(group, dates)
    ways = _ways(group, dates, now) if group.state == GroupState.RUNNING.value else []
    return Seen(
        group=group,
        series=series,
        dates=dates,
        hosts=hosts,
        places=_places(hosts, dates, group.clinic.time_zone),
        ways=ways,
        free=_with_place(group, ways, now),
    )


def seek(rows: Iterable[Group], sought: Sought, now: datetime) -> list[Seen]:
    """Those that fit: first what can be joined, then what begins soonest."""
    found = [one(row, now) for row in rows if _of_kind(row, sought)]
    fit = [seen for seen in found if _fits(seen, sought)]
    order = list(Standing)
    far = 1 << 60
    return sorted(
        fit,
        key=lambda seen: (
            order.index(seen.standing),
            seen.dates[0].start if seen.dates else far,
            seen.group.name,
        ),
    )


def _ways(group: Group, dates: list[Session], now: datetime) -> list[Stretch]:
    if group.entry == Entry.OPEN.value:
        return [Stretch([date], date.slot) for date in dates]
    return groups.entries(group, now)


def _with_place(group: Group, ways: list[Stretch], now: datetime) -> list[Stretch]:
    """As `actions.group_members` decides: a seat in each, and of members no more than seats."""
    sessions = {date.pk: date for way in ways for date in way.sessions}
    left, limits = seats_left(sessions.keys(), now), seat_limits(sessions.keys())
    members = groups.members_at(group, [date.slot or 0 for date in sessions.values()])
    free = {
        pk for pk, date in sessions.items() if left[pk] and members[date.slot or 0] < limits[pk]
    }
    return [way for way in ways if all(date.pk in free for date in way.sessions)]


def _hosts(group: Group, dates: list[Session]) -> list[Therapist]:
    rows = groups.facilitators(group)
    if not dates:
        return [row.therapist for row in rows if row.until_day is None]
    first = dates[0]
    assert first.series is not None
    return [
        row.therapist for row in groups.on_duty(rows, local_day(first.series.zone, first.start))
    ]


def _places(hosts: list[Therapist], dates: list[Session], zone: str) -> list[str]:
    """Where the lead may treat on the day of the next date; no other licence counts."""
    if not hosts or not dates:
        return []
    day = local_day(zone, dates[0].start)
    rows = Licence.objects.filter(
        therapist=hosts[0], valid_from__lte=day, valid_until__gte=day, revoked_at__isnull=True
    )
    return sorted(set(rows.values_list("state", flat=True)))


def _of_kind(group: Group, sought: Sought) -> bool:
    return sought.entry in ("", group.entry) and sought.modality in (
        "",
        group.service.modality.code,
    )


def _fits(seen: Seen, sought: Sought) -> bool:
    starts = [date.start for date in seen.dates]
    if sought.day:
        starts = [s for s in starts if str(local_day(sought.zone, s).weekday()) == sought.day]
    if sought.part:
        starts = in_part_of_day(sought.zone, starts, PartOfDay(sought.part))
    if (sought.day or sought.part) and not starts:
        return False
    medium = seen.series.medium if seen.series else ""
    return sought.medium in ("", medium) and (not sought.place or sought.place in seen.places)


def memberships(actor: Actor) -> list[Member]:
    """The places that the patient has as whom the actor acts; of staff too, only their own."""
    if actor.patient is None:
        return []
    rows = policy.visible(Member, actor).filter(patient=actor.patient, left_at__isnull=True)
    return list(rows.select_related("group__clinic", "group__service").order_by("joined_at", "pk"))
