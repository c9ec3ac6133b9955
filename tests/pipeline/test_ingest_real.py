"""Exports as shops have them, whole and in overlapping pieces."""

from __future__ import annotations

import csv
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.ingest import ReadOptions, read_orders
from evergrove.pipeline import ingest_files
from evergrove.simulation import ShopOptions, simulate_shop
from evergrove.simulation.export import write_orders
from evergrove.warehouse import literal, open_engine

if TYPE_CHECKING:
    from collections.abc import Callable

SUMS = (
    "select (select count(*) from orders), (select sum(amount) from orders),"
    " (select count(distinct customer_id) from orders), (select count(*) from refunds),"
    " (select sum(amount) from refunds), (select count(*) from known_customers)"
)
RETAIL = (18_405, Decimal("8761066.6530"), 4_335, 8_539, Decimal("474403.3300"), 4_372)
"""Orders and refunds of Online Retail, by plain filters over the raw file; see tests/ingest/test_online_retail.py."""

TEN_THOUSANDTH = Decimal("0.0001")
"""What money is counted in; the apparel log writes some amounts as 78.97999999999999."""

SHOPIFY = (
    "Name,Email,Financial Status,Paid at,Currency,Subtotal,Total,Created at,Lineitem quantity,Lineitem name,"
    "Lineitem price,Cancelled at,Refunded Amount"
)


@pytest.mark.slow
def test_online_retail_in_overlapping_pieces_is_online_retail(
    one_shop: Any, shared: Callable[[str], Any]
) -> None:
    """Two exports that share a month hold the same orders and refunds as one; the shared lines are duplicates."""
    whole = shared("online_retail/transactions.parquet")
    pieces = [one_shop.folder.parent / name for name in ("spring.parquet", "summer.parquet")]
    with open_engine() as engine:
        date = next(
            name
            for name, kind, *_rest in engine.run(f"describe select * from {literal(str(whole))}")
            if "TIMESTAMP" in kind
        )
        for path, where in zip(
            pieces, (f"{date} < timestamp '2011-07-01'", f"{date} >= timestamp '2011-06-01'"), strict=True
        ):
            engine.copy_to(f"select * from {literal(str(whole))} where {where}", path, "format parquet")
        shared_rows = engine.value(
            f"select count(*) from {literal(str(pieces[0]))} where {date} >= timestamp '2011-06-01'"
        )

    first, second = (one_shop.ingest(path, f"2012-01-0{day}") for day, path in enumerate(pieces, start=1))

    assert one_shop.ask(SUMS) == [RETAIL]
    assert first.rows.duplicate == 0
    no_customer = first.rows.rejected + second.rows.rejected - 135_080
    assert second.rows.duplicate == shared_rows - no_customer
    assert first.rows.read + second.rows.read == 541_909 + shared_rows


def test_shopify_exports_of_two_weeks(one_shop: Any) -> None:
    """Lines of an order, a refund that came later, an order cancelled later, one that came new."""
    paid = "paid,2026-05-01 10:00:00 +0800,CNY,{0},{0},2026-05-01 09:59:00 +0800"
    first = [
        SHOPIFY,
        f"#1001,ann@shop.example,{paid.format(110)},2,Cup,30,,0",
        "#1001,ann@shop.example,,,,,,2026-05-01 09:59:00 +0800,1,Pot,50,,",
        f"#1002,ben@shop.example,{paid.format(80)},1,Tea,80,,0",
        f"#1003,cem@shop.example,{paid.format(15)},1,Tin,15,,0",
        "#1003,cem@shop.example,,,,,,2026-05-01 09:59:00 +0800,1,Lid,0,,",
    ]
    second = [
        *first[:1],
        first[1].replace("paid,", "partially_refunded,", 1).removesuffix("0") + "30",
        first[2],
        first[3].replace(",,0", ",2026-05-08 12:00:00 +0800,80").replace("paid,", "refunded,", 1),
        *first[4:],
        "#1004,dan@shop.example,paid,2026-05-09 10:00:00 +0800,CNY,20,20,2026-05-09 09:59:00 +0800,1,Tin,15,,0",
        "#1004,dan@shop.example,,,,,,2026-05-09 09:59:00 +0800,1,Lid,5,,",
    ]
    one_shop.ingest("\n".join(first) + "\n", "2026-05-04")
    later = one_shop.ingest("\n".join(second) + "\n", "2026-05-11")

    assert (later.rows.read, later.rows.rejected) == (7, 0)
    names = {order: amount for order, _customer, amount in one_shop.orders()}
    assert names == {"#1001": 110.0, "#1003": 15.0, "#1004": 20.0}
    assert one_shop.orders(until_seq=1)[1][0] == "#1002"
    assert one_shop.facts()["refunds"] == [("#1001", "ann@shop.example", "2026-05-01", 30.0)]
    assert one_shop.facts()["customers"] == [
        (f"{name}@shop.example",) for name in ("ann", "ben", "cem", "dan")
    ]


def test_the_demo_shop_goes_in(one_shop: Any) -> None:
    """The simulated shop's own export, as the reader alone reads it."""
    path = one_shop.folder.parent / "orders.csv"
    write_orders(simulate_shop(ShopOptions(customers=300, seed=5)), path)

    outcome = ingest_files(one_shop, [path], ReadOptions(), one_shop.clock).files[0]

    with open_engine() as engine:
        intake = read_orders(engine, [path], ReadOptions())
        alone = engine.run(SUMS)
    assert outcome.rows == intake.rows
    assert one_shop.ask(SUMS) == alone


@pytest.mark.parametrize(
    ("name", "spend"),
    [("cdnow_sample", "spend"), ("apparel_transactions", "spend"), ("grocery_2006", "")],
)
def test_published_logs_come_out_as_they_went_in(
    one_shop: Any, shared: Callable[[str], Any], name: str, spend: str
) -> None:
    """Customer, day and amount of every line, counted by the csv module; a second import changes nothing."""
    path = shared(f"clv/{name}.csv")
    with path.open(encoding="utf-8", newline="") as stream:
        given = Counter(
            (row["customer_id"], row["date"], Decimal(row[spend]).quantize(TEN_THOUSANDTH) if spend else None)
            for row in csv.DictReader(stream)
        )

    first, again = (one_shop.ingest(path, f"2012-01-0{day}") for day in (1, 2))

    amount = "amount" if spend else "null"
    found = one_shop.ask(f"select customer_id, order_date::varchar, {amount} from orders")
    assert Counter((customer, day, value) for customer, day, value in found) == given
    assert first.rows.read == first.rows.good == given.total()
    assert not again.is_new
