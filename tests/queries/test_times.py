"""How a time is told: city and abbreviation always, "to", AM and PM."""

import pytest

from scheduling.queries.times import city, clock_in, h_mm, hours, length, starting, when
from tests.world import at

LA = "America/Los_Angeles"


def test_a_time_in_full():
    start = at("2027-03-02", 10)
    assert when(start, start + 50, LA) == (
        "Tuesday, March 2, 2027, 10:00 AM to 10:50 AM PST (Los Angeles)"
    )


def test_a_start_alone():
    start = at("2027-07-02", 12)
    assert starting(start, LA) == "Friday, July 2, 2027, 12:00 PM PDT (Los Angeles)"
    assert clock_in(start, LA) == "12:00 PM PDT"
    assert clock_in(start, "Asia/Kathmandu") == "12:45 AM UTC+5:45"


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("America/New_York", "Tuesday, March 2, 2027, 1:00 PM to 1:50 PM EST (New York)"),
        ("America/Phoenix", "Tuesday, March 2, 2027, 11:00 AM to 11:50 AM MST (Phoenix)"),
        ("America/Sao_Paulo", "Tuesday, March 2, 2027, 3:00 PM to 3:50 PM UTC-3 (Sao Paulo)"),
        ("Asia/Kathmandu", "Tuesday, March 2, 2027, 11:45 PM to Wednesday, March 3, 2027, "
         "12:35 AM UTC+5:45 (Kathmandu)"),
        ("UTC", "Tuesday, March 2, 2027, 6:00 PM to 6:50 PM UTC (UTC)"),
    ],
)  # fmt: skip
def test_the_same_time_elsewhere(zone, said):
    start = at("2027-03-02", 10)
    assert when(start, start + 50, zone) == said


def test_over_the_change_of_the_clock_both_abbreviations_are_told():
    start = at("2027-11-07", 1, 30)
    assert when(start, start + 50, LA) == (
        "Sunday, November 7, 2027, 1:30 AM PDT to 1:20 AM PST (Los Angeles)"
    )


@pytest.mark.parametrize(
    ("zone", "name"),
    [
        ("America/Indiana/Knox", "Knox, Indiana"),
        ("America/Port_of_Spain", "Port of Spain"),
        ("UTC", "UTC"),
    ],
)
def test_the_city_of_a_zone(zone, name):
    assert city(zone) == name


@pytest.mark.parametrize(
    ("minutes", "said", "figures"),
    [
        (0, "0 hours", "0:00"),
        (50, "50 min", "0:50"),
        (60, "1 hour", "1:00"),
        (310, "5 h 10 min", "5:10"),
        (540, "9 hours", "9:00"),
        (74105, "1235 h 5 min", "1,235:05"),
        (-5, None, "−0:05"),
    ],
)
def test_a_length_of_time(minutes, said, figures):
    assert h_mm(minutes) == figures
    assert said is None or hours(minutes) == said


def test_the_length_of_a_session():
    said = [length(minutes) for minutes in (50, 90, 119, 120, 270)]
    assert said == ["50 minutes", "90 minutes", "119 minutes", "2 hours", "4 h 30 min"]
