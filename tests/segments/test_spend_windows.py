"""Spend of the two windows of a trend: what it leaves out, and that no order of rows changes it."""

from __future__ import annotations

from datetime import date
from itertools import permutations

import pytest

from evergrove.customers import summarise
from evergrove.segments.health.tables import read_windows
from evergrove.settings import StageSettings
from evergrove.warehouse import open_engine

END = date(2026, 6, 30)
ORDERS = [("2026-05-01", 900), ("2026-05-01", 50), ("2026-05-01", 7), ("2026-06-10", 20), ("2026-06-10", 30)]
"""Three orders on the first purchase day, then two on one of the last 30."""


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_first_day_counts_in_neither_window_however_its_orders_lie(order: tuple[int, ...]) -> None:
    """Which of three orders of one day came first, nobody knows: files merged anew put them in another order."""
    told = [*(ORDERS[nth] for nth in order), *ORDERS[3:]]
    rows = ", ".join(f"('o{nth}', 'C', date '{day}', {amount})" for nth, (day, amount) in enumerate(told))
    with open_engine(threads=1) as engine:
        engine.create(
            "orders",
            f"select order_id, customer_id, order_date, amount::decimal(18, 4) as amount from (values {rows})"
            " as told(order_id, customer_id, order_date, amount)",
        )
        engine.create("refunds", "select *, order_date as refund_date from orders where false")
        summarise(engine, END, StageSettings())
        windows = read_windows(engine, END, 30)

    assert windows.recent_spend.tolist() == [50]
    assert windows.recent_squares.tolist() == [20**2 + 30**2]
    assert windows.previous_spend.tolist() == [0]
