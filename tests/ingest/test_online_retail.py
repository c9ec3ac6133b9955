"""
Online Retail as shipped: 541,909 lines go through unattended, and each class goes where its rule sends it.

The figures are counts over the raw file, taken with plain filters and no reader of ours:

    class                                   known customer     no customer
    sold (not C, quantity > 0, price > 0)   397,884            132,220 (A adjusts bad debt: 1 of them)
      of these products                     396,340            131,421
      of these no product (POST, M, ...)      1,544                799
    given away (price 0)                         40              1,139
    C-invoices (quantity < 0)                 8,905                383
      of these products                       8,539                165
      of these no product                       366                218
    stock corrections (quantity < 0, price 0)     0              1,336
    bad debt written off (price < 0)              0                  2

"No product" are StockCodes POST, DOT, C2, M, D, BANK CHARGES, CRUK (with a customer), and B, S, AMAZONFEE and
gift_... (without). They are good rows, counted and left out of orders: postage and manual corrections are no
purchases, and their refunds are no refunds of purchases. With them in, the orders would add up to 8,911,407.904
from 4,338 customers, the figure of the file's README; without them to 8,761,066.653 from 4,334, and 4,335
with the customer whose only line was given away.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from evergrove.ingest.types import Excluded, Rejected, RowCounts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.ingest.conftest import Reading

pytestmark = pytest.mark.slow


def test_every_row_is_accounted_for(retail: Reading) -> None:
    """Rows without a customer are rejected with their revenue; nothing is a duplicate."""
    intake = retail.intake

    assert intake.rows == RowCounts(read=541_909, good=406_829, rejected=135_080, duplicate=0)
    assert intake.rejected == {"ingest.no_customer": Rejected(135_080, Decimal("1447682.1200"))}
    assert retail.engine.value("select count(*) from rejects") == 135_080


def test_each_class_goes_where_its_rule_sends_it(retail: Reading) -> None:
    """406,829 good rows: 396,374 lines of orders (34 of them given away), 8,539 refunds, 1,916 no product."""
    assert retail.intake.excluded == {
        "non_product": Excluded(1_544 + 6 + 366, Decimal("150341.2510") + Decimal("-136938.7600")),
        "refund": Excluded(8_539, Decimal("-474403.3300")),
    }
    assert 406_829 - 1_916 - 8_539 == 396_340 + 34


def test_lines_are_summed_to_orders(retail: Reading) -> None:
    """Repeated lines inside an order are two of the same: 5,225 of the 5,268 have a customer, and are kept."""
    orders, customers, amount = retail.engine.run(
        "select count(*), count(distinct customer_id), sum(amount) from orders"
    )[0]

    assert retail.intake.grain == "line"
    assert (orders, customers) == (18_405, 4_335)
    assert amount == Decimal("8761066.6530")
    assert retail.engine.value("select count(distinct order_id) from orders") == 18_405
    assert (retail.intake.first_date, retail.intake.last_date) == (date(2010, 12, 1), date(2011, 12, 9))


def test_cancellations_are_refunds_that_name_no_order(retail: Reading) -> None:
    """A C-invoice has a number of its own; its lines are dated negative amounts of the customer."""
    rows, amount, referenced, least = retail.engine.run(
        "select count(*), sum(amount), count(order_id), min(amount) from refunds"
    )[0]

    assert (rows, amount, referenced) == (8_539, Decimal("474403.3300"), 0)
    assert least > 0


def test_customers_without_a_purchase_are_known(retail: Reading) -> None:
    """33 have cancellations only, 4 bought nothing but postage and corrections."""
    known = retail.engine.value("select count(*) from known_customers")
    without = retail.engine.value(
        "select count(*) from known_customers where customer_id not in (select customer_id from orders)"
    )

    assert (known, without) == (4_372, 33 + 4)


def test_a_cancellation_makes_no_purchase_day(retail: Reading, shared: Callable[[str], Path]) -> None:
    """None of the 2,530 customer-days on which there were cancellations only."""
    path = str(shared("online_retail/transactions.parquet"))
    cancelled = f"""
        select cast(CustomerID as varchar) as customer_id, cast(InvoiceDate as date) as order_date
        from read_parquet('{path}') where CustomerID is not null
        group by all having bool_and(InvoiceNo like 'C%')
    """
    counted = f"select count(*), count(orders.order_id) from ({cancelled}) left join orders using (customer_id, order_date)"

    assert retail.engine.run(counted) == [(2_530, 0)]


def test_the_columns_are_found(retail: Reading) -> None:
    """By name and content, surely."""
    found = {match.role: match.column for match in retail.intake.columns}

    assert found == {
        "customer": "CustomerID",
        "order": "InvoiceNo",
        "date": "InvoiceDate",
        "quantity": "Quantity",
        "price": "UnitPrice",
        "product": "StockCode",
    }
    assert all(match.confidence >= 0.9 for match in retail.intake.columns)
