"""Amounts in short that a reader compares: 8.0M beside 13.9M, and bounds that can be told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.text.formats import IN_TENTHS_BELOW, NOTHING, as_float

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.text import Formats
    from evergrove.text.formats import Number

WORD_JOINER = "\u2060"
MOST_DIGITS = 3
"""More decimals than this are no longer short; bounds as close as that may look alike."""


def short(value: Number, formats: Formats) -> str:
    """An amount in short, with its tenth even where that is 0: it stands beside others."""
    number = as_float(value)
    if number is None:
        return NOTHING
    divisor, suffix = formats.scale(number)
    return _written(number, divisor, suffix, _digits(number / divisor), formats)


def alike(values: Sequence[Number], formats: Formats) -> list[str]:
    """
    Amounts of one comparison: in one unit, with as many decimals as it takes to tell them apart.

    Args:
        values: Amounts; None is written as a dash.
        formats: The reader's language.
    """
    known = [number for number in map(as_float, values) if number is not None]
    largest = max(map(abs, known), default=0.0)
    divisor, suffix = formats.scale(largest)
    first = _digits(largest / divisor)
    for digits in range(first, MOST_DIGITS + 1):
        written = [
            NOTHING if number is None else _written(number, divisor, suffix, digits, formats)
            for number in map(as_float, values)
        ]
        if divisor == 1.0 or _apart(known, divisor, digits):
            return written
    return [short(value, formats) for value in values]


def _apart(known: Sequence[float], divisor: float, digits: int) -> bool:
    """Whether different amounts stay different, and all but 0 keep two digits that count."""
    rounded = {round(number / divisor, digits) for number in known}
    enough = all(number == 0.0 or abs(number) >= 10.0 ** (1 - digits) for number in rounded)
    lost = 0.0 in rounded and 0.0 not in known
    return enough and not lost and len(rounded) == len(set(known))


def _digits(mantissa: float) -> int:
    return 1 if abs(mantissa) < IN_TENTHS_BELOW else 0


def _written(number: float, divisor: float, suffix: str, digits: int, formats: Formats) -> str:
    if divisor == 1.0:
        return formats.money(number)
    # Chinese breaks a line between a number and its 万; a word joiner forbids that.
    joint = "" if suffix.isascii() else WORD_JOINER
    minus = "-" if number < 0 else ""
    return f"{minus}{formats.sign}{formats.number(abs(number) / divisor, digits)}{joint}{suffix}"
