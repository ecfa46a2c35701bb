"""The start times: grid, notice, horizon, buffers, limits, parts of the day, labels."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from scheduling.engine.hours import Hours, wall_to_minute
from scheduling.engine.interval import DAY, day_number, from_minute, to_minute
from scheduling.engine.slots import (
    PartOfDay,
    Terms,
    Why,
    free_starts,
    in_part_of_day,
    label_table,
    labels,
    reasons,
    why_not,
)

MONDAY = date(2027, 3, 8)
WINDOW = (day_number(MONDAY) * DAY, (day_number(MONDAY) + 1) * DAY)
EVER = 10**9


def at(hour, minute=0):
    return WINDOW[0] + hour * 60 + minute


def terms(pattern="0:540-720", zone="UTC", **changes):
    base = Terms(Hours(zone, ((None, None, pattern),)), 50, 0, 10, 30, 0, EVER)
    hours = {key: changes.pop(key) for key in list(changes) if key in Hours._fields}
    return base._replace(hours=base.hours._replace(**hours), **changes)


def search(asked, busy=(), window=WINDOW):
    return free_starts([("ann", *span) for span in busy], {"ann": asked}, window)["ann"]


def test_starts_stand_on_the_grid_and_sessions_end_inside_the_hours():
    assert search(terms()) == [at(9), at(9, 30), at(10), at(10, 30), at(11)]


def test_the_buffer_counts_against_sessions_and_not_against_the_hours():
    assert search(terms("0:540-590")) == [at(9)]
    assert search(terms(), [(at(10), at(11))]) == [at(9), at(11)]
    assert search(terms(), [(at(9, 59), at(11))]) == [at(11)]
    assert search(terms(before=5), [(at(9), at(10))]) == [at(10, 30), at(11)]


def test_notice_and_horizon_cut_between_the_grid():
    assert search(terms(cut_from=at(9, 37), cut_until=at(10, 30))) == [at(10)]


def test_only_days_with_a_licence_are_offered():
    allowed = ((at(8), at(9, 30)), (at(10, 30), at(11)))
    assert search(terms(allowed=allowed)) == [at(9), at(10, 30)]
    assert search(terms(allowed=())) == []


def test_a_full_day_offers_nothing_and_the_next_day_does():
    asked = terms(";".join(f"{day}:540-720" for day in range(7)), max_per_day=1)
    window = (WINDOW[0], WINDOW[1] + DAY)
    found = search(asked, [(at(18), at(19))], window)
    assert [minute // DAY for minute in found] == [WINDOW[1] // DAY] * 5


def test_the_daily_limit_counts_the_therapists_own_day():
    asked = terms("0:540-720", "Pacific/Auckland", max_per_day=1)
    monday = wall_to_minute("Pacific/Auckland", MONDAY, 0)
    window = (WINDOW[0] - DAY, WINDOW[1])
    assert search(asked, [(monday - 30, monday)], window) != []
    assert search(asked, [(monday, monday + 30)], window) == []


def test_a_session_may_end_after_the_window_where_the_hours_go_on():
    assert search(terms("0:1380-1560", step=30)) == [at(23), at(23, 30)]


def test_the_grid_is_the_wall_clocks():
    asked = terms("0:570-720", "Asia/Kolkata", step=60)
    assert search(asked) == [at(4, 30), at(5, 30)], "10:00 and 11:00 in Kolkata"


def test_each_side_of_a_change_has_its_own_grid_and_a_session_runs_across():
    sunday = date(2026, 10, 4)
    asked = terms("6:0-360", "Australia/Lord_Howe", step=60)
    low = (day_number(sunday) - 1) * DAY
    change = wall_to_minute("Australia/Lord_Howe", sunday, 150)
    found = search(asked, window=(low, low + 2 * DAY))
    assert found == [change - 120, change - 60, change + 30, change + 90, change + 150]
    across = search(asked._replace(minutes=90), window=(low, low + 2 * DAY))
    assert change - 60 in across


def test_rows_of_others_are_passed_over_and_disorder_is_an_error():
    asked = {2: terms(), 4: terms()}
    rows = [(1, at(9), at(12)), (2, at(9), at(11)), (3, at(9), at(12)), (5, at(9), at(12))]
    assert free_starts(rows, asked, WINDOW) == {2: [at(11)], 4: search(terms())}
    assert free_starts([], asked, WINDOW) == {2: search(terms()), 4: search(terms())}
    with pytest.raises(ValueError, match="order"):
        free_starts([rows[1], rows[2], rows[1]], asked, WINDOW)


@pytest.mark.parametrize(
    ("start", "changes", "busy", "why"),
    [
        (at(10), {}, [], None),
        (at(10), {"cut_from": at(10, 1)}, [], Why.TOO_SOON),
        (at(10), {"cut_until": at(10)}, [], Why.TOO_FAR),
        (at(10), {"allowed": ((at(11), at(12)),)}, [], Why.NOT_ALLOWED),
        (at(10), {"days_off": ((MONDAY, MONDAY),)}, [], Why.DAY_OFF),
        (at(10), {"overrides": ((MONDAY, ""),)}, [], Why.DAY_OFF),
        (at(10), {"time_off": ((at(10, 40), at(11)),)}, [], Why.DAY_OFF),
        (at(10), {"overrides": ((MONDAY, "780-900"),)}, [], Why.OUTSIDE_HOURS),
        (at(11, 30), {}, [], Why.OUTSIDE_HOURS),
        (at(10, 15), {}, [], Why.OFF_GRID),
        (at(10), {"max_per_day": 1}, [(at(15), at(16))], Why.DAILY_LIMIT),
        (at(10), {}, [(at(10, 59), at(12))], Why.BUSY),
    ],
)
def test_a_refused_start_says_why(start, changes, busy, why):
    assert why_not(start, terms(**changes), busy) == why


def test_everything_against_a_start_is_told():
    asked = terms(cut_from=at(12), max_per_day=1)
    assert reasons(at(8, 7), asked, [(at(8), at(9))]) == (
        Why.TOO_SOON,
        Why.OUTSIDE_HOURS,
        Why.DAILY_LIMIT,
        Why.BUSY,
    )


@pytest.mark.parametrize(("minutes", "step"), [(50, 7), (50, 0), (0, 15), (DAY + 1, 15)])
def test_lengths_that_fit_no_day_are_refused(minutes, step):
    with pytest.raises(ValueError, match="no session"):
        search(terms(minutes=minutes, step=step))


def test_parts_of_the_day_are_the_patients():
    starts = [wall_to_minute("America/New_York", date(2027, 3, d), h * 60) for d in (13, 14)
              for h in (9, 11, 12, 16, 17, 22)]  # fmt: skip
    hours = {
        part: [(from_minute(s).day, s) for s in in_part_of_day("America/New_York", starts, part)]
        for part in PartOfDay
    }
    assert [s for _, s in hours[PartOfDay.MORNING]] == [starts[i] for i in (0, 1, 6, 7)]
    assert [s for _, s in hours[PartOfDay.AFTERNOON]] == [starts[i] for i in (2, 3, 8, 9)]
    assert [s for _, s in hours[PartOfDay.EVENING]] == [starts[i] for i in (4, 5, 10, 11)]
    assert in_part_of_day("UTC", [], PartOfDay.MORNING) == []


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kathmandu", "America/St_Johns", "UTC"])
def test_labels_are_what_the_clock_shows_over_the_change(zone):
    low = to_minute(datetime(2027, 3, 13, tzinfo=UTC))
    starts = list(range(low, low + 3 * DAY, 35))
    shown = [from_minute(start).astimezone(ZoneInfo(zone)).isoformat() for start in starts]
    assert labels(zone, starts) == shown
    assert label_table(zone, [starts[5:], starts[:9]]) == dict(zip(starts, shown, strict=True))
    assert labels(zone, []) == []
