"""What a report tells of its sums: minutes always, people only in elevens and more (PR5)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduling.engine.small_cells import LEAST
from scheduling.engine.told import COUNTS, MEASURES, everything, kept_counts, minutes, table, total
from scheduling.engine.utilization import LEAD_DAYS, Sums

FEW = st.one_of(st.integers(0, 14), st.integers(0, 60))


@st.composite
def sums(draw: Any) -> Sums:
    """One row as it can come about: the parts of its seats add up."""
    alone = {name: draw(FEW) for name in ("attended", "no_show", "technical", "unmarked")}
    groups = draw(st.booleans())
    present, absent = (draw(FEW), draw(FEW)) if groups else (0, 0)
    seats = sum(alone.values()) + present + absent
    cancels, rebooked = draw(FEW), draw(FEW)
    return Sums(
        offered=2000,
        booked=50 * seats,
        delivered=50 * alone["attended"],
        lost_no_show=50 * alone["no_show"],
        lost_late=50 * cancels,
        seats=seats,
        attended=alone["attended"] + present,
        no_show=alone["no_show"] + absent,
        technical=alone["technical"],
        unmarked=alone["unmarked"],
        cancelled_late=cancels,
        individual_cancels=cancels + rebooked,
        rebooked=rebooked,
        group_sessions=int(groups and present + absent > 0),
        group_seats=present + absent + 5,
        group_taken=present + absent,
        group_present=present,
        lead=(seats, *(0,) * len(LEAD_DAYS)),
        patients=draw(st.integers(0, seats)),
    )


def one(**more: Any) -> Sums:
    said = {"offered": 9000, "booked": 5000, "seats": 100, "attended": 80, "no_show": 15}
    return Sums(**said | more)


def in_all(rows: list[Sums]) -> int:
    """Nobody stands in two of the rows."""
    return sum(row.patients for row in rows)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(sums(), max_size=5))
def test_nothing_is_told_that_needs_a_small_count(rows: list[Sums]) -> None:
    """PR5: neither a count, nor a rate or minutes that would give it away."""
    for row, told in zip(rows, table(rows, in_all(rows)), strict=True):
        for name, value in told.people.items():
            counts = [COUNTS[need](row) for need in MEASURES[name].needs]
            only_groups = name == "present" and row.seats == row.group_taken
            assert value is None or min(counts) >= LEAST or (only_groups and counts[1] == 0)
        assert (told.offered, told.booked) == (row.offered, row.booked)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(sums(), min_size=2, max_size=5))
def test_the_sum_less_the_rows_that_are_told_gives_nothing_away(rows: list[Sums]) -> None:
    """PR5: what is kept back of a count is at least two rows."""
    kept = kept_counts(rows, in_all(rows))
    for name, count in COUNTS.items():
        if sum(count(row) for row in rows) >= LEAST:
            assert sum(name in names for names in kept) != 1, name


def test_minutes_are_the_therapists_and_always_told() -> None:
    small = Sums(offered=600, booked=50, delivered=50, seats=1, attended=1, patients=1)
    [told] = table([small], 1)
    assert (told.offered, told.booked, told.delivered) == (600, 50, 50)
    assert told.utilization == pytest.approx(1 / 12)
    assert not {"attended", "patients", "show_rate"} & set(told.people)
    assert minutes(small).people == {}


def test_a_rate_waits_for_both_its_parts() -> None:
    assert table([one()], 0)[0].people["show_rate"] == pytest.approx(80 / 95)
    assert "show_rate" not in table([one(no_show=3)], 0)[0].people


def test_lost_minutes_wait_for_the_sessions_behind_them() -> None:
    """Of fifteen who did not come, two were expected alone: their hours would tell."""
    assert table([one(lost_no_show=750)], 0)[0].people["lost_no_show"] == 750
    assert "lost_no_show" not in table([one(lost_no_show=100)], 0)[0].people


def test_where_there_were_no_groups_nothing_is_kept_back_of_them() -> None:
    told = table([one()], 0)[0].people
    assert told["fill"] is None and told["present"] is None


def test_a_year_is_told_where_its_months_leave_room() -> None:
    months = [one(), one(), one(no_show=2)]
    year = one(attended=240, no_show=32, seats=300)
    assert total(year).people["no_show"] == 32
    told = total(year, months).people
    assert "no_show" not in told and told["attended"] == 240


def test_who_was_there_is_told_everything() -> None:
    assert everything(one(no_show=1)).people["no_show"] == 1


def test_another_table_keeps_back_here_too() -> None:
    rows = [one(), one(), one()]
    told = table(rows, 0, [["no_show"], [], []])
    assert ["no_show" in row.people for row in told] == [False, False, True]


def test_different_patients_do_not_add_up() -> None:
    """PR5: of 60 patients 54 were in one row and 40 in the other, so six were only in the second;
    of 60 in three rows nobody knows who is where."""
    rows = [one(patients=54), one(patients=40)]
    assert not any("patients" in row.people for row in table(rows, 60))
    assert all("patients" in row.people for row in table(rows, 80))
    rows = [one(patients=30), one(patients=40), one(patients=25)]
    assert all("patients" in row.people for row in table(rows, 60))
    assert "patients" not in table(rows, 45)[1].people


def test_of_a_year_patients_are_not_told_where_all_but_a_few_came_in_one_month() -> None:
    """PR5"""
    months = [one(patients=50), one(patients=30), one(patients=20)]
    assert total(one(patients=70, seats=300), months).people["patients"] == 70
    assert "patients" not in total(one(patients=55, seats=300), months).people
