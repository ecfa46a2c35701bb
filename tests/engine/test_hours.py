"""Hours on the wall clock: patterns, zones, and both nights on which the clocks change."""

import zoneinfo
from datetime import UTC, date, datetime

import pytest

from scheduling.engine.hours import (
    Hours,
    NonexistentTime,
    UnknownZone,
    day_span,
    day_starts,
    format_day,
    format_pattern,
    local_day,
    offset_at,
    openings,
    parse_day,
    parse_pattern,
    segments,
    wall_to_minute,
)
from scheduling.engine.interval import DAY, day_number, to_minute


def utc(*parts):
    return to_minute(datetime(*parts, tzinfo=UTC))


def open_hours(zone, pattern, first, days, **more):
    low = day_number(first) * DAY
    hours = Hours(zone, ((None, None, pattern),), **more)
    return [(a, b) for a, b, _ in openings(hours, (low, low + days * DAY))]


def test_zone_data_is_the_pinned_package_and_not_the_machine():
    assert zoneinfo.TZPATH == ()


def test_a_pattern_survives_reading_and_writing():
    text = "0:540-720,780-1020;2:540-720;6:1320-1800"
    week = parse_pattern(text)
    assert week[0] == ((540, 720), (780, 1020))
    assert week[1] == ()
    assert format_pattern(week) == text
    assert parse_pattern("") == ((),) * 7
    assert parse_day("") == ()
    assert format_day([(780, 1020), (540, 720)]) == "540-720,780-1020"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("720-540", "ends after it starts"),
        ("540-540", "ends after it starts"),
        ("540", "looks like"),
        ("540-", "looks like"),
        ("-540", "looks like"),
        ("9:00-10:00", "looks like"),
        (" 540-720", "looks like"),
        ("5_4-720", "looks like"),
        ("٥-720", "looks like"),
        ("540-720,", "looks like"),
        ("1440-1500", "on its own day"),
        ("1320-2881", "next day at the latest"),
        ("540-720,700-800", "overlap"),
    ],
)
def test_a_day_that_makes_no_sense_is_refused_with_a_reason(text, reason):
    with pytest.raises(ValueError, match=reason):
        parse_day(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("7:540-720", "Monday is 0"),
        ("540-720", "Monday is 0"),
        ("0:540-720;", "Monday is 0"),
        ("0:", "left out"),
        ("0:540-720;0:780-900", "twice"),
        ("0:720-540", "ends after it starts"),
    ],
)
def test_a_pattern_that_makes_no_sense_is_refused_with_a_reason(text, reason):
    with pytest.raises(ValueError, match=reason):
        parse_pattern(text)


@pytest.mark.parametrize(
    "name", ["Mars/Base", "", "America", "america/chicago", "../etc/passwd", "/etc/localtime"]
)
def test_a_zone_that_does_not_exist_is_refused(name):
    with pytest.raises(UnknownZone):
        offset_at(name, 0)


# zone, date, what the wall clock would show, UTC minute of it (None: never shown)
WALL = [
    ("America/New_York", (2027, 3, 14), 119, (2027, 3, 14, 6, 59)),
    ("America/New_York", (2027, 3, 14), 120, None),
    ("America/New_York", (2027, 3, 14), 179, None),
    ("America/New_York", (2027, 3, 14), 180, (2027, 3, 14, 7, 0)),
    ("America/New_York", (2026, 11, 1), 60, (2026, 11, 1, 5, 0)),
    ("America/New_York", (2026, 11, 1), 119, (2026, 11, 1, 5, 59)),
    ("America/New_York", (2026, 11, 1), 120, (2026, 11, 1, 7, 0)),
    ("Australia/Lord_Howe", (2026, 10, 4), 119, (2026, 10, 3, 15, 29)),
    ("Australia/Lord_Howe", (2026, 10, 4), 120, None),
    ("Australia/Lord_Howe", (2026, 10, 4), 150, (2026, 10, 3, 15, 30)),
    ("Australia/Lord_Howe", (2027, 4, 4), 90, (2027, 4, 3, 14, 30)),
    ("Australia/Lord_Howe", (2027, 4, 4), 120, (2027, 4, 3, 15, 30)),
    ("Asia/Beirut", (2027, 3, 28), 59, None),
    ("Asia/Kathmandu", (2027, 3, 14), 0, (2027, 3, 13, 18, 15)),
    ("Asia/Kolkata", (2027, 3, 14), 1440, (2027, 3, 14, 18, 30)),
]


@pytest.mark.parametrize(("zone", "day", "clock", "moment"), WALL)
def test_a_wall_time_is_one_minute_or_none(zone, day, clock, moment):
    if moment is None:
        with pytest.raises(NonexistentTime):
            wall_to_minute(zone, date(*day), clock)
    else:
        assert wall_to_minute(zone, date(*day), clock) == utc(*moment)


NIGHT = "5:1320-1800"  # Saturday 22:00 to Sunday 06:00


@pytest.mark.parametrize(
    ("zone", "saturday", "hours"),
    [
        ("America/New_York", date(2027, 3, 6), 8),
        ("America/New_York", date(2027, 3, 13), 7),
        ("America/New_York", date(2026, 10, 31), 9),
        ("Europe/London", date(2027, 3, 27), 7),
        ("Europe/London", date(2026, 10, 24), 9),
        ("Australia/Lord_Howe", date(2026, 10, 3), 7.5),
        ("Australia/Lord_Howe", date(2027, 4, 3), 8.5),
        ("Asia/Kolkata", date(2027, 3, 13), 8),
    ],
)
def test_a_night_shift_is_as_long_as_the_night(zone, saturday, hours):
    opened = open_hours(zone, NIGHT, saturday, 3)
    assert sum(end - start for start, end in opened) == hours * 60
    assert opened[0][0] == wall_to_minute(zone, saturday, 1320)
    assert opened[-1][1] == wall_to_minute(zone, saturday, 1800)
    assert all(a[1] == b[0] for a, b in zip(opened, opened[1:], strict=False)), "one run"


def test_hours_inside_the_skipped_hour_open_nothing_and_in_the_repeated_one_open_twice():
    sunday = "6:60-120"
    assert open_hours("America/New_York", "6:120-180", date(2027, 3, 14), 1) == []
    twice = open_hours("America/New_York", sunday, date(2026, 11, 1), 1)
    assert twice == [
        (utc(2026, 11, 1, 5, 0), utc(2026, 11, 1, 6, 0)),
        (utc(2026, 11, 1, 6, 0), utc(2026, 11, 1, 7, 0)),
    ]


def test_a_day_off_blanks_the_date_and_an_override_replaces_what_starts_on_it():
    monday = date(2027, 3, 8)
    nights = "0:1320-1800;1:540-600"  # Monday night into Tuesday, Tuesday 09:00
    off = open_hours("UTC", nights, monday, 2, days_off=((date(2027, 3, 9), date(2027, 3, 9)),))
    assert off == [(utc(2027, 3, 8, 22), utc(2027, 3, 9))]
    other = open_hours("UTC", nights, monday, 2, overrides=((date(2027, 3, 9), "720-780"),))
    assert other == [
        (utc(2027, 3, 8, 22), utc(2027, 3, 9, 6)),
        (utc(2027, 3, 9, 12), utc(2027, 3, 9, 13)),
    ]
    none = open_hours("UTC", nights, monday, 2, overrides=((monday, ""),))
    assert none == [(utc(2027, 3, 9, 9), utc(2027, 3, 9, 10))]


def test_a_period_counts_from_its_first_to_its_last_day():
    low = day_number(date(2027, 3, 8)) * DAY
    daily = ";".join(f"{day}:540-600" for day in range(7))
    hours = Hours("UTC", ((date(2027, 3, 9), date(2027, 3, 10), daily),))
    found = [start for start, _, _ in openings(hours, (low, low + 5 * DAY))]
    assert found == [utc(2027, 3, 9, 9), utc(2027, 3, 10, 9)]


def test_time_off_is_cut_out_by_the_minute():
    cut = (utc(2027, 3, 8, 10, 7), utc(2027, 3, 8, 10, 30))
    found = open_hours("UTC", "0:540-720", date(2027, 3, 8), 1, time_off=(cut,))
    assert found == [(utc(2027, 3, 8, 9), cut[0]), (cut[1], utc(2027, 3, 8, 12))]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/New_York", date(2027, 3, 14), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Australia/Lord_Howe", date(2027, 4, 4), 24.5),
        ("Asia/Beirut", date(2027, 3, 28), 23),
        ("Africa/Cairo", date(2026, 10, 29), 25),
    ],
)
def test_a_local_day_has_all_its_hours_and_no_others(zone, day, hours):
    low, high = day_span(zone, day, day)
    assert high - low == hours * 60
    assert local_day(zone, low) == local_day(zone, high - 1) == day
    assert local_day(zone, low - 1) < day < local_day(zone, high)
    assert {low, high} <= set(day_starts(zone, low - 3 * DAY, high + 3 * DAY))


@pytest.mark.parametrize("zone", ["America/New_York", "Africa/Casablanca", "Pacific/Chatham"])
def test_segments_join_without_gap_and_know_every_offset_for_years(zone):
    low, high = day_number(date(2024, 1, 1)) * DAY, day_number(date(2030, 1, 1)) * DAY
    pieces = segments(zone, low, high)
    assert (pieces[0][0], pieces[-1][1]) == (low, high)
    for (_, end, offset), (start, _, other) in zip(pieces, pieces[1:], strict=False):
        assert end == start
        assert offset != other
    clock = zoneinfo.ZoneInfo(zone)
    for start, end, offset in pieces:
        for minute in (*range(start, end, 360), end - 1):
            shown = datetime.fromtimestamp(minute * 60, clock).utcoffset()
            assert shown.total_seconds() == offset * 60
