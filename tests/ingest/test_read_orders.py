"""Rows in, orders out: what each kind of row becomes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from evergrove.ingest.orders.errors import NoAmounts, TotalsCountedOnce, UnknownStatuses
from evergrove.ingest.types import Excluded, Rejected

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.ingest.conftest import Reading

    Read = Callable[..., Reading]

PLAIN = "order_id,customer_id,order_date,amount\nA1,c1,2024-01-13,5.00\nA2,c2,2024-01-14,7.50\n"


def test_a_clean_file_is_read_whole(read: Read) -> None:
    """Orders with exact amounts, local days, ids as text."""
    reading = read(PLAIN)

    assert reading.orders() == [("A1", "c1", "2024-01-13", 5.0), ("A2", "c2", "2024-01-14", 7.5)]
    assert reading.refunds() == []
    assert reading.engine.run("select customer_id from known_customers order by 1") == [("c1",), ("c2",)]
    assert reading.intake.rows.good == 2
    assert reading.intake.grain == "order"
    assert (reading.intake.first_date, reading.intake.last_date) == (date(2024, 1, 13), date(2024, 1, 14))
    assert set(reading.intake.encodings.values()) == {"UTF-8"}
    assert reading.warned() == set()


def test_the_published_tables_have_their_types(read: Read) -> None:
    """What later stations rely on."""
    reading = read(PLAIN)

    types = {
        table: {name: kind for name, kind, *_rest in reading.engine.run(f"describe {table}")}
        for table in ("orders", "refunds", "known_customers", "rejects")
    }
    money = "DECIMAL(18,4)"
    assert types["orders"] == {
        "order_id": "VARCHAR",
        "customer_id": "VARCHAR",
        "order_date": "DATE",
        "amount": money,
    }
    assert types["refunds"] == {
        "order_id": "VARCHAR",
        "customer_id": "VARCHAR",
        "refund_date": "DATE",
        "amount": money,
    }
    assert types["known_customers"] == {"customer_id": "VARCHAR"}
    assert types["rejects"] == {
        "file": "VARCHAR",
        "line": "BIGINT",
        "code": "VARCHAR",
        "reason": "VARCHAR",
        "raw": "VARCHAR",
    }
    assert sorted(row[0] for row in reading.engine.run("show tables")) == sorted(types)


def test_lines_are_summed_to_orders(read: Read) -> None:
    """Quantity x price, identical lines kept, the earliest day, shipping left out and counted."""
    text = (
        "order_id,customer_id,order_date,sku,quantity,price\n"
        "1,c1,2024-01-02,s1,2,1.50\n1,c1,2024-01-01,s2,1,4.00\n1,c1,2024-01-01,s2,1,4.00\n"
        "2,c2,2024-01-03,s1,1,1.50\n2,c2,2024-01-03,s2,1,4.00\n2,c2,2024-01-03,SHIPPING,1,9.00\n"
        "3,c2,2024-01-04,s1,1,1.50\n"
    )

    reading = read(text)

    assert reading.intake.grain == "line"
    assert reading.orders() == [
        ("1", "c1", "2024-01-01", 11.0),
        ("2", "c2", "2024-01-03", 5.5),
        ("3", "c2", "2024-01-04", 1.5),
    ]
    assert reading.intake.excluded == {"non_product": Excluded(1, Decimal(9))}
    assert reading.intake.rows.good == 7


def test_sizes_are_products(read: Read) -> None:
    """S and M are codes of corrections in one shop and sizes in another: there they are frequent."""
    rows = "".join(f"{i},c{i % 3},2024-01-02,{size},1,1.00\n" for i in range(9) for size in "SML")
    reading = read("order_id,customer_id,order_date,sku,quantity,price\n" + rows)

    assert reading.intake.excluded == {}
    assert len(reading.orders()) == 9


def test_a_total_on_every_line_counts_once(read: Read) -> None:
    """The same amount on all lines of all orders is the order's; it is said."""
    rows = "".join(f"{o},c{o},2024-01-02,s{i},{10 * o}.00\n" for o in (1, 2, 3, 4) for i in (1, 2, 3))
    reading = read("order_id,customer_id,order_date,sku,amount\n" + rows)

    assert [amount for *_rest, amount in reading.orders()] == [10.0, 20.0, 30.0, 40.0]
    assert TotalsCountedOnce in reading.warned()


def test_the_amount_of_a_line_is_added_up(read: Read) -> None:
    """Different amounts on the lines of an order, or quantity x price on each, are the lines' own."""
    rows = "".join(f"{o},c{o},2024-01-02,s{i},{i}.00\n" for o in (1, 2, 3, 4) for i in (1, 2, 3))
    assert [o[3] for o in read("order_id,customer_id,order_date,sku,amount\n" + rows).orders()] == [6.0] * 4

    equal = "".join(f"{o},c{o},2024-01-02,s{i},1,5.00,5.00\n" for o in (1, 2, 3, 4) for i in (1, 2))
    header = "order_id,customer_id,order_date,sku,quantity,price,amount\n"
    assert [o[3] for o in read(header + equal).orders()] == [10.0] * 4


def test_refunds_by_sign_column_and_parent(read: Read) -> None:
    """Negative money is a refund; it names an order only where the row does."""
    text = (
        "order_id,customer_id,order_date,amount,parent_order_id,refund_amount,refund_date\n"
        "1,a,2024-01-13,50,,,\n2,a,2024-01-20,-10,1,,\n3,a,2024-02-01,(5.00),,,\n4,b,2024-02-02,30,,12.5,2024-02-09\n"
        "1,a,2024-03-01,-7,,,\n5,c,2024-03-02,-9,nowhere,,\n"
    )

    reading = read(text)

    assert [o[0] for o in reading.orders()] == ["1", "4"]
    assert reading.refunds() == [
        ("", "a", "2024-02-01", 5.0),
        ("", "c", "2024-03-02", 9.0),
        ("1", "a", "2024-01-20", 10.0),
        ("1", "a", "2024-03-01", 7.0),
        ("4", "b", "2024-02-09", 12.5),
    ]
    assert reading.intake.excluded == {"refund": Excluded(4, Decimal(-31))}
    assert reading.engine.value("select count(*) from known_customers") == 3


def test_a_zero_price_is_a_purchase(read: Read) -> None:
    """A free order is an order; a blank amount is not."""
    reading = read(
        "order_id,customer_id,order_date,amount\n1,a,2024-01-13,0\n2,a,2024-01-14,\n3,a,2024-01-15,5\n"
    )

    assert [(o[0], o[3]) for o in reading.orders()] == [("1", 0.0), ("3", 5.0)]
    assert reading.rejects() == [(3, "ingest.no_amount")]


def test_a_blank_payment_date_is_no_payment(read: Read) -> None:
    """Without a status the order is unpaid; with a paid status the moment of ordering fills in."""
    header = "order_id,customer_id,created_at,paid_at,amount"
    rows = "1,a,2024-01-13,2024-01-14,5{}\n2,a,2024-01-15,,5{}\n"

    without = read(f"{header}\n{rows.format('', '')}")
    assert [o[2] for o in without.orders()] == ["2024-01-14"]
    assert without.intake.excluded == {"unpaid": Excluded(1, Decimal(5))}

    paid = read(f"{header},status\n{rows.format(',paid', ',paid')}")
    assert [o[2] for o in paid.orders()] == ["2024-01-14", "2024-01-15"]


def test_every_bad_row_has_its_line_code_reason_and_text(read: Read) -> None:
    """The reasons of the reference, each where it stands."""
    lines = [
        b"order_id,customer_id,order_date,amount",
        b"1,a,2024-01-01,5",
        b"2,b\xff\xfe,2024-01-02,5",
        b'3,"c,2024-01-02,5',
        b"4,d,2024-01-02,5",
        b"5,e,2024-01-02,5,6",
        b"6,f,2024-01-02,\x00",
        b"7,,2024-01-02,9.5",
        b"8,g,1900-01-01,5",
        b"9,h,2031-01-01,5",
        b"10,i,,5",
        b"11,j,2024-13-45,5",
        b"12,k,2024-01-01,1e9",
        b"13,l,2024-01-01,1.23456",
        b"14,m,2024-01-01,",
        b"1.2E+11,m,2024-01-01,4",
        b"order_id,customer_id,order_date,amount",
        b"",
        b",,,",
        b"15,n,1969-01-01,5",
        b"16,o\xe2\x80\x8b,2024-01-01,5",
        b"17,p,2024-01-01,9999999999999",
        *(b"%d,q,2024-02-01,5" % i for i in range(20, 40)),
    ]

    reading = read(b"\n".join(lines) + b"\n")

    assert reading.rejects() == [
        (3, "ingest.undecodable"),
        (4, "ingest.unclosed_quote"),
        (6, "ingest.ragged_row"),
        (7, "ingest.control_character"),
        (8, "ingest.no_customer"),
        (9, "ingest.date_placeholder"),
        (10, "ingest.date_in_future"),
        (11, "ingest.no_date"),
        (12, "ingest.bad_date"),
        (13, "ingest.bad_amount"),
        (14, "ingest.amount_too_precise"),
        (15, "ingest.no_amount"),
        (16, "ingest.damaged_id"),
        (17, "ingest.repeated_header"),
        (20, "ingest.date_too_early"),
        (21, "ingest.bad_customer"),
        (22, "ingest.amount_too_large"),
    ]
    assert reading.intake.rows.read == 39
    raw = dict(reading.engine.run("select line, raw from rejects"))
    assert raw[3] == "2,b\\xff\\xfe,2024-01-02,5"
    assert raw[4] == '3,"c,2024-01-02,5'
    assert raw[7] == "6,f,2024-01-02,\\x00"
    assert raw[8] == "7,,2024-01-02,9.5"
    assert reading.engine.value("select count(*) from rejects where reason is null or reason = ''") == 0
    assert reading.intake.rejected["ingest.no_customer"] == Rejected(1, Decimal("9.5"))


def test_text_is_data(read: Read) -> None:
    """Formulas, scripts, SQL and templates in a name come through unchanged."""
    names = [
        '=cmd|"/c calc"!A1',
        "<script>alert(1)</script>",
        "'; drop table orders; --",
        "{{7*7}}${x}%s",
        "a\nb",
    ]
    rows = "".join(
        f'{i},c{i},2024-01-0{i + 1},5,"{name.replace(chr(34), chr(34) * 2)}"\n'
        for i, name in enumerate(names)
    )

    reading = read("order_id,customer_id,order_date,amount,name\n" + rows, keep=("name",))

    kept = [name for (name,) in reading.engine.run("select name from known_customers order by customer_id")]
    assert kept == names


def test_kept_columns_are_the_latest_that_say_something(read: Read) -> None:
    """One row a customer; a blank does not wipe a phone number."""
    text = (
        "order_id,customer_id,Name,Phone,order_date,amount\n"
        "1,a,Ann,0912,2024-01-13,5\n2,a,Anne,,2024-01-14,5\n3,b,Bob,,2024-01-14,5\n"
    )

    reading = read(text, keep=("name", "phone"))

    assert reading.intake.kept == ("Name", "Phone")
    assert reading.engine.run("select * from known_customers order by customer_id") == [
        ("a", "Anne", "0912"),
        ("b", "Bob", None),
    ]


def test_unknown_statuses_count_as_paid_and_are_said(read: Read) -> None:
    """A word that nobody explained is named."""
    reading = read(
        "order_id,customer_id,order_date,amount,status\n1,a,2024-01-01,5,paid\n2,a,2024-01-02,5,blessed\n"
    )

    assert len(reading.orders()) == 2
    (warning,) = reading.intake.warnings
    assert isinstance(warning, UnknownStatuses)
    assert "blessed" in str(warning)


def test_a_file_without_amounts_is_read(read: Read) -> None:
    """Customers and days are there; that money is not is said."""
    reading = read("customer_id,date\na,2024-01-01\na,2024-01-09\n")

    assert not reading.intake.has_amounts
    assert [o[3] for o in reading.orders()] == [0.0, 0.0]
    assert NoAmounts in reading.warned()


def test_progress_is_told(engine: Any, tmp_path: Path) -> None:
    """What is being done, and how much of it: never backwards."""
    from evergrove.ingest import ReadOptions, read_orders

    path = tmp_path / "orders.csv"
    path.write_text(PLAIN)
    told: list[tuple[str, float]] = []

    read_orders(engine, [path], ReadOptions(), lambda what, share: told.append((what, share)))

    reading = [share for what, share in told if what == told[0][0]]
    assert reading == sorted(reading)
    assert told[-1][1] == 1.0
