"""Groups read: which dates there are and will be, who gives them, and how members come.

Times are minutes since the epoch, UTC; a slot is the start that a rule gave. Sessions are counted
over all the series of a group, one after another, cancelled ones too: a module keeps its weeks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import islice, takewhile
from typing import NamedTuple

from django.db.models import Q

from accounts.models import Licence, Therapist
from scheduling.engine.hours import NonexistentTime, day_span, local_day, wall_to_minute
from scheduling.engine.interval import to_minute
from scheduling.engine.lifecycle import SessionState
from scheduling.engine.recurrence import days_of, parse_rule
from scheduling.models import (
    Booking,
    Entry,
    Facilitator,
    Group,
    Holiday,
    Member,
    Occupancy,
    Offering,
    Pause,
    Series,
    Service,
    Session,
    TimeOff,
)

WINDOW = timedelta(weeks=13)
"""How far ahead the sessions of a group are made."""

SLACK = timedelta(weeks=1)
"""A window that lacks less is left alone: one look a week, not an hour."""

BUSY, DAY_OFF = "busy", "day_off"


# The dates


Closed = Mapping[int, Collection[date]]
"""Holidays, by clinic."""


def slots_after(series: Series, minute: int, closed: Closed | None = None) -> Iterator[int]:
    """What the rule gives after a minute, holidays left out, to the last day if there is one."""
    if closed is None:
        closed = holidays({series.clinic_id})
    off = closed.get(series.clinic_id, ())
    slots = rule_slots(series, minute)
    return (slot for slot in slots if local_day(series.zone, slot) not in off)


def holidays(clinics: Collection[int]) -> Closed:
    """One query."""
    found: dict[int, set[date]] = {clinic: set() for clinic in clinics}
    for clinic, day in Holiday.objects.filter(clinic__in=clinics).values_list("clinic_id", "day"):
        found[clinic].add(day)
    return found


def rule_slots(series: Series, minute: int) -> Iterator[int]:
    """The same with holidays."""
    days = days_of(parse_rule(series.rule), series.first_day)
    last = series.last_day
    for day in takewhile(lambda day: last is None or day <= last, days):
        try:
            slot = wall_to_minute(series.zone, day, series.at)
        except NonexistentTime:
            continue
        if slot > minute:
            yield slot


def due_slots(series: Series, now: datetime, until: datetime) -> list[int]:
    """The slots within the window that have no session yet."""
    end = to_minute(until)
    wanted = list(takewhile(lambda slot: slot <= end, slots_after(series, to_minute(now))))
    made = Session.objects.filter(series=series, slot__in=wanted)
    return sorted(set(wanted) - set(made.values_list("slot", flat=True)))


def running_series(group: Group) -> Series | None:
    """The one of its series that goes on."""
    return running([group]).get(group.pk)


def running(some: Collection[Group]) -> dict[int, Series]:
    """By group the series that goes on. One query."""
    rows = Series.objects.filter(group__in=some, ended_at__isnull=True).order_by("pk")
    return {one.group_id or 0: one for one in rows}


def counted(group: Group) -> list[Session]:
    """Every session of the group in the order of its slots. What a series had still before it when
    it ended, paused or changed, is not one of them."""
    rows = Session.objects.filter(series__group=group).select_related("series").order_by("slot")
    return [one for one in rows if not _left_behind(one)]


def counted_from(some: Collection[Group], now: datetime) -> dict[int, list[Session]]:
    """The same by group; of open groups, which count nothing, only those to come. One query."""
    ahead = Q(start__gt=to_minute(now)) | ~Q(series__group__entry=Entry.OPEN.value)
    rows = Session.objects.filter(ahead, series__group__in=some)
    found: dict[int, list[Session]] = {one.pk: [] for one in some}
    for row in rows.select_related("series").order_by("slot"):
        if row.series is not None and not _left_behind(row):
            found[row.series.group_id or 0].append(row)
    return found


def _left_behind(session: Session) -> bool:
    ended = session.series.ended_at if session.series else None
    gone = session.state == SessionState.CANCELLED.value
    return ended is not None and gone and session.start > to_minute(ended)


# Who gives it


def on_duty(rows: Iterable[Facilitator], day: date) -> list[Facilitator]:
    """Who gives the group's session on a day, the lead first."""
    found = [
        one
        for one in rows
        if one.from_day <= day and (one.until_day is None or day <= one.until_day)
    ]
    return sorted(found, key=lambda one: (not one.lead, one.pk or 0))


def facilitators(group: Group) -> list[Facilitator]:
    return facilitators_of([group])[group.pk]


def facilitators_of(some: Collection[Group]) -> dict[int, list[Facilitator]]:
    """By group. One query."""
    rows = Facilitator.objects.filter(group__in=some).select_related("therapist__user")
    found: dict[int, list[Facilitator]] = {one.pk: [] for one in some}
    for one in rows.order_by("pk"):
        found[one.group_id].append(one)
    return found


def leads(group: Group, zone: str, slots: Iterable[int]) -> dict[int, int]:
    """By slot the therapist (profile) whose licence counts."""
    rows = facilitators(group)
    found = {}
    for slot in slots:
        given = on_duty(rows, local_day(zone, slot))
        if given:
            found[slot] = given[0].therapist_id
    return found


Against = dict[int, dict[int, str]]
"""By slot, by therapist (profile): why not."""


def conflicts(
    who: Mapping[int, Collection[Therapist]],
    service: Service,
    now: datetime,
    own: Collection[int] = (),
) -> Against:
    """Who is busy or off at the slots that are theirs (`who`: slot -> therapists). Three queries.

    `own`: sessions that make way. Working hours are not asked: a group has its own.
    """
    people = {one.pk: one for some in who.values() for one in some}
    if not people:
        return {}
    margins = buffers(service, people)
    taken = _taken(people.values(), min(who), max(who) + service.minutes, now, own)
    off = defaultdict(list)
    for row in TimeOff.objects.filter(therapist__in=people):
        zone = people[row.therapist_id].time_zone
        off[row.therapist_id].append(day_span(zone, row.first_day, row.last_day))
    found: Against = {}
    for slot, some in who.items():
        for one in some:
            before, after = margins[one.pk]
            low, high = slot - before, slot + service.minutes + after
            if _meets(low, high, taken[one.user_id]):
                found.setdefault(slot, {})[one.pk] = BUSY
            elif _meets(slot, slot + service.minutes, off[one.pk]):
                found.setdefault(slot, {})[one.pk] = DAY_OFF
    return found


def _taken(
    people: Iterable[Therapist], low: int, high: int, now: datetime, own: Collection[int]
) -> defaultdict[int, list[tuple[int, int]]]:
    rows = Occupancy.objects.filter(
        therapist__in=[one.user_id for one in people],
        live=True,
        busy_from__lt=high + 1440,
        busy_until__gt=low - 1440,
    ).exclude(held_until__lte=int(now.timestamp()))
    taken: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for who, start, end in rows.exclude(session__in=own).values_list(
        "therapist_id", "busy_from", "busy_until"
    ):
        taken[who].append((start, end))
    return taken


def buffers(service: Service, people: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Minutes free before and after, of each therapist (profile id): offering, service, clinic."""
    own = {one.therapist_id: one for one in Offering.objects.filter(service=service)}
    floors = (service, service.clinic)
    return {
        pk: (
            _first(own.get(pk), *floors, name="buffer_before"),
            _first(own.get(pk), *floors, name="buffer_after"),
        )
        for pk in people
    }


def _first(*floors: object, name: str) -> int:
    values: Iterator[int | None] = (getattr(one, name, None) for one in floors)
    return next(value for value in values if value is not None)


def _meets(start: int, end: int, spans: Iterable[tuple[int, int]]) -> bool:
    return any(low < end and high > start for low, high in spans)


# Whether a member may be there


Held = Mapping[tuple[int, str], list[tuple[date, date]]]
"""By therapist (profile) and state: from when to when there is a licence."""


def licences(therapists: Collection[int]) -> Held:
    """One query."""
    rows = Licence.objects.filter(therapist__in=therapists, revoked_at__isnull=True)
    held = defaultdict(list)
    for who, state, since, until in rows.values_list(
        "therapist_id", "state", "valid_from", "valid_until"
    ):
        held[(who, state)].append((since, until))
    return held


def may_treat(held: Held, therapist: int, place: str, day: date) -> bool:
    """Somebody who is in `place` that day (TH2)."""
    return any(since <= day <= until for since, until in held.get((therapist, place), []))


def unlicensed(lead_of: Mapping[int, int], place: str, zone: str) -> list[int]:
    """The slots at which the lead may not treat somebody who is in `place` (TH2). One query."""
    held = licences(set(lead_of.values()))
    return [
        slot
        for slot, who in lead_of.items()
        if not may_treat(held, who, place, local_day(zone, slot))
    ]


def clashes(patient: int, sessions: Iterable[Session], now: datetime) -> list[Session]:
    """Those at which the patient sits elsewhere. One query."""
    wanted = list(sessions)
    if not wanted:
        return []
    rows = Booking.objects.filter(
        patient=patient,
        live=True,
        start__lt=max(one.end for one in wanted),
        end__gt=min(one.start for one in wanted),
    ).exclude(held_until__lte=int(now.timestamp()))
    spans = list(rows.values_list("start", "end"))
    return [one for one in wanted if _meets(one.start, one.end, spans)]


# The way in


class Stretch(NamedTuple):
    """What joining now, or at `sessions[0]`, means. `until`: the last slot, None goes on."""

    sessions: list[Session]
    until: int | None


def entries(group: Group, now: datetime) -> list[Stretch]:
    """Every way into a group of closed or rolling entry at present, the next one first."""
    series = running_series(group)
    if series is None or group.entry == Entry.OPEN.value:
        return []
    return ways_in(group, series, counted(group), now)


def ways_in(
    group: Group, series: Series, rows: list[Session], now: datetime, closed: Closed | None = None
) -> list[Stretch]:
    """The same of what was read: `rows` are those that are counted."""
    minute = to_minute(now)
    coming = [one for one in rows if stands(one, minute)]
    if not coming:
        return []
    if group.entry == Entry.CLOSED.value:
        begun = sum(one.start <= minute for one in rows)
        return [Stretch(coming, None)] if begun < (group.entry_sessions or 1) else []
    assert group.module_sessions is not None
    found = []
    for place in range(0, len(rows), group.module_sessions):
        if rows[place].start > minute:
            found.append(_cycle(group, series, rows, place, minute, closed))
    return [one for one in found if one.sessions]


def _cycle(
    group: Group,
    series: Series,
    rows: list[Session],
    place: int,
    minute: int,
    closed: Closed | None,
) -> Stretch:
    """From the module that begins at `place`, for as many sessions as a cycle has."""
    assert group.cycle_sessions is not None
    mine = rows[place : place + group.cycle_sessions]
    slots = [one.slot or 0 for one in mine]
    ahead = slots_after(series, rows[-1].slot or 0, closed)
    slots += islice(ahead, group.cycle_sessions - len(mine))
    until = slots[-1] if len(slots) == group.cycle_sessions else None
    return Stretch([one for one in mine if stands(one, minute)], until)


def stands(session: Session, minute: int) -> bool:
    return session.state == SessionState.SCHEDULED.value and session.start > minute


def coming(group: Group, now: datetime) -> list[Session]:
    """Sessions to come that stand, in order."""
    rows = Session.objects.filter(
        series__group=group, state=SessionState.SCHEDULED.value, start__gt=to_minute(now)
    )
    return list(rows.select_related("series").order_by("start"))


def members_at(group: Group, slots: Collection[int]) -> dict[int, int]:
    """How many have a place at each slot, whether or not they are away that day."""
    return within(places([group])[group.pk], slots)


def most_members(group: Group, low: int, high: int | None) -> int:
    """The most who have a place at once from one slot to another (None: no last one), on dates
    that are made or not."""
    some = places([group])[group.pk]
    since = {low} | {first for first, _last in some if first > low}
    counts = within(some, [one for one in since if high is None or one <= high])
    return max(counts.values(), default=0)


Places = list[tuple[int, int | None]]
"""From which slot to which (None: no last one) members have a place."""


def places(some: Collection[Group]) -> dict[int, Places]:
    """By group. One query."""
    found: dict[int, Places] = {one.pk: [] for one in some}
    rows = Member.objects.filter(group__in=some, left_at__isnull=True)
    for group, since, until in rows.values_list("group_id", "from_start", "until_start"):
        found[group].append((since, until))
    return found


def within(some: Places, slots: Collection[int]) -> dict[int, int]:
    """How many of them there are at each slot."""
    return {
        slot: sum(since <= slot and (until is None or slot <= until) for since, until in some)
        for slot in slots
    }


def members(group: Group) -> list[Member]:
    rows = Member.objects.filter(group=group, left_at__isnull=True).select_related("patient")
    return list(rows.order_by("joined_at", "pk"))


def facilitates(therapists: Collection[int]) -> Q:
    """Groups that one of these therapists (profiles) gives, has given or will give."""
    given = Facilitator.objects.filter(therapist__in=therapists)
    return Q(pk__in=given.values("group_id"))


def away(enrollment: int | None) -> list[tuple[int, int]]:
    """When a member who came by a program is away from it (minutes): in its pauses."""
    if enrollment is None:
        return []
    rows = Pause.objects.filter(enrollment=enrollment).values_list(
        "start", "end", "enrollment__end"
    )
    return [(start, end or last) for start, end, last in rows]


def last_before(member: Member, low: int) -> int | None:
    """The slot of the member's last date before the minute `low`, made or to be made."""
    made = Session.objects.filter(
        series__group=member.group_id, slot__gte=member.from_start, slot__lt=low
    )
    last: int | None = made.order_by("-slot").values_list("slot", flat=True).first()
    series = running_series(member.group)
    if series is not None:
        ahead = slots_after(series, max(last or 0, member.from_start - 1))
        last = max(takewhile(lambda slot: slot < low, ahead), default=last)
    until = member.until_start
    return last if last is None or until is None else min(last, until)
