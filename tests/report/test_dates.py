"""Of which days the figures speak when the data go on after the as-of day."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import pytest

from evergrove.ingest import ReadOptions
from evergrove.pipeline import ValueRequest, value_files
from evergrove.settings import Settings
from evergrove.simulation import ShopOptions, simulate_shop, write_orders
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.report import Figures

AS_OF = date(2025, 3, 31)


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Figures, Path]:
    """A shop whose orders go on until June 2026, seen from March 2025."""
    folder = tmp_path_factory.mktemp("dates")
    orders, out = folder / "orders.parquet", folder / "results"
    write_orders(simulate_shop(ShopOptions(customers=300, seed=5)), orders)
    request = ValueRequest(
        files=(orders,),
        out=out,
        read=ReadOptions(),
        model="mbg-nbd",
        as_of=AS_OF,
        report=False,
        csv=False,
        workbooks=False,
        intervals=False,
    )
    with open_engine() as engine:
        value_files(engine, request, Settings(), lambda _stage: None)
    return json.loads((out / "summary.json").read_text(encoding="utf-8")), out


def test_orders_and_money_are_of_the_days_that_are_named(figures: tuple[Figures, Path]) -> None:
    """From the first to the last order that counts: no day after the as-of day, whose orders are not among them."""
    found, out = figures

    with duckdb.connect() as connection:
        first, last, orders, net = connection.execute(
            "select min(first_order_date), max(last_order_date), sum(orders), sum(historic_value) "
            f"from read_parquet('{out / 'customers.parquet'}')"
        ).fetchall()[0]

    assert (found["first_date"], found["last_date"]) == (first.isoformat(), last.isoformat())
    assert last <= AS_OF
    assert (found["orders"], Decimal(found["net_amount"])) == (orders, round(net, 2))
