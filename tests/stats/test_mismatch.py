"""Sample ratio mismatch against GrowthBook's figures and the exact binomial."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from evergrove.stats import srm, srm_within
from evergrove.stats.errors import InvalidWeights


@pytest.mark.parametrize(
    ("counts", "weights", "p"),
    [
        ((1000, 1100), (0.5, 0.5), 0.029096),
        ((310, 101), (0.75, 0.25), 0.841989),
        ((500, 500, 600), (0.34, 0.33, 0.33), 0.000593),
        ((5000, 5150), (0.5, 0.5), 0.136520),
        ((44_700, 45_489), (0.5, 0.5), 0.008608),  # cookie_cats
        ((21_387, 21_307, 21_306), (1, 1, 1), 0.903693),  # hillstrom
    ],
)
def test_figures_of_growthbook(counts: tuple[int, ...], weights: tuple[float, ...], p: float) -> None:
    """Chi-square with one degree of freedom less than arms."""
    assert srm(counts, weights) == pytest.approx(p, abs=1e-6)


def test_an_arm_of_weight_nought_is_no_arm() -> None:
    """It adds no degree of freedom."""
    assert srm((1000, 1100, 0), (0.5, 0.5, 0)) == srm((1000, 1100), (0.5, 0.5))


@pytest.mark.parametrize(
    ("counts", "weights"),
    [
        ((10, 10), (1.0,)),
        ((10, 10), (1.5, -0.5)),
        ((10, 0), (1.0, 0.0)),
        ((10, 10, 1), (0.5, 0.5, 0.0)),
    ],
)
def test_arms_without_a_plan_are_refused(counts: tuple[int, ...], weights: tuple[float, ...]) -> None:
    """A person in an arm that should hold nobody is no matter of chance."""
    with pytest.raises(InvalidWeights):
        srm(counts, weights)


@pytest.mark.parametrize("control", range(8))
def test_few_people_are_judged_exactly(control: int) -> None:
    """Where chi-square would cry wolf: twice the smaller tail, as SciPy counts it."""
    n, share = 12, 0.1
    tails = [binomtest(control, n, share, alternative=side).pvalue for side in ("less", "greater")]

    assert srm((control, n - control), (share, 1 - share)) == pytest.approx(min(1.0, 2 * min(tails)))
    assert srm((n - control, control), (1 - share, share)) == pytest.approx(min(1.0, 2 * min(tails)))


def test_a_sound_assignment_is_rarely_suspected() -> None:
    """Of 4,000 sound draws, exact and chi-square alike, not more than 5 % have p < 0.05, by 4 standard errors."""
    rng = np.random.default_rng(3)
    for n, share in ((30, 0.1), (400, 0.1), (400, 0.5)):
        drawn = rng.binomial(n, share, 4000)
        found = {k: srm((k, n - k), (share, 1 - share)) for k in map(int, np.unique(drawn))}

        assert sum(found[k] < 0.05 for k in map(int, drawn)) / 4000 < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 4000)


def test_nobody_is_no_mismatch() -> None:
    """Before the first assignment there is nothing to suspect."""
    assert srm((0, 0), (0.9, 0.1)) == 1.0
    assert srm_within([]) == 1.0
    assert srm_within([((0, 0), (0.9, 0.1))]) == 1.0


def test_a_changed_share_is_no_mismatch_and_hides_none() -> None:
    """10 % and 50 % control stand apart; together they fit no single plan."""
    before, after = ((900, 100), (0.9, 0.1)), ((500, 500), (0.5, 0.5))

    assert srm_within([before, after]) == 1.0
    assert srm((1400, 600), (0.7, 0.3)) == 1.0  # what one plan for all would have said by luck
    assert srm_within([((900, 100), (0.9, 0.1)), ((600, 400), (0.5, 0.5))]) < 1e-8
    assert srm_within([((860, 140), (0.9, 0.1)), after]) == pytest.approx(2 * srm((860, 140), (0.9, 0.1)))
