"""``eg.intervals``: the doubt of parameters, that of outcomes, and both, against simulated truth and closed forms."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.scoring.known_shop import DAYS, PROCESS, SPEND, shop_of

from evergrove.models import BgNbd, MbgNbd, Nbd, ParetoNbd, Summary
from evergrove.models.posterior import NotItsSummary
from evergrove.models.process import InvalidHorizon
from evergrove.models.regular import MbgCnbd
from evergrove.scoring.bands import Band, intervals
from evergrove.scoring.calibration import Calibration

if TYPE_CHECKING:
    from evergrove.models.types import Fit, Floats
    from evergrove.scoring.bands import Intervals

PROVE = os.environ.get("EVERGROVE_PROVE") == "1"
SETS = 100 if PROVE else 4


def asked(seed: int, customers: int = 600) -> tuple[Intervals, Any]:
    """A simulated shop and what is said of its next 52 weeks, undiscounted."""
    shop = shop_of(customers, seed)
    found = intervals(shop.process, shop.summary, shop.spend, horizon=DAYS / 7, annual_rate=1e-12, seed=seed)
    return found, shop


def inside(band: Band, truth: Floats) -> float:
    """Share of customers whose truth lies between the bounds."""
    return float(((truth >= band.low) & (truth <= band.high)).mean())


@pytest.mark.slow
def test_each_source_covers_what_it_speaks_of() -> None:
    """
    Over simulated shops of 600 customers, each band of 80 % holds its own truth.

    The true P(alive) and the true expected value lie within the parameters' bands; totals within theirs: the
    expected one within the parameters', what came within the combined one. Within four standard errors, and 5
    points for customers, whose bands all move together from shop to shop.
    """
    held = []
    for seed in range(200, 200 + SETS):
        found, shop = asked(seed)
        known, total = shop.summary, found.total
        history = known.frequency, known.recency, known.T
        value = PROCESS.expected_purchases(DAYS / 7, *history) * SPEND.expected_spend(
            known.frequency + 1, known.mean_day_spend
        )
        came = float(shop.split.spend.sum())
        held.append([
            inside(found.p_alive, PROCESS.probability_alive(*history)),
            inside(found.customers.parameters, value),
            total.parameters.low <= value.sum() <= total.parameters.high,
            total.combined.low <= came <= total.combined.high,
            inside(found.customers.combined, shop.split.spend),
        ])  # fmt: skip
    shares, error = np.mean(held, axis=0), 4 * np.sqrt(0.16 / SETS)

    assert (np.abs(shares[:2] - 0.80) < 0.05 + error / 2).all()
    assert (np.abs(shares[2:4] - 0.80) < error).all()
    assert shares[4] > 0.78


def test_doubts_add_up() -> None:
    """Outcomes are wider than parameters for a customer; both together are widest; a total shows either."""
    found, shop = asked(1, customers=1500)
    customers, total = found.customers, found.total

    def width(band: Any) -> float:
        return float(np.mean(band.high - band.low))

    assert width(customers.parameters) < width(customers.outcomes)
    assert width(customers.combined) == pytest.approx(width(customers.outcomes), rel=0.05)
    squares = [width(total.parameters) ** 2 + width(total.outcomes) ** 2, width(total.combined) ** 2]
    assert squares[0] == pytest.approx(squares[1], rel=0.1)
    for band in (found.p_alive, customers.parameters, customers.combined):
        assert (band.low <= band.high).all()
    assert (found.p_alive.low <= found.p_alive.estimate + 1e-9).mean() > 0.99
    assert (found.p_alive.high >= found.p_alive.estimate - 1e-9).mean() > 0.99
    assert found.process is shop.process.posterior
    assert (found.of, found.level, found.horizon_days) == ("value", 0.80, DAYS)


@pytest.mark.parametrize("model", [BgNbd, MbgNbd, ParetoNbd, Nbd])
def test_estimates_are_the_models_own_answers(model: Any) -> None:
    """Value is discounted purchases x expected spend; without a spend model purchases are counted."""
    known, spend = shop_of(400, 2).summary, shop_of(400, 2).spend
    fit = model.fit(known)
    history = known.frequency, known.recency, known.T

    value, purchases = intervals(fit, known, spend, horizon="12 months"), intervals(fit, known)

    amount = spend.model.expected_spend(known.frequency + 1, known.mean_day_spend)
    discounted = fit.model.discounted_purchases("12 months", 0.10, *history)
    np.testing.assert_allclose(value.customers.combined.estimate, discounted * amount, rtol=1e-8)
    assert value.total.outcomes.estimate == pytest.approx(float((discounted * amount).sum()), rel=1e-8)
    np.testing.assert_allclose(
        purchases.customers.parameters.estimate,
        fit.model.expected_purchases("12 months", *history),
        rtol=1e-6,
    )
    assert (purchases.of, purchases.spend) == ("purchases", None)
    np.testing.assert_allclose(value.p_alive.estimate, fit.model.probability_alive(*history), rtol=1e-12)


def test_purchases_are_bounded_by_their_quantiles() -> None:
    """
    With known parameters, bounds of counts are those of the exact distribution, but for the draws.

    At the bounds the exact distribution function is within four standard errors of 1,000 draws (3.8 points) of
    the level, or the level lies in its jump there.
    """
    shop = shop_of(300, 5)
    known, model = shop.summary, shop.process.model
    found = intervals(shop.process, known, horizon=DAYS / 7).customers.outcomes

    counts = np.arange(200.0)
    for i in range(0, 300, 30):
        history = known.frequency[i], known.recency[i], known.T[i]
        upto = np.cumsum(np.exp(model.log_probability_of_purchases(counts, DAYS / 7, *history)))
        for bound, level in ((found.low[i], 0.10), (found.high[i], 0.90)):
            n = int(np.ceil(bound))
            below = upto[n - 1] if n else 0.0
            assert below - 0.038 <= level <= upto[n] + 0.038


def test_a_calibration_widens_what_will_come_and_nothing_else() -> None:
    """Factor and spread of totals reach the combined bounds; those of parameters and outcomes stay."""
    shop = shop_of(600, 1)
    plain = intervals(shop.process, shop.summary, shop.spend)
    wide = intervals(
        shop.process, shop.summary, shop.spend, calibration=Calibration(factor=1.5, log_spread=0.2)
    )

    assert (wide.customers.combined.high >= plain.customers.combined.high).all()
    assert wide.customers.combined.high.sum() > 1.2 * plain.customers.combined.high.sum()
    np.testing.assert_array_equal(wide.customers.outcomes.high, plain.customers.outcomes.high)
    np.testing.assert_array_equal(wide.customers.parameters.high, plain.customers.parameters.high)
    assert wide.total.outcomes == plain.total.outcomes
    assert wide.total.combined.high - wide.total.combined.low > 1.3 * (
        plain.total.combined.high - plain.total.combined.low
    )


@pytest.mark.slow
def test_the_order_of_the_customers_does_not_matter() -> None:
    """The same seed and other rows: every customer keeps his bounds, to rounding."""
    shop = shop_of(700, 4)
    order = np.random.default_rng(1).permutation(700)
    mixed = Summary(
        frequency=shop.summary.frequency[order],
        recency=shop.summary.recency[order],
        T=shop.summary.T[order],
        mean_day_spend=None if shop.summary.mean_day_spend is None else shop.summary.mean_day_spend[order],
    )

    one = intervals(shop.process, shop.summary, shop.spend, seed=3)
    other = intervals(shop.process, mixed, shop.spend, seed=3)
    again = intervals(shop.process, shop.summary, shop.spend, seed=3)

    for name in ("parameters", "outcomes", "combined"):
        band, moved = getattr(one.customers, name), getattr(other.customers, name)
        np.testing.assert_allclose(moved.high, band.high[order], rtol=1e-5)
        np.testing.assert_allclose(moved.low, band.low[order], rtol=1e-5, atol=1e-9)
        assert getattr(other.total, name).high == pytest.approx(getattr(one.total, name).high, rel=1e-6)
        np.testing.assert_array_equal(getattr(again.customers, name).high, band.high)


def test_narrower_levels_lie_within_wider_ones() -> None:
    """50 % within 80 % within 95 %, for every customer."""
    shop = shop_of(300, 5)
    bands = [
        intervals(shop.process, shop.summary, shop.spend, level=level).customers.combined
        for level in (0.5, 0.8, 0.95)
    ]

    for inner, outer in pairwise(bands):
        assert (outer.low <= inner.low).all()
        assert (inner.high <= outer.high).all()


def test_regular_timing_has_bands_as_well(mixed_summary: Summary) -> None:
    """MBG/CNBD-2: bounds in order, total's estimate within its bounds."""
    fit: Fit[Any] = MbgCnbd.fit(mixed_summary, k=2)

    found = intervals(fit, mixed_summary)

    assert (found.customers.combined.low <= found.customers.combined.high).all()
    assert found.total.combined.low < found.total.combined.estimate < found.total.combined.high


@pytest.fixture
def mixed_summary() -> Summary:
    """Customers who buy about every fourth week, give or take two, until they stop."""
    rng, rows = np.random.default_rng(8), []
    for _customer in range(400):
        T, stays = rng.integers(40, 100), rng.geometric(rng.beta(0.6, 2.0)) - 1
        gaps = rng.gamma(2.0, rng.gamma(3.0, 0.8), min(stays, 200))
        times = np.cumsum(gaps)[np.cumsum(gaps) < T]
        rows.append((len(times), times[-1] if len(times) else 0.0, T, np.log(gaps[: len(times)]).sum()))
    x, t_x, T, logs = np.array(rows, dtype=np.float64).T
    return Summary(frequency=x, recency=t_x, T=T, log_intervals=logs)


def test_other_customers_need_draws_beforehand() -> None:
    """A fit says nothing of whom it was not fitted on, unless it carries its draws."""
    shop, other = shop_of(300, 6), shop_of(300, 7)
    bare = replace(shop.process, posterior=None)

    with pytest.raises(NotItsSummary):
        intervals(bare, other.summary)
    assert len(intervals(shop.process, other.summary).p_alive.low) == 300


@pytest.mark.parametrize("horizon", [0, -1, float("inf")])
def test_a_horizon_is_a_length_of_time(horizon: float) -> None:
    """Nothing comes within no time, and without end nothing is bounded."""
    shop = shop_of(300, 6)
    with pytest.raises(InvalidHorizon):
        intervals(shop.process, shop.summary, horizon=horizon)
