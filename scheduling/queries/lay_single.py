"""The dates of one individual session a week, laid for one patient with one therapist."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from accounts.models import Therapist
from scheduling.engine.interval import Span
from scheduling.engine.recurrence import MOST, weekly
from scheduling.models import Booking, ProgramPart, Series, Session
from scheduling.queries.lay_known import Known, meets
from scheduling.queries.plan import (
    AWAY,
    CLOSED,
    NOBODY,
    OUTSIDE,
    OWN_PLAN,
    Choice,
    PlanDate,
    PlanPart,
)
from scheduling.queries.repeat import Asked, Checked, Pattern, World, checked, look


def lay_single(known: Known, part: ProgramPart) -> PlanPart:
    choice = known.wanted.choice(part)
    before, host = known.series.get(part.pk, (None, None))
    if choice.therapist is not None:
        host = known.hosts.get(choice.therapist)
    pattern = _pattern(known, part, choice, before)
    found = PlanPart(part=part, choice=choice, host=host, series=before, pattern=pattern)
    wanted = [one for one in pattern.dates() if one.start is None or one.start > known.after]
    starts = [one.start for one in wanted if one.start is not None]
    starts += [one.start for one in choice.dates.values() if one is not None]
    if host is None or not starts:
        return replace(found, why=NOBODY if host is None else CLOSED)
    world = look(_asked(known, part, host), pattern.zone, starts, known.now)
    world = replace(world, busy=[*known.busy, *known.planned])
    kept = _kept(known, before)
    assert part.service is not None
    dates = []
    for one in wanted:
        if one.start in kept:
            dates.append(_as_before(known, one.day, one.start, kept[one.start], part, host))
        else:
            dates.append(_one(known, checked(one, pattern.zone, world), world, host, choice))
    laid = replace(found, dates=dates, world=world)
    for date_ in laid.taken:
        if date_.therapist is not None and not date_.kept:
            known.given[date_.therapist].append(_widened(known, date_, host, world))
    return laid


def _pattern(known: Known, part: ProgramPart, choice: Choice, before: Series | None) -> Pattern:
    at = before.at if before and choice.at is None else choice.at
    weekday = choice.weekday if choice.weekday is not None else part.weekday
    rule = before.rule if before and choice.weekday is None else weekly((weekday or 0,))
    zone, first, last = known.wanted.clinic_zone, known.wanted.first_day, known.wanted.last_day
    return Pattern(rule, zone, part.at or 0 if at is None else at, first, last, MOST)


def _asked(known: Known, part: ProgramPart, host: Therapist) -> Asked:
    assert part.service is not None
    going = (one.session_id for one in known.seats if one.pk in known.going)
    return Asked(
        clinic=known.wanted.program.clinic_id,
        service=part.service.pk,
        therapist=host.user_id,
        patient=known.wanted.patient.pk,
        medium=known.wanted.medium,
        place=known.wanted.place,
        minutes=part.service.minutes,
        override=known.wanted.override,
        own=frozenset(going),
    )


def _kept(known: Known, before: Series | None) -> dict[int | None, Booking | None]:
    """By slot, the dates of the series that goes on; None: that one was given up."""
    if before is None:
        return {}
    made = Session.objects.filter(series=before, slot__gt=known.after)
    return {one.slot: known.seat_in.get(one.pk) for one in made.only("pk", "slot").order_by("slot")}


def _as_before(
    known: Known,
    day: date,
    slot: int | None,
    seat: Booking | None,
    part: ProgramPart,
    host: Therapist,
) -> PlanDate:
    assert part.service is not None
    start, minutes = (seat.start, seat.end - seat.start) if seat else (slot, 0)
    return PlanDate(
        day=day,
        slot=slot,
        start=start,
        minutes=minutes or part.service.minutes,
        why="" if seat else AWAY,
        kept=seat is not None,
        therapist=host.uuid,
    )


def _one(known: Known, one: Checked, world: World, host: Therapist, choice: Choice) -> PlanDate:
    found = PlanDate(
        day=one.day,
        slot=one.start,
        start=one.start,
        minutes=world.asked.minutes,
        why=one.why,
        near=one.near,
        others=one.others,
        therapist=host.uuid,
    )
    instead = choice.dates.get(one.start or 0)
    if (one.start or 0) in choice.dates and instead is None:
        return replace(found, skipped=True)
    if instead is not None:
        who = known.hosts.get(instead.therapist)
        why = world.why_not(instead.start, who.user_id) if who else NOBODY
        found = replace(found, start=instead.start, therapist=instead.therapist, why=why)
    if found.start is None:
        return found
    if not known.after < found.start < known.high:
        return replace(found, why=OUTSIDE)
    given = known.given[found.therapist or host.uuid]
    if meets(found.span, known.planned) or meets(_widened(known, found, host, world), given):
        return replace(found, why=OWN_PLAN)
    return found


def _widened(known: Known, one: PlanDate, host: Therapist, world: World) -> Span:
    """With the minutes that its therapist has free before and after."""
    who = known.hosts.get(one.therapist, host) if one.therapist else host
    terms = world.terms.get(who.user_id)
    low, high = one.span
    return (low - terms.before, high + terms.after) if terms else (low, high)
