"""Column types that mean the same in SQLite and PostgreSQL: instants, amounts, documents, row numbers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Integer, Text
from sqlalchemy.types import TypeDecorator
from typing_extensions import override  # in `typing` from Python 3.12; SQLAlchemy brings this one

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
PLACES = 4
TEN_THOUSAND = 10**PLACES

RowNumber = BigInteger().with_variant(Integer(), "sqlite")
"""The type of a primary key that counts up by itself: only INTEGER does so in SQLite."""


class Instant(TypeDecorator[datetime]):
    """A moment: microseconds since 1970 as BIGINT, an aware datetime in UTC in Python."""

    impl = BigInteger
    cache_ok = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Refuse moments without a zone: they would mean another moment on another machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"an instant needs a zone: {value!r}"
            raise ValueError(message)
        return (value - EPOCH) // MICROSECOND

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """The moment, in UTC."""
        return None if value is None else EPOCH + int(value) * MICROSECOND


class Amount(TypeDecorator[Decimal]):
    """Realised money: ten-thousandths as BIGINT, an exact Decimal in Python, never a float."""

    impl = BigInteger
    cache_ok = True

    @override
    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:
        """Refuse what ten-thousandths cannot hold: rounding is the caller's decision."""
        if value is None:
            return None
        if not isinstance(value, Decimal | int):
            message = f"an amount is a Decimal, not {value!r}"
            raise TypeError(message)
        scaled = Decimal(value).scaleb(PLACES)
        if scaled != scaled.to_integral_value():
            message = f"an amount has {PLACES} decimals at most: {value}"
            raise ValueError(message)
        return int(scaled)

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """The amount, with four decimals."""
        return None if value is None else Decimal(int(value)).scaleb(-PLACES)


class Document(TypeDecorator[dict[str, Any]]):
    """A small JSON object, kept as text: one canonical spelling, so that equal documents are equal texts."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> str | None:
        """Write JSON with sorted names; what JSON cannot say (Decimal, date) the caller writes as text."""
        if value is None:
            return None
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> dict[str, Any] | None:
        """The object that was written."""
        return None if value is None else json.loads(value)
