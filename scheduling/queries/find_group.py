"""Find a group, as a patient looks for one: what it is, when it meets, how one comes in.

Of who is in it nothing goes out but one word, `Seen.standing` (GR1).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from accounts.actor import Actor
from accounts.models import Therapist
from scheduling import policy
from scheduling.engine.hours import local_day
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import GroupState
from scheduling.engine.slots import PartOfDay, in_part_of_day
from scheduling.models import Entry, Facilitator, Group, Member, Series, Session
from scheduling.queries import groups
from scheduling.queries.groups import Stretch
from scheduling.queries.seats import seat_limits, seats_taken


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
    return several([group], now)[0]


def several(rows: Sequence[Group], now: datetime) -> list[Seen]:
    """Eight queries, however many groups there are and whoever is in them."""
    if not rows:
        return []
    minute = to_minute(now)
    counted, series = groups.counted_from(rows, now), groups.running(rows)
    given, closed = groups.facilitators_of(rows), groups.holidays({row.clinic_id for row in rows})
    dates = {pk: _coming(some, minute) for pk, some in counted.items()}
    hosts = {row.pk: _hosts(given[row.pk], dates[row.pk]) for row in rows}
    held = groups.licences({some[0].pk for some in hosts.values() if some})
    ways = {row.pk: _ways(row, series.get(row.pk), counted[row.pk], closed, now) for row in rows}
    free = _with_seat(rows, dates, now)
    return [
        Seen(
            group=row,
            series=series.get(row.pk),
            dates=dates[row.pk],
            hosts=hosts[row.pk],
            places=_places(held, hosts[row.pk], dates[row.pk], row.clinic.time_zone),
            ways=ways[row.pk],
            free=[way for way in ways[row.pk] if all(one.pk in free for one in way.sessions)],
        )
        for row in rows
    ]


def seek(rows: Iterable[Group], sought: Sought, now: datetime) -> list[Seen]:
    """Those that fit: first what can be joined, then what begins soonest."""
    found = several([row for row in rows if _of_kind(row, sought)], now)
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


def _coming(counted: list[Session], minute: int) -> list[Session]:
    rows = [one for one in counted if groups.stands(one, minute)]
    return sorted(rows, key=lambda one: one.start)


def _ways(
    group: Group,
    series: Series | None,
    counted: list[Session],
    closed: groups.Closed,
    now: datetime,
) -> list[Stretch]:
    if group.state != GroupState.RUNNING.value:
        return []
    if group.entry == Entry.OPEN.value:
        return [Stretch([date], date.slot) for date in _coming(counted, to_minute(now))]
    return groups.ways_in(group, series, counted, now, closed) if series else []


def _with_seat(
    rows: Sequence[Group], dates: Mapping[int, list[Session]], now: datetime
) -> set[int]:
    """As `actions.group_members` decides: there is a seat, and of members no more than seats."""
    pks = [date.pk for some in dates.values() for date in some]
    limits, taken, members = seat_limits(pks), seats_taken(pks, now), groups.places(rows)
    free = set()
    for group, some in dates.items():
        places = groups.within(members[group], [date.slot or 0 for date in some])
        for date in some:
            if max(taken.get(date.pk, 0), places[date.slot or 0]) < limits[date.pk]:
                free.add(date.pk)
    return free


def _hosts(given: list[Facilitator], dates: list[Session]) -> list[Therapist]:
    if not dates:
        return [row.therapist for row in given if row.until_day is None]
    first = dates[0]
    assert first.series is not None
    day = local_day(first.series.zone, first.start)
    return [row.therapist for row in groups.on_duty(given, day)]


def _places(
    held: groups.Held, hosts: list[Therapist], dates: list[Session], zone: str
) -> list[str]:
    """Where the lead may treat on the day of the next date; no other licence counts."""
    if not hosts or not dates:
        return []
    lead, day = hosts[0].pk, local_day(zone, dates[0].start)
    states = [state for who, state in held if who == lead]
    return sorted(state for state in states if groups.may_treat(held, lead, state, day))


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
