"""Two-window ratios with their intervals: exact for orders, honest for spend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from evergrove.segments.codes import Direction
from evergrove.segments.measures.ratios import Windows, order_change, rate_change, spend_change
from evergrove.segments.measures.trend import order_trend

if TYPE_CHECKING:
    from evergrove.models import Floats

WINDOW = 180
OLD = 2 * WINDOW
CUSTOMERS = 20_000


@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, WINDOW))
def test_the_interval_is_that_of_clopper_and_pearson(recent: int, previous: int, days: int) -> None:
    """Against scipy's exact test of a share, carried over to the ratio of two rates."""
    if recent + previous == 0:
        return
    share = WINDOW / (WINDOW + days)
    exact = binomtest(recent, recent + previous).proportion_ci(0.80, method="exact")

    counts = np.array([float(recent)]), np.array([float(previous)])
    change = rate_change(*counts, np.array([WINDOW + days]), WINDOW, 0.80)

    odds = (1 - share) / share
    wanted = [exact.low / (1 - exact.low) * odds if exact.low < 1 else np.inf]
    np.testing.assert_allclose(change.low, wanted, rtol=1e-9)
    wanted = [exact.high / (1 - exact.high) * odds if exact.high < 1 else np.inf]
    np.testing.assert_allclose(change.high, wanted, rtol=1e-9)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 500)), max_size=30))
def test_orders_head_where_the_stages_say(rows: list[tuple[int, int, int]]) -> None:
    """The published direction and the one that decides about decline are the same, by two computations."""
    recent, previous, age = (
        (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
        if rows
        else (np.zeros(0, dtype=np.int64) for _column in range(3))
    )

    change = order_change(recent, previous, age, WINDOW, 0.80)

    decided = order_trend(recent, previous, age, WINDOW, 0.80)
    assert change.direction.tolist() == decided.direction.tolist()
    np.testing.assert_allclose(change.ratio, decided.ratio)


def test_spend_of_equal_orders_says_what_orders_say() -> None:
    """Five orders of 70 against two: one size, so that spend counts orders."""
    n1, n0 = np.array([5.0, 0.0, 3.0]), np.array([2.0, 4.0, 3.0])
    spent = Windows(n1 * 70, n1 * 70**2, n0 * 70, n0 * 70**2)

    spend = spend_change(spent, np.full(3, OLD), WINDOW, 0.80)

    orders = rate_change(n1, n0, np.full(3, OLD), WINDOW, 0.80)
    assert spend.direction.tolist() == orders.direction.tolist()
    for part in ("ratio", "low", "high"):
        np.testing.assert_allclose(getattr(spend, part), getattr(orders, part))


def test_one_great_order_is_less_evidence_than_many_small_ones() -> None:
    """Ten times the spend in a single order: no rise; in ten orders of the usual size: one."""
    single = Windows(*(np.array([value]) for value in (1000.0, 1000.0**2, 100.0, 100.0**2)))
    many = Windows(*(np.array([value]) for value in (1000.0, 10 * 100.0**2, 100.0, 100.0**2)))

    directions = [
        int(spend_change(spent, np.array([OLD]), WINDOW, 0.80).direction[0]) for spent in (single, many)
    ]

    assert directions == [Direction.STEADY, Direction.RISING]


def test_nothing_in_both_windows_is_unknown_and_so_is_money_that_went_back() -> None:
    """No ratio, no interval, no direction."""
    n1, n0, age = np.array([0.0, -3.0, 1.0]), np.array([0.0, 5.0, 1.0]), np.array([OLD, OLD, WINDOW])

    change = rate_change(n1, n0, age, WINDOW, 0.80)

    assert change.direction.tolist() == [Direction.UNKNOWN] * 3
    assert np.isnan(np.stack([change.ratio, change.low, change.high])).all()


@pytest.mark.parametrize("spread", [0.3, 1.0])
@pytest.mark.parametrize("true_ratio", [0.5, 1.0, 2.0])
def test_the_interval_of_spend_holds_the_true_ratio(spread: float, true_ratio: float) -> None:
    """
    Poisson orders of lognormal size at known rates: at least 80 % of the intervals hold the truth, less three errors.

    Customers of whom nothing is known in either window have no interval and are not asked.
    """
    rng = np.random.default_rng(11)
    counts = rng.poisson(4.0 * true_ratio, CUSTOMERS), rng.poisson(4.0, CUSTOMERS)
    sums: list[Floats] = []
    for count in counts:
        amounts = rng.lognormal(4.0, spread, count.sum())
        owner = np.repeat(np.arange(CUSTOMERS), count)
        sums += [np.bincount(owner, amounts**power, CUSTOMERS).astype(np.float64) for power in (1, 2)]

    change = spend_change(Windows(*sums), np.full(CUSTOMERS, OLD), WINDOW, 0.80)

    known = change.direction != Direction.UNKNOWN
    holds = (change.low[known] <= true_ratio) & (true_ratio <= change.high[known])
    assert holds.mean() >= 0.80 - 3 * np.sqrt(0.16 / known.sum())


def test_a_steady_spender_seldom_seems_to_fall() -> None:
    """At 80 % certainty at most 20 % of those whose rate and sizes are constant, less what chance adds."""
    rng = np.random.default_rng(12)
    sums: list[Floats] = []
    for _window in range(2):
        count = rng.poisson(3.0, CUSTOMERS)
        amounts, owner = rng.lognormal(4.0, 0.8, count.sum()), np.repeat(np.arange(CUSTOMERS), count)
        sums += [np.bincount(owner, amounts**power, CUSTOMERS).astype(np.float64) for power in (1, 2)]

    change = spend_change(Windows(*sums), np.full(CUSTOMERS, OLD), WINDOW, 0.80)

    for direction in (Direction.FALLING, Direction.RISING):
        assert (change.direction == direction).mean() <= 0.20 + 3 * np.sqrt(0.16 / CUSTOMERS)
