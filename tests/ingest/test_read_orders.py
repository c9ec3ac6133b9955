"""Files in, orders out: what each kind of row becomes."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.ingest.errors import (
    AmbiguousAmounts,
    AmbiguousDates,
    CannotOpen,
    CurrenciesMixed,
    DamagedFile,
    EmptyFile,
    FutureDates,
    LinesAboveHeader,
    MissingHeader,
    MixedDates,
    NoAmounts,
    NoFiles,
    NothingUsable,
    RepeatedOrders,
    RepeatsKept,
    SheetChosen,
    TooManyColumns,
    TotalsCountedOnce,
    UnknownCurrency,
    UnknownFormat,
    UnknownStatuses,
    UnknownTimezone,
)
from evergrove.ingest.types import Excluded, Rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.ingest.conftest import Reading

    Read = Callable[..., Reading]

PLAIN = "order_id,customer_id,order_date,amount\nA1,c1,2024-01-13,5.00\nA2,c2,2024-01-14,7.50\n"


def warned(reading: Reading) -> set[type]:
    """The kinds of warnings of a reading."""
    return {type(warning) for warning in reading.intake.warnings}


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
    assert warned(reading) == set()


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


TAOBAO = """订单编号,买家会员名,总金额,买家实际支付金额,订单状态,收货地址 ,订单创建时间,订单付款时间 ,宝贝标题,宝贝总数量,退款金额
="1234567890123456789",tb张三,15,12.50,交易成功,"上海,一号",2024-03-05 10:00:00,2024-03-05 23:59:59,衣服,1,0.00
="1234567890123456790",tb李四,20,0.00,交易关闭,x,2024-03-06 10:00:00,,裤子,1,0.00
="1234567890123456791",tb李四,20,20.00,"买家已付款,等待卖家发货",x,2024-03-06 10:00:00,2024-03-06 10:01:00,裤子,1,5.00
="1234567890123456792",tb李四,20,20.00,等待买家付款,x,2024-03-06 10:00:00,,裤子,1,
"""


@pytest.mark.parametrize("written", ["gbk", "gb18030", "utf-8-sig", "utf-16"])
def test_a_taobao_export(read: Read, written: str) -> None:
    """Long ids keep their digits, closed and unpaid orders are counted apart, refunds name their order."""
    reading = read(TAOBAO, written=written)

    assert reading.orders() == [
        ("1234567890123456789", "tb张三", "2024-03-05", 12.5),
        ("1234567890123456791", "tb李四", "2024-03-06", 20.0),
    ]
    assert reading.refunds() == [("1234567890123456791", "tb李四", "2024-03-06", 5.0)]
    assert reading.intake.excluded == {
        "cancelled": Excluded(1, Decimal(0)),
        "unpaid": Excluded(1, Decimal(20)),
    }
    assert (reading.intake.currency, reading.intake.timezone) == ("CNY", "Asia/Shanghai")
    assert reading.intake.rows.good == 4


def test_a_taiwan_export(read: Read) -> None:
    """Big5, 民國 years, NT$, a whole refund by status, a total row at the end."""
    text = (
        "訂單編號,會員編號,訂購日期,付款金額,訂單狀態,退款金額\n"
        'A001,M001,114/03/05,"NT$ 1,234",已完成,0\n'
        'A002,M002,民國114年3月6日,"2,000",已取消,0\n'
        'A003,M001,114/03/09,"NT$ 500",已退款,0\n'
        '合計,,,"3,734",,\n'
    )

    reading = read(text, written="big5")

    assert reading.orders() == [("A001", "M001", "2025-03-05", 1234.0), ("A003", "M001", "2025-03-09", 500.0)]
    assert reading.refunds() == [("A003", "M001", "2025-03-09", 500.0)]
    assert reading.rejects() == [(5, "ingest.total_row")]
    assert reading.intake.rejected["ingest.total_row"] == Rejected(1, Decimal(0))
    assert (reading.intake.currency, reading.intake.timezone) == ("TWD", "Asia/Taipei")
    assert set(reading.intake.encodings.values()) == {"Big5"}
    assert reading.engine.value("select count(*) from known_customers") == 2


SHOPIFY = """Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Cancelled at,Refunded Amount
#1001,a@example.com,paid,2025-10-07 23:50:26 +0200,EUR,30.00,5.00,35.00,2025-10-07 23:50:20 +0200,1,Tee,10.00,T1,,0.00
#1001,a@example.com,,,,,,,2025-10-07 23:50:20 +0200,2,Hat,10.00,H1,,
#1002,b@example.com,refunded,2025-10-08 09:00:00 +0200,EUR,30.00,5.00,35.00,2025-10-08 09:00:00 +0200,1,Tee,30.00,T1,,35.00
#1003,b@example.com,pending,,EUR,30.00,5.00,35.00,2025-10-08 09:00:00 +0200,1,Tee,30.00,T1,,0.00
#1004,b@example.com,paid,2025-10-09 09:00:00 +0200,EUR,30.00,5.00,35.00,2025-10-08 09:00:00 +0200,1,Tee,30.00,T1,2025-10-10 09:00:00 +0200,0.00
"""


def test_a_shopify_export(read: Read) -> None:
    """What stands on an order's first row holds for its lines; the total counts once."""
    reading = read(SHOPIFY, timezone="Europe/Berlin")

    assert reading.intake.grain == "line"
    assert reading.orders() == [
        ("#1001", "a@example.com", "2025-10-07", 35.0),
        ("#1002", "b@example.com", "2025-10-08", 35.0),
    ]
    assert reading.refunds() == [("#1002", "b@example.com", "2025-10-08", 35.0)]
    assert {name: kind.rows for name, kind in reading.intake.excluded.items()} == {
        "refunded": 1,
        "unpaid": 1,
        "cancelled": 1,
    }
    assert reading.intake.currency == "EUR"


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
    assert TotalsCountedOnce in warned(reading)


def test_the_amount_of_a_line_is_added_up(read: Read) -> None:
    """Different amounts on the lines of an order, or quantity x price on each, are the lines' own."""
    rows = "".join(f"{o},c{o},2024-01-02,s{i},{i}.00\n" for o in (1, 2, 3, 4) for i in (1, 2, 3))
    assert [o[3] for o in read("order_id,customer_id,order_date,sku,amount\n" + rows).orders()] == [6.0] * 4

    equal = "".join(f"{o},c{o},2024-01-02,s{i},1,5.00,5.00\n" for o in (1, 2, 3, 4) for i in (1, 2))
    header = "order_id,customer_id,order_date,sku,quantity,price,amount\n"
    assert [o[3] for o in read(header + equal).orders()] == [10.0] * 4


def test_duplicates_and_conflicts(read: Read) -> None:
    """One id with one content is a duplicate; with another it is a conflict, and the first wins."""
    text = (
        "order_id,customer_id,order_date,amount\n"
        "1,a,2024-01-13,5\n1,a,2024-01-13,5\n2,b,2024-01-14,5\n2,b,2024-01-14,6\n3,c,2024-01-15,7\n"
    )

    reading = read(text)

    assert reading.orders() == [
        ("1", "a", "2024-01-13", 5.0),
        ("2", "b", "2024-01-14", 5.0),
        ("3", "c", "2024-01-15", 7.0),
    ]
    assert reading.rejects() == [(5, "ingest.conflict")]
    assert reading.intake.rejected["ingest.conflict"] == Rejected(1, Decimal(6))
    assert reading.intake.rows.duplicate == 1
    assert RepeatedOrders in warned(reading)


def test_versions_by_updated_at(read: Read) -> None:
    """The newest version wins, older ones count as duplicates, a changed customer is a conflict."""
    text = (
        "order_id,customer_id,order_date,amount,status,updated_at\n"
        "1,a,2024-01-13,5,pending,2024-01-13 10:00\n1,a,2024-01-13,7,paid,2024-01-15 10:00\n"
        "1,a,2024-01-13,6,paid,2024-01-14 10:00\n2,b,2024-01-14,5,paid,2024-01-14 10:00\n2,z,2024-01-14,5,paid,2024-01-16 10:00\n"
    )

    reading = read(text)

    assert reading.orders() == [("1", "a", "2024-01-13", 7.0), ("2", "b", "2024-01-14", 5.0)]
    assert reading.intake.rows.duplicate == 2
    assert reading.rejects() == [(6, "ingest.conflict")]


def test_repeats_without_an_order_id_are_kept_and_said(read: Read) -> None:
    """Two purchases of one customer on one day for one amount may be two purchases."""
    reading = read("customer,date,amount\na,2024-01-13,5\na,2024-01-13,5\na,2024-01-13,5\nb,2024-01-14,5\n")

    assert len(reading.orders()) == 4
    (warning,) = reading.intake.warnings
    assert isinstance(warning, RepeatsKept)
    assert warning.params["repeats"] == 2


def test_the_same_file_twice_changes_nothing(read: Read, read_paths: Read, tmp_path: Path) -> None:
    """Every row of the second is a duplicate, the bad ones too."""
    text = PLAIN + "A3,,2024-01-15,1.00\n"
    once = read(text, name="a.csv")
    orders, path = once.orders(), tmp_path / "a.csv"
    copy = tmp_path / "b.csv"
    copy.write_text(text)

    twice = read_paths(path, path, copy)

    assert twice.orders() == orders
    assert twice.rejects() == [(4, "ingest.no_customer")]
    assert [counts.duplicate for counts in twice.intake.by_file.values()] == [0, 3, 3]
    assert list(twice.intake.by_file) == [str(path), f"{path} (2)", str(copy)]


def test_files_of_different_kinds_are_read_together(read_paths: Read, tmp_path: Path) -> None:
    """Other encodings and headers; an order in both is a duplicate, a changed one a version of the newer file."""
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text(PLAIN)
    second.write_bytes(
        "订单号,会员ID,下单时间,实付金额\nA1,c1,2024-01-13,5.00\nA2,c2,2024-01-14,8.00\nA3,c3,2024-02-01,9.00\n".encode(
            "gbk"
        )
    )

    reading = read_paths(first, second)

    assert [(o[0], o[3]) for o in reading.orders()] == [("A1", 5.0), ("A2", 8.0), ("A3", 9.0)]
    assert reading.intake.rows.duplicate == 2
    assert set(reading.intake.encodings.values()) == {"UTF-8", "GB18030"}
    assert {match.file for match in reading.intake.columns} == {str(first), str(second)}


def test_an_order_in_parts_is_one_order(read_paths: Read, tmp_path: Path) -> None:
    """Lines of one order in two files are parts where no product recurs, and versions where one does."""
    header = "order_id,customer_id,order_date,sku,amount\n"
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text(
        header + "1,c1,2024-01-01,s1,1\n1,c1,2024-01-01,s2,2\n2,c1,2024-01-02,s1,1\n2,c1,2024-01-02,s2,2\n"
    )
    second.write_text(
        header + "1,c1,2024-01-01,s3,4\n2,c1,2024-01-02,s1,5\n3,c1,2024-01-09,s1,1\n3,c1,2024-01-09,s2,1\n"
    )

    reading = read_paths(first, second)

    assert [(o[0], o[3]) for o in reading.orders()] == [("1", 7.0), ("2", 5.0), ("3", 2.0)]
    assert reading.intake.rows.duplicate == 2


def test_rows_without_an_order_id_repeat_across_files_once(read_paths: Read, tmp_path: Path) -> None:
    """Overlapping exports: as many as the earlier file has are the same purchases."""
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text("customer,date,amount\na,2024-01-13,5\na,2024-01-13,5\nb,2024-01-14,5\n")
    second.write_text(
        "customer,date,amount\na,2024-01-13,5\na,2024-01-13,5\na,2024-01-13,5\nc,2024-01-15,5\n"
    )

    reading = read_paths(first, second)

    assert [o[1] for o in sorted(reading.orders(), key=lambda o: o[1])] == ["a", "a", "a", "b", "c"]
    assert reading.intake.rows.duplicate == 2


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


def test_a_file_of_refunds_beside_the_orders(read_paths: Read, tmp_path: Path) -> None:
    """It tells what was given back, and of which order."""
    orders, refunds = tmp_path / "orders.csv", tmp_path / "refunds.csv"
    orders.write_text(PLAIN)
    refunds.write_text(
        "order_id,customer_id,refunded_at,date,refund_amount\nA1,c1,2024-02-01,2024-02-01,2.00\nX9,c2,2024-02-02,2024-02-02,1.00\n"
    )

    reading = read_paths(orders, refunds)

    assert reading.refunds() == [("", "c2", "2024-02-02", 1.0), ("A1", "c1", "2024-02-01", 2.0)]
    assert len(reading.orders()) == 2


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


def test_one_currency_a_run(read: Read) -> None:
    """The most frequent is kept, others are rejected, blanks take it; --currency chooses another."""
    text = (
        "order_id,customer_id,order_date,amount,currency\n"
        "1,a,2024-01-01,5,USD\n2,a,2024-01-02,5,usd\n3,a,2024-01-03,5,EUR\n4,a,2024-01-04,5,Taler\n5,b,2024-01-05,5,\n"
    )

    reading = read(text)
    assert reading.intake.currency == "USD"
    assert reading.rejects() == [(4, "currency.mixed"), (5, "ingest.bad_currency")]
    assert CurrenciesMixed in warned(reading)

    chosen = read(text, currency="eur")
    assert [o[0] for o in chosen.orders()] == ["3", "5"]
    with pytest.raises(UnknownCurrency):
        read(text, currency="Taler")


@pytest.mark.parametrize(
    ("header", "amounts", "currency"),
    [
        ("customer,date,amount", ("$5", "$6"), "USD"),
        ("customer,date,amount", ("NT$5", "$6"), "TWD"),
        ("customer,date,amount", ("¥5", "￥6"), "CNY"),
        ("客户ID,付款时间,实付金额(元)", ("5", "6"), "CNY"),
        ("會員編號,訂購日期,付款金額(元)", ("5", "6"), "TWD"),
        ("customer,date,amount", ("5", "6"), ""),
    ],
)
def test_a_sign_tells_the_currency(read: Read, header: str, amounts: Sequence[str], currency: str) -> None:
    """By other signs in the file and its writing; nothing declares one where nothing is said."""
    reading = read(f"{header}\n" + "".join(f"a,2024-01-1{i},{amount}\n" for i, amount in enumerate(amounts)))

    assert reading.intake.currency == currency
    assert reading.intake.rows.rejected == 0


def test_days_are_the_shops(read: Read) -> None:
    """23:30Z and 00:30Z are one day in Shanghai and two in UTC."""
    text = "order_id,customer_id,order_date,amount\n1,a,2026-01-01T23:30:00Z,5\n2,a,2026-01-02T00:30:00Z,5\n"

    assert {o[2] for o in read(text, timezone="Asia/Shanghai").orders()} == {"2026-01-02"}
    assert {o[2] for o in read(text).orders()} == {"2026-01-01", "2026-01-02"}
    with pytest.raises(UnknownTimezone):
        read(text, timezone="Mars/Olympus")


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (("01/02/2024", "13/02/2024"), ("2024-02-01", "2024-02-13")),
        (("01/02/2024 8:26", "02/13/2024 8:26"), ("2024-01-02", "2024-02-13")),
        (("1709600000", "1709700000"), ("2024-03-05", "2024-03-06")),
        (("1709600000000000", "1709700000000000"), ("2024-03-05", "2024-03-06")),
        (("45356", "45357.5"), ("2024-03-05", "2024-03-06")),
    ],
)
def test_a_column_of_dates_is_read_as_it_proves(
    read: Read, dates: Sequence[str], expected: Sequence[str]
) -> None:
    """Day or month first by proof; serials and epochs."""
    reading = read("customer_id,order_date,amount\n" + "".join(f"a,{day},5\n" for day in dates))

    assert sorted(o[2] for o in reading.orders()) == list(expected)


def test_dates_without_proof_are_refused_with_the_way_out(read: Read) -> None:
    """--map date=Header:dmy settles it."""
    text = "customer,date,amount\na,01/02/2024,5\nb,03/04/2024,6\n"

    with pytest.raises(AmbiguousDates, match="--map date=date:dmy"):
        read(text)
    assert [o[2] for o in read(text, mapping={"date": "date:dmy"}).orders()] == ["2024-02-01", "2024-04-03"]
    assert [o[2] for o in read(text, mapping={"date": "date:mdy"}).orders()] == ["2024-01-02", "2024-03-04"]
    with pytest.raises(MixedDates, match="13/02/2024"):
        read("customer,date,amount\na,13/02/2024,5\nb,02/14/2024,6\n")


def test_amounts_follow_the_decimal_sign_of_their_column(read: Read) -> None:
    """A proof of the comma makes 1.234 a thousand; without any proof the user is asked."""
    reading = read("customer;date;amount\na;13/02/2024;1.234,50\nb;03/04/2024;1.234\nc;03/04/2024;12,5\n")
    assert sorted(o[3] for o in reading.orders()) == [12.5, 1234.0, 1234.5]

    text = "customer;date;amount\na;13/02/2024;1.234\nb;03/04/2024;12.500\n"
    with pytest.raises(AmbiguousAmounts, match="--map amount=amount:dot"):
        read(text)
    assert sorted(o[3] for o in read(text, mapping={"amount": "amount:comma"}).orders()) == [1234.0, 12500.0]
    assert sorted(o[3] for o in read(text, mapping={"amount": "amount:dot"}).orders()) == [1.234, 12.5]


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
    assert NoAmounts in warned(reading)


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", EmptyFile),
        (b"\n\n", EmptyFile),
        (b"customer_id,order_date,amount\n", EmptyFile),
        (b"1,2024-01-01,5\n2,2024-01-02,6\n", MissingHeader),
        (b"a" * 300_000 + b",b\n1,2\n", EmptyFile),
        (
            b"customer_id,order_date,amount," + b",".join(b"c%d" % i for i in range(5000)) + b"\n",
            TooManyColumns,
        ),
        (b"<!DOCTYPE html><html><table></table></html>", UnknownFormat),
        (b"%PDF-1.7\n", UnknownFormat),
        (b"PK\x03\x04 not a workbook", DamagedFile),
        (b"PAR1 not parquet PAR1", DamagedFile),
        (b'[{"customer_id": 1}]', UnknownFormat),
        (bytes(range(256)) * 40, UnknownFormat),
        (b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x94", UnknownFormat),
        (b"customer_id,order_date,amount\na,2031-01-01,5\nb,2024-01-02,6\n", FutureDates),
        (b"customer_id,order_date,amount\na,2024-01-01,x\nb,2024-01-02,y\n", NothingUsable),
        (b"customer_id,order_date,amount\n,2024-01-01,5\n", NothingUsable),
    ],
)
def test_what_cannot_be_understood_is_refused_whole(
    read: Read, content: bytes, refusal: type[Exception]
) -> None:
    """With a sentence, and with nothing left behind."""
    with pytest.raises(refusal) as refused:
        read(content)

    assert "orders.csv" in str(refused.value) or refusal is CannotOpen


def test_a_refused_file_publishes_nothing(read: Read, engine: Any) -> None:
    """The tables of an earlier reading are gone too: no one takes them for the new file's."""
    read(PLAIN)
    with pytest.raises(NothingUsable):
        read("customer_id,order_date,amount\n,2024-01-01,5\n")

    assert engine.run("show tables") == []


def test_files_must_be_there(read_paths: Read, tmp_path: Path) -> None:
    """Missing, or a folder, or none named."""
    with pytest.raises(CannotOpen):
        read_paths(tmp_path / "nowhere.csv")
    with pytest.raises(CannotOpen):
        read_paths(tmp_path)
    with pytest.raises(NoFiles):
        read_paths()


def test_a_preamble_is_passed_over_and_said(read: Read) -> None:
    """A title and a blank line above the header; the lines are counted from the top of the file."""
    reading = read("Orders of January\n\n" + PLAIN + "A9,,2024-01-01,1\n")

    assert len(reading.orders()) == 2
    assert LinesAboveHeader in warned(reading)
    assert reading.rejects() == [(6, "ingest.no_customer")]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
@pytest.mark.parametrize("name", ["orders.csv", "orders.xlsx", "orders.parquet", "orders"])
def test_the_content_tells_the_format(read: Read, delimiter: str, name: str) -> None:
    """Whatever the extension says."""
    assert len(read(PLAIN.replace(",", delimiter), name=name).orders()) == 2


def test_quoted_line_breaks_keep_their_lines(read: Read) -> None:
    """A reject's line is the physical one on which its row begins."""
    text = 'order_id,customer_id,order_date,amount,note\n1,a,2024-01-01,5,"two\nlines"\n2,,2024-01-02,6,"three\n\nlines"\n3,c,2024-01-03,x,\n4,d,2024-01-03,1,\n'

    reading = read(text)

    assert reading.rejects() == [(4, "ingest.no_customer"), (7, "ingest.bad_amount")]
    assert dict(reading.engine.run("select line, raw from rejects"))[4] == '2,,2024-01-02,6,"three\n\nlines"'


def test_json_lines(read: Read) -> None:
    """Nested names, numbers as written, bad lines rejected one by one."""
    text = (
        '{"event_timestamp": "2024-03-05T10:00:00Z", "user_id": "u1", "ecommerce": {"transaction_id": "T1", "purchase_revenue": 9.10}}\n'
        "\nnot json\n"
        '{"user_id": "u1", "user_id": "u2"}\n'
        '{"event_timestamp": "2024-03-06T10:00:00Z", "user_id": null, "ecommerce": {"purchase_revenue": 1}}\n'
        '{"event_timestamp": "2024-03-07T10:00:00Z", "user_id": 12345678901234567890, "ecommerce": {"transaction_id": "T2", "purchase_revenue": 0.1}}\n'
        + '{"a":' * 3_000
        + "\n"
    )

    reading = read(text, name="events.jsonl")

    assert reading.orders() == [
        ("T1", "u1", "2024-03-05", 9.1),
        ("T2", "12345678901234567890", "2024-03-07", 0.1),
    ]
    assert [code for _line, code in reading.rejects()][:3] == [
        "ingest.not_an_object",
        "ingest.repeated_key",
        "ingest.no_customer",
    ]
    assert [line for line, _code in reading.rejects()] == [3, 4, 5, 7]


def workbook(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    """Write a workbook."""
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path))
    dated = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for r, row in enumerate(rows):
            for c, cell in enumerate(row):
                if isinstance(cell, datetime):
                    sheet.write_datetime(r, c, cell, dated)
                elif cell is not None:
                    sheet.write(r, c, cell)
    book.close()
    return path


def test_a_workbook(read_paths: Read, tmp_path: Path) -> None:
    """The sheet with the orders is found and named; ids are text, damaged ones rejected, rows numbered as shown."""
    noon = datetime(2024, 3, 5, 12, 0)  # noqa: DTZ001 -- a cell has no zone
    rows: list[list[Any]] = [
        ["三月订单"],
        [],
        ["订单编号", "会员编号", "付款时间", "实付金额"],
        ["1234567890123456789", 12345, noon, 12.5],
        [1234567890123456789, 12345, noon, 1],
        ["A2", "00012", noon, 0.1 + 0.2],
        [None, None, None, None],
        ["A3", None, noon, 3],
        ["A4", 7, 45356, "¥1,200"],
    ]
    path = workbook(tmp_path / "订单.xlsx", {"说明": [["说明"], ["这里没有订单"]], "订单": rows})

    reading = read_paths(path)

    assert reading.orders() == [
        ("1234567890123456789", "12345", "2024-03-05", 12.5),
        ("A2", "00012", "2024-03-05", 0.3),
        ("A4", "7", "2024-03-05", 1200.0),
    ]
    assert reading.rejects() == [(5, "ingest.damaged_id"), (8, "ingest.no_customer")]
    assert {SheetChosen, LinesAboveHeader} <= warned(reading)
    assert set(reading.intake.encodings.values()) == {"XLSX"}
    assert dict(reading.engine.run("select line, raw from rejects"))[8] == "A3\t\t2024-03-05 12:00:00\t3"


def test_a_workbook_with_a_far_cell_is_refused(read_paths: Read, tmp_path: Path) -> None:
    """A cell in the last row and column would span seventeen billion cells."""
    path = tmp_path / "far.xlsx"
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["customer_id", "order_date", "amount"])
    sheet.write(1_048_575, 16_383, "far")
    book.close()

    with pytest.raises(DamagedFile.__mro__[1], match=r"60,000,000 cells"):
        read_paths(path)


def test_entities_in_a_workbook_are_not_expanded(read_paths: Read, tmp_path: Path) -> None:
    """A billion laughs, and a file of the machine: neither is read."""
    import zipfile

    source = workbook(
        tmp_path / "clean.xlsx", {"Orders": [["customer_id", "order_date", "amount"], ["a", "2024-01-01", 5]]}
    )
    path = tmp_path / "entities.xlsx"
    doctype = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/hostname">]>'
    with zipfile.ZipFile(source) as clean, zipfile.ZipFile(path, "w") as book:
        for name in clean.namelist():
            text = clean.read(name).decode()
            if name == "xl/sharedStrings.xml":
                head, _, rest = text.partition("?>")
                text = f"{head}?>{doctype}{rest.replace('<t>a</t>', '<t>x&b;&f;</t>')}"
            book.writestr(name, text)

    try:
        reading = read_paths(path)
    except DamagedFile:
        return
    ids = [o[1] for o in reading.orders()]
    assert all("aaaaaaaaaa" not in customer and len(customer) < 40 for customer in ids)


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
