"""The hours ledger, against hand-made weeks and against a slow recount."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.engine.hours import day_span, wall_to_minute
from scheduling.engine.ledger import (
    DatedRule,
    Hours,
    Rule,
    Seat,
    absences,
    age_on,
    first_of_week,
    hours_of,
    rule_on,
    total,
    weeks,
)
from scheduling.engine.lifecycle import Attendance

LA = "America/Los_Angeles"
MONDAY = date(2027, 3, 1)
IOP = Rule(least=540, most=1140)
BY_DAYS = Rule(least=540, most=1140, day_least=180, days=3)
A = Attendance


def at(day: date, hour: int, minute: int = 0, zone: str = LA) -> int:
    return wall_to_minute(zone, day, hour * 60 + minute)


def seat(day: int, minutes: int = 180, **said: object) -> Seat:
    """At 10 AM on a day of the week of MONDAY (0) or after."""
    start = at(MONDAY + timedelta(days=day), 10)
    return Seat(start, start + minutes, **said)  # type: ignore[arg-type]  # by name


def kept(seats: list, *, rule: Rule = IOP, now: int | None = None, days: int = 7, **said):
    enrolled = said.pop("enrolled", day_span(LA, MONDAY, MONDAY + timedelta(days=days - 1)))
    minute = at(MONDAY, 9) if now is None else now
    known = {"zone": LA, "starts": 0, "enrolled": enrolled, "rule": lambda day: rule} | said
    return list(weeks(seats, now=minute, **known))


# One seat


@pytest.mark.parametrize(
    ("said", "became"),
    [
        ({}, Hours(planned=180, ahead=180)),
        ({"mark": A.ATTENDED}, Hours(planned=180, attended=180)),
        ({"mark": A.ATTENDED, "missed": 25}, Hours(planned=180, attended=155, missed=25)),
        ({"mark": A.ATTENDED, "missed": 400}, Hours(planned=180, missed=180)),
        ({"mark": A.NO_SHOW}, Hours(planned=180, missed=180)),
        ({"mark": A.EXCUSED}, Hours(planned=180, excused=180)),
        ({"mark": A.TECHNICAL_FAILURE}, Hours(planned=180, excused=180)),
        ({"booked": False}, Hours(planned=180, cancelled=180)),
        ({"booked": False, "by_patient": True}, Hours(planned=180, cancelled=180)),
    ],
)
def test_what_becomes_of_a_seat(said: dict, became: Hours) -> None:
    assert hours_of(seat(0, **said), at(MONDAY, 9)) == became


def test_a_seat_counts_as_to_come_until_it_is_over_and_is_then_unmarked() -> None:
    one = seat(0)
    assert hours_of(one, one.end - 1).ahead == 180
    assert hours_of(one, one.end).unmarked == 180


def test_what_is_cancelled_is_planned_and_no_longer_booked() -> None:
    (week,) = kept([seat(0), seat(2, booked=False)])
    assert (week.hours.planned, week.hours.booked) == (360, 180)


# A week against its band


def test_minutes_short_of_the_least_count_what_can_still_be_attended() -> None:
    now = at(MONDAY + timedelta(days=1), 9)
    (week,) = kept([seat(0, mark=A.ATTENDED), seat(2), seat(4, 60)], now=now)
    assert (week.hours.attended, week.hours.ahead, week.missing) == (180, 240, 120)
    assert week.short


def test_who_nobody_has_marked_is_not_called_short() -> None:
    now = at(MONDAY + timedelta(days=6), 9)
    (week,) = kept([seat(0), seat(2), seat(4)], now=now)
    assert (week.hours.unmarked, week.missing, week.short) == (540, 0, False)


def test_an_absence_makes_the_week_short_however_it_is_excused() -> None:
    for mark in (A.NO_SHOW, A.EXCUSED, A.TECHNICAL_FAILURE):
        (week,) = kept([seat(0, mark=mark), seat(2), seat(4)])
        assert week.missing == 180


def test_minutes_over_the_most() -> None:
    (week,) = kept([seat(day, 300) for day in range(5)])
    assert (week.over, week.missing) == (1500 - 1140, 0)


def test_days_with_enough_hours_where_a_payer_asks_for_them() -> None:
    (week,) = kept([seat(0, 300), seat(1, 300)], rule=BY_DAYS)
    assert (week.missing, week.days_missing, week.short) == (0, 1, True)
    (week,) = kept([seat(0, 300), seat(1, 300), seat(2, 180)], rule=BY_DAYS)
    assert not week.short


def test_two_sessions_of_a_day_make_up_its_hours_together() -> None:
    late = Seat(at(MONDAY, 16), at(MONDAY, 18))
    (week,) = kept([seat(0, 60), late, seat(2), seat(4)], rule=BY_DAYS)
    assert (week.days[MONDAY].likely, week.days_missing) == (180, 0)


# Which week


def test_weeks_begin_when_the_clinic_says() -> None:
    assert first_of_week(date(2027, 3, 7), 0) == MONDAY
    assert first_of_week(date(2027, 3, 7), 6) == date(2027, 3, 7)
    found = kept([seat(6), seat(7)], days=14, starts=6)
    assert [week.first for week in found] == [
        date(2027, 2, 28),
        date(2027, 3, 7),
        date(2027, 3, 14),
    ]
    assert [week.hours.planned for week in found] == [0, 360, 0]


def test_a_seat_counts_on_the_clinics_day_on_which_it_starts() -> None:
    night = at(MONDAY + timedelta(days=6), 23, 30)  # Monday already, in UTC
    found = kept([Seat(night, night + 90)], days=14)
    assert [week.hours.planned for week in found] == [90, 0]


@pytest.mark.parametrize("days", [5, 6])
def test_a_week_half_outside_the_enrolment_asks_for_nothing(days: int) -> None:
    (week,) = kept([seat(0)], days=days)
    assert (week.rule, week.missing, week.short) == (None, 0, False)
    assert week.hours.planned == 180


def test_a_week_that_a_pause_touches_asks_for_nothing() -> None:
    sunday = MONDAY + timedelta(days=6)
    found = kept([], days=21, pauses=[day_span(LA, sunday, sunday + timedelta(days=1))])
    assert [week.rule for week in found] == [None, None, IOP]


def test_a_pause_without_an_end_goes_on() -> None:
    found = kept([], days=21, pauses=[(day_span(LA, MONDAY, MONDAY)[0] + 7 * 1440, None)])
    assert [week.rule for week in found] == [IOP, None, None]


def test_a_week_that_is_not_made_yet_asks_for_hours_and_is_not_short() -> None:
    until = at(MONDAY + timedelta(days=10), 9)
    found = kept([seat(0)], days=21, rule=BY_DAYS, made_until=until)
    assert [(week.made, week.short) for week in found] == [
        (True, True), (False, False), (False, False),
    ]  # fmt: skip
    assert [week.rule for week in found] == [BY_DAYS] * 3


def test_seats_outside_of_the_enrolment_are_not_its_own() -> None:
    found = kept([seat(-1), seat(0), seat(7)])
    assert total(week.hours for week in found).planned == 180


def test_minutes_are_those_that_pass_in_the_night_in_which_the_clock_changes() -> None:
    """March 14, 2027: 2 AM is 3 AM in Los Angeles."""
    sunday = date(2027, 3, 14)
    low, high = at(sunday, 1), at(sunday, 5)
    week = kept([Seat(low, high)], days=14)[-1]
    assert (week.last, week.hours.planned) == (sunday, 180)


# Rules


RULES = [
    DatedRule(date(2020, 1, 1), date(2026, 12, 31), 18, None, Rule(least=500)),
    DatedRule(date(2027, 1, 1), None, 18, None, IOP),
    DatedRule(date(2020, 1, 1), None, 12, 18, Rule(least=360)),
]


@pytest.mark.parametrize(
    ("day", "age", "least"),
    [
        (date(2026, 12, 31), 30, 500),
        (MONDAY, 30, 540),
        (MONDAY, 17, 360),
        (MONDAY, 18, 540),
        (MONDAY, None, 540),
    ],
)
def test_the_rule_of_the_day_and_the_age(day: date, age: int | None, least: int) -> None:
    found = rule_on(RULES, day, age)
    assert found is not None and found.least == least


def test_no_rule_for_whom_no_band_is_made() -> None:
    assert rule_on(RULES, MONDAY, 11) is None
    assert rule_on(RULES, date(2019, 12, 31), 30) is None


def test_a_year_of_age_is_full_on_the_birthday() -> None:
    born = date(2009, 3, 2)
    assert (age_on(born, MONDAY), age_on(born, date(2027, 3, 2)), age_on(None, MONDAY)) == (
        17, 18, None,
    )  # fmt: skip


# Absences in a row


def test_absences_count_since_the_patient_last_came() -> None:
    now = at(MONDAY + timedelta(days=30), 9)
    came, away = seat(1, mark=A.ATTENDED), seat(2, booked=False, by_patient=True)
    rest = [seat(3, mark=A.NO_SHOW), seat(4, mark=A.EXCUSED)]
    assert absences([seat(0, mark=A.NO_SHOW), came, away, *rest], now) == 3


def test_what_is_not_the_patients_is_passed_over() -> None:
    now = at(MONDAY + timedelta(days=30), 9)
    off, failed = seat(1, booked=False), seat(2, mark=A.TECHNICAL_FAILURE)
    assert absences([seat(0, mark=A.NO_SHOW), off, failed, seat(3)], now) == 1


def test_what_is_cancelled_ahead_is_no_absence_yet() -> None:
    assert absences([seat(2, booked=False, by_patient=True)], at(MONDAY, 9)) == 0


# The sum


ZONES = st.sampled_from([LA, "Europe/Riga", "Australia/Lord_Howe", "Asia/Kathmandu", "Etc/UTC"])
DAYS = st.integers(0, 400).map(lambda n: date(2026, 6, 1) + timedelta(days=n))


@st.composite
def stories(draw):
    zone, first, length = draw(ZONES), draw(DAYS), draw(st.integers(1, 60))
    low, high = day_span(zone, first, first + timedelta(days=length - 1))
    starts = st.integers(low - 2000, high + 2000)
    seats = draw(
        st.lists(
            st.builds(
                lambda start, minutes, *rest: Seat(start, start + minutes, *rest),
                starts, st.integers(1, 300), st.booleans(), st.sampled_from(Attendance),
                st.integers(0, 400), st.booleans(),
            ),
            max_size=20,
        )
    )  # fmt: skip
    return zone, draw(st.integers(0, 6)), (low, high), seats, draw(starts)


def shown(zone: str, minute: int) -> date:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    return moment.astimezone(ZoneInfo(zone)).date()


def recount(seats: list, zone: str, starts: int, span: tuple, now: int) -> dict:
    """Minute by minute in words of its own: week's first day -> what -> minutes."""
    found: dict = {}
    for one in seats:
        if not span[0] <= one.start < span[1]:
            continue
        day = shown(zone, one.start)
        while day.weekday() != starts:
            day -= timedelta(days=1)
        if not one.booked:
            parts = ["cancelled"] * (one.end - one.start)
        elif one.mark == "attended":
            here = max(0, one.end - one.start - one.missed)
            parts = ["attended"] * here + ["missed"] * (one.end - one.start - here)
        else:
            words = {"no_show": "missed", "excused": "excused", "technical_failure": "excused"}
            what = words.get(one.mark, "unmarked" if one.end <= now else "ahead")
            parts = [what] * (one.end - one.start)
        week = found.setdefault(day, {})
        for part in [*parts, *["planned"] * len(parts)]:
            week[part] = week.get(part, 0) + 1
    return found


@settings(max_examples=60)
@given(stories())
def test_the_ledger_is_the_sum_of_its_seats(story) -> None:
    zone, starts, span, seats, now = story
    found = list(
        weeks(seats, zone=zone, starts=starts, enrolled=span, rule=lambda day: IOP, now=now)
    )
    mine = [one for one in seats if span[0] <= one.start < span[1]]
    assert total(week.hours for week in found) == total(hours_of(one, now) for one in mine)
    slow = recount(seats, zone, starts, span, now)
    for week in found:
        said = {name: value for name, value in week.hours._asdict().items() if value}
        assert said == slow.pop(week.first, {})
        assert week.hours.planned == sum(week.hours[1:])
    assert not slow
