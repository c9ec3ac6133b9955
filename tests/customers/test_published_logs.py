"""The published logs: counts that the literature or the data's own notes state."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.customers import left_truncation, summarise
from evergrove.ingest import ReadOptions, read_orders
from evergrove.settings import StageSettings
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from evergrove.customers import CustomerBase
    from evergrove.warehouse import Engine

CDNOW_END = date(1997, 9, 30)


def test_cdnow_is_the_summary_of_the_papers(
    engine: Engine, shared: Callable[[str], Path], load_csv: Callable[..., None]
) -> None:
    """2,357 customers, 2,457 repeat days, 1,016 distinct histories; the published table row by row."""
    load_csv(shared("clv/cdnow_sample.csv"))

    summary = summarise(engine, CDNOW_END, StageSettings()).summary("week")

    assert len(summary) == 2357
    assert summary.frequency.sum() == 2457
    assert len(summary.counts()) == 1016
    told = engine.arrays(
        "select frequency, recency, T, monetary_value from read_csv($path) order by customer_id",
        path=str(shared("clv/cdnow_sample_rfm.csv")),
    )
    np.testing.assert_array_equal(summary.frequency, told["frequency"])
    np.testing.assert_allclose(summary.recency, told["recency"], atol=0.00501)  # rounded to two decimals
    np.testing.assert_allclose(summary.T, told["T"], atol=0.00501)
    assert summary.monetary_value is not None
    np.testing.assert_allclose(np.nan_to_num(summary.monetary_value), told["monetary_value"], atol=0.00501)


def test_cdnow_has_eight_customers_who_never_paid(
    engine: Engine, shared: Callable[[str], Path], load_csv: Callable[..., None]
) -> None:
    """Over all days of the calibration, 2,349 customers spent something and 8 did not: they stay, with spend 0."""
    load_csv(shared("clv/cdnow_sample.csv"))

    base = summarise(engine, CDNOW_END, StageSettings())

    assert (base.mean_day_spend > 0).sum() == 2349
    assert (base.mean_day_spend == 0).sum() == 8


def test_cdnow_holdout_lines_up_with_the_calibration(
    engine: Engine, shared: Callable[[str], Path], load_csv: Callable[..., None]
) -> None:
    """Seen from June 1998, the split at September 1997 is the calibration summary itself; 1,882 days follow it."""
    load_csv(shared("clv/cdnow_sample.csv"))
    calibration = summarise(engine, CDNOW_END, StageSettings())
    base = summarise(engine, date(1998, 6, 30), StageSettings())

    then = base.split(CDNOW_END)

    for name in (
        "frequency",
        "recency",
        "T",
        "log_intervals",
        "first_order_date",
        "mean_day_spend",
        "monetary_value",
    ):
        np.testing.assert_array_equal(getattr(then, name), getattr(calibration, name))
    after = base.purchases_after(CDNOW_END)
    np.testing.assert_array_equal(then.frequency + after.purchases, base.frequency)
    assert after.purchases.sum() == 1882
    assert after.spend is not None
    np.testing.assert_allclose(then.historic_value + after.spend, base.historic_value, atol=1e-9)
    np.testing.assert_array_equal(base.at_origin(CDNOW_END).T, calibration.summary().T)


@pytest.mark.parametrize(
    ("name", "end", "customers", "repeats", "amount"),
    [
        ("clv/grocery_2006.csv", date(2006, 12, 31), 1525, 5569, "0"),
        ("clv/apparel_transactions.csv", date(2006, 12, 31), 600, 1266, "spend"),
    ],
)
def test_other_cohorts(
    engine: Engine,
    shared: Callable[[str], Path],
    load_csv: Callable[..., None],
    name: str,
    end: date,
    customers: int,
    repeats: int,
    amount: str,
) -> None:
    """Grocery and apparel by the notes beside the data; nobody joins them later, so nothing has piled up."""
    load_csv(shared(name), amount)

    base = summarise(engine, end, StageSettings())

    assert (len(base), base.frequency.sum()) == (customers, repeats)
    assert not left_truncation(engine, base).piled_up


@pytest.mark.parametrize("end", [CDNOW_END, date(1998, 6, 30)])
def test_a_cohort_is_no_pile_up(
    engine: Engine, shared: Callable[[str], Path], load_csv: Callable[..., None], end: date
) -> None:
    """CDNOW's customers all came within twelve weeks because they were chosen so."""
    load_csv(shared("clv/cdnow_sample.csv"))
    base = summarise(engine, end, StageSettings())

    found = left_truncation(engine, base)

    assert not found.piled_up
    assert found.fit_from is None
    assert found.complete(base.first_order_date).all()
    assert found.warning is None


ONLINE_END = date(2011, 12, 9)
CANCELLED_ONLY_DAYS = """
    select distinct cast(CustomerID as varchar) as customer_id, cast(InvoiceDate as date) as day
    from read_parquet($path) where CustomerID is not null and InvoiceNo like 'C%'
    except
    select cast(CustomerID as varchar), cast(InvoiceDate as date)
    from read_parquet($path) where CustomerID is not null and InvoiceNo not like 'C%'
"""
CANCELLED_ONLY_CUSTOMERS = """
    select cast(CustomerID as varchar) as customer_id
    from read_parquet($path) where CustomerID is not null
    group by CustomerID having bool_and(InvoiceNo like 'C%')
"""


@pytest.fixture(scope="module")
def online_retail(shared: Callable[[str], Path]) -> Iterator[tuple[Engine, CustomerBase, str]]:
    """The log as the reader of files leaves it, summarised; and its path."""
    path = shared("online_retail/transactions.parquet")
    with open_engine() as opened:
        intake = read_orders(opened, [path], ReadOptions())
        yield (
            opened,
            summarise(opened, ONLINE_END, StageSettings(), has_amounts=intake.has_amounts),
            str(path),
        )


@pytest.mark.slow
def test_online_retail_knows_a_purchase_from_a_cancellation(
    online_retail: tuple[Engine, CustomerBase, str],
) -> None:
    """2,530 customer-days saw cancellations only: none is a purchase day; 33 customers with no more get no score."""
    engine, base, path = online_retail

    assert engine.value(f"select count(*) from ({CANCELLED_ONLY_DAYS})", path=path) == 2530
    bought = "select cast(customer_id as varchar), order_date from purchase_days"
    assert (
        engine.value(f"select count(*) from (from ({CANCELLED_ONLY_DAYS}) intersect {bought})", path=path)
        == 0
    )
    assert engine.value(f"select count(*) from ({CANCELLED_ONLY_CUSTOMERS})", path=path) == 33
    scored = "select cast(customer_id as varchar) from customer_summary"
    assert (
        engine.value(
            f"select count(*) from (from ({CANCELLED_ONLY_CUSTOMERS}) intersect {scored})", path=path
        )
        == 0
    )
    assert 0 < len(base) <= 4372 - 33


@pytest.mark.slow
def test_online_retail_begins_mid_life(online_retail: tuple[Engine, CustomerBase, str]) -> None:
    """The shop was old when its log began: first-seen customers pile up in the first weeks, and it is said."""
    engine, base, _path = online_retail

    found = left_truncation(engine, base)

    assert found.piled_up
    assert found.burn_in_days == 58
    assert found.fit_from == date(2011, 1, 28)
    assert found.early + found.later == len(base)
    assert found.complete(base.first_order_date).sum() == found.later
    assert found.early > 2 * found.expected
    assert "first 58 days" in str(found.warning)
