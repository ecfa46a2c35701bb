"""Counts of people under eleven are told by no table, not even to who subtracts (PR5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduling.engine.small_cells import LEAST, kept_back, may_tell_sum, of_few, small

COUNTS = st.lists(st.integers(0, 40), max_size=8)
QUICK = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
View = tuple[int | None, ...]


def view(counts: tuple[int, ...]) -> View:
    """The sum and the cells as a reader gets them."""
    back = kept_back(counts)
    total = sum(counts)
    cells = [None if place in back else count for place, count in enumerate(counts)]
    return (None if small(total) else total, *cells)


def worlds(rows: int, most: int) -> Iterator[tuple[int, ...]]:
    """Every table whose sum is at most `most`."""
    return (one for one in product(range(most + 1), repeat=rows) if sum(one) <= most)


@pytest.mark.parametrize(("rows", "most"), [(1, 40), (2, 60), (3, 36), (4, 23)])
def test_who_knows_the_rules_and_solves_them_finds_no_small_count(rows: int, most: int) -> None:
    """PR5: for every table there is another that looks the same, with another small count."""
    alike: defaultdict[View, list[tuple[int, ...]]] = defaultdict(list)
    for counts in worlds(rows, most):
        alike[view(counts)].append(counts)
    for seen, found in alike.items():
        for place in range(rows):
            values = {counts[place] for counts in found}
            if seen[place + 1] is None and min(values) < LEAST:
                assert len(values) > 1, (seen, found)


@QUICK
@given(COUNTS)
def test_no_small_count_is_told_and_none_can_be_subtracted(counts: list[int]) -> None:
    """PR5: whatever the shown ones leave over is shared by two cells at least."""
    back = kept_back(counts)
    assert all(place in back for place, count in enumerate(counts) if small(count))
    if not small(sum(counts)) and back:
        assert len(back) > 1
        assert sum(counts[place] for place in back) >= LEAST


@QUICK
@given(COUNTS)
def test_tables_without_small_counts_are_told_whole(counts: list[int]) -> None:
    large = [count + LEAST for count in counts]
    assert not kept_back(large)
    assert may_tell_sum(large) == bool(large)


def test_a_group_of_three_takes_another_row_with_it() -> None:
    """PR5: 50 - 47 would be 3."""
    assert kept_back([47, 3]) == {0, 1}
    assert kept_back([30, 17, 3]) == {0, 2}
    assert kept_back([30, 3, 17]) == {1, 2}


def test_two_small_rows_do_for_each_other_unless_there_is_but_one_way() -> None:
    assert kept_back([40, 30, 3, 10]) == {2, 3}
    assert kept_back([40, 30, 0, 10]) == {0, 2, 3}  # a sum of ten is small itself
    assert kept_back([40, 30, 10, 10]) == {0, 2, 3}  # two small ones have twenty in one way alone


def people(rows: int, most: int) -> Iterator[tuple[tuple[int, ...], int, tuple[int, ...]]]:
    """How many different people are in each row and in all, and how many in each set of rows."""
    sets = [one for one in product((0, 1), repeat=rows) if any(one)]
    for many in product((0, 3, 12, 30), repeat=len(sets)):
        cells = [sum(n for n, one in zip(many, sets, strict=True) if one[r]) for r in range(rows)]
        if sum(many) <= most:
            yield tuple(cells), sum(many), many


def test_how_few_are_in_one_of_two_rows_alone_or_in_both_is_not_worked_out() -> None:
    """PR5: where two rows of different people are told beside their number in all, none of the
    three sets of people that follow from it is small."""
    for counts, whole, many in people(2, 90):
        if not kept_back(counts, of_few(counts, whole)) and not small(whole):
            assert min(many) >= LEAST, (counts, whole)


def test_how_few_are_in_no_row_that_is_told_is_not_worked_out() -> None:
    """PR5"""
    for counts, whole, _many in people(3, 60):
        back = kept_back(counts, of_few(counts, whole))
        assert all(whole - count >= LEAST for at, count in enumerate(counts) if at not in back)


def test_a_small_sum_keeps_everything_back() -> None:
    assert kept_back([4, 6]) == {0, 1}
    assert kept_back([]) == frozenset()


def test_what_a_finer_table_keeps_back_stays_back() -> None:
    assert kept_back([40, 30, 20], also=[1]) == {1, 2}


def test_a_year_is_told_if_its_months_give_nothing_away() -> None:
    """PR5: twelve months less eleven that are told is one that is not."""
    assert may_tell_sum([20] * 12)
    assert not may_tell_sum([20] * 11 + [3])
    assert not may_tell_sum([20] * 10 + [10, 10])
    assert may_tell_sum([20] * 10 + [8, 10])
    assert not may_tell_sum([5, 5])
