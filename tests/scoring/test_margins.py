"""Margins of customers whose orders carry costs: known shares, identities, and the setting where costs are unknown."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.customers import CustomerBase, summarise
from evergrove.scoring.margins import with_known_costs
from evergrove.scoring.service import Extras, value_customers
from evergrove.scoring.terms import terms_of
from evergrove.settings import StageSettings, ValueSettings
from evergrove.warehouse import Engine, open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

END = date(2025, 12, 31)
MEAN, BETWEEN, WITHIN = 0.35, 0.10, 0.08
STAGES = StageSettings()


def shop(engine: Engine, seed: int = 1, *, costs: bool = True, known: float = 1.0) -> np.ndarray:
    """600 customers, whose margin share is normal around a mean of their own; returns these means."""
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 500, 600)
    orders = 1 + rng.poisson(rng.gamma(1.5, 1 / 120, 600) * (730 - first))
    customer = np.repeat(np.arange(600), orders)
    is_first = np.diff(customer, prepend=-1) > 0
    day = np.where(is_first, first[customer], rng.integers(first[customer], 731))
    own = rng.normal(MEAN, BETWEEN, 600)
    amount = np.round(rng.gamma(4.0, 10.0, len(customer)) + 5, 2)
    share = rng.normal(own[customer], WITHIN)
    unknown = rng.random(len(customer)) >= known
    made = {
        "order_id": np.arange(len(customer)),
        "customer_id": customer,
        "day": day,
        "amount": amount,
        "cost": np.where(unknown, np.nan, np.round(amount * (1 - share), 2)),
    }
    engine.register("made", made)
    cost = ", cast(cost as decimal(18, 4)) as cost" if costs else ""
    engine.create(
        "orders",
        "select order_id, customer_id, date '2024-01-01' + cast(day as integer) as order_date,"
        f" cast(amount as decimal(18, 4)) as amount{cost} from made",
    )
    engine.create(
        "refunds",
        "select cast(null as bigint) as order_id, customer_id, order_date + 3 as refund_date, amount"
        " from orders where order_id % 40 = 0",
    )
    return own


@pytest.fixture(scope="module")
def costed() -> Iterator[tuple[CustomerBase, np.ndarray]]:
    """All costs are known."""
    with open_engine(threads=1) as engine:
        own = shop(engine)
        yield summarise(engine, END, STAGES), own


def test_each_customer_has_a_margin_of_his_own(costed: tuple[CustomerBase, np.ndarray]) -> None:
    """Nearer to the customers' true means than one margin for all, and than their own days alone."""
    base, own = costed
    terms = with_known_costs(terms_of(ValueSettings()), base)

    assert terms.basis == "margin"
    assert terms.own is not None
    assert base.costs is not None
    assert terms.margin == pytest.approx(MEAN, abs=3 * BETWEEN / np.sqrt(600))
    error = np.square(terms.own.share - own).mean()
    assert error < 0.5 * np.square(MEAN - own).mean()
    assert error < np.square(base.costs.share - own).mean()


def test_identities_hold_on_own_margins(costed: tuple[CustomerBase, np.ndarray]) -> None:
    """Clv = share x its revenue; clv_total = historic + clv; historic is revenue less costs but for refunds."""
    base, _own = costed
    wanted = Extras(back_test=False, total_interval=False)
    found = value_customers(base, ValueSettings(), STAGES, "pareto-nbd", wanted)
    assert found.terms.own is not None
    plain = value_customers(with_no_costs(base), ValueSettings(), STAGES, "pareto-nbd", wanted)
    share = found.terms.own.share

    assert (found.basis, plain.basis) == ("margin", "revenue")
    for name in ("clv_12m", "clv", "clv_12m_low", "clv_12m_high"):
        np.testing.assert_allclose(
            getattr(found.scores, name), share * getattr(plain.scores, name), rtol=1e-9, err_msg=name
        )
    np.testing.assert_allclose(
        found.scores.clv_total, found.scores.historic_value + found.scores.clv, rtol=1e-12
    )
    assert base.costs is not None
    refunded = base.costs.revenue - base.historic_value
    np.testing.assert_allclose(
        found.scores.historic_value, base.costs.margin - share * refunded, rtol=1e-9, atol=1e-9
    )


def with_no_costs(base: CustomerBase) -> CustomerBase:
    """The same customers, of whose costs nobody knows."""
    return CustomerBase(**{k: v for k, v in vars(base).items() if k not in {"costs", "_splits"}})


def test_unknown_costs_take_the_customers_share() -> None:
    """With a third of all costs known, historic margin is within 2 % of that with all."""
    with open_engine(threads=1) as engine:
        shop(engine)
        all_known = with_known_costs(terms_of(ValueSettings()), summarise(engine, END, STAGES))
    with open_engine(threads=1) as engine:
        shop(engine, known=0.33)
        some = with_known_costs(terms_of(ValueSettings()), summarise(engine, END, STAGES))

    assert all_known.own is not None
    assert some.own is not None
    assert some.own.earned.sum() == pytest.approx(all_known.own.earned.sum(), rel=0.02)


def test_without_costs_the_setting_holds() -> None:
    """No column, an empty column, or too few: --margin, or revenue."""
    for costs, known in ((False, 1.0), (True, 0.0), (True, 0.002)):
        with open_engine(threads=1) as engine:
            shop(engine, costs=costs, known=known)
            base = summarise(engine, END, STAGES)
        given = terms_of(ValueSettings(margin=0.3))
        assert with_known_costs(given, base) == given
        assert with_known_costs(terms_of(ValueSettings()), base).basis == "revenue"


def test_an_acquisition_cost_makes_net_profit_of_known_margins(
    costed: tuple[CustomerBase, np.ndarray],
) -> None:
    """It lowers what was earned, never what is to come."""
    base, _own = costed
    terms = with_known_costs(terms_of(ValueSettings(margin=0.3, cac=20.0)), base)
    plain = with_known_costs(terms_of(ValueSettings(margin=0.3)), base)

    assert terms.basis == "net_profit"
    np.testing.assert_allclose(terms.earned(base.historic_value), plain.earned(base.historic_value) - 20.0)
    np.testing.assert_array_equal(terms.expected(base.historic_value), plain.expected(base.historic_value))
