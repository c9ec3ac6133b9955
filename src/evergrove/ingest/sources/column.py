"""One column as the guess sees it: a name, a type, and what its first rows hold."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from evergrove.ingest.values.amounts import read_amount, weigh_signs
from evergrove.ingest.values.dates import DateReading, read_day, weigh_orders
from evergrove.ingest.values.words import is_blank

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Kind = Literal["text", "integer", "decimal", "day", "moment", "instant", "other"]
ENOUGH = 0.8
"""Share of a column from which it counts as holding something."""


@dataclass(frozen=True)
class Column:
    """A column as the guess sees it: its name, its type in typed files, and texts from its first rows."""

    name: str
    kind: Kind
    sample: Sequence[str]

    @cached_property
    def texts(self) -> list[str]:
        """The sample without blanks."""
        return [text for text in self.sample if not is_blank(text)]

    @cached_property
    def held(self) -> str:
        """What its values can be, such as "number", or "day number" for 20260331; empty where all are blank."""
        if self.kind == "text" and not self.texts:
            return ""
        can_be = [name for name, share in (("day", self.dates), ("number", self.amounts)) if share >= ENOUGH]
        return " ".join(can_be) or "text"

    def share(self, holds: Callable[[str], bool]) -> float:
        """How much of the sample that says anything is such; 0 for an empty sample."""
        counts = Counter(self.texts)
        return sum(n for text, n in counts.items() if holds(text)) / max(len(self.texts), 1)

    @cached_property
    def dates(self) -> float:
        """Share of dates, read in the order that the column proves, or in any."""
        if self.kind != "text":
            return float(self.kind in ("day", "moment", "instant"))
        proofs = weigh_orders(self.texts).proofs
        readings = [DateReading(order=order) for order in (proofs or ("dmy", "mdy"))]
        return max(self.share(lambda text, r=reading: _is_date(text, r)) for reading in readings)  # type: ignore[misc]

    @cached_property
    def amounts(self) -> float:
        """Share of amounts, with the decimal sign that the column proves."""
        if self.kind != "text":
            return float(self.kind in ("integer", "decimal"))
        sign = weigh_signs(self.texts).sign
        return self.share(lambda text: read_amount(text, sign).value is not None)

    @cached_property
    def has_decimals(self) -> bool:
        """Whether it holds amounts with decimals, which neither ids nor counts have."""
        if self.kind != "text":
            return self.kind == "decimal"
        values = (read_amount(text).value for text in set(self.texts))
        return self.amounts >= ENOUGH and any(v is not None and v % 1 != 0 for v in values)

    @cached_property
    def variety(self) -> float:
        """Distinct values over values: near 1 for an order id."""
        return len(set(self.texts)) / max(len(self.texts), 1)


def _is_date(text: str, reading: DateReading) -> bool:
    day = read_day(text, reading)
    return day.value is not None or day.fault not in ("", "ingest.bad_date")
