"""Many comparisons, shifts between groups and the bootstrap, against publications and scipy."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evergrove.stats import Ratio, Sums
from evergrove.stats.dominance import cliffs_delta
from evergrove.stats.many import benjamini_hochberg, holm
from evergrove.stats.resampling import MOST_UNITS, bootstrap_ratio

# Benjamini and Hochberg (1995), section 3.2: at q = .05 the four smallest are rejected.
PAPER = (
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
    *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000),
)


def test_four_hypotheses_of_the_paper_are_rejected() -> None:
    """As its example says, in whatever order they come."""
    shuffled = np.random.default_rng(4).permutation(np.array(PAPER))
    assert set(shuffled[benjamini_hochberg(shuffled) <= 0.05]) == set(PAPER[:4])


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=40))
def test_corrected_values_are_those_of_scipy(p: list[float]) -> None:
    """And none is less than it was."""
    found = benjamini_hochberg(p)
    assert found == pytest.approx(stats.false_discovery_control(p), abs=1e-12)
    assert (found >= np.array(p) - 1e-15).all()


def test_growthbooks_corrections() -> None:
    """Its own tests, in the order in which they came."""
    assert holm([0.01, 0.04, 0.03, 0.005, 0.55, 0.6]) == pytest.approx([0.05, 0.12, 0.12, 0.03, 1.0, 1.0])
    assert benjamini_hochberg([0.898, 0.138, 0.007, 0.964, 0.538, 0.006, 0.138]) == pytest.approx(
        [0.964, 0.2415, 0.0245, 0.964, 0.7532, 0.0245, 0.2415], abs=5e-5
    )


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=40))
def test_holm_lies_between_the_plain_value_and_bonferronis(p: list[float]) -> None:
    """It rejects what stepping down by hand rejects, keeps the order, and is no less strict than the other."""
    found, given_p = holm(p), np.array(p)

    assert ((given_p - 1e-15 <= found) & (found <= np.minimum(given_p * len(p), 1.0) + 1e-15)).all()
    assert (found >= benjamini_hochberg(p) - 1e-12).all()
    order, rejected = np.argsort(given_p, kind="stable"), set[int]()
    for step, k in enumerate(order):
        if given_p[k] * (len(p) - step) > 0.05:
            break
        rejected.add(int(k))
    assert set(np.flatnonzero(found <= 0.05).tolist()) == rejected


def test_of_nothing_asked_nothing_is_corrected() -> None:
    """An empty family."""
    assert len(holm([])) == len(benjamini_hochberg([])) == 0


FIGURES = st.lists(st.integers(0, 8).map(float), min_size=2, max_size=40).map(np.array)


@given(FIGURES, FIGURES)
def test_a_shift_is_mann_and_whitneys(ours: np.ndarray, others: np.ndarray) -> None:
    """Delta is 2 U / nm - 1, p that of scipy's asymptotic test, and the interval holds delta."""
    found = cliffs_delta(ours, others)
    theirs = stats.mannwhitneyu(ours, others, method="asymptotic", use_continuity=False)
    assert found.delta.value == pytest.approx(2 * theirs.statistic / (len(ours) * len(others)) - 1, abs=1e-12)
    all_alike = len(set(ours) | set(others)) == 1
    assert found.p == pytest.approx(1.0 if all_alike else theirs.pvalue, rel=1e-9, abs=1e-12)
    assert -1.0 <= found.delta.low <= found.delta.value <= found.delta.high <= 1.0


def test_intervals_of_a_shift_hold_the_truth_as_often_as_they_say() -> None:
    """
    Two exponential groups whose true delta is 1/3 (rates 1 and 2), 1,000 times.

    80 % +- 3 standard errors of a share of 1,000.
    """
    rng = np.random.default_rng(5)
    held = 0
    for _each in range(1000):
        found = cliffs_delta(rng.exponential(2.0, 60), rng.exponential(1.0, 80)).delta
        held += found.low <= 1 / 3 <= found.high
    assert abs(held / 1000 - 0.8) < 3 * np.sqrt(0.8 * 0.2 / 1000)


def test_one_unit_shifts_nothing() -> None:
    """A spread needs two units on each side."""
    found = cliffs_delta(np.array([3.0]), np.array([1.0, 2.0]))
    assert isnan(found.delta.value)
    assert found.p == 1.0


@pytest.mark.parametrize("n", [400, 3 * MOST_UNITS])
def test_a_bootstrap_agrees_with_the_delta_method(n: int) -> None:
    """
    For many units the percentile interval is that of the normal ratio, grouped or not.

    A bound of 2,000 draws has a standard error of some 3 % of the interval's width; 10 % is allowed.
    """
    rng = np.random.default_rng(6)
    below = rng.gamma(2.0, 50.0, n)
    above = below * rng.beta(2.0, 3.0, n)
    found = bootstrap_ratio(above, below)
    ratio = Ratio(
        Sums(n, above.sum(), (above**2).sum()), Sums(n, below.sum(), (below**2).sum()), (above * below).sum()
    )
    half = stats.norm.ppf(0.9) * np.sqrt(ratio.variance / n)
    assert found.value == pytest.approx(ratio.mean)
    assert (found.low, found.high) == pytest.approx((ratio.mean - half, ratio.mean + half), abs=0.2 * half)


def test_a_ratio_of_nothing_is_unknown_and_one_unit_has_no_interval() -> None:
    """Neither looks like a number that is sure."""
    nothing = bootstrap_ratio(np.zeros(3), np.zeros(3))
    assert isnan(nothing.value)
    one = bootstrap_ratio(np.array([1.0]), np.array([4.0]))
    assert one.value == 0.25
    assert isnan(one.low)
    assert isnan(one.high)
