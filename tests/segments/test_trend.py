"""The trend of frequency: exact tails, honest certainty, and only what was really at risk."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from evergrove.segments.codes import Direction
from evergrove.segments.measures.trend import lower_tail, order_trend

WINDOW = 180
OLD = 2 * WINDOW  # age from which both windows are full
UNKNOWN, FALLING, STEADY, RISING = Direction


@given(st.integers(1, 3000), st.floats(0.02, 0.98), st.floats(0, 1))
def test_the_lower_tail_is_the_binomial_distribution(n: int, p: float, where: float) -> None:
    """Against scipy, below the mean, up to counts at which single terms underflow."""
    k = int(where * n * p)

    tail = lower_tail(np.array([k]), np.array([n]), np.array([p]))

    np.testing.assert_allclose(tail, binom.cdf(k, n, p), rtol=1e-9)


@pytest.mark.parametrize(
    ("recent", "previous", "expected", "certainty"),
    [
        (0, 2, STEADY, 0.75),  # 1 - (1/2)^2
        (0, 3, FALLING, 0.875),
        (1, 4, FALLING, 1 - 6 / 32),
        (1, 5, FALLING, 1 - 7 / 64),
        (3, 6, STEADY, 1 - 130 / 512),
        (3, 0, RISING, 0.875),
        (5, 1, RISING, 1 - 7 / 64),
        (4, 4, STEADY, 0.0),
        (0, 0, UNKNOWN, np.nan),
    ],
)
def test_two_full_windows_are_a_fair_coin_when_nothing_changed(
    recent: int, previous: int, expected: Direction, certainty: float
) -> None:
    """Certainty is 1 - P(as few or fewer heads), counted by hand."""
    trend = order_trend(np.array([recent]), np.array([previous]), np.array([OLD]), WINDOW, 0.80)

    assert trend.direction.tolist() == [expected]
    np.testing.assert_allclose(trend.certainty, [certainty], rtol=1e-12)


def test_exactly_the_certainty_is_enough() -> None:
    """None after two, at 75 % of 75 %."""
    trend = order_trend(np.array([0]), np.array([2]), np.array([OLD]), WINDOW, 0.75)

    assert trend.direction.tolist() == [FALLING]


def test_the_first_order_is_no_evidence_of_a_rate() -> None:
    """Three orders in the earlier window fall to none, but one of the three was the first ever."""
    recent, previous = np.array([0, 0]), np.array([3, 3])

    trend = order_trend(recent, previous, np.array([OLD - 1, OLD]), WINDOW, 0.80)

    assert trend.direction.tolist() == [STEADY, FALLING]


def test_a_rate_is_over_the_days_that_the_customer_was_there() -> None:
    """2 repeat orders in the 45 days before, 4 in the 180 since: half the rate, not twice."""
    trend = order_trend(np.array([4]), np.array([3]), np.array([WINDOW + 45]), WINDOW, 0.80)

    np.testing.assert_allclose(trend.ratio, [(4 / 180) / (2 / 45)])
    np.testing.assert_allclose(trend.certainty, [1 - binom.cdf(4, 6, 180 / 225)])


def test_a_customer_younger_than_one_window_has_no_trend() -> None:
    """There is nothing to compare with."""
    trend = order_trend(np.array([5, 5]), np.array([0, 0]), np.array([30, WINDOW]), WINDOW, 0.80)

    assert trend.direction.tolist() == [UNKNOWN, UNKNOWN]
    assert np.isnan(trend.ratio).all()


def test_no_order_in_either_window_has_no_trend() -> None:
    """Silence is another rule's business."""
    trend = order_trend(np.array([0]), np.array([1]), np.array([OLD - 60]), WINDOW, 0.80)

    assert trend.direction.tolist() == [UNKNOWN]


def simulated(rate_before: np.ndarray, rate_after: np.ndarray, age: np.ndarray, seed: int) -> np.ndarray:
    """Directions of Poisson customers with known daily rates of repeat orders."""
    rng = np.random.default_rng(seed)
    days_before, days_after = np.clip(age - WINDOW, 0, WINDOW), np.minimum(age, WINDOW)
    recent = rng.poisson(rate_after * days_after) + (age < WINDOW)
    previous = rng.poisson(rate_before * days_before) + ((age >= WINDOW) & (age < OLD))
    return order_trend(recent, previous, age, WINDOW, 0.80).direction


@pytest.mark.parametrize("orders_per_window", [0.5, 1, 2, 4, 10, 40])
def test_of_customers_who_did_not_change_at_most_20_percent_seem_to_fall(orders_per_window: float) -> None:
    """80 % certainty keeps its word at every rate and age; within 3 standard errors of 20,000 customers."""
    ages = np.random.default_rng(1).integers(WINDOW + 1, 3 * OLD, 20_000)
    rate = np.full(20_000, orders_per_window / WINDOW)

    direction = simulated(rate, rate, ages, seed=2)

    error = 3 * np.sqrt(0.2 * 0.8 / 20_000)
    assert (direction == FALLING).mean() <= 0.2 + error
    assert (direction == RISING).mean() <= 0.2 + error


def test_of_customers_called_falling_at_least_80_percent_have_fallen() -> None:
    """Rates before and after drawn alike and independently: then certainty is a share of the truth."""
    rng = np.random.default_rng(3)
    before, after = rng.gamma(1.0, 3.0 / WINDOW, (2, 50_000))

    direction = simulated(before, after, np.full(50_000, 3 * OLD), seed=4)

    fell = after[direction == FALLING] < before[direction == FALLING]
    assert fell.mean() >= 0.80 - 3 * np.sqrt(0.16 / fell.size)


def test_a_rate_that_falls_to_a_fifth_is_mostly_seen() -> None:
    """From ten orders a window to two."""
    before, after = np.full(5_000, 10 / WINDOW), np.full(5_000, 2 / WINDOW)

    direction = simulated(before, after, np.full(5_000, 3 * OLD), seed=5)

    assert (direction == FALLING).mean() > 0.9


def test_the_result_does_not_depend_on_who_else_is_there() -> None:
    """Cells are shared, results are not: each customer alone gives the same."""
    rng = np.random.default_rng(6)
    recent, previous, age = rng.poisson(3, 200), rng.poisson(3, 200), rng.integers(0, 800, 200)

    together = order_trend(recent, previous, age, WINDOW, 0.80)

    for i in range(200):
        alone = order_trend(recent[[i]], previous[[i]], age[[i]], WINDOW, 0.80)
        assert alone.direction[0] == together.direction[i]
        np.testing.assert_array_equal(alone.certainty, together.certainty[[i]])
