"""A large base is looked back at through a sample, a small one through all its customers."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from evergrove.customers import summarise
from evergrove.scoring import service
from evergrove.scoring.sample import past_of
from evergrove.scoring.service import Extras, value_customers
from evergrove.settings import StageSettings, ValueSettings
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    import pytest

    from evergrove.customers import CustomerBase
    from evergrove.warehouse import Engine

ORIGIN, END = date(2025, 6, 30), date(2025, 12, 31)
ORDERS = """
select
    'O' || i as order_id,
    i % 997 as customer_id,
    date '2025-01-01' + cast((i * 37) % 365 as integer) as order_date,
    cast(10 + i % 50 as decimal(18, 4)) as amount
from range(5000) as rows(i)
"""
REFUNDS = """
select order_id, customer_id, order_date + 30 as refund_date, cast(amount / 2 as decimal(18, 4)) as amount
from orders
where order_date < date '2025-11-30' and cast(amount as integer) % 7 = 0
"""


def shop(engine: Engine) -> CustomerBase:
    """997 customers, 5,000 orders, half of every seventh refunded a month later."""
    engine.create("orders", ORDERS)
    engine.create("refunds", REFUNDS)
    return summarise(engine, END, StageSettings())


def test_a_sample_holds_the_same_histories() -> None:
    """Every third customer in the order of ids, with the columns that they have among all."""
    with open_engine(threads=1) as engine:
        base = shop(engine)
        whole = base.split(ORIGIN, END)
        with past_of(base, engine, enough=330) as past:
            part = past.split(ORIGIN, END)

    assert past.every == 3
    known = base.first_order_date <= np.datetime64(ORIGIN)
    chosen = ((np.arange(len(base)) + 1) % 3 == 0)[known]
    for name in ("frequency", "recency", "T", "mean_day_spend", "historic_value"):
        np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[chosen], err_msg=name)
    np.testing.assert_array_equal(part.after.purchases, whole.after.purchases[chosen])
    assert part.before.spend is not None
    assert whole.before.spend is not None
    np.testing.assert_array_equal(part.before.spend, whole.before.spend[chosen])


def test_a_small_base_is_taken_whole() -> None:
    """No copy where there are not twice as many as are enough."""
    with open_engine(threads=1) as engine:
        base = shop(engine)
        with past_of(base, engine) as past:
            assert past.every == 1
            assert past.split == base.split
        with past_of(base, None, enough=10) as past:
            assert past.every == 1


def test_the_back_test_says_that_it_is_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts are those of the sample; scores are those of everybody."""
    monkeypatch.setattr(service, "past_of", lambda base, engine: past_of(base, engine, enough=330))
    with open_engine(threads=1) as engine:
        base = shop(engine)
        found = value_customers(
            base, ValueSettings(), StageSettings(), "nbd", Extras(engine=engine, intervals=False)
        )

    assert found.back_test is not None
    assert found.back_test.every == 3
    assert found.back_test.customers < 340
    assert len(found.scores) == len(base)
