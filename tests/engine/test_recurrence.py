"""Which dates a rule gives, and when they begin."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil import rrule
from hypothesis import given
from hypothesis import strategies as st

from scheduling.engine.interval import from_minute
from scheduling.engine.recurrence import (
    MOST,
    Rule,
    dates,
    days_of,
    format_rule,
    monthly,
    parse_rule,
    weekly,
)

LA = "America/Los_Angeles"
FIRSTS = st.dates(date(2026, 1, 1), date(2030, 12, 31))


def days(rule: str, first: str, count: int) -> list[str]:
    found = dates(rule, LA, 900, date.fromisoformat(first), count=count)
    return [one.day.isoformat() for one in found]


def test_every_monday():
    assert days(weekly((0,)), "2027-03-03", 3) == ["2027-03-08", "2027-03-15", "2027-03-22"]


def test_every_other_week_skips_whole_weeks_from_the_first_date_on():
    assert days("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE", "2027-03-02", 4) == [
        "2027-03-03", "2027-03-15", "2027-03-17", "2027-03-29",
    ]  # fmt: skip
    assert days(weekly((0,), 2), "2027-03-04", 2) == ["2027-03-08", "2027-03-22"]


def test_the_second_tuesday_and_the_last_friday_of_a_month():
    assert days("FREQ=MONTHLY;BYDAY=2TU", "2027-03-10", 2) == ["2027-04-13", "2027-05-11"]
    assert days(monthly(-1, 4), "2027-03-01", 3) == ["2027-03-26", "2027-04-30", "2027-05-28"]
    assert days(monthly(1, 0, 2), "2027-03-02", 2) == ["2027-04-05", "2027-06-07"]


def test_the_wall_clock_time_is_kept_over_a_change_of_the_clock():
    """March 14, 2027 is the first day of daylight saving time in Los Angeles."""
    found = dates(weekly((6,)), LA, 15 * 60, date(2027, 3, 7), count=2)
    assert [from_minute(one.start).hour for one in found] == [23, 22]


def test_a_time_that_the_clock_skips_has_no_start():
    found = dates(weekly((6,)), LA, 150, date(2027, 3, 7), count=3)
    assert [one.start is None for one in found] == [False, True, False]


def test_a_time_that_the_clock_shows_twice_is_the_first_of_the_two():
    (found,) = dates(weekly((6,)), LA, 90, date(2027, 11, 7), count=1)
    assert from_minute(found.start).hour == 8


def test_it_ends_on_the_last_day_and_never_has_more_than_two_years_of_weeks():
    assert len(dates(weekly((0,)), LA, 900, date(2027, 3, 1), last=date(2027, 3, 22))) == 4
    assert len(dates(weekly((0,)), LA, 900, date(2027, 3, 1), count=5000)) == MOST


@pytest.mark.parametrize(
    "text",
    [
        "", "BYDAY=MO", "FREQ=DAILY;BYDAY=MO", "FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=",
        "FREQ=WEEKLY;BYDAY=XX", "FREQ=WEEKLY;BYDAY=MO,MO", "FREQ=WEEKLY;BYDAY=2MO",
        "FREQ=WEEKLY;INTERVAL=0;BYDAY=MO",
        "FREQ=WEEKLY;INTERVAL=13;BYDAY=MO", "FREQ=WEEKLY;INTERVAL=x;BYDAY=MO",
        "FREQ=MONTHLY;BYDAY=MO",
        "FREQ=MONTHLY;BYDAY=5MO", "FREQ=MONTHLY;BYDAY=1MO,2TU", "FREQ=WEEKLY;BYDAY=MO;COUNT=9",
        "FREQ=SECONDLY;BYDAY=MO", "FREQ=WEEKLY;INTERVAL=١;BYDAY=MO",
    ],
)  # fmt: skip
def test_other_rules_are_refused(text):
    with pytest.raises(ValueError):
        parse_rule(text)


RULES = st.one_of(
    st.builds(
        Rule,
        st.just("WEEKLY"),
        st.integers(1, 12),
        st.sets(st.integers(0, 6), min_size=1).map(lambda some: tuple(sorted(some))),
        st.just(0),
    ),
    st.builds(
        Rule,
        st.just("MONTHLY"),
        st.integers(1, 12),
        st.integers(0, 6).map(lambda day: (day,)),
        st.sampled_from([1, 2, 3, 4, -1]),
    ),
)


@given(rule=RULES)
def test_a_rule_reads_as_it_was_written(rule):
    assert parse_rule(format_rule(rule)) == rule


@given(rule=RULES, first=FIRSTS)
def test_the_dates_are_those_of_a_calendar_program(rule, first):
    """Read by dateutil from the first date on, as a recipient's calendar reads the entry."""
    ours = [day for day, _ in zip(days_of(rule, first), range(20), strict=False)]
    theirs = rrule.rrulestr(
        format_rule(rule), dtstart=datetime(ours[0].year, ours[0].month, ours[0].day)
    )
    assert ours == [day.date() for day, _ in zip(theirs, range(20), strict=False)]
    every_day = rule._replace(interval=1)
    earlier = (first + timedelta(days=n) for n in range((ours[0] - first).days))
    assert not any(next(iter(days_of(every_day, day))) == day for day in earlier)


@given(rule=RULES, first=FIRSTS, at=st.integers(0, 1439))
def test_every_start_shows_the_time_on_the_wall(rule, first, at):
    for one in dates(format_rule(rule), LA, at, first, count=20):
        if one.start is not None:
            wall = from_minute(one.start).astimezone(ZoneInfo(LA))
            assert (wall.date(), wall.hour * 60 + wall.minute) == (one.day, at)
