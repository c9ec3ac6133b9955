"""The interval of a total: every customer counts, each draw says what its own models say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.scoring.known_shop import Shop, shop_of

from evergrove.models import Summary
from evergrove.scoring import sensitivity as asking
from evergrove.scoring.distinct_histories import histories_of
from evergrove.scoring.spend import evidence
from evergrove.scoring.total_interval import relative_totals, total_bounds

if TYPE_CHECKING:
    from evergrove.models.types import Floats


def totals_of(shop: Shop, summary: Summary) -> Floats:
    """Relative totals of 12 months."""
    known = evidence(shop.spend, summary, "all_days")
    return relative_totals(shop.process, shop.spend, histories_of(summary), known, seed=1)


def test_each_draw_gives_the_total_of_its_own_models() -> None:
    """Expected purchases x expected spend of every customer, summed, model by model."""
    shop = shop_of(400, 5)
    known = shop.summary
    history = known.frequency, np.rint(known.recency * 7) / 7, known.T
    assert shop.process.posterior is not None
    assert shop.spend.posterior is not None

    def total(process: Any, spend: Any) -> float:
        purchases = process.expected_purchases("12 months", *history)
        return float(purchases @ spend.expected_spend(known.frequency + 1, known.mean_day_spend))

    found = totals_of(shop, known)

    pairs = list(zip(shop.process.posterior.models(), shop.spend.posterior.models(), strict=True))
    usual = total(shop.process.model, shop.spend.model)
    expected = [total(process, spend) / usual for process, spend in pairs[:40]]
    np.testing.assert_allclose(found[:40], expected, rtol=1e-8)


def test_few_points_tell_the_totals_of_all_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    With 5,000 customers, whose totals spread by 1.7 %: every draw within a tenth of that, in the mean 3 % of it.

    What is left out is how one axis of the parameters bends what the other does.
    """
    shop = shop_of(5000, 1)
    few = totals_of(shop, shop.summary)
    monkeypatch.setattr(asking, "DIRECT", 10**9)

    each = totals_of(shop, shop.summary)

    assert each.std() > 0.01
    assert np.abs(few - each).max() < 0.1 * each.std()
    assert (few - each).std() < 0.03 * each.std()


def test_the_order_of_customers_does_not_matter() -> None:
    """Not even to the systematic part of a sample: there is none."""
    shop = shop_of(900, 6)
    order = np.random.default_rng(2).permutation(900)
    known = shop.summary
    mixed = Summary(
        frequency=known.frequency[order],
        recency=known.recency[order],
        T=known.T[order],
        mean_day_spend=None if known.mean_day_spend is None else known.mean_day_spend[order],
    )

    np.testing.assert_allclose(totals_of(shop, mixed), totals_of(shop, known), rtol=1e-9)


def test_without_a_spend_model_each_purchase_is_worth_what_is_expected_of_it() -> None:
    """Only the process moves the total, and twice the amounts move it no more."""
    shop = shop_of(400, 5)
    base = histories_of(shop.summary)
    known = evidence(None, shop.summary, "all_days")

    one = relative_totals(shop.process, None, base, known, seed=1)
    twice = replace(known, expected=2 * known.expected)

    np.testing.assert_allclose(relative_totals(shop.process, None, base, twice, seed=1), one, rtol=1e-12)
    assert 0.01 < one.std() < 0.3


def test_levels_are_quantiles_of_a_normal_total() -> None:
    """Known parameters, outcomes of a standard deviation of 50: 50 % within +-.6745 sd."""
    low, high = total_bounds(1000.0, np.ones(200), 2500.0, float("nan"), 1, levels=(0.25, 0.75))

    assert (low, high) == pytest.approx((1000 - 33.7, 1000 + 33.7), abs=2.5)
