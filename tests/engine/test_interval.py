"""Spans of minutes."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from scheduling.engine.interval import (
    day_date,
    day_number,
    from_minute,
    merge,
    to_minute,
    whole_days,
)


def test_a_minute_is_the_one_in_which_the_moment_lies():
    assert to_minute(datetime(1970, 1, 1, 0, 1, 59, 999999, tzinfo=UTC)) == 1
    assert to_minute(datetime(1969, 12, 31, 23, 59, 30, tzinfo=UTC)) == -1
    east = timezone(timedelta(hours=5, minutes=45))
    assert to_minute(datetime(1970, 1, 1, 5, 45, tzinfo=east)) == 0
    assert from_minute(29_000_000) == datetime(2025, 2, 19, 21, 20, tzinfo=UTC)
    assert to_minute(from_minute(29_000_000)) == 29_000_000


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        to_minute(datetime(2027, 3, 8))


def test_days_have_numbers():
    assert day_number(date(1970, 1, 1)) == 0
    assert day_date(day_number(date(2027, 3, 8))) == date(2027, 3, 8)
    assert whole_days(1, 1441) == (0, 2880)
    assert whole_days(0, 1440) == (0, 1440)


def test_merge_joins_what_overlaps_or_touches_and_drops_what_is_empty():
    assert merge([(5, 9), (0, 2), (2, 3), (6, 7), (4, 4)]) == [(0, 3), (5, 9)]
