"""Net profit of known costs: what each customer cost, identities, and what is said where costs are known in part."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.scoring.test_margins import END, STAGES, shop

from evergrove.customers import Spending, summarise
from evergrove.scoring.cost_notes import cost_notes
from evergrove.scoring.errors import MarginNeeded
from evergrove.scoring.margins import terms_for
from evergrove.scoring.service import Extras, value_customers
from evergrove.scoring.terms import terms_of
from evergrove.settings import ValueSettings
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.customers import CustomerBase

PLAIN = ValueSettings()
LEAN = Extras(back_test=False, total_interval=False)


def spent(customers: int, known: float = 1.0, unassigned: float = 0.0) -> Spending:
    """Costs beside goods, all of them positive; of the first customers what winning them cost."""
    rng = np.random.default_rng(3)
    acquisition = rng.gamma(2.0, 4.0, customers)
    acquisition[round(known * customers) :] = np.nan
    return Spending(
        acquisition, rng.gamma(1.0, 3.0, customers), rng.gamma(1.0, 0.2, customers), 0.04, unassigned
    )


@pytest.fixture(scope="module")
def costed() -> Iterator[CustomerBase]:
    """All costs of goods are known, and nothing of others."""
    with open_engine(threads=1) as engine:
        shop(engine)
        yield summarise(engine, END, STAGES)


@pytest.fixture(scope="module")
def told(costed: CustomerBase) -> CustomerBase:
    """All costs are known."""
    return replace(costed, spending=spent(len(costed)))


def codes(base: CustomerBase, settings: ValueSettings = PLAIN) -> list[str]:
    """Codes of what is said of the basis."""
    return [note.code for note in cost_notes(terms_for(settings, base), settings.cac)]


def test_net_profit_is_margin_less_what_customers_cost(costed: CustomerBase, told: CustomerBase) -> None:
    """Customer by customer, and over the sum of all to the cent; what is to come bears service, not acquisition."""
    margin, profit = terms_for(PLAIN, costed), terms_for(PLAIN, told)
    assert (margin.basis, profit.basis) == ("margin", "net_profit")
    assert told.spending is not None
    known = told.spending
    cost = known.acquisition + known.service + known.contact
    revenue = told.historic_value

    np.testing.assert_allclose(profit.earned(revenue), margin.earned(revenue) - cost, rtol=1e-12)
    total = margin.earned(revenue).sum() - profit.earned(revenue).sum()
    assert total == pytest.approx(cost.sum(), abs=0.005)
    np.testing.assert_allclose(profit.expected(revenue), margin.expected(revenue) - 0.04 * revenue, rtol=1e-9)
    np.testing.assert_allclose(
        profit.realised(revenue), profit.expected(revenue) - known.acquisition, rtol=1e-12
    )
    assert profit.cac == pytest.approx(known.acquisition.mean())


def test_net_profit_is_at_most_margin_and_margin_at_most_revenue(
    costed: CustomerBase, told: CustomerBase
) -> None:
    """Where no cost is below nought and no order sold below cost, of everybody and of all values."""
    bare = replace(costed, costs=None)
    revenue, margin, profit = (
        value_customers(base, PLAIN, STAGES, "pareto-nbd", LEAN) for base in (bare, costed, told)
    )
    assert [each.basis for each in (revenue, margin, profit)] == ["revenue", "margin", "net_profit"]
    for name in ("clv_12m", "clv"):
        lower, middle, upper = (getattr(each.scores, name) for each in (profit, margin, revenue))
        assert (lower <= middle).all()
        assert (middle <= upper).all()
    is_sold_dear = costed.historic_value >= margin.scores.historic_value
    assert is_sold_dear.mean() > 0.99  # but for some orders below cost, as drawn
    assert (profit.scores.historic_value <= margin.scores.historic_value).all()
    np.testing.assert_allclose(
        profit.scores.clv_total, profit.scores.historic_value + profit.scores.clv, rtol=1e-12
    )


def test_of_whom_nothing_is_told_the_setting_counts(costed: CustomerBase) -> None:
    """--cac for the others, else nothing; and it is said of how many."""
    base = replace(costed, spending=spent(len(costed), known=0.25))
    settings = replace(PLAIN, cac=12.0)
    known = round(0.25 * len(base))
    for given, cac in ((settings, 12.0), (PLAIN, 0.0)):
        own = terms_for(given, base).own
        assert own is not None
        assert own.won is not None
        assert (own.won[known:] == cac).all()
        assert (own.won[:known] > 0).all()
    (note,) = cost_notes(terms_for(settings, base), 12.0)
    assert (note.code, note.params["known"], note.params["cac"]) == (
        "scoring.acquisition_partly_known",
        "25.0",
        "12.00",
    )


def test_a_set_margin_makes_net_profit_of_known_spending(costed: CustomerBase) -> None:
    """Without costs of goods the setting stands for them."""
    base = replace(costed, costs=None, spending=spent(len(costed)))
    terms = terms_for(replace(PLAIN, margin=0.3), base)

    assert terms.basis == "net_profit"
    assert base.spending is not None
    cost = base.spending.acquisition + base.spending.service + base.spending.contact
    np.testing.assert_allclose(terms.earned(base.historic_value), 0.3 * base.historic_value - cost)


def test_without_a_margin_value_stays_revenue(costed: CustomerBase) -> None:
    """Revenue less a cost is no profit: said, not done."""
    base = replace(costed, costs=None, spending=spent(len(costed)))

    assert terms_for(PLAIN, base).basis == "revenue"
    assert codes(base) == ["scoring.costs_without_margin"]
    with pytest.raises(MarginNeeded):
        terms_for(replace(PLAIN, cac=5.0), base)


def test_known_margins_make_a_set_cac_count(costed: CustomerBase) -> None:
    """No --margin is needed where orders tell it."""
    terms = terms_for(replace(PLAIN, cac=5.0), costed)

    assert terms.basis == "net_profit"
    np.testing.assert_allclose(
        terms.earned(costed.historic_value), terms_for(PLAIN, costed).earned(costed.historic_value) - 5
    )


def test_nothing_is_said_where_all_is_known_or_nothing(costed: CustomerBase, told: CustomerBase) -> None:
    """Settings alone, all orders, all customers: no notes; a missing part of each: one note."""
    assert codes(replace(costed, costs=None)) == []
    assert codes(told) == []
    assert terms_for(PLAIN, replace(costed, costs=None)) == terms_of(PLAIN)
    assert costed.costs is not None
    half = replace(told, costs=replace(costed.costs, coverage=0.5))
    assert codes(half) == ["scoring.costs_partly_known"]
    assert codes(replace(told, spending=spent(len(told), unassigned=7.0))) == ["scoring.costs_of_nobody"]


def test_rows_that_wait_for_a_rate_are_counted_and_change_no_basis(costed: CustomerBase) -> None:
    """Nothing is told yet but that something waits."""
    zero = np.zeros(len(costed))
    base = replace(costed, spending=Spending(zero + np.nan, zero, zero, 0.0, 0.0, waiting=3))

    assert terms_for(PLAIN, base).basis == "margin"
    assert codes(base) == ["scoring.costs_wait_for_rates"]
