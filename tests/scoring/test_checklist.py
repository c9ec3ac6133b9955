"""The checklist: each line alone, at its threshold and just beyond; nothing that it says stops a valuation."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evergrove.customers import summarise
from evergrove.scoring.checklist import CHECKLIST, checklist
from evergrove.scoring.service import Extras, value_customers
from evergrove.settings import StageSettings, ValueSettings
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.customers import CustomerBase
    from evergrove.warehouse import Engine

END = date(2026, 6, 30)
FULL: dict[str, Any] = {
    "customers": 500,
    "history": 180,
    "silence": 30,
    "loyal": 10,
    "contactable": 0.5,
    "anonymous": 0.1,
}
"""A shop that just meets every line."""
BROKEN = [
    ("buyers", "customers", 499),
    ("history", "history", 179),
    ("last_order", "silence", 31),
    ("loyal", "loyal", 9),
    ("contactable", "contactable", 0.499),
    ("anonymous", "anonymous", 0.101),
]


@pytest.fixture
def engine() -> Iterator[Engine]:
    """An empty one."""
    with open_engine(threads=1) as opened:
        yield opened


def shop(engine: Engine, customers: int, history: int, silence: int, loyal: int) -> CustomerBase:
    """
    Customers of whom ``loyal`` bought three times and as many as there are more, up to 100, twice.

    The first order lies ``history`` days back, the end included, the last one ``silence`` days.
    """
    who = np.arange(customers)
    last = history - 1 - silence  # days since the first order
    many = np.where(who < loyal, 3, np.where(who < loyal + 100, 2, 1))
    customer = np.repeat(who, many)
    nth = np.arange(len(customer)) - np.repeat(np.cumsum(many) - many, many)
    first = who[customer] % (last - 20)
    day = first + 7 * nth
    day[0], day[np.flatnonzero(nth == many[customer] - 1)[-1]] = 0, last
    engine.register("made", {"customer_id": customer, "day": day})
    engine.create(
        "orders",
        "select cast(null as varchar) as order_id, customer_id,"
        f" date '{END}' - cast({history - 1} - day as integer) as order_date,"
        " cast(20 + customer_id % 7 as decimal(18, 4)) as amount from made",
    )
    engine.create(
        "refunds",
        "select cast(null as varchar) as order_id, 1 as customer_id, current_date as refund_date,"
        " cast(1 as decimal(18, 4)) as amount where false",
    )
    return summarise(engine, END, StageSettings())


def unmet(base: CustomerBase, given: dict[str, Any]) -> list[str]:
    """Names of the lines that are not met."""
    checks = checklist(base, contactable=given["contactable"], anonymous=given["anonymous"])
    assert [check.name for check in checks] == list(CHECKLIST)
    return [check.name for check in checks if check.is_met is False]


def counts(given: dict[str, Any]) -> dict[str, int]:
    """What a shop is made of."""
    return {name: given[name] for name in ("customers", "history", "silence", "loyal")}


def test_a_shop_at_every_threshold_is_ready(engine: Engine) -> None:
    """500 buyers, 180 days, an order 30 days ago, ten with three orders, half to be written to, a tenth anonymous."""
    assert unmet(shop(engine, **counts(FULL)), FULL) == []


@pytest.mark.parametrize(("line", "what", "value"), BROKEN)
def test_each_line_fails_alone_and_blocks_nothing(engine: Engine, line: str, what: str, value: float) -> None:
    """One step beyond its threshold, that line is not met and no other; values are given all the same."""
    given = FULL | {what: value}
    base = shop(engine, **counts(given))

    assert unmet(base, given) == [line]
    found = value_customers(
        base, ValueSettings(), StageSettings(), "auto", Extras(back_test=False, intervals=False)
    )
    assert np.isfinite(found.scores.clv_12m).all()
    assert found.scores.clv_12m.sum() > 0


def test_what_is_not_known_is_neither_met_nor_not(engine: Engine) -> None:
    """Files know of no addresses; without amounts, nothing of revenue."""
    known = {check.name: check for check in checklist(shop(engine, **counts(FULL)))}

    for name in ("contactable", "anonymous"):
        assert known[name].figure is None
        assert known[name].is_met is None
        assert known[name].as_json()["met"] is None
    assert all(known[name].is_met for name in ("buyers", "history", "last_order", "loyal"))
