"""A program's week as a template: what meets when, and how many hours that makes against the bands
of its level. What a real enrolment gets is laid on the calendar elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import takewhile
from typing import NamedTuple

from django.db.models import Q

from scheduling.engine.lifecycle import GroupState
from scheduling.engine.recurrence import days_of, parse_rule, weekly
from scheduling.models import Level, LevelRule, Program, ProgramPart, Series

AHEAD = 12
"""How many weeks a preview looks ahead, where not every week is alike."""


class Meeting(NamedTuple):
    """A part of a program with its rule; `rule` is "" for a group that meets at no time now."""

    part: ProgramPart
    name: str
    rule: str
    zone: str
    at: int
    minutes: int
    since: date | None = None
    until: date | None = None

    @property
    def order(self) -> tuple[int, int]:
        return (parse_rule(self.rule).weekdays[0] if self.rule else 7, self.at)


class Band(NamedTuple):
    """What the level asks of an age band, and whether the week's least and most hours keep it."""

    rule: LevelRule
    verdict: str


def rules_on(levels: Iterable[Level], day: date) -> list[LevelRule]:
    """What they ask on a day, by age. One query."""
    rows = LevelRule.objects.filter(level__in=list(levels), valid_from__lte=day)
    rows = rows.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=day))
    return list(rows.select_related("level").order_by("age_from"))


def week_of(program: Program) -> list[Meeting]:
    """The parts in the order of the week. Two queries."""
    parts = list(
        ProgramPart.objects.filter(program=program).select_related("group__service", "service")
    )
    groups = [part.group_id for part in parts if part.group_id]
    running = Series.objects.filter(group__in=groups, ended_at__isnull=True).order_by("pk")
    series = {one.group_id: one for one in running}
    found = [_meeting(part, series, program.clinic.time_zone) for part in parts]
    return sorted(found, key=lambda one: one.order)


def _meeting(part: ProgramPart, running: dict[int | None, Series], zone: str) -> Meeting:
    if part.service is not None and part.weekday is not None and part.at is not None:
        rule = weekly((part.weekday,))
        return Meeting(part, part.service.name, rule, zone, part.at, part.service.minutes)
    assert part.group is not None
    group, one = part.group, running.get(part.group_id)
    minutes = group.service.minutes
    if one is None or group.state != GroupState.RUNNING.value:
        return Meeting(part, group.name, "", zone, 0, minutes)
    return Meeting(
        part, group.name, one.rule, one.zone, one.at, minutes, one.first_day, one.last_day
    )


def weekly_minutes(meetings: Iterable[Meeting], first: date) -> list[int]:
    """Minutes of each of the weeks to come, each of seven days from `first` on."""
    totals = [0] * AHEAD
    for one in meetings:
        for day in _days(one, first):
            totals[(day - first).days // 7] += one.minutes
    return totals


def _days(one: Meeting, first: date) -> list[date]:
    """The dates of the weeks to come; a group's interval is counted from its own first day."""
    if not one.rule:
        return []
    last = first + timedelta(weeks=AHEAD) - timedelta(days=1)
    if one.until is not None:
        last = min(last, one.until)
    days = takewhile(lambda day: day <= last, days_of(parse_rule(one.rule), one.since or first))
    return [day for day in days if day >= first]


def bands(program: Program, minutes: list[int], today: date) -> list[Band]:
    return [Band(rule, verdict(rule, minutes)) for rule in rules_on([program.level], today)]


def verdict(rule: LevelRule, minutes: list[int]) -> str:
    """ "under" or "over" if any of the weeks is; else "within"."""
    if min(minutes) < rule.min_minutes:
        return "under"
    over = rule.max_minutes is not None and max(minutes) > rule.max_minutes
    return "over" if over else "within"
