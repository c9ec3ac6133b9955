"""What an amount in text says: an exact decimal, the currency written beside it, or why it is refused."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from evergrove.ingest.values.words import currency_code, currency_signs, is_blank

if TYPE_CHECKING:
    from collections.abc import Iterable

DecimalSign = Literal[".", ","]
PLAIN_AMOUNT = r"^-?[0-9]{1,11}([.]([0-9]{1,2}|[0-9]{4}))?$"
"""Amounts that read plainly where the dot is the decimal sign; SQL casts these itself."""
PLAIN_FRACTION = r"^-?[0-9]{1,11}[.]([0-9]{1,2}|[0-9]{4})$"
PLAIN_WHOLE = r"^-?[0-9]{1,11}$"
"""The same where the comma is."""

LIMIT = Decimal(10) ** 12
DECIMALS = 4
FLOAT_DIGITS, FLOAT_STEPS = 15, 8
"""A float is written with 15 digits or more where fewer would not tell it, and some sums lie several steps off."""
LONGEST = 60
LONGEST_TEXT = 1_000  # patterns need not look at longer ones
_SHAPE = re.compile(r"([^\d.,]*)((?:[.,]?\d)(?:[\d.,\s'’]*\d)?)([^\d.,]*)")
_SPACES = re.compile(r"[\s'’]")
_SPACED_GROUPS = re.compile(r"\d{1,3}(?:[\s'’]\d{3})+(?:[.,]\d+)?")
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*|[.,]\d+")
_MINUS = str.maketrans({"−": "-", "–": "-", "﹣": "-"})


@dataclass(frozen=True)
class Amount:
    """A number and the currency beside it ("" where none is written), or a reject code; both empty = blank."""

    value: Decimal | None = None
    currency: str = ""
    fault: str = ""


def _parts(text: str) -> tuple[str, str, bool]:
    """
    Take an amount apart: its digits with their separators, the currency beside them, whether it is negative.

    The digits are empty when the text is no amount: something stands beside them that is neither a currency
    nor one of the refund forms -x, x- and (x).
    """
    folded = unicodedata.normalize("NFKC", text).translate(_MINUS).strip(" \t\r\n\u00a0'")
    match = _SHAPE.fullmatch(folded) if len(folded) <= LONGEST_TEXT else None
    if match is None:
        return "", "", False
    before, number, after = (part.strip() for part in match.groups())
    negative = False
    if "(" in (before[:1], before[-1:]) and after.endswith(")"):
        before, after, negative = before.strip("("), after[:-1], True
    elif "-" in (before[:1], before[-1:]):
        before, negative = before.replace("-", "", 1), True
    elif "-" in (after[:1], after[-1:]):
        after, negative = after.replace("-", "", 1), True
    elif before[:1] == "+":
        before = before[1:]
    currency = _currency(before.strip(), after.strip())
    if currency is None:
        return "", "", False
    number = _SPACES.sub("", number) if _SPACED_GROUPS.fullmatch(number) else number
    return (number if _DIGITS.fullmatch(number) else ""), currency, negative


def _currency(before: str, after: str) -> str | None:
    """The currency that stands on either side: a code or a shared sign; None when something else does."""
    found = [currency_code(mark) for mark in (before, after) if mark]
    if None in found:
        return None
    codes = {code for code in found if code not in currency_signs()}
    if len(codes) > 1:
        return None
    return next(iter(codes), found[0] if found else "") or ""


def proven_sign(text: str) -> DecimalSign | None:
    """The decimal sign that one amount proves: 1.234,50 proves the comma, 12.5 the dot, 1,234 neither."""
    number = _parts(text)[0]
    separators = [c for c in number if c in ".,"]
    if not separators:
        return None
    last: DecimalSign = "." if separators[-1] == "." else ","
    other: DecimalSign = "," if last == "." else "."
    if len(set(separators)) == 2:
        return last
    if len(separators) > 1:  # grouped: the other one must be the decimal sign
        return other
    whole, _, decimals = number.partition(last)
    looks_grouped = len(decimals) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0")
    return None if looks_grouped else last


@dataclass(frozen=True)
class SignEvidence:
    """How many amounts of a column prove each decimal sign, and an example that either reading fits."""

    dot: int
    comma: int
    dotted_thousand: str = ""

    @property
    def sign(self) -> DecimalSign:
        """The proven sign, or the one that is usual: 1,234 is grouped where nothing proves otherwise."""
        return "," if self.comma > self.dot else "."

    @property
    def is_ambiguous(self) -> bool:
        """Whether amounts like 1.234 stand alone, so that nothing says if they are grouped."""
        return self.dot == self.comma == 0 and bool(self.dotted_thousand)


def weigh_signs(texts: Iterable[str]) -> SignEvidence:
    """Collect what the amounts of one column prove about its decimal sign."""
    dot = comma = 0
    thousand = ""
    for text in texts:
        sign = proven_sign(text)
        dot += sign == "."
        comma += sign == ","
        if sign is None and not thousand and "." in _parts(text)[0]:
            thousand = text.strip()
    return SignEvidence(dot, comma, thousand)


def _is_grouped(whole: str, grouping: str) -> bool:
    groups = whole.split(grouping)
    usual = all(len(g) == 3 for g in groups[1:]) and 1 <= len(groups[0]) <= 3
    # Indian grouping ends in three digits after pairs.
    indian = len(groups[-1]) == 3 and all(len(g) == 2 for g in groups[1:-1]) and 1 <= len(groups[0]) <= 2
    return usual or indian


def read_amount(text: str, sign: DecimalSign = ".") -> Amount:
    """
    Read one amount exactly.

    Args:
        text: The cell. Full-width digits, currency signs and codes, grouping and the refund forms -x, x-
            and (x) are understood; exponents, NaN, infinity, percent and 万 are not amounts.
        sign: The column's decimal sign, as of ``weigh_signs``.

    Returns:
        The value with at most four decimals and the currency beside it, or a reject code.
    """
    if is_blank(text):
        return Amount()
    number, currency, negative = _parts(text)
    value = _value(number, sign) if len(text) <= LONGEST else LIMIT if number else None
    if value is None:
        return Amount(fault="ingest.bad_amount")
    if value >= LIMIT:
        return Amount(fault="ingest.amount_too_large")
    exact = round(value, DECIMALS)
    if exact != value and not _is_trace_of_a_float(value, exact):
        return Amount(fault="ingest.amount_too_precise")
    return Amount(value=-exact if negative else exact, currency=currency)


def _is_trace_of_a_float(value: Decimal, exact: Decimal) -> bool:
    """Whether a program that counts in binary wrote it: 78.97999999999999 is what such a one says for 78.98."""
    return len(value.as_tuple().digits) >= FLOAT_DIGITS and (
        abs(float(value) - float(exact)) <= FLOAT_STEPS * math.ulp(float(exact))
    )


def _value(number: str, sign: DecimalSign) -> Decimal | None:
    """A number without sign and currency; None where its separators contradict the column's sign."""
    grouping = "," if sign == "." else "."
    whole, _, decimals = number.partition(sign)
    stray = grouping in decimals or sign in decimals
    if not number or stray or (grouping in whole and not _is_grouped(whole, grouping)):
        return None
    return Decimal(f"{whole.replace(grouping, '') or '0'}.{decimals or '0'}")
