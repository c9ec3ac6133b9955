"""A shop whose log begins in the middle of its life, and shops whose log does not."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from evergrove.customers.truncation import burn_in_of, truncation_of

DAY = date(2024, 1, 1)


def first_seen_and_gaps(
    seed: int, *, cut_days: int, customers: int = 6000, won_over: int = 1500
) -> tuple[np.ndarray, np.ndarray]:
    """
    First-seen days and repeat gaps of a shop in its log, of which the first ``cut_days`` are lost.

    Customers are won evenly over ``won_over`` days, buy at rates Gamma(1, 1 / 60 days), leave at a rate of one
    in 400 days; the log ends after 1,500 days.
    """
    rng = np.random.default_rng(seed)
    born = rng.uniform(0, won_over, customers)
    rate = np.maximum(rng.gamma(1.0, 1 / 60, customers), 1e-4)
    gone = np.minimum(born + rng.exponential(400, customers), 1500)
    first, gaps = [], []
    for b, r, end in zip(born, rate, gone, strict=True):
        later = b + np.cumsum(rng.exponential(1 / r, 200))
        days = np.unique(np.floor(np.concatenate([[b], later[later < end]])))
        days = days[days >= cut_days]
        if len(days):
            first.append(days[0] - cut_days)
            gaps.append(np.diff(days))
    return np.array(first, dtype=np.int64), np.concatenate(gaps).astype(np.int64)


def found_in(first: np.ndarray, gaps: np.ndarray) -> tuple[bool, int]:
    """Whether a pile-up is found, and the burn-in."""
    found = truncation_of(first - first.min(), DAY, burn_in_of(*np.unique(gaps, return_counts=True)))
    return found.piled_up, found.burn_in_days


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_a_log_cut_in_mid_life_is_noticed(seed: int) -> None:
    """Cut after two years, most customers of the first weeks are old ones."""
    assert found_in(*first_seen_and_gaps(seed, cut_days=730))[0]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("won_over", [300, 1500])
def test_a_whole_log_raises_no_alarm(seed: int, won_over: int) -> None:
    """From the first day on, whether customers come for ten months or to the end."""
    assert not found_in(*first_seen_and_gaps(seed, cut_days=0, won_over=won_over))[0]


def test_the_burn_in_is_the_gap_that_three_quarters_do_not_exceed() -> None:
    """Of gaps 1, 2, 3, 4 the third."""
    assert burn_in_of(np.array([1, 2, 3, 4]), np.array([1, 1, 1, 1])) == 3
    assert burn_in_of(np.array([7, 30]), np.array([3, 1])) == 7
    assert burn_in_of(np.array([], dtype=np.int64), np.array([], dtype=np.int64)) == 0


def test_the_figures_add_up() -> None:
    """300 in the first 30 days, then 5 a day over 60 days: expected 150, twice that found."""
    first = np.concatenate([np.repeat(np.arange(30), 10), np.repeat(np.arange(30, 90), 5)])

    found = truncation_of(first, DAY, 30)

    assert found.piled_up
    assert (found.early, found.later, found.expected, found.later_rate) == (300, 300, 150.0, 5.0)
    assert found.fit_from == date(2024, 1, 31)
    assert str(found.warning).startswith(
        "300 customers are first seen in the first 30 days, where 150 would be at the later rate of 5.0 a day"
    )


@pytest.mark.parametrize(
    "first",
    [
        np.zeros(600, dtype=np.int64),  # all won on one day
        np.repeat(np.arange(40), 10),  # won over little more than the burn-in
        np.concatenate([np.zeros(12, dtype=np.int64), np.arange(30, 100, 3)]),  # too few to know a rate
    ],
)
def test_where_no_rate_can_be_known_nothing_is_claimed(first: np.ndarray) -> None:
    """No time or too few customers after the burn-in to compare with."""
    found = truncation_of(first, DAY, 30)

    assert not found.piled_up
    assert found.warning is None
