"""The dates of a group laid for one patient, as the group lets people in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from itertools import takewhile

from scheduling.engine.hours import local_day
from scheduling.engine.interval import Span, to_minute
from scheduling.engine.lifecycle import GroupState, SessionState
from scheduling.models import Entry, Group, Member, ProgramPart, Series, Session
from scheduling.queries import groups
from scheduling.queries.lay_known import Known, meets, pk_of
from scheduling.queries.plan import (
    AFTER,
    AWAY,
    BEFORE,
    CANCELLED,
    CLOSED,
    FULL,
    OWN_PLAN,
    Choice,
    PlanDate,
    PlanPart,
)
from scheduling.queries.repeat import HOLIDAY, NOT_LICENSED, PATIENT_BUSY
from scheduling.queries.seats import seat_limits, seats_left


def lay_group(known: Known, part: ProgramPart) -> PlanPart:
    group, choice = part.group, known.wanted.choice(part)
    assert group is not None
    member = known.members.get(group.pk)
    found = PlanPart(part=part, choice=choice, member=member)
    series = groups.running_series(group)
    if series is None or group.state != GroupState.RUNNING.value:
        return replace(found, why=CLOSED)
    every = _every(known, group, series)
    stretch = _stretch(known, group, every, member)
    if stretch is None:
        return replace(found, why=CLOSED)
    dates = _dates(known, group, series, every, stretch, member, choice)
    full = group.entry != Entry.OPEN.value and any(one.why == FULL for one in dates)
    return replace(found, dates=dates, why=FULL if full else "", series=series)


def _every(known: Known, group: Group, series: Series) -> list[tuple[int, Session | None]]:
    """What the group has held and will hold until the last day, by slot; None: not made yet."""
    rows = groups.counted(group)
    last = rows[-1].slot or 0 if rows else to_minute(known.now)
    ahead = takewhile(lambda slot: slot < known.high, groups.rule_slots(series, last))
    made: list[tuple[int, Session | None]] = [(one.slot or 0, one) for one in rows]
    return made + [
        (slot, None) for slot in ahead if local_day(series.zone, slot) not in known.holidays
    ]


def _stretch(
    known: Known,
    group: Group,
    every: Sequence[tuple[int, Session | None]],
    member: Member | None,
) -> Span | None:
    """From which slot to which the patient has a place, by the group's rules; None: none."""
    slots = [slot for slot, _ in every]
    coming = [slot for slot in slots if slot > known.after]
    if not coming:
        return None
    if member is not None or group.entry == Entry.OPEN.value:
        return coming[0], slots[-1]
    if group.entry == Entry.CLOSED.value:
        begun = len(slots) - len(coming)
        return (coming[0], slots[-1]) if begun < (group.entry_sessions or 1) else None
    assert group.module_sessions is not None and group.cycle_sessions is not None
    for place in range(0, len(slots), group.module_sessions):
        if slots[place] > known.after:
            last = min(place + group.cycle_sessions, len(slots)) - 1
            return slots[place], slots[last]
    return None


def _dates(
    known: Known,
    group: Group,
    series: Series,
    every: Sequence[tuple[int, Session | None]],
    stretch: Span,
    member: Member | None,
    choice: Choice,
) -> list[PlanDate]:
    minutes, dates = group.service.minutes, []
    for slot, session in every:
        start = session.start if session else slot
        if start > known.after and start < known.high:
            day = local_day(series.zone, start)
            dates.append(
                PlanDate(day=day, slot=slot, start=start, minutes=minutes, session=session)
            )
    new = [one for one in dates if not _has(known, one)]
    barred = set(_barred(known, group, series, new))
    full = _full(known, group, new, member)
    found = [_settled(known, one, stretch, member, barred, full, choice) for one in dates]
    return sorted([*found, *_on_holidays(known, series, every, minutes)], key=lambda x: x.slot or 0)


def _on_holidays(
    known: Known, series: Series, every: Sequence[tuple[int, Session | None]], minutes: int
) -> list[PlanDate]:
    there = {slot for slot, _ in every}
    ahead = takewhile(lambda slot: slot < known.high, groups.rule_slots(series, known.after))
    return [
        PlanDate(
            day=local_day(series.zone, slot), slot=slot, start=slot, minutes=minutes,
            why=HOLIDAY, skipped=True,
        )
        for slot in ahead
        if slot not in there and local_day(series.zone, slot) in known.holidays
    ]  # fmt: skip


def _has(known: Known, one: PlanDate) -> bool:
    return one.session is not None and one.session.pk in known.seat_in


def _barred(known: Known, group: Group, series: Series, dates: Iterable[PlanDate]) -> list[int]:
    slots = [one.slot or 0 for one in dates]
    lead = groups.leads(group, series.zone, slots)
    return groups.unlicensed(lead, known.wanted.place, known.wanted.zone) if lead else []


def _full(known: Known, group: Group, dates: Sequence[PlanDate], member: Member | None) -> set[int]:
    """The slots at which there is no place, on sale or kept for a member who is away."""
    until = member.until_start if member else None
    new = [
        one for one in dates if member is None or (until is not None and (one.slot or 0) > until)
    ]
    pks = [one.session.pk for one in new if one.session]
    left, limits = seats_left(pks, known.now), seat_limits(pks)
    members = groups.members_at(group, [one.slot or 0 for one in new])
    full = set()
    for one in new:
        slot = one.slot or 0
        limit = limits.get(one.session.pk, 0) if one.session else group.capacity
        places = group.entry != Entry.OPEN.value and members[slot] >= limit
        if places or (one.session and left.get(one.session.pk, 0) <= 0):
            full.add(slot)
    return full


def _settled(
    known: Known,
    one: PlanDate,
    stretch: Span,
    member: Member | None,
    barred: Collection[int],
    full: Collection[int],
    choice: Choice,
) -> PlanDate:
    slot = one.slot or 0
    if one.session and one.session.state != SessionState.SCHEDULED.value:
        return replace(one, why=CANCELLED)
    if _has(known, one):
        return replace(one, kept=True)
    if member is not None and _away(known, one, member):
        return replace(one, why=AWAY)
    why = ""
    if slot < stretch[0]:
        why = BEFORE
    elif slot > stretch[1]:
        why = AFTER
    elif slot in full:
        why = FULL
    elif slot in barred:
        why = NOT_LICENSED
    elif meets(one.span, known.busy):
        why = PATIENT_BUSY
    elif meets(one.span, known.planned):
        why = OWN_PLAN
    return replace(one, why=why, skipped=slot in choice.dates)


def _away(known: Known, one: PlanDate, member: Member) -> bool:
    """The place is theirs, or has its own end; only this seat was given up, by the patient."""
    if member.enrollment_id is None or member.enrollment_id != pk_of(known.wanted.follows):
        return True
    until, slot = member.until_start, one.slot or 0
    if meets((slot, slot + 1), known.paused):
        return False
    within = member.from_start <= slot and (until is None or slot <= until)
    return within and one.session is not None
