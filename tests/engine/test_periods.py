"""Whole weeks of the clinic, whole months, years: what a report can be about."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduling.engine.periods import Length, latest, period

DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(Length), DAYS, st.integers(0, 6))
def test_one_after_the_other_without_gap_or_overlap(length: Length, day: date, starts: int) -> None:
    found = period(length, day, starts)
    assert found.first <= day < found.until
    assert found.after.first == found.until
    assert found.before.until == found.first
    assert found.after.before == found
    assert found.last == found.until - timedelta(days=1)


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(Length), DAYS, st.integers(0, 6))
def test_the_latest_is_the_last_that_is_over(length: Length, day: date, starts: int) -> None:
    found = latest(length, day, starts)
    assert found.until <= day
    assert day - found.until < {"month": timedelta(31), "year": timedelta(366)}.get(
        length, timedelta(7)
    )


@pytest.mark.parametrize(
    ("length", "starts", "first", "until"),
    [
        (Length.WEEK, 0, "2027-03-01", "2027-03-08"),
        (Length.WEEK, 6, "2027-02-28", "2027-03-07"),
        (Length.FOUR_WEEKS, 0, "2027-03-01", "2027-03-29"),
        (Length.MONTH, 0, "2027-03-01", "2027-04-01"),
        (Length.YEAR, 0, "2027-01-01", "2028-01-01"),
    ],
)
def test_the_period_of_a_thursday(length: Length, starts: int, first: str, until: str) -> None:
    found = period(length, date(2027, 3, 4), starts)
    assert (found.first.isoformat(), found.until.isoformat()) == (first, until)
