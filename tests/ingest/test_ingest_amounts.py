"""Amounts: exact decimals, or a reason."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergrove.ingest.values.amounts import Amount, proven_sign, read_amount, weigh_signs


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", "12"),
        ("0012.50", "12.50"),
        ("1,234.50", "1234.50"),
        ("1,234", "1234"),
        ("12,34,567.5", "1234567.5"),
        ("1'234.50", "1234.50"),
        ("1 234.50", "1234.50"),
        ("1\u00a0234.50", "1234.50"),
        ("１，２３４．５", "1234.5"),
        (".5", "0.5"),
        ("+5", "5"),
        ("-5", "-5"),
        ("−5", "-5"),
        ("5-", "-5"),
        ("(5.00)", "-5"),
        ("（5.00）", "-5"),
        ("$-5.00", "-5"),
        ("-$5.00", "-5"),
        ("($5.00)", "-5"),
        ("'5", "5"),
        ("1.2345", "1.2345"),
        ("1.50000", "1.5"),
        ("999999999999.9999", "999999999999.9999"),
    ],
)
def test_an_amount_is_read_exactly(text: str, value: str) -> None:
    """Grouping, full-width digits and the refund forms -x, x-, (x)."""
    assert read_amount(text).value == Decimal(value)


@pytest.mark.parametrize("cents", [7897, 11823, 4741, 3, 100_000_000_003])
def test_what_binary_arithmetic_leaves_behind_is_the_amount_that_was_meant(cents: int) -> None:
    """Sums of floats, written as programs write them: each is the whole number of cents it was added up from."""
    total = 0.0
    for part in (cents // 3, cents // 7, cents - cents // 3 - cents // 7):
        total += part / 100
    for text in (repr(total), repr(cents / 100 * 1.1 / 1.1), f"{math.nextafter(cents / 100, 0):.17g}"):
        assert "e" in text or read_amount(text).value == Decimal(cents) / 100


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("abc", "ingest.bad_amount"),
        ("1e5", "ingest.bad_amount"),
        ("1E+05", "ingest.bad_amount"),
        ("inf", "ingest.bad_amount"),
        ("12%", "ingest.bad_amount"),
        ("3万", "ingest.bad_amount"),
        ("1,2,3", "ingest.bad_amount"),
        ("12 34", "ingest.bad_amount"),
        ("1.2.3", "ingest.bad_amount"),
        ("--5", "ingest.bad_amount"),
        ("5 USD 6", "ingest.bad_amount"),
        ("USD 5 EUR", "ingest.bad_amount"),
        ("0x1F", "ingest.bad_amount"),
        ("1_000", "ingest.bad_amount"),
        ("#REF!", "ingest.bad_amount"),
        ("1.23456", "ingest.amount_too_precise"),
        ("1.234567890123456", "ingest.amount_too_precise"),
        ("118.22999999", "ingest.amount_too_precise"),
        ("1000000000000", "ingest.amount_too_large"),
        ("9" * 400, "ingest.amount_too_large"),
    ],
)
def test_what_is_no_amount_is_refused(text: str, fault: str) -> None:
    """Exponents, infinity, percent, 万, too many digits: a reason, never a number."""
    assert read_amount(text) == Amount(fault=fault)


@pytest.mark.parametrize("text", ["", "  ", "null", "NaN", "-", "N/A", "#N/A"])
def test_a_blank_says_nothing(text: str) -> None:
    """A cell that means nothing is neither a number nor a fault."""
    assert read_amount(text) == Amount()


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("NT$ 1,234", "TWD"),
        ("US$5", "USD"),
        ("RMB 12", "CNY"),
        ("12 EUR", "EUR"),
        ("€12", "EUR"),
        ("人民币 12 元", "CNY"),
        ("￥12", "¥"),
        ("12元", "元"),
        ("$12", "$"),
        ("12", ""),
    ],
)
def test_the_currency_beside_it_is_noticed(text: str, currency: str) -> None:
    """A code where the spelling is of one currency, the sign where several share it."""
    assert read_amount(text).currency == currency


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("1.234,50", ","),
        ("1,234.50", "."),
        ("12,5", ","),
        ("12.5", "."),
        ("1.234.567", ","),
        ("1,234", None),
        ("1.234", None),
        ("12", None),
        ("0.123", "."),
        ("1234.567", "."),
    ],
)
def test_what_an_amount_proves_about_the_decimal_sign(text: str, sign: str | None) -> None:
    """1,234 may be either; anything else decides."""
    assert proven_sign(text) == sign


def test_a_column_follows_its_proof() -> None:
    """1.234 is a thousand where another amount shows that the comma is the decimal sign."""
    sign = weigh_signs(["1.234", "17,50"]).sign

    assert read_amount("1.234", sign).value == Decimal(1234)
    assert read_amount("1.234,5", sign).value == Decimal("1234.5")


def test_thousands_with_a_dot_alone_are_ambiguous() -> None:
    """Nothing says whether 1.234 and 12.500 are thousands."""
    assert weigh_signs(["1.234", "12.500", "7"]).is_ambiguous
    assert not weigh_signs(["1,234", "12,500"]).is_ambiguous


@given(st.decimals(min_value="-999999999999", max_value="999999999999", places=4))
def test_every_amount_survives_being_written(value: Decimal) -> None:
    """Plain, grouped, with a code, as a refund: the same amount."""
    assert read_amount(f"{value:f}").value == value
    assert read_amount(f"{value:,f}").value == value
    assert read_amount(f"CNY {value:,f}").value == value
    if value > 0:
        assert read_amount(f"({value:f})").value == -value
        assert read_amount(f"{value:f}-").value == -value


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever stands in a cell gives a number, a fault or a blank, and never two of them."""
    found = read_amount(text)

    assert (found.value is None) or not found.fault
    assert found.value is None or abs(found.value) < 10**12
