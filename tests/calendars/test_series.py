"""Dates that recur in one person's calendar: the rule, its exceptions, and what changes later.

A calendar of the tests (`receiver`), which reads by vobject and dateutil, takes each object as it
would come by mail and must then show the very dates.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.calendars.invites import InviteFacts, Method, new_uid, next_stamp
from scheduling.calendars.series import (
    Occasion,
    SeriesFacts,
    next_step,
    render_date,
    render_series,
)
from scheduling.engine.interval import from_minute
from scheduling.engine.recurrence import dates as dates_of
from tests.calendars.receiver import Receiver

LA = "America/Los_Angeles"
LINK = "https://clinic.example/j/Zx3nQ0vW7mY5sB1dK8tLr2pHc6gUaEfJ9iOwXyTzVbN"
STAMP = datetime(2027, 3, 1, 17, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LIKE = InviteFacts(
    uid="6b0c6a0e-5a9e-4c58-9d3f-0f2f5a3f7b11",
    sequence=0,
    method=Method.REQUEST,
    stamp=STAMP,
    start=STAMP,
    end=STAMP + HOUR,
    zone=LA,
    organizer="mail@clinic.example",
    organizer_name="Appointments",
    attendee="ines@home.example",
    join_url=LINK,
)
LATER = replace(LIKE, sequence=1, stamp=STAMP + DAY)
MONDAYS = "FREQ=WEEKLY;BYDAY=MO"
FIRST = date(2027, 3, 1)


def usual(rule=MONDAYS, zone=LA, at=15 * 60, first=FIRST, count=12, minutes=50):
    """The dates of a rule, by the engine's recurrence."""
    found = dates_of(rule, zone, at, first, count=count)
    return {
        one.day: Occasion(from_minute(one.start), from_minute(one.start + minutes))
        for one in found
        if one.start is not None
    }


def facts(dates=None, like=LIKE, **fields):
    said = {"rule": MONDAYS, "at": 15 * 60, "minutes": 50, "zone": LA} | fields
    return SeriesFacts(like=like, dates=usual() if dates is None else dates, **said)


def lines(raw):
    return raw.decode().replace("\r\n ", "").split("\r\n")


def shown(*objects):
    calendar = Receiver()
    for one in objects:
        calendar.take(one)
    return calendar.shows()


def times(dates):
    return sorted((one.start, one.end) for one in dates.values())


def test_twelve_mondays_are_one_event_with_a_rule_that_ends():
    """The clock goes forward after the second: 3 PM stays 3 PM."""
    raw = render_series(facts())
    (event,) = icalendar.Calendar.from_ical(raw).events
    assert event["rrule"].to_ical() == b"FREQ=WEEKLY;UNTIL=20270517T220000Z;BYDAY=MO"
    assert "DTSTART;TZID=America/Los_Angeles:20270301T150000" in lines(raw)
    assert "DTEND;TZID=America/Los_Angeles:20270301T155000" in lines(raw)
    assert shown(raw) == times(usual())
    assert {start.astimezone(ZoneInfo(LA)).hour for start, _ in shown(raw)} == {15}


def test_dates_that_are_not_the_recipients_are_exceptions_of_the_same_kind():
    dates = usual()
    del dates[date(2027, 3, 15)], dates[date(2027, 4, 5)]
    raw = render_series(facts(dates))
    found = [line for line in lines(raw) if line.startswith("EXDATE")]
    assert found == [
        "EXDATE;TZID=America/Los_Angeles:20270315T150000",
        "EXDATE;TZID=America/Los_Angeles:20270405T150000",
    ]
    assert shown(raw) == times(dates)


def test_a_date_at_another_time_is_an_event_of_its_own_in_the_same_object():
    day, dates = date(2027, 3, 8), usual()
    dates[day] = Occasion(dates[day].start + DAY, dates[day].end + DAY)
    raw = render_series(facts(dates))
    _rule, other = icalendar.Calendar.from_ical(raw).events
    assert "RECURRENCE-ID;TZID=America/Los_Angeles:20270308T150000" in lines(raw)
    assert other["uid"] == LIKE.uid and other["sequence"] == 0
    assert shown(raw) == times(dates)


def test_one_date_that_moves_is_told_alone():
    day, dates = date(2027, 3, 8), usual()
    dates[day] = Occasion(dates[day].start + HOUR, dates[day].end + HOUR)
    step = next_step(usual(), dates)
    assert step == (Method.REQUEST, day)
    raw = render_date(facts(dates, LATER), day)
    (event,) = icalendar.Calendar.from_ical(raw).events
    assert "rrule" not in event and event["sequence"] == 1
    assert "RECURRENCE-ID;TZID=America/Los_Angeles:20270308T150000" in lines(raw)
    assert shown(render_series(facts()), raw) == times(dates)


def test_one_date_that_is_cancelled_takes_out_that_date_alone():
    day, dates = date(2027, 3, 8), usual()
    del dates[day]
    assert next_step(usual(), dates) == (Method.CANCEL, day)
    like = replace(LATER, method=Method.CANCEL)
    raw = render_date(facts(usual(), like), day)
    (event,) = icalendar.Calendar.from_ical(raw).events
    assert (event["status"], event["transp"]) == ("CANCELLED", "TRANSPARENT")
    assert not {"rrule", "location", "url", "conference", "description"} & set(event)
    assert "RECURRENCE-ID;TZID=America/Los_Angeles:20270308T150000" in lines(raw)
    assert "DTSTART;TZID=America/Los_Angeles:20270308T150000" in lines(raw)
    assert shown(render_series(facts()), raw) == times(dates)


def test_what_ends_early_ends_by_its_rule():
    past = {day: one for day, one in usual().items() if day < date(2027, 4, 1)}
    assert next_step(usual(), past) == (Method.REQUEST, None)
    raw = render_series(facts(past, LATER))
    assert "UNTIL=20270329T220000Z" in raw.decode()
    assert shown(render_series(facts()), raw) == times(past)


def test_all_of_it_is_taken_out_by_one_cancel():
    assert next_step(usual(), {}) == (Method.CANCEL, None)
    raw = render_series(facts(like=replace(LATER, method=Method.CANCEL)))
    (event,) = icalendar.Calendar.from_ical(raw).events
    assert "recurrence-id" not in event and event["status"] == "CANCELLED"
    assert shown(render_series(facts()), raw) == []


def test_who_joins_late_gets_what_is_to_come():
    late = {day: one for day, one in usual().items() if day > date(2027, 4, 1)}
    raw = render_series(facts(late))
    assert "DTSTART;TZID=America/Los_Angeles:20270405T150000" in lines(raw)
    assert "EXDATE" not in raw.decode() and shown(raw) == times(late)


def test_every_other_week_goes_on_from_any_of_its_dates():
    rule = "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE"
    late = {day: one for day, one in usual(rule).items() if day > date(2027, 3, 2)}
    assert min(late) == date(2027, 3, 3)
    assert shown(render_series(facts(late, rule=rule))) == times(late)


def test_what_goes_on_has_no_end():
    dates = usual(count=104)
    raw = render_series(facts(dates, goes_on=True))
    assert "UNTIL" not in raw.decode()
    assert shown(raw)[:104] == times(dates)


def test_a_date_by_telephone_has_nothing_to_dial_in_to():
    day, dates = date(2027, 3, 8), usual()
    dates[day] = dates[day]._replace(by_telephone=True)
    assert next_step(usual(), dates) == (Method.REQUEST, day)
    (event,) = icalendar.Calendar.from_ical(render_date(facts(dates), day)).events
    assert "conference" not in event and str(event["location"]) == LINK


def test_a_zone_is_told_by_rules():
    """A list of onsets is read one hour wrong by some."""
    text = render_series(facts()).decode()
    assert text.count("BEGIN:VTIMEZONE") == 1 and "RDATE" not in text
    assert text.count("RRULE:FREQ=YEARLY") == 2


@pytest.mark.parametrize("zone", ["Africa/Cairo", "America/Sao_Paulo", "Asia/Kathmandu"])
def test_zones_of_all_kinds(zone):
    dates = usual(zone=zone, count=60)
    assert shown(render_series(facts(dates, zone=zone))) == times(dates)


def test_an_exception_in_the_hour_that_comes_twice_is_the_second_one():
    day = date(2027, 11, 7)  # a Sunday; 1:30 AM comes twice
    dates = usual("FREQ=WEEKLY;BYDAY=SU", first=date(2027, 10, 31), count=3)
    second = datetime(2027, 11, 7, 9, 30, tzinfo=UTC)
    dates[day] = Occasion(second, second + 50 * HOUR / 60)
    raw = render_series(facts(dates, rule="FREQ=WEEKLY;BYDAY=SU"))
    assert shown(raw) == times(dates)


def test_a_date_in_the_gap_of_spring_is_left_out_or_told_by_its_own_time():
    rule, at = "FREQ=WEEKLY;BYDAY=SU", 2 * 60 + 30  # 2027-03-14 has no 2:30 AM
    dates = usual(rule, at=at, first=date(2027, 3, 7), count=3)
    assert date(2027, 3, 14) not in dates
    assert shown(render_series(facts(dates, rule=rule, at=at))) == times(dates)


def test_a_file_for_any_calendar_names_nobody():
    raw = render_series(facts(like=replace(LIKE, method=Method.PUBLISH, attendee=None)))
    assert b"ATTENDEE" not in raw and b"METHOD:PUBLISH" in raw


def test_nothing_tells_what_kind_of_care_it_is():
    """PR1: time, neutral words and our link only."""
    dates = usual()
    dates[date(2027, 3, 8)] = dates[date(2027, 3, 8)]._replace(by_telephone=True)
    everything = render_series(facts(dates)).decode().replace("\r\n ", "").lower()
    words = "cbt dbt rebt therap session group patient client clinician doctor dr. health psych"
    words += " mental counsel treat care diagnos licen phd lcsw telehealth member series"
    assert [word for word in words.split() if word in everything] == []


@pytest.mark.parametrize(
    "dates", [{}, {date(2027, 3, 2): Occasion(STAMP, STAMP + HOUR)}], ids=["none", "not the rule's"]
)
def test_dates_that_make_no_series_are_refused(dates):
    with pytest.raises(ValueError):
        facts(dates)


def test_the_same_facts_are_the_same_bytes():
    assert render_series(facts()) == render_series(facts())


RULES = st.sampled_from(
    [
        "FREQ=WEEKLY;BYDAY=MO",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,FR",
        "FREQ=WEEKLY;BYDAY=MO,WE,SU",
        "FREQ=MONTHLY;BYDAY=2TU",
        "FREQ=MONTHLY;BYDAY=-1SU",
    ]
)
DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["skip", "move", "restore", "telephone", "end", "begin"]),
        st.integers(0, 20),
        st.integers(-300, 3000),
    ),
    max_size=12,
)


@settings(max_examples=50, deadline=None)
@given(
    rule=RULES,
    zone=st.sampled_from([LA, "America/New_York", "Europe/Dublin", "America/Phoenix"]),
    at=st.sampled_from([90, 540, 1400]),
    first=st.sampled_from([date(2027, 2, 22), date(2027, 10, 18), date(2028, 2, 21)]),
    deeds=DEEDS,
    every=st.integers(1, 4),
)
def test_after_every_message_a_calendar_shows_the_very_dates(rule, zone, at, first, deeds, every):
    """Whatever happens to the dates, and however many changes one message has to tell of."""
    given = usual(rule, zone, at, first, count=14)
    calendar, told, now = Receiver(), {}, dict(given)
    like = replace(LIKE, uid=new_uid())
    for number, (deed, which, minutes) in enumerate([("begin", 0, 0), *deeds]):
        day = sorted(given)[which % len(given)]
        change(now, given, deed, day, minutes)
        if number % every:
            continue
        if (step := next_step(told, now)) is not None:
            like = replace(
                LIKE,
                uid=like.uid if told else new_uid(),
                sequence=like.sequence + 1 if told else 0,
                stamp=next_stamp(STAMP, like.stamp if told else None),
                method=step.method,
            )
            dates = told if step.method is Method.CANCEL else now
            said = facts(dates, like, rule=rule, zone=zone, at=at)
            calendar.take(render_date(said, step.day) if step.day else render_series(said))
            told = dict(now)
        assert calendar.shows() == times(now)


def change(now, given, deed, day, minutes):
    if deed == "skip":
        now.pop(day, None)
    elif deed == "end":
        for one in [one for one in now if one >= day]:
            del now[one]
    elif deed == "telephone" and day in now:
        now[day] = now[day]._replace(by_telephone=not now[day].by_telephone)
    elif deed == "move" and day in now:
        by = timedelta(minutes=minutes)
        now[day] = Occasion(given[day].start + by, given[day].end + by)
    elif deed == "restore":
        now[day] = given[day]
