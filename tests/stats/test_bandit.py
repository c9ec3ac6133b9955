"""Chances to be best against growthbook's, the closed form of two arms, and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from evergrove.core.arguments import InvalidArgument
from evergrove.stats import (
    NoVariance,
    Proportion,
    Sums,
    TooFewUnits,
    best_chances,
    floored,
    top_two_shares,
    welch,
)

FOUR = [Sums(1000, total, squares) for total, squares in ((10, 2e3), (20, 2e3), (30, 2e3), (300, 2e4))]


def test_growthbooks_four_arms() -> None:
    """Its chances and shares are drawn, these are summed: within its 0.01."""
    assert best_chances(FOUR) == pytest.approx([0.011, 0.016, 0.020, 0.954], abs=0.01)
    assert top_two_shares(FOUR) == pytest.approx([0.128, 0.170, 0.216, 0.487], abs=0.01)


def test_two_arms_are_one_normal_difference() -> None:
    """P(better) = Phi(d / se), also where one mean is known ten thousand times as well; each is first or second."""
    for arms in (
        (Proportion(400, 40), Proportion(500, 65)),
        (Sums(10_000_000, 0.0, 1e5), Sums(10, 1.0, 100.0)),
    ):
        found = welch(*arms)
        assert best_chances(arms)[1] == pytest.approx(ndtr(found.effect / found.se), abs=1e-5)
        assert top_two_shares(arms) == pytest.approx([0.5, 0.5], abs=1e-5)


def test_chances_are_those_of_draws() -> None:
    """Five arms, 400,000 draws: within 5 standard errors, first and first two."""
    rng, draws = np.random.default_rng(4), 400_000
    arms = [Proportion(n, k) for n, k in ((900, 90), (300, 33), (100, 12), (1200, 130), (50, 2))]
    means = np.array([arm.mean for arm in arms])
    drawn = means + np.sqrt([arm.variance / arm.n for arm in arms]) * rng.normal(size=(draws, 5))
    order = np.argsort(drawn, axis=1)
    first = np.bincount(order[:, -1], minlength=5) / draws
    second = np.bincount(order[:, -2], minlength=5) / draws

    assert best_chances(arms) == pytest.approx(first, abs=5 * np.sqrt(0.25 / draws))
    assert top_two_shares(arms) == pytest.approx((first + second) / 2, abs=5 * np.sqrt(0.25 / draws))
    for shares in (best_chances(arms), top_two_shares(arms)):
        assert shares.sum() == pytest.approx(1.0, abs=1e-12)
    assert top_two_shares(arms).max() <= 0.5


def test_no_share_falls_below_the_floor() -> None:
    """P = f + (1 - n f) w; a floor that takes everything gives all arms the same."""
    shares = best_chances(FOUR)
    found = floored(shares, 0.02)

    assert found == pytest.approx(0.02 + 0.92 * shares)
    assert found.sum() == pytest.approx(1.0)
    assert list(floored([0.9, 0.1], 0.5)) == list(floored([0.9, 0.1], 0.7)) == [0.5, 0.5]
    assert list(floored([0.25, 0.75], 0.0)) == [0.25, 0.75]


def test_arms_and_shares_that_are_none_are_refused() -> None:
    """One arm, an arm without anybody, shares that do not add up, a floor that is none."""
    with pytest.raises(InvalidArgument, match="arms = "):
        best_chances(FOUR[:1])
    with pytest.raises(TooFewUnits):
        best_chances([*FOUR, Sums(1, 1.0, 1.0)])
    with pytest.raises(NoVariance):
        top_two_shares([*FOUR, Sums(5, 0.0, 0.0)])
    for shares in ([0.5, 0.4], [1.5, -0.5], []):
        with pytest.raises(InvalidArgument, match="shares = "):
            floored(shares, 0.1)
    for floor in (-0.1, 1.0, float("nan")):
        with pytest.raises(InvalidArgument, match="floor = "):
            floored([0.5, 0.5], floor)
