"""Every published set, brought in by its headers alone: those of a table as what they are, all others with a way out."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from evergrove.ingest import ReadOptions, read_orders
from evergrove.ingest.columns.errors import NoKnownTable
from evergrove.ingest.tables.recognise import recognise

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from evergrove.warehouse import Engine

TODAY = date(2026, 6, 30)
ORDERS = {
    "clv/cdnow_sample.csv": 6_919,
    "clv/grocery_2006.csv": 7_094,
    "clv/apparel_transactions.csv": 3_187,
    "online_retail/transactions.parquet": 541_909,
}
"""Histories of orders, with the rows that their README counts."""
NO_TABLE = {
    "hillstrom/hillstrom.parquet": "history_segment",  # what a campaign brought, a row a customer
    "telco_churn/telco_churn.parquet": "monthly_charges",  # contracts without a customer's id or a day
    "x_education_leads/leads.parquet": "Prospect ID",  # leads, none of whom has bought
    "cookie_cats/cookie_cats.parquet": "test_version",  # what a test brought, a row a player
    "clv/apparel_static_covariates.csv": "gender",  # traits of customers
    "clv/apparel_dynamic_covariates.parquet": "week_start",  # traits of customers by week
    "clv/cdnow_sample_rfm.csv": "frequency",  # customers already summed up
    "clv/donations_rf.csv": "n_opportunities",  # counts of such
    "clv/retention_multicohort.csv": "cohort",  # counts of contracts
    "clv/retention_sbg_0_7.csv": "survivors_per_1000",  # the same
}
"""Sets of another kind, with a column that the error must name."""


@pytest.mark.parametrize("name", ORDERS)
def test_histories_of_orders_are_told_by_their_headers(
    name: str, shared: Callable[[str], Path], engine: Engine
) -> None:
    """Nothing is said of them; every row is accounted for."""
    path = shared(name)
    assert recognise(path, ReadOptions()).table == "orders"
    rows = read_orders(engine, [path], ReadOptions(today=TODAY)).rows
    assert rows.read == rows.good + rows.rejected + rows.duplicate == ORDERS[name]


@pytest.mark.parametrize("name", NO_TABLE)
def test_what_is_no_table_is_refused_with_the_way_out(name: str, shared: Callable[[str], Path]) -> None:
    """The error names the columns and both ways: say what it is, or bring in what it was counted from."""
    with pytest.raises(NoKnownTable) as refused:
        recognise(shared(name), ReadOptions())
    assert NO_TABLE[name] in str(refused.value)
    assert "--as orders --map" in str(refused.value)
    assert "counted from" in str(refused.value)


def test_no_shared_set_is_left_out(shared: Callable[[str], Path]) -> None:
    """A set that is new in the folder is to be tried here, too."""
    folder = shared("clv/cdnow_sample.csv").parents[1]
    found = {
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.suffix in (".csv", ".parquet")
    }
    told = ORDERS.keys() | NO_TABLE.keys() | {"clv/apparel_dynamic_covariates_future.parquet"}
    assert found - told == set()


def test_what_the_user_says_of_a_set_holds(shared: Callable[[str], Path], engine: Engine) -> None:
    """The traits by week become orders, if somebody insists."""
    path, options = (
        shared("clv/apparel_dynamic_covariates.parquet"),
        ReadOptions(mapping={"date": "week_start"}),
    )
    assert recognise(path, options).table == "orders"
    assert read_orders(engine, [path], options).rows.good == 187_800
