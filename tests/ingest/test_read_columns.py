"""Currencies, zones, dates and amounts are settled by column, or asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from evergrove.ingest.orders.errors import (
    AmbiguousAmounts,
    AmbiguousDates,
    CurrenciesMixed,
    CurrenciesUnclear,
    MixedDates,
    OtherCurrency,
    UnknownCurrency,
    UnknownTimezone,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.ingest.conftest import Reading

    Read = Callable[..., Reading]


def test_one_currency_a_run(read: Read) -> None:
    """The most frequent is kept, a few others are rejected, blanks take it; --currency chooses another."""
    text = (
        "order_id,customer_id,order_date,amount,currency\n"
        "1,a,2024-01-01,5,USD\n2,a,2024-01-02,5,usd\n3,a,2024-01-03,5,EUR\n4,a,2024-01-04,5,Taler\n5,b,2024-01-05,5,\n"
    ) + "".join(f"{i},c,2024-02-01,5,USD\n" for i in range(6, 14))

    reading = read(text)
    assert reading.intake.currency == "USD"
    assert reading.rejects() == [(4, "currency.mixed"), (5, "ingest.bad_currency")]
    assert CurrenciesMixed in reading.warned()

    chosen = read(text, currency="eur")
    assert [o[0] for o in chosen.orders()] == ["3", "5"]
    with pytest.raises(UnknownCurrency):
        read(text, currency="Taler")


@pytest.mark.parametrize(("euros", "rejected"), [(9, 9), (10, None), (50, None), (91, 9)])
def test_currencies_about_equally_often_are_for_the_user_to_choose(
    read: Read, euros: int, rejected: int | None
) -> None:
    """From a tenth of the rows on the file is refused whole, with the counts and the flag that settles it."""
    codes = ["EUR"] * euros + ["CNY"] * (100 - euros)
    text = "order_id,customer_id,order_date,amount,currency\n" + "".join(
        f"{i},c{i % 9},2024-01-{i % 28 + 1:02d},5,{code}\n" for i, code in enumerate(codes)
    )

    if rejected is None:
        with pytest.raises(CurrenciesUnclear) as refused:
            read(text)
        assert f"EUR {euros}" in str(refused.value)
        assert "--currency CNY or --currency EUR" in str(refused.value)
        assert "--map" not in str(refused.value)
    else:
        assert read(text).intake.rejected["currency.mixed"].rows == rejected
    chosen = read(text, currency="CNY").intake
    assert (chosen.currency, chosen.rows.good) == ("CNY", 100 - euros)
    assert chosen.rejected["currency.mixed"].rows == euros


def test_a_currency_that_no_row_has_is_refused_with_those_that_are_there(read: Read) -> None:
    """--currency EUR beside dollars only."""
    text = "order_id,customer_id,order_date,amount,currency\n1,a,2024-01-01,5,USD\n2,b,2024-01-02,6,USD\n"

    with pytest.raises(OtherCurrency, match=r"in EUR; rows found: USD 2\. Say --currency USD"):
        read(text, currency="EUR")


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


def test_a_header_tells_the_currency_of_its_file_only(read_paths: Read, tmp_path: Path) -> None:
    """Yuan beside dollars are never added up, also where only one file names them row by row."""
    yuan, dollars = tmp_path / "a.csv", tmp_path / "b.csv"
    paid = "".join(f"{i},a,2024-01-01,5\n" for i in range(10, 40))
    yuan.write_text(f"订单号,会员ID,付款时间,实付金额(元)\n{paid}")
    dollars.write_text("order_id,customer_id,order_date,amount,currency\n3,a,2024-01-03,7,USD\n")

    with pytest.raises(CurrenciesUnclear, match=r"^a\.csv, b\.csv: .* CNY 30, USD 1\. .*--currency CNY or"):
        read_paths(yuan, dollars)
    chosen = read_paths(yuan, dollars, currency="CNY")
    assert chosen.intake.by_file[str(dollars)].rejected == 1
    assert chosen.intake.rows.good == 30
    dollars.write_text(
        "order_id,customer_id,order_date,amount,currency\n3,a,2024-01-03,7,USD\n4,a,2024-01-03,7,CNY\n"
    )
    reading = read_paths(yuan, dollars)
    assert reading.intake.currency == "CNY"
    assert reading.rejects() == [(2, "currency.mixed")]
