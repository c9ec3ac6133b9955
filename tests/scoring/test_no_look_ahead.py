"""What is dated after a past window changes nothing in it: not a refund, not who comes first only then."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.customers import left_truncation, summarise
from evergrove.models import Summary
from evergrove.scoring import service
from evergrove.scoring.sample import past_of
from evergrove.scoring.service import Extras, value_customers
from evergrove.scoring.splits import Histories
from evergrove.settings import StageSettings, ValueSettings
from evergrove.warehouse import Engine, open_engine

if TYPE_CHECKING:
    import pytest

    from evergrove.customers import CustomerBase
    from evergrove.scoring.types import Split

BEGIN, ORIGIN, UNTIL, END = date(2024, 1, 1), date(2024, 9, 30), date(2025, 3, 31), date(2025, 12, 31)
ORDERS = """
with
customers as (
    -- Every second one is first seen in the first 30 days: the shop is older than its log.
    select i as customer_id, case when i % 2 = 0 then i % 30 else 40 + i % 400 end as first_day
    from range(900) as rows(i)
)
select
    customer_id * 10 + k as order_id,
    customer_id,
    date '2024-01-01' + cast(first_day + k * (20 + customer_id % 17) as integer) as order_date,
    cast(20 + (customer_id * 7 + k * 11) % 60 as decimal(18, 4)) as amount
from customers, range(9) as orders(k)
where k <= customer_id % 10 and customer_id % 3 > 0 or k = 0
"""
REFUNDS = """
select order_id, customer_id, order_date + 12 as refund_date, amount
from orders
where order_id % 23 = 0
"""
LATER_REFUNDS = "insert into refunds select order_id, customer_id, date '2025-06-01', amount from orders where order_id % 5 = 0"
STOOD_THEN = """
select customer_id, min(order_date)
from orders
where order_date <= $day
    and order_id not in (select order_id from refunds where refund_date <= $day)
group by customer_id
"""
LATER_CUSTOMERS = """
insert into orders
select 100000 + i, 5000 + i, date '2025-04-01' + cast(i % 20 as integer), 30.0
from range(4000) as rows(i)
"""


def shop(engine: Engine, *later: str) -> CustomerBase:
    """The shop, and what was planted after UNTIL."""
    engine.create("orders", ORDERS)
    engine.create("refunds", REFUNDS)
    for sql in later:
        engine.run(sql)
    return summarise(engine, END, StageSettings())


def split_of(engine: Engine, base: CustomerBase) -> Split:
    """The window (ORIGIN, UNTIL], as scoring sees it."""
    with past_of(base, engine, enough=10**9) as past:
        histories = Histories(
            base, past, "week", left_truncation(engine, base).fit_from, service.known_then(engine, base)
        )
        return histories.split(ORIGIN, UNTIL)


def flat(split: Split) -> dict[str, Any]:
    """Every array of a split, by name."""
    found: dict[str, Any] = {}
    for one in fields(split):
        value = getattr(split, one.name)
        if isinstance(value, Summary):
            found |= {f"{one.name}.{k}": v for k, v in vars(value).items() if isinstance(v, np.ndarray)}
        elif isinstance(value, np.ndarray):
            found[one.name] = value
    return found


def test_refunds_and_first_purchases_of_later_change_no_earlier_window() -> None:
    """A fifth of all orders goes back after the window, and 4,000 customers come: every array stays, byte by byte."""
    with open_engine(threads=1) as engine:
        base = shop(engine)
        plain, piled = flat(split_of(engine, base)), left_truncation(engine, base)
    with open_engine(threads=1) as engine:
        base = shop(engine, LATER_REFUNDS, LATER_CUSTOMERS)
        planted, now = flat(split_of(engine, base)), left_truncation(engine, base)
        fewer = int((base.first_order_date <= np.datetime64(ORIGIN)).sum())

    assert len(plain["purchases"]) > fewer  # customers refunded wholly since then stood there
    assert piled.fit_from is not None
    assert now.fit_from is None  # today's view of the beginning is another
    assert len(plain["fitted.frequency"]) < len(plain["calibration.frequency"])
    assert plain.keys() == planted.keys()
    for name, values in plain.items():
        np.testing.assert_array_equal(values, planted[name], err_msg=name)


def test_a_sample_holds_who_has_been_refunded_since() -> None:
    """Every second customer, numbered by who ever bought: as many stood there on the day as half of all."""
    with open_engine(threads=1) as engine:
        base = shop(engine, LATER_REFUNDS)
        stood = engine.run(STOOD_THEN, day=ORIGIN)
        with past_of(base, engine, enough=len(base) // 2) as past:
            part = past.split(ORIGIN, UNTIL)

    assert past.every == 2
    first = {customer: day for customer, day in stood if (customer + 1) % 2 == 0}  # ids are 0 to 899
    assert [str(day) for day in part.first_order_date] == [str(first[customer]) for customer in sorted(first)]
    assert len(base) < 900


def test_the_holdouts_of_scoring_see_what_was_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """``value`` asks on every origin anew from when on histories are whole."""
    asked: list[date] = []

    def spied(engine: Engine, base: CustomerBase) -> Any:
        told = known_then(engine, base)

        def ask(day: date) -> date | None:
            asked.append(day)
            return told(day)

        return ask

    known_then = service.known_then
    monkeypatch.setattr(service, "known_then", spied)
    with open_engine(threads=1) as engine:
        base = shop(engine)
        value_customers(
            base,
            ValueSettings(),
            StageSettings(),
            "pareto-nbd",
            Extras(engine=engine, intervals=False, complete_from=left_truncation(engine, base).fit_from),
        )

    assert asked
    assert max(asked) < END
