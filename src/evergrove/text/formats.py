"""Numbers, money, shares, dates and intervals as the reader's language writes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from math import isfinite
from typing import TYPE_CHECKING, Any

from evergrove.core import _, fill
from evergrove.text.catalogue import translator

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from evergrove.text.catalogue import Language

LOCALES: dict[Language, str] = {"en": "en", "zh-Hans": "zh_Hans_CN", "zh-Hant": "zh_Hant_TW"}
NOTHING = "–"
"""What stands where a number cannot be given."""

IN_FULL_BELOW = 10_000
"""Numbers below this are written out even where space is short: 8,437 says more than 8.4K."""
CENTS_BELOW = 100
"""Money below this is written with its cents."""
IN_TENTHS_BELOW = 99.95
"""Short numbers below this have a tenth: 12.3K, but 123K."""
LEAST_P = 0.001
LEAST_SHARE = 0.001
"""A share that rounds to nothing is written as less than this: it is not nothing."""
SCALES: dict[Language, tuple[tuple[float, str], ...]] = {
    "en": ((1e9, "B"), (1e6, "M"), (1e3, "K")),
    "zh-Hans": ((1e8, "亿"), (1e4, "万")),
    "zh-Hant": ((1e8, "億"), (1e4, "萬")),
}
# A bare $ is the New Taiwan dollar only to a reader who knows where the page comes from.
SYMBOLS: dict[tuple[Language, str], str] = {("zh-Hant", "TWD"): "NT$"}
DAY_PATTERN = "d MMM y"
"""English days with the month as a word: 9 Dec 2011 reads alike on both sides of the Atlantic."""

INTERVAL = _("{level}: {low} to {high}")
RANGE = _("{low} to {high}")
PER_YEAR = _("{number} a year")
DAYS = _("{number} {number:day|days}")

Number = float | int | str | None
"""A number of the figures: realised money is a decimal in a string, what cannot be given is None."""


def as_float(value: Number) -> float | None:
    """The number, or None where there is none to show."""
    if value is None:
        return None
    number = float(value)
    return number if isfinite(number) else None


@dataclass(frozen=True)
class Formats:
    """
    How one reader reads numbers.

    Attributes:
        language: The reader's language.
        currency: ISO 4217 code of all money; empty where none is declared: money is then a bare number.
        codes: Write the currency's code instead of its sign, where several currencies stand side by side.
    """

    language: Language
    currency: str = ""
    codes: bool = False

    # -- sentences --------------------------------------------------------------------------------

    def say(self, sentence: str, **fields: object) -> str:
        """A sentence marked with ``_`` in the reader's language, with its (already written) fields."""
        translated = translator(self.language)(sentence)
        return fill(translated, fields) if fields else translated

    def sentences(self, *several: str) -> str:
        """Sentences one after the other; empty ones are left out. Chinese sets no space between them."""
        return ("" if self.language.startswith("zh") else " ").join(each for each in several if each)

    def enumerated(self, several: Sequence[str]) -> str:
        """Things one after the other: a, b, c; Chinese enumerates with its own comma."""
        return ("、" if self.language.startswith("zh") else ", ").join(several)

    # -- numbers ----------------------------------------------------------------------------------

    def number(self, value: Number, digits: int = 0) -> str:
        """A grouped number with a fixed count of decimals: 1,234,567."""
        number = as_float(value)
        if number is None:
            return NOTHING
        # Rounding first: -0.4 is 0, not -0.
        return self._decimal(round(number, digits) + 0.0, digits)

    def p_value(self, p: float) -> str:
        """P with three decimals; what would read as 0 is below 0.001."""
        return f"<{self.number(LEAST_P, 3)}" if p < LEAST_P else self.number(p, 3)

    def compact(self, value: Number) -> str:
        """A number in short: 1.2M, 123万, 123萬; below 10,000 in full."""
        number = as_float(value)
        if number is None:
            return NOTHING
        if abs(round(number)) < IN_FULL_BELOW:
            return self.number(number)
        divisor, suffix = self.scale(number)
        mantissa = number / divisor
        short = round(mantissa, 1) if abs(mantissa) < IN_TENTHS_BELOW else round(mantissa)
        return f"{short:.1f}".removesuffix(".0") + suffix

    def scale(self, largest: float) -> tuple[float, str]:
        """The divisor and the suffix in which a number of this size is short; (1, "") below 10,000."""
        if round(abs(largest)) >= IN_FULL_BELOW:
            for divisor, suffix in SCALES[self.language]:
                # A number that would round up to the next scale is written in it: 1.0M, not 1000K.
                if abs(largest) >= 0.9995 * divisor:
                    return divisor, suffix
        return 1.0, ""

    def percent(self, value: Number, digits: int | None = None) -> str:
        """A share of one as a percentage; below 10 % with one decimal unless ``digits`` says otherwise."""
        number = as_float(value)
        if number is None:
            return NOTHING
        if digits is None:
            digits = 1 if 0 < abs(number) < 0.0995 else 0
            if 0 < abs(number) < LEAST_SHARE / 2:
                return f"<{self.percent(LEAST_SHARE, 1)}"
        return self._decimal(round(100 * number, digits) + 0.0, digits) + "%"

    # -- money ------------------------------------------------------------------------------------

    def money(self, value: Number) -> str:
        """An amount to the unit, below 100 to the cent: £1,235, ¥98.50."""
        number = as_float(value)
        if number is None:
            return NOTHING
        digits = self._cents if 0 < round(abs(number), self._cents) < CENTS_BELOW else 0
        return self._with_currency(number, self.number(abs(number), digits))

    def money_compact(self, value: Number) -> str:
        """An amount in short: £1.2M, ¥123万."""
        number = as_float(value)
        if number is None:
            return NOTHING
        if abs(round(number)) < IN_FULL_BELOW:
            return self.money(number)
        return self._with_currency(number, self.compact(abs(number)))

    @cached_property
    def sign(self) -> str:
        """What stands before an amount: a sign, a code with a space, or nothing without a currency."""
        if not self.currency:
            return ""
        if self.codes:
            return f"{self.currency}\u00a0"
        symbol = SYMBOLS.get((self.language, self.currency)) or _numbers().get_currency_symbol(
            self.currency, locale=LOCALES[self.language]
        )
        return f"{symbol}\u00a0" if symbol[-1:].isalpha() else symbol

    # -- intervals --------------------------------------------------------------------------------

    def interval(self, low: str, high: str, level: Number = 0.8) -> str:
        """Bounds, already written, with the probability between them: 80%: £1.1M to £1.4M."""
        return self.say(INTERVAL, level=self.percent(level, 0), low=low, high=high)

    def between(self, low: str, high: str) -> str:
        """Bounds, already written, without a probability."""
        return self.say(RANGE, low=low, high=high)

    # -- time -------------------------------------------------------------------------------------

    def day(self, value: date | str | None) -> str:
        """A calendar day: 9 Dec 2011, 2011年12月9日."""
        if value is None:
            return NOTHING
        pattern = DAY_PATTERN if self.language == "en" else "long"
        text: str = _dates().format_date(_as_date(value), pattern, locale=LOCALES[self.language])
        return text

    def month(self, value: date | str | None) -> str:
        """A calendar month from a day in it or from YYYY-MM: Dec 2011, 2011年12月."""
        if value is None:
            return NOTHING
        text: str = _dates().format_skeleton("yMMM", _as_date(value), locale=LOCALES[self.language])
        return text

    def period(self, start: date | str | None, kind: str) -> str:
        """A calendar month or quarter by its first day: Dec 2011, Q4 2011, 2011年第4季度."""
        if start is None or kind == "month":
            return self.month(start)
        text: str = _dates().format_skeleton("yQQQ", _as_date(start), locale=LOCALES[self.language])
        return text

    def days(self, value: Number) -> str:
        """A length of time in whole days: 1 day, 34 days."""
        number = as_float(value)
        if number is None:
            return NOTHING
        return self.say(DAYS, number=self.number(number))

    # -- inside -----------------------------------------------------------------------------------

    @cached_property
    def _cents(self) -> int:
        digits: int = _numbers().get_currency_precision(self.currency) if self.currency else 2
        return digits

    def _with_currency(self, number: float, written: str) -> str:
        return f"{'-' if number < 0 and written.strip('0.,') else ''}{self.sign}{written}"

    def _decimal(self, number: float, digits: int) -> str:
        decimals = "." + "0" * digits if digits else ""
        text: str = _numbers().format_decimal(number, f"#,##0{decimals}", locale=LOCALES[self.language])
        return text


def _as_date(value: date | str) -> date:
    if isinstance(value, date):
        return value
    return date.fromisoformat(value if len(value) > len("YYYY-MM") else f"{value}-01")


def _numbers() -> Any:
    import babel.numbers  # noqa: PLC0415 - a run without a report does not pay for the locale data

    module: ModuleType = babel.numbers
    return module


def _dates() -> Any:
    import babel.dates  # noqa: PLC0415 - same

    module: ModuleType = babel.dates
    return module
