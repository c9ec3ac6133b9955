"""The test of independence: as often wrong as it says, and right where spend follows frequency."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from evergrove.models.spend import TooFewRepeaters, independence

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.models import Floats, Summary

PROVE = os.environ.get("EVERGROVE_PROVE") == "1"
P, Q = 3.85, 4.5


def repeaters(slope: float, customers: int, seed: int) -> tuple[Floats, Floats]:
    """Frequencies and means of all days; spend grows as frequency to the power of ``slope``."""
    random = np.random.default_rng(seed)
    x = random.negative_binomial(0.6, 0.15, customers).astype(np.float64) + 1
    nu = random.gamma(Q, 1, customers) / x**slope
    return x, random.gamma(P * (x + 1)) / (x + 1) / nu


def test_without_dependence_it_errs_as_often_as_it_says() -> None:
    """5 in 100 within four standard errors, where the plain rank correlation errs far more often."""
    sets = 2000 if PROVE else 400
    found, plain = 0, 0
    for seed in range(sets):
        x, m = repeaters(0.0, 946, seed)
        found += independence(x, x + 1, m, P).dependent
        plain += stats.spearmanr(x, m).pvalue < 0.05
    assert abs(found / sets - 0.05) < 4 * np.sqrt(0.05 * 0.95 / sets)
    assert plain / sets > 0.15


def test_the_interval_covers_the_correlation() -> None:
    """95 of 100 intervals, within four standard errors, hold the correlation of a million repeaters."""
    sets = 2000 if PROVE else 400
    x, m = repeaters(0.15, 1_000_000, seed=1)
    truth = independence(x, x + 1, m, P).correlation
    covered = 0
    for seed in range(sets):
        x, m = repeaters(0.15, 500, seed)
        found = independence(x, x + 1, m, P)
        covered += found.low <= truth <= found.high
    assert abs(covered / sets - 0.95) < 4 * np.sqrt(0.05 * 0.95 / sets)


def test_the_size_is_the_slope() -> None:
    """Spend that grows as frequency to the power of .15 grows by 2 ** .15 - 1 when frequency doubles."""
    x, m = repeaters(0.15, 200_000, seed=3)
    found = independence(x, x + 1, m, P)
    assert found.dependent
    assert found.per_doubling == pytest.approx(2**0.15 - 1, abs=0.005)
    fewer = independence(x, x + 1, m * np.where(x > 1, 1.0, np.nan), P)
    assert fewer.repeaters == int((x > 1).sum())


def test_rows_may_stand_for_several_customers() -> None:
    """Weights count as that many rows; the currency does not matter."""
    x, m = repeaters(0.3, 300, seed=4)
    weight = np.arange(300) % 3.0
    again = np.repeat(np.arange(300), weight.astype(int))
    by_weight = independence(x, x + 1, m, P, weight)
    by_rows = independence(x[again], x[again] + 1, 100 * m[again], P)
    assert vars(by_weight) == pytest.approx(vars(by_rows), rel=1e-9)


def test_cdnow_and_apparel(cdnow: Summary, apparel: Callable[[int], Summary]) -> None:
    """CDNOW's repeaters spend more the more they come; apparel was made without dependence."""
    for summary, p, dependent in ((cdnow, 3.853, True), (apparel(104), 2.189, False)):
        assert summary.mean_day_spend is not None
        x, m = summary.frequency, summary.mean_day_spend
        found = independence(x, x + 1, m, p)
        assert found.dependent is dependent
        assert stats.spearmanr(x[x > 0], m[x > 0]).pvalue < 0.001  # no test: it says so of both
    assert found.repeaters == 387


def test_too_few_to_tell() -> None:
    """Nine repeaters, or all of one frequency, are refused."""
    x, m = repeaters(0.0, 9, seed=1)
    with pytest.raises(TooFewRepeaters, match="9 repeaters"):
        independence(x, x + 1, m, P)
    with pytest.raises(TooFewRepeaters, match="50 repeaters"):
        independence(np.ones(50), np.full(50, 2.0), np.arange(1.0, 51.0), P)
    exact = 1 + np.arange(50.0)
    assert independence(exact, np.full(50, 1e9), exact, P).correlation == pytest.approx(1.0)
