"""Our VTIMEZONEs, read by an independent parser, agree with the zone data hour by hour."""

import importlib.resources
from datetime import UTC, datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
import vobject

from scheduling.calendars import zones

RULED = [
    "America/New_York",
    "America/Chicago",
    "America/Los_Angeles",
    "America/St_Johns",
    "America/Nuuk",
    "America/Santiago",
    "Europe/London",
    "Europe/Dublin",
    "Europe/Riga",
    "Asia/Gaza",
    "Asia/Jerusalem",
    "Antarctica/Troll",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Pacific/Easter",
]
FIXED = ["America/Phoenix", "Pacific/Honolulu", "Asia/Kolkata", "Asia/Kathmandu", "Etc/UTC"]
LISTED = ["Africa/Casablanca", "Africa/Cairo", "America/Vancouver", "America/Winnipeg"]


def pinned(zone):
    data = importlib.resources.files("tzdata").joinpath("zoneinfo", *zone.split("/")).read_bytes()
    return ZoneInfo.from_file(BytesIO(data), key=zone)


def read_back(zone, first_year, last_year):
    """The zone as vobject understands it, which has no line in common with the writer."""
    component = zones.vtimezone(zone, first_year, last_year).to_ical().decode()
    event = "BEGIN:VEVENT\r\nUID:1\r\nDTSTART:20260101T000000Z\r\nEND:VEVENT\r\n"
    head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n"
    calendar = vobject.readOne(f"{head}{component}{event}END:VCALENDAR\r\n")
    return calendar.vtimezone.gettzinfo()


def hours(first_year, last_year):
    at, end = datetime(first_year, 1, 1, tzinfo=UTC), datetime(last_year + 1, 1, 1, tzinfo=UTC)
    while at < end:
        yield at
        at += timedelta(hours=1)


def wrong_hours(zone, first_year, last_year):
    """Hours at which the wall clock, taken through our component, is another instant."""
    truth, ours = pinned(zone), read_back(zone, first_year, last_year)
    wrong = []
    for at in hours(first_year, last_year):
        local = at.astimezone(truth)
        if local.fold or local.replace(fold=1).utcoffset() != local.utcoffset():
            continue  # said twice that night; a reader may choose
        if local.replace(tzinfo=ours).utcoffset() != local.utcoffset():
            wrong.append(at)
    return wrong


@pytest.mark.parametrize("zone", RULED + FIXED + LISTED)
def test_every_hour_reads_back_as_the_zone_says(zone):
    assert wrong_hours(zone, 2026, 2027) == []


@pytest.mark.parametrize("zone", RULED)
def test_a_zone_with_a_rule_is_two_yearly_parts(zone):
    text = zones.vtimezone(zone, 2026, 2027).to_ical().decode()
    assert text.count("RRULE:FREQ=YEARLY") == 2
    assert "RDATE" not in text


def test_a_yearly_rule_stays_right_after_the_years_asked_for():
    ours, truth = read_back("America/New_York", 2026, 2026), pinned("America/New_York")
    summer = datetime(2031, 7, 1, 9)
    assert summer.replace(tzinfo=ours).utcoffset() == summer.replace(tzinfo=truth).utcoffset()


@pytest.mark.parametrize("zone", LISTED)
def test_a_zone_without_a_rule_lists_each_change(zone):
    text = zones.vtimezone(zone, 2026, 2027).to_ical().decode()
    assert "RRULE" not in text
    assert "RDATE" not in text


def test_a_zone_without_changes_is_one_part():
    assert len(zones.observances("America/Phoenix", 2026, 2030)) == 1


def test_new_york_in_full():
    text = zones.vtimezone("America/New_York", 2026, 2026).to_ical().decode()
    assert "DTSTART:20250309T020000\r\nRRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3" in text
    assert "DTSTART:20251102T020000\r\nRRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11" in text


def test_daylight_is_the_later_clock_in_dublin_too():
    parts = {part.name: part.daylight for part in zones.observances("Europe/Dublin", 2026, 2026)}
    assert parts == {"IST": True, "GMT": False}


def test_what_is_asked_twice_is_worked_out_once_and_never_shared():
    first = zones.observances("Europe/Riga", 2026, 2027)
    assert zones.observances("Europe/Riga", 2026, 2027) is first
    one, other = (zones.vtimezone("Europe/Riga", 2026, 2027) for _ in range(2))
    assert one is not other
    assert one.to_ical() == other.to_ical()


@pytest.mark.parametrize(
    "zone",
    ["", "Mars/Base", "America", "leapseconds", "../zoneinfo/Europe/Riga", "a\r\nX:1"],
)
def test_an_unknown_zone_is_refused(zone):
    with pytest.raises(ZoneInfoNotFoundError):
        zones.vtimezone(zone, 2026, 2026)
