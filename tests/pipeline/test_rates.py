"""Amounts in other currencies: converted at the order's day when shown, waiting and counted without a rate."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from tests.pipeline.conftest import published

from evergrove.ingest import ReadOptions, show_facts
from evergrove.ingest.facts.rates import WaitingForRates, waiting_for_rates
from evergrove.pipeline import ingest_files
from evergrove.pipeline.ingest_tables import ingest_tables
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from tests.pipeline.conftest import Shop

HEADER = "order_id,customer_id,order_date,amount,currency,status"
REFUNDED = "order_id,customer_id,order_date,amount,currency,status,refund_amount,refund_date"
numbers = count()


@pytest.fixture
def shop(one_shop: Shop) -> Shop:
    """A shop in CNY with one order of its own."""
    told = one_shop.tell("A0,ann,2026-05-01,100,CNY,paid", exported="2026-05-02", header=HEADER)
    assert told.intake is not None
    assert told.intake.currency == "CNY"
    return one_shop


def rates(shop: Shop, *rows: str) -> int:
    """Bring in rates (day, currency, rate); the number of the import."""
    text = "date,from_currency,to_currency,rate\n" + "".join(f"{row}\n" for row in rows)
    path = shop.write(text, f"rates-{next(numbers)}.csv")
    (one,) = ingest_tables(shop, [path], "rates", ReadOptions(), shop.clock)
    assert one.rows.good == len(rows)
    return one.seq


def tell(shop: Shop, *rows: str, header: str = HEADER, exported: str = "2026-06-01") -> dict[str, int]:
    """Bring in orders; what waits for a rate, by currency."""
    told = shop.tell(*rows, exported=exported, header=header)
    assert told.rows.good == len(rows)
    return {
        str(each.params["currency"]): int(str(each.params["facts"]))
        for each in told.warnings
        if isinstance(each, WaitingForRates)
    }


def amounts(shop: Shop, **known: Any) -> dict[str, float]:
    """Amount of each order that counts."""
    with open_engine(threads=1) as engine:
        assert show_facts(engine, shop.warehouse, shop.warehouse.newest(), **known)
        return {order: amount for order, _customer, _day, amount in published(engine)["orders"]}


def refunds(shop: Shop) -> list[tuple[Any, ...]]:
    """(order, amount) of what was given back."""
    return [(order, amount) for order, _customer, _day, amount in shop.facts()["refunds"]]


def waiting(shop: Shop) -> dict[str, tuple[int, int, float]]:
    """Orders, refunds and amount that wait, by currency."""
    with open_engine(threads=1) as engine:
        assert show_facts(engine, shop.warehouse, shop.warehouse.newest())
        return {w.currency: (w.orders, w.refunds, float(w.amount)) for w in waiting_for_rates(engine)}


def test_an_import_waits_as_long_as_the_setting_says(shop: Shop) -> None:
    """A rate ten days old: too old by default, good enough where the workspace allows twelve days."""
    rates(shop, "2026-05-01,USD,CNY,7.1")
    path = shop.write(f"{HEADER}\nU1,ann,2026-05-11,10,USD,paid\n", "u.csv")
    for days, expected in ((9, 1), (12, 0)):
        (one,) = ingest_files(shop, [path], ReadOptions(), shop.clock, rate_days=days).files
        said = [each.params for each in one.warnings if isinstance(each, WaitingForRates)]
        assert [(each["facts"], each["days"]) for each in said] == [(1, days)] * expected
        path.write_text(path.read_text().replace("U1", "U2"))


def test_without_rates_other_currencies_are_rejected(shop: Shop) -> None:
    """The old rule: counted and never added up."""
    told = shop.tell("A1,ann,2026-05-02,5,USD,paid", "A2,ann,2026-05-02,7,CNY,paid", exported="2026-06-01", header=HEADER)  # fmt: skip
    assert told.intake is not None
    assert {code: what.rows for code, what in told.intake.rejected.items()} == {"currency.mixed": 1}
    assert amounts(shop) == {"A0": 100.0, "A2": 7.0}
    assert waiting(shop) == {}


def test_an_order_counts_at_the_latest_rate_before_it(shop: Shop) -> None:
    """Of its own day, or of one of the seven before; a later one, or an older one, is none."""
    rates(shop, "2026-05-01,USD,CNY,7.00", "2026-05-04,USD,CNY,7.10", "2026-05-04,EUR,USD,1.1")
    left = tell(
        shop,
        "U0,ben,2026-04-30,10,USD,paid",
        "U1,ben,2026-05-03,10,USD,paid",
        "U2,ben,2026-05-04,10.05,USD,paid",
        "U3,ben,2026-05-11,10,USD,paid",
        "U4,ben,2026-05-12,10,USD,paid",
        "E1,ben,2026-05-04,10,EUR,paid",
    )
    assert left == {"USD": 2, "EUR": 1}
    assert amounts(shop) == {"A0": 100.0, "U1": 70.0, "U2": 71.355, "U3": 71.0}
    assert waiting(shop) == {"EUR": (1, 0, 10.0), "USD": (2, 0, 20.0)}
    assert amounts(shop, rate_days=8)["U4"] == 71.0
    assert "ben" in {row[0] for row in shop.facts()["customers"]}


def test_what_waits_comes_in_with_its_rate_and_stays_as_it_was_known(shop: Shop) -> None:
    """A rate that comes later counts from then on, a corrected one too; a replay knows what was known."""
    first = rates(shop, "2026-05-01,EUR,CNY,8")
    assert tell(shop, "U1,ben,2026-05-03,10,USD,paid") == {"USD": 1}
    assert amounts(shop) == {"A0": 100.0}
    second = rates(shop, "2026-05-02,USD,CNY,7")
    assert amounts(shop) == {"A0": 100.0, "U1": 70.0}
    assert waiting(shop) == {}
    shop.clock.moment = shop.clock.moment.replace(year=2027)
    corrected = rates(shop, "2026-05-02,USD,CNY,7.5")
    assert amounts(shop) == {"A0": 100.0, "U1": 75.0}
    assert amounts(shop, tables_seq=corrected - 1) == {"A0": 100.0, "U1": 70.0}
    assert amounts(shop, tables_seq=second - 1) == amounts(shop, tables_seq=first) == {"A0": 100.0}


def test_a_refund_counts_at_the_rate_of_its_order(shop: Shop) -> None:
    """A full refund leaves nothing, however the rate has moved; by itself it counts at its own day."""
    rates(shop, "2026-05-01,USD,CNY,7", "2026-05-20,USD,CNY,8")
    tell(
        shop,
        "U1,ben,2026-05-03,10,USD,paid,10,2026-05-21",
        "U2,ben,2026-05-03,10,USD,paid,4,2026-05-21",
        "U3,ben,2026-05-03,10,USD,paid,,",
        header=REFUNDED,
    )
    assert sorted(refunds(shop)) == [("U1", 70.0), ("U2", 28.0)]
    tell(shop, "U3,ben,2026-05-22,-3,USD,paid", ",ben,2026-05-22,-1,USD,paid", ",ben,2026-06-22,-2,USD,paid")
    assert sorted(refunds(shop)) == [("", 8.0), ("U1", 70.0), ("U2", 28.0), ("U3", 21.0)]
    assert waiting(shop) == {"USD": (0, 1, 0.0)}


def test_importing_again_changes_nothing_and_a_changed_currency_is_a_conflict(shop: Shop) -> None:
    """An order has one currency; versions in it replace each other as ever."""
    rates(shop, "2026-05-01,USD,CNY,7")
    tell(shop, "U1,ben,2026-05-03,10,USD,paid")
    again = shop.tell("U1,ben,2026-05-03,10,USD,paid", "U2,ben,2026-05-03,1,USD,paid", exported="2026-06-02", header=HEADER)  # fmt: skip
    assert (again.rows.duplicate, again.rows.good) == (1, 1)
    tell(shop, "U1,ben,2026-05-03,11,USD,paid", exported="2026-06-03")
    assert amounts(shop)["U1"] == 77.0
    other = shop.tell("U1,ben,2026-05-03,11,CNY,paid", "U9,ben,2026-05-03,1,CNY,paid", exported="2026-06-04", header=HEADER)  # fmt: skip
    assert other.intake is not None
    assert list(other.intake.rejected) == ["ingest.changed_order"]
    assert amounts(shop)["U1"] == 77.0
    void = shop.tell("U1,ben,2026-05-03,11,USD,cancelled", exported="2026-06-05", header=HEADER)
    assert void.rows.good == 1
    assert "U1" not in amounts(shop)


def test_persons_and_rates_together(shop: Shop) -> None:
    """What is converted stands under the person's name."""
    rates(shop, "2026-05-01,USD,CNY,7")
    tell(shop, "U1,ben,2026-05-03,10,USD,paid", "U2,ben,2025-05-03,10,USD,paid")
    with open_engine(threads=1) as engine:
        assert show_facts(engine, shop.warehouse, shop.warehouse.newest(), persons={"ben": "ann"})
        told = published(engine)
        assert {(order, customer) for order, customer, *_rest in told["orders"]} == {
            ("A0", "ann"),
            ("U1", "ann"),
        }
        assert [w.orders for w in waiting_for_rates(engine)] == [1]
        news = engine.run("select customer_id, count(*) from order_facts group by all")
    assert news == [("ann", 2)]


def test_what_was_refused_before_there_were_rates_comes_in_when_it_is_given_again(shop: Shop) -> None:
    """The same bytes, read by another rule: the other currency comes in, the rest is a duplicate; then nothing is new."""
    text = f"{HEADER}\nA1,ann,2026-05-02,5,USD,paid\nA2,ann,2026-05-02,7,CNY,paid\n"
    assert shop.ingest(text).rows.rejected == 1
    assert not shop.ingest(text).is_new
    rates(shop, "2026-05-01,USD,CNY,7")
    again = shop.ingest(text)
    assert (again.rows.good, again.rows.duplicate, again.rows.rejected) == (1, 1, 0)
    assert amounts(shop) == {"A0": 100.0, "A1": 35.0, "A2": 7.0}
    assert not shop.ingest(text).is_new
