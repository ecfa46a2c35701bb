"""Dates that recur as one iCalendar object for one recipient (RFC 5545 3.8.5, RFC 5546 3.2).

One VEVENT with the rule, an EXDATE for each date of the rule that is not the recipient's, and a
VEVENT with a RECURRENCE-ID for each that is at another time. One date that changes later is told
alone, since some calendars refuse it together with the rule; whatever changes more is told whole.
Times are local, with their zone: on the wall clock a rule stays where it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile
from typing import NamedTuple
from zoneinfo import ZoneInfo

from icalendar import Event, Timezone, vRecur

from scheduling.calendars.invites import InviteFacts, Method, new_calendar, new_event
from scheduling.calendars.zones import vtimezone
from scheduling.engine.recurrence import days_of, parse_rule

FAR = 10  # years for which the clock of a zone without a yearly rule is told


class Occasion(NamedTuple):
    """One date as it is held: UTC, whole seconds."""

    start: datetime
    end: datetime
    by_telephone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesFacts:
    """All that a series for one recipient is made of; ValueError if it cannot be one.

    `dates` are the recipient's, by the day that the rule gave; the first day begins the object.
    `rule`, `at` (minute of the day), `minutes` and `zone` are the series' own. `goes_on`: without
    end; else it ends with the last of the dates. `like` is everything else; its times do not count.
    """

    like: InviteFacts
    dates: Mapping[date, Occasion]
    rule: str
    at: int
    minutes: int
    zone: str
    goes_on: bool = False

    def __post_init__(self) -> None:
        if not self.dates or not set(self.dates) <= set(self.days):
            raise ValueError("the dates of a series are dates of its rule")

    @property
    def first(self) -> date:
        return min(self.dates)

    @property
    def last(self) -> date:
        return max(self.dates)

    @property
    def years(self) -> set[int]:
        """For which the clock of the zone is to be told."""
        found = {self.first.year, self.last.year}
        found |= {moment.year for one in self.dates.values() for moment in one[:2]}
        return found | ({max(found) + FAR} if self.goes_on else set())

    @property
    def days(self) -> list[date]:
        """All that the rule gives from the first to the last."""
        every = days_of(parse_rule(self.rule), self.first)
        return list(takewhile(lambda day: day <= self.last, every))

    def wall(self, day: date) -> datetime:
        """What the rule gives for a day. Calendars take the first of two equal times in autumn."""
        hour, minute = divmod(self.at, 60)
        return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(self.zone))

    def usual(self, day: date) -> Occasion:
        """As the rule has it."""
        start = self.wall(day).astimezone(UTC)
        return Occasion(start, start + timedelta(minutes=self.minutes), self.like.by_telephone)


class Step(NamedTuple):
    """What brings a calendar up to date: with a `day`, that date alone."""

    method: Method
    day: date | None = None


def next_step(told: Mapping[date, Occasion], dates: Mapping[date, Occasion]) -> Step | None:
    """From the dates that a calendar holds to those that it is to hold; None: they are the same."""
    if not dates:
        return Step(Method.CANCEL) if told else None
    changed = {day for day in told.keys() | dates.keys() if told.get(day) != dates.get(day)}
    if not changed:
        return None
    day = min(changed)
    if len(changed) > 1 or day not in told:
        return Step(Method.REQUEST)
    return Step(Method.REQUEST if day in dates else Method.CANCEL, day)


def render_series(facts: SeriesFacts) -> bytes:
    """The whole of it."""
    return _calendar(facts, events_of(facts))


def events_of(facts: SeriesFacts) -> list[Event]:
    """The rule and what differs from it; in a CANCEL the rule alone, which takes all of it out."""
    events = [_rule(facts)]
    if facts.like.method is not Method.CANCEL:
        events += [_date(facts, day) for day in facts.days if _differs(facts, day)]
    return events


def render_date(facts: SeriesFacts, day: date) -> bytes:
    """One date of it alone: as it is now or, in a CANCEL, not any more."""
    return _calendar(facts, [_date(facts, day)])


def _calendar(facts: SeriesFacts, events: list[Event]) -> bytes:
    calendar = new_calendar(facts.like.method)
    calendar.add_component(zone_of(facts.zone, facts.years))
    for event in events:
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def zone_of(zone: str, years: set[int]) -> Timezone:
    return vtimezone(zone, min(years), max(years))


def _rule(facts: SeriesFacts) -> Event:
    """The VEVENT that recurs. Its length is one on the wall clock, as calendars read it."""
    usual = facts.usual(facts.first)
    event = new_event(replace(facts.like, start=usual.start, end=usual.end))
    begins = facts.wall(facts.first)
    _set_times(event, begins, begins + timedelta(minutes=facts.minutes))
    event.add("rrule", vRecur.from_ical(facts.rule + _until(facts)))
    if facts.like.method is not Method.CANCEL:
        for day in facts.days:
            if day not in facts.dates:
                event.add("exdate", facts.wall(day))
    return event


def _until(facts: SeriesFacts) -> str:
    """In UTC, else several readers lose the last date."""
    if facts.goes_on:
        return ""
    return f";UNTIL={facts.wall(facts.last).astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _date(facts: SeriesFacts, day: date) -> Event:
    one = facts.dates.get(day) or facts.usual(day)
    like = replace(facts.like, start=one.start, end=one.end, by_telephone=one.by_telephone)
    event = new_event(like)
    _set_times(event, _local(one.start, facts.zone), _local(one.end, facts.zone))
    event.add("recurrence-id", facts.wall(day))
    return event


def _differs(facts: SeriesFacts, day: date) -> bool:
    return day in facts.dates and facts.dates[day] != facts.usual(day)


def _local(moment: datetime, zone: str) -> datetime:
    """On the wall clock; in UTC where that shows the time for the second time."""
    wall = moment.astimezone(ZoneInfo(zone))
    return moment if wall.fold else wall


def _set_times(event: Event, start: datetime, end: datetime) -> None:
    for name, moment in (("dtstart", start), ("dtend", end)):
        del event[name]
        event.add(name, moment)
