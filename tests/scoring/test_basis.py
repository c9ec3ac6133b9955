"""What a margin does to everything that is shown beside a value: the bounds of customers and of the total."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.scoring import Extras, value_customers
from evergrove.settings import StageSettings, ValueSettings

if TYPE_CHECKING:
    from evergrove.customers import CustomerBase
    from evergrove.scoring import Valuation


def valued(base: CustomerBase, margin: float | None = None, cac: float | None = None) -> Valuation:
    """CDNOW under Pareto/NBD, without a look back."""
    settings = ValueSettings(currency="USD", margin=margin, cac=cac)
    return value_customers(base, settings, StageSettings(), "pareto-nbd", Extras(back_test=False))


def test_bounds_stand_on_the_basis_of_the_value_between_them(cdnow: CustomerBase) -> None:
    """At a margin of .4 both bounds of every customer, and of the total, are .4 of those of revenue."""
    revenue, margin = valued(cdnow), valued(cdnow, margin=0.4)

    for name in ("clv_12m", "clv_12m_low", "clv_12m_high", "clv"):
        expected = 0.4 * getattr(revenue.scores, name)
        np.testing.assert_allclose(getattr(margin.scores, name), expected, rtol=1e-12, err_msg=name)
    of_margin, of_revenue = margin.totals.clv_12m, revenue.totals.clv_12m
    assert of_margin.estimate == pytest.approx(0.4 * of_revenue.estimate, rel=1e-12)
    assert of_margin.low == pytest.approx(0.4 * of_revenue.low, rel=1e-12)
    assert of_margin.high == pytest.approx(0.4 * of_revenue.high, rel=1e-12)


def test_what_a_customer_cost_to_win_is_past(cdnow: CustomerBase) -> None:
    """Net profit: 5 less in what was earned, once per customer; nothing less in what is still to come."""
    margin, profit = valued(cdnow, margin=0.4), valued(cdnow, margin=0.4, cac=5.0)

    for name in ("historic_value", "clv_total", "simple_clv"):
        expected = getattr(margin.scores, name) - 5.0
        np.testing.assert_allclose(getattr(profit.scores, name), expected, atol=1e-9, err_msg=name)
    for name in ("clv_12m", "clv_12m_low", "clv_12m_high", "clv"):
        np.testing.assert_array_equal(
            getattr(profit.scores, name), getattr(margin.scores, name), err_msg=name
        )
    assert profit.totals.historic_value == pytest.approx(margin.totals.historic_value - 5 * len(cdnow))
    assert profit.totals.value_likely_lost == margin.totals.value_likely_lost
