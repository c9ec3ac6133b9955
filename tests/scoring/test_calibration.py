"""Factors chosen on earlier origins put later intervals right; where nothing is wrong they change nothing."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from evergrove.scoring.calibration import NARROWEST, WIDEST, Calibration, calibrated
from evergrove.scoring.predictive import Foretold
from evergrove.stats.pit import expected_share_within

ORIGINS, CUSTOMERS = 3, 4000


def told(spread: float, seed: int, zeros: float = 0.6) -> Foretold:
    """
    Outcomes of a forecaster who takes normal scores to be ``spread`` times narrower than they are.

    A share ``zeros`` of the chance lies on one outcome, as it does with spend.
    """
    score = spread * np.random.default_rng(seed).standard_normal(CUSTOMERS)
    at = stats.norm.cdf(score)
    return Foretold(np.where(at < zeros, 0.0, at), np.where(at < zeros, zeros, at))


@pytest.mark.parametrize("spread", [0.7, 1.0, 1.5])
def test_the_factor_is_what_the_forecaster_was_wrong_by(spread: float) -> None:
    """Without shared outcomes, and within four standard errors of a quantile of 12,000 scores (.02)."""
    found = calibrated([told(spread, seed, zeros=0.0) for seed in range(ORIGINS)])

    assert found.factor == pytest.approx(spread, rel=0.05)
    assert (found.origins, found.outcomes) == (ORIGINS, ORIGINS * CUSTOMERS)


@pytest.mark.parametrize("spread", [0.8, 1.0, 1.3])
def test_later_outcomes_lie_within_as_often_as_promised(spread: float) -> None:
    """Chosen on three origins, judged on a fourth: 80 % within 2 points, most outcomes being nought or not."""
    for zeros in (0.0, 0.6):
        found = calibrated([told(spread, seed, zeros) for seed in range(ORIGINS)])
        later = told(spread, 99, zeros)
        assert expected_share_within(later.below, later.upto, *found.levels()) == pytest.approx(
            0.80, abs=0.02
        )


def test_without_earlier_origins_nothing_changes() -> None:
    """Factor 1, the levels that the interval names, and no widening of a total."""
    found = calibrated([])

    assert found.factor == 1.0
    assert np.isnan(found.log_spread)
    assert found.levels(0.80) == pytest.approx((0.10, 0.90))
    assert found.levels(0.50) == pytest.approx((0.25, 0.75))


def test_a_total_is_widened_by_the_root_mean_square_of_past_errors() -> None:
    """Errors of 10 % above and below; an origin that could not be judged is left out."""
    assert calibrated([], [0.1, -0.1, np.nan]).log_spread == pytest.approx(0.1)


def test_a_hopeless_forecaster_is_widened_to_a_limit() -> None:
    """What never lay within the interval is no matter of width."""
    outside = Foretold(np.ones(50), np.ones(50))
    inside = Foretold(np.full(50, 0.5), np.full(50, 0.5))

    assert calibrated([outside]).factor == pytest.approx(WIDEST)
    assert calibrated([inside]).factor == pytest.approx(NARROWEST)
    assert calibrated([outside]).share == 0.0


def test_levels_widen_with_the_factor() -> None:
    """And stay within 0 and 1, around the median."""
    for factor in (0.5, 1.0, 2.0, 4.0):
        low, high = Calibration(factor).levels()
        assert 0 < low < 0.5 < high < 1
        assert low + high == pytest.approx(1)
    assert Calibration(2.0).levels()[0] < Calibration(1.0).levels()[0]
