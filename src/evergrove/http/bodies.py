"""What bodies are made of: fields that are named, amounts that are exact, moments that have a zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
)
from pydantic_core import PydanticCustomError

T = TypeVar("T")

MOST_DIGITS = 15
PLACES = 4

WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]")


class Body(BaseModel):
    """What comes in: a field that is not named here is refused, so that none is thought to have been set."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(BaseModel):
    """What goes out."""

    model_config = ConfigDict(frozen=True)


def _exact(value: Any) -> Any:
    """A number of JSON by its shortest spelling: 0.1 is a tenth, and not what is nearest to it in binary."""
    return repr(value) if isinstance(value, float) else value


def plain_amount(value: Decimal) -> str:
    """Without exponents, two decimals at least and no zeros beyond them."""
    shown = f"{value:f}"
    whole, _point, decimals = shown.partition(".")
    return f"{whole}.{decimals.rstrip('0'):0<2}"


Amount = Annotated[
    Decimal,
    BeforeValidator(_exact),
    Field(max_digits=MOST_DIGITS, decimal_places=PLACES, allow_inf_nan=False, examples=["128.50"]),
    PlainSerializer(plain_amount, return_type=str, when_used="json"),
]
"""Money beside a currency: a text such as "128.50"; a number is taken too."""


def _as_text(value: Any) -> Any:
    """A moment as it is written, and not as a count of seconds, which pydantic would take too."""
    if isinstance(value, datetime) or (isinstance(value, str) and WRITTEN.match(value)):
        return value
    kind = "datetime_type"
    raise PydanticCustomError(kind, "a moment is a text")


def _in_utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_as_text),
    Field(examples=["2026-03-31T09:30:00Z"]),
    AfterValidator(_in_utc),
]
"""A moment with its zone, shown in UTC (RFC 3339)."""


class Page(Answer, Generic[T]):
    """A part of a list."""

    items: list[T]
    next_cursor: str | None = Field(
        default=None, description="Ask with ?cursor= for what follows; null: that is all."
    )
