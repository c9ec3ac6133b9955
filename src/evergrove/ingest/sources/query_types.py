"""The values that a database answers with, as Arrow columns of one type each, whatever a single batch looks like."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Kind = Literal["boolean", "integer", "float", "decimal", "instant", "moment", "day", "text"]
MOST_DIGITS = 38
"""Of an Arrow decimal."""
_INTEGERS = 1 << 63
_EXACT_FLOAT = 1 << 53
_INTEGER_DIGITS = 19
_MIXED: dict[frozenset[str], Kind] = {
    frozenset({"integer", "decimal"}): "decimal",
    frozenset({"integer", "float"}): "float",
    frozenset({"day", "moment"}): "moment",
}
"""Kinds that meet in a third without a loss; all other mixtures meet in texts, which our own rules read."""


@dataclass
class SeenColumn:
    """
    What a column has held so far.

    Attributes:
        kinds: Of its values; none while all were NULL.
        whole, scale: Most digits before and behind the point of its decimals.
        is_wide: Whether an integer in it is more than a float holds exactly.
    """

    kinds: set[Kind] = field(default_factory=set)
    whole: int = 0
    scale: int = 0
    is_wide: bool = False

    def take(self, values: Sequence[Any]) -> None:
        """Look at further values."""
        for value in values:
            if value is None:
                continue
            kind = kind_of(value)
            self.kinds.add(kind)
            if kind == "decimal":
                digits = value.as_tuple()
                self.scale = max(self.scale, -digits.exponent)
                self.whole = max(self.whole, len(digits.digits) + digits.exponent)
            elif kind == "integer":
                self.is_wide |= abs(value) > _EXACT_FLOAT

    @property
    def kind(self) -> Kind:
        """The one kind in which all its values can be told."""
        kinds = frozenset(self.kinds)
        found: Kind = next(iter(self.kinds)) if len(kinds) == 1 else _MIXED.get(kinds, "text")
        if found == "decimal" and self.precision > MOST_DIGITS:
            return "text"
        if found == "float" and self.is_wide and "integer" in self.kinds:
            return "text"
        return found

    @property
    def precision(self) -> int:
        """Digits that a decimal needs for all of them."""
        whole = max(self.whole, _INTEGER_DIGITS) if "integer" in self.kinds else self.whole
        return max(whole + self.scale, 1)

    @property
    def arrow(self) -> Any:
        """Its Arrow type."""
        import pyarrow as pa  # noqa: PLC0415 -- reading Parquet must not pay for it

        if self.kind == "decimal":
            return pa.decimal128(self.precision, self.scale)
        return {
            "boolean": pa.bool_(),
            "integer": pa.int64(),
            "float": pa.float64(),
            "instant": pa.timestamp("us", "UTC"),
            "moment": pa.timestamp("us"),
            "day": pa.date32(),
            "text": pa.string(),
        }[self.kind]


def kind_of(value: Any) -> Kind:
    """The kind of one value that is not NULL."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer" if -_INTEGERS <= value < _INTEGERS else "text"
    if isinstance(value, float):
        return "float"
    if isinstance(value, Decimal):
        return "decimal" if value.is_finite() else "text"
    if isinstance(value, datetime):
        return "moment" if value.tzinfo is None else "instant"
    return "day" if isinstance(value, date) else "text"


def as_array(values: Sequence[Any], column: SeenColumn) -> Any:
    """Values as an Arrow array of the column's type."""
    import pyarrow as pa  # noqa: PLC0415 -- reading Parquet must not pay for it

    ways: dict[str, Callable[[Any], Any]] = {
        "text": as_text,
        "float": float,
        "moment": _as_moment,
        "decimal": Decimal,
    }
    exact = ways.get(column.kind, lambda value: value)
    told = [None if value is None else exact(value) for value in values]
    return pa.array(told, column.arrow)


def _as_moment(value: date) -> datetime:
    return value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001 -- local, as a column without zones is


def as_text(value: Any) -> str:
    """A value as our own rules read it: numbers without an exponent, days and times as ISO 8601 writes them."""
    write = next((write for kind, write in _WRITTEN if isinstance(value, kind)), str)
    return write(value)


def _of_float(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < _EXACT_FLOAT else repr(value)


def _of_bytes(value: bytes) -> str:
    try:
        return bytes(value).decode()
    except UnicodeDecodeError:
        return bytes(value).hex()


def _of_nested(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


_WRITTEN: tuple[tuple[Any, Callable[[Any], str]], ...] = (
    (str, str),
    (bool, lambda value: str(value).lower()),
    (float, _of_float),
    (Decimal, lambda value: f"{value:f}"),
    (datetime, lambda value: value.isoformat(sep=" ")),
    ((bytes, bytearray, memoryview), _of_bytes),
    ((dict, list, tuple), _of_nested),
)
