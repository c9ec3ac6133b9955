"""The transform against scipy's exact test, its own algebra, and forecasts that are right or wrong on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from evergrove.stats.pit import expected_share_within, histogram, randomised_pit, share_within, uniform_p

if TYPE_CHECKING:
    from numpy.typing import NDArray


@pytest.mark.parametrize("n", [5, 20, 100, 2000])
def test_the_p_is_the_exact_one(n: int) -> None:
    """Kolmogorov and Smirnov's, by scipy: to 2e-5 of itself where it decides, within .025 elsewhere."""
    rng = np.random.default_rng(n)
    for power in np.linspace(0.5, 2.0, 60):
        values = rng.random(n) ** power
        exact = stats.kstest(values, "uniform").pvalue
        tolerance = 2e-5 * exact if exact < 0.05 else 0.025
        assert abs(uniform_p(values) - exact) < tolerance


def test_counts_that_were_foretold_rightly_are_uniform() -> None:
    """Poisson counts under their own distribution; under another mean they are plainly not."""
    rng = np.random.default_rng(3)
    counts, uniforms = rng.poisson(0.7, 20_000), rng.random(20_000)

    def pit(mean: float) -> NDArray[np.float64]:
        below = np.where(counts > 0, stats.poisson.cdf(counts - 1, mean), 0.0)
        return randomised_pit(below, stats.poisson.cdf(counts, mean), uniforms)

    assert uniform_p(pit(0.7)) > 0.01
    assert abs(share_within(pit(0.7)) - 0.8) < 4 * np.sqrt(0.8 * 0.2 / 20_000)
    assert uniform_p(pit(0.8)) < 1e-6


def test_the_expected_share_is_the_mean_over_the_randomisation() -> None:
    """Over 4,000 draws of the uniforms, within four standard errors; for points it is the share itself."""
    rng = np.random.default_rng(5)
    below, width = rng.random(50) * 0.7, rng.random(50) * 0.3
    shares = [share_within(randomised_pit(below, below + width, rng.random(50))) for _ in range(4000)]

    error = np.std(shares) / np.sqrt(4000)
    assert abs(np.mean(shares) - expected_share_within(below, below + width)) < 4 * error
    points = rng.random(200)
    assert expected_share_within(points, points) == share_within(points)


def test_bins_are_counted_beside_what_they_should_hold() -> None:
    """1 falls into the last; the standard error is the binomial's."""
    found = histogram(np.array([0.0, 0.05, 0.1, 0.55, 0.999, 1.0]), bins=10)

    assert found.counts == (2, 1, 0, 0, 0, 1, 0, 0, 0, 2)
    assert found.expected == pytest.approx(0.6)
    assert found.standard_error == pytest.approx(np.sqrt(6 * 0.1 * 0.9))


def test_nothing_says_nothing() -> None:
    """No outcome: no share, no P."""
    none = np.zeros(0)
    assert np.isnan([share_within(none), expected_share_within(none, none), uniform_p(none)]).all()
