"""Bounds between ranks against ranks counted one by one."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evergrove.segments.measures import ranks
from evergrove.segments.measures.ranks import distinct_keys, rank_bounds

if TYPE_CHECKING:
    import pytest

SHARES = (0.2, 0.5, 0.8, 0.95)


def rank(value: float, values: list[float]) -> Fraction:
    """The mid-rank of a value as a share, by its definition."""
    less, upto = sum(v < value for v in values), sum(v <= value for v in values)
    return Fraction(less + upto, 2 * len(values))


@given(st.lists(st.integers(-3, 12), min_size=1, max_size=60))
def test_a_value_reaches_a_bound_exactly_when_its_mid_rank_reaches_the_share(values: list[int]) -> None:
    """The same holds for whole numbers, which are counted, and for others, which are parted."""
    shares = [Fraction(str(share)) for share in SHARES]
    for array in (np.array(values), np.array(values, dtype=np.float64)):
        for bound, share in zip(rank_bounds(array, SHARES), shares, strict=True):
            for value in values:
                assert (value >= bound) == (rank(value, [float(v) for v in values]) >= share)


def test_shares_that_binary_fractions_miss_count_as_meant() -> None:
    """1 - .05 - .15 is a hair below .8; the value of rank .8 is in, the one below it is not."""
    values = np.repeat([1.0, 2.0], [60, 40])  # ranks .3 and .8

    assert rank_bounds(values, [1 - 0.05 - 0.15]) == [2.0]
    assert rank_bounds(values, [0.7 + 0.1]) == [2.0]


def test_without_values_nobody_reaches_a_bound() -> None:
    """An empty criterion has infinite bounds."""
    assert rank_bounds(np.zeros(0), SHARES) == [np.inf] * 4


def test_whole_numbers_too_far_apart_for_a_table_are_parted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The result does not depend on which way it is found."""
    values = np.array([5, 1, 9, 9, 2, 7])
    counted = rank_bounds(values, SHARES)
    monkeypatch.setattr(ranks, "TABLE_SIZE", 2)

    assert rank_bounds(values, SHARES) == counted


@given(st.lists(st.integers(0, 50), max_size=40))
def test_distinct_keys_are_those_of_a_sort(keys: list[int]) -> None:
    """Like numpy's unique with its inverse."""
    distinct, where = distinct_keys(np.array(keys, dtype=np.int64))
    expected, inverse = np.unique(np.array(keys, dtype=np.int64), return_inverse=True)

    np.testing.assert_array_equal(distinct, expected)
    np.testing.assert_array_equal(where, inverse)
