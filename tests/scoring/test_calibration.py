"""Factors chosen on earlier origins put later intervals right; where nothing is wrong they change nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats
from tests.scoring.known_shop import split_of

from evergrove.scoring import Extras, kept_document, score_with, value_customers
from evergrove.scoring.calibration import NARROWEST, WIDEST, Calibration, calibrated
from evergrove.scoring.kept import read_kept
from evergrove.scoring.predictive import Foretold, thinned
from evergrove.settings import StageSettings, ValueSettings
from evergrove.stats.pit import expected_share_within

if TYPE_CHECKING:
    from evergrove.customers import CustomerBase

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


def test_a_few_outcomes_decide_nothing() -> None:
    """Of 99 the share is not known to 4 points."""
    few = Foretold(np.ones(99), np.ones(99))

    assert calibrated([few]).factor == 1.0
    assert calibrated([few, Foretold(np.ones(1), np.ones(1))]).factor == pytest.approx(WIDEST)


def test_a_total_is_widened_by_the_root_mean_square_of_past_errors() -> None:
    """Errors of 10 % above and below; an origin that could not be judged is left out."""
    assert calibrated([], [0.1, -0.1, np.nan]).log_spread == pytest.approx(0.1)


def test_a_hopeless_forecaster_is_widened_to_a_limit() -> None:
    """What never lay within the interval is no matter of width."""
    outside = Foretold(np.ones(200), np.ones(200))
    inside = Foretold(np.full(200, 0.5), np.full(200, 0.5))

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


def test_a_sample_of_a_split_is_evenly_spaced() -> None:
    """Every k-th customer, so that there are no more than asked for; fewer are left as they are."""
    split = split_of(1000, 1)

    some = thinned(split, 300)

    assert len(some.purchases) == len(some.calibration) == 250
    np.testing.assert_array_equal(some.purchases, split.purchases[::4])
    np.testing.assert_array_equal(some.calibration.T, split.calibration.T[::4])
    assert thinned(split, 1000) is split


@pytest.mark.slow
def test_what_is_published_is_held_to_the_past(cdnow: CustomerBase) -> None:
    """
    CDNOW: of spend at the origin, 77 % lay within 80 % intervals, so today's are a little wider.

    The factor travels: into model.json, and to the nights after the fit, to the last bit.
    """
    settings, stages = ValueSettings(), StageSettings()
    found = value_customers(cdnow, settings, stages, "pareto-nbd", Extras(seed=3))

    assert found.back_test is not None
    held = found.back_test.calibration
    assert held.share == pytest.approx(0.77, abs=0.03)
    assert 1.0 < held.factor < 1.25
    assert held.outcomes >= 2357
    assert held.log_spread == found.back_test.log_spread
    document = json.loads(json.dumps(kept_document(found, stages), allow_nan=False))
    assert document["model"]["calibration"]["factor"] == held.factor
    assert read_kept(document).calibration == held
    again = score_with(cdnow, document, settings, stages)
    np.testing.assert_array_equal(again.scores.clv_12m_high, found.scores.clv_12m_high)
    np.testing.assert_array_equal(again.scores.clv_12m_low, found.scores.clv_12m_low)
    document["model"]["calibration"]["factor"] = 1.0
    plain = score_with(cdnow, document, settings, stages)
    assert (found.scores.clv_12m_high >= plain.scores.clv_12m_high).all()
    assert found.scores.clv_12m_high.sum() > 1.02 * plain.scores.clv_12m_high.sum()
