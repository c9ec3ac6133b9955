"""Values of published tables as JSON says them, and conditions as they are asked."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from evergrove.access import check_condition
from evergrove.http.bodies import plain_amount
from evergrove.pipeline.segmented import catalogue_here
from evergrove.segments.language.parsing import parse
from evergrove.segments.language.types import terms
from evergrove.text import Formats, translator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.access import Actor
    from evergrove.core import Sentence
    from evergrove.http import Call
    from evergrove.segments.language.catalogue import Catalogue
    from evergrove.segments.language.types import Condition

ISO = re.compile(r"\d{4}-\d{2}-\d{2}")

Plain = str | int | float | bool | None
"""A figure: realised money is a text such as "128.50", an estimate a number, a day a text."""


def _iso(value: Any) -> Any:
    """A day as it is written, and not as a count of seconds, which pydantic would take too."""
    if isinstance(value, str) and not ISO.fullmatch(value):
        raise PydanticCustomError("date_parsing", "a day is written 2026-03-31")
    if not isinstance(value, str | date | None) or isinstance(value, datetime):
        raise PydanticCustomError("date_type", "a day is written 2026-03-31")
    return value


Day = Annotated[date, BeforeValidator(_iso)]
"""A calendar day of a request."""

Where = Annotated[
    str,
    Query(
        max_length=4000,
        description="A condition of the segment language; only customers of whom it is true.",
        examples=["tier = 'high' and days_since_last_order > 60"],
    ),
]


def plain(value: Any) -> Any:
    """A value as JSON can say it; what is no number is nothing."""
    if isinstance(value, dict):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, str | int | None):
        return value
    return _written(value)


def _written(value: Any) -> str:
    """Amounts, days and moments as texts."""
    if isinstance(value, Decimal):
        return plain_amount(value)
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else str(value)


def figures(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a published table as JSON can say it."""
    return {name: plain(value) for name, value in row.items()}


def catalogue_of(call: Call) -> Catalogue:
    """What conditions may name in the workspace."""
    with call.here.ledger.reading() as connection:
        return catalogue_here(connection)


def condition_of(call: Call, text: str) -> tuple[Condition | None, Catalogue]:
    """
    A condition that somebody asks, and what it was held against; None where none is asked.

    Raises:
        InvalidSegment: It cannot be used; the message says where.
        FieldMasked: It names what whoever asks may not see.
    """
    known = catalogue_of(call)
    if not text.strip():
        return None, known
    condition = parse(text, known)
    check_sight(call.actor, condition, known)
    return condition, known


def check_sight(actor: Actor, condition: Condition, known: Catalogue) -> None:
    """
    Let nobody ask by what is not shown to them.

    Raises:
        FieldMasked: The condition does.
    """
    named = {each.name: known.fields[each.name].class_ for each in terms(condition) if each.arguments is None}
    check_condition(actor, named)  # type: ignore[arg-type]  # the catalogue's classes are those of rights


def said(sentence: Sentence | None, call: Call) -> str | None:
    """A sentence in the language of the answer, amounts with the currency of the shop."""
    if sentence is None:
        return None
    sign = Formats(call.language, call.service.currency).sign
    return sentence.said(translator(call.language), sign)


def worded(word: str, call: Call) -> str:
    """A word or a sentence without fields in the language of the answer."""
    return translator(call.language)(word)
