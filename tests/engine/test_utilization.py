"""Sums add up, and hours offered are laid on the clinic's clock."""

from __future__ import annotations

from datetime import date

import pytest

from scheduling.engine.hours import Hours, day_span
from scheduling.engine.periods import Length, period
from scheduling.engine.utilization import LEAD_DAYS, Sums, by_hour, offers, steps

LA, NY = "America/Los_Angeles", "America/New_York"
DAILY = ";".join(f"{day}:540-720" for day in range(7))


def bounds(zone: str, *days: date) -> list[int]:
    return [day_span(zone, day, day)[0] for day in days]


def test_two_together():
    one = Sums(offered=60, booked=50, lead=(1,) * 8, patients=3)
    both = one + Sums(offered=40, booked=10, lead=(2,) * 8, patients=3)
    assert (both.offered, both.booked, both.lead, both.utilization) == (100, 60, (3,) * 8, 0.6)
    assert both.patients == 0  # the same or others: to be counted anew
    assert (one + Sums(offered=None)).offered is None


def test_where_there_is_nothing_there_is_no_share():
    none = Sums(offered=None, booked=50)
    assert (none.utilization, none.show_rate, none.fill, none.rebooking) == (None,) * 4
    assert none.lead_within(0.5) is None


@pytest.mark.parametrize(
    ("lead", "median", "most"),
    [
        ((1, 0, 0, 0, 0, 0, 0, 0), 1, 1),
        ((5, 0, 4, 1, 0, 0, 0, 0), 1, 4),
        ((0, 0, 0, 0, 0, 0, 1, 9), None, None),
    ],
)
def test_within_how_many_days_half_and_nine_in_ten_lie(lead, median, most):
    sums = Sums(lead=lead)
    assert (sums.lead_within(0.5), sums.lead_within(0.9)) == (median, most)
    assert len(lead) == len(LEAD_DAYS) + 1


def test_steps_are_weeks_or_months():
    four = steps(period(Length.FOUR_WEEKS, date(2027, 3, 1), 0))
    assert [day.day for day in four] == [1, 8, 15, 22]
    assert [day.month for day in steps(period(Length.YEAR, date(2027, 3, 1), 0))] == [*range(1, 13)]
    assert steps(period(Length.MONTH, date(2027, 3, 9), 0)) == [date(2027, 3, 1)]


def test_time_runs_on_into_the_next_hour_and_the_next_week():
    cells = by_hour([(30, 50, 2), (7 * 1440 - 10, 20, 1)])
    assert (cells[0], cells[1], cells[167]) == (60 + 10, 40, 10)
    assert sum(cells) == 120


def test_hours_in_new_york_lie_earlier_in_los_angeles():
    days = bounds(LA, date(2027, 3, 1), date(2027, 3, 8))
    found = offers({7: Hours(NY, ((None, None, DAILY),))}, LA, days, 0)
    assert found.by_step == [7 * 180]
    assert found.by_therapist == {7: 7 * 180}
    assert [found.by_hour[hour] for hour in (5, 6, 7, 8, 9)] == [0, 60, 60, 60, 0]


def test_only_the_later_steps_count_by_therapist_and_hour():
    days = bounds(LA, date(2027, 3, 1), date(2027, 3, 8), date(2027, 3, 15))
    off = Hours(LA, ((None, None, DAILY),), (), ((date(2027, 3, 7), date(2027, 3, 9)),))
    found = offers({7: off, 8: Hours(LA, ((None, None, DAILY),))}, LA, days, 1)
    assert found.by_step == [13 * 180, 12 * 180]
    assert found.by_therapist == {7: 5 * 180, 8: 7 * 180}
    assert sum(found.by_hour) == 12 * 180


def test_a_shift_over_the_change_of_the_clock_is_an_hour_shorter():
    night = Hours(LA, ((None, None, "5:1320-1800"),))  # Saturday 10 PM to Sunday 6 AM
    days = bounds(LA, date(2027, 3, 8), date(2027, 3, 15))
    found = offers({7: night}, LA, days, 0)
    assert found.by_step == [7 * 60]
    sunday = found.by_hour[6 * 24 : 6 * 24 + 6]
    assert sunday == [60, 60, 0, 60, 60, 60]
