"""From a condition to its one canonical text, and to its JSON form."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from evergrove.segments.language.types import (
    FORMAT,
    LISTED,
    Compared,
    Every,
    FromToday,
    Holds,
    Not,
    Some,
    Unknown,
)

if TYPE_CHECKING:
    from evergrove.segments.language.types import Argument, Condition, Term, Value

BETWEEN = ("between", "not between")


def text_of(condition: Condition) -> str:
    """
    The canonical text: equal conditions have equal texts, and ``parse`` reads the same condition from it.

    Every ``or`` within an ``and``, and the other way round, stands in brackets, though SQL needs one of them only.
    """
    if isinstance(condition, Every):
        return " and ".join(_inner(each) for each in condition.parts)
    if isinstance(condition, Some):
        return " or ".join(_inner(each) for each in condition.parts)
    if isinstance(condition, Not):
        return f"not ({text_of(condition.part)})"
    if isinstance(condition, Unknown):
        return f"{term_text(condition.term)} is {'' if condition.holds else 'not '}unknown"
    if isinstance(condition, Holds):
        return term_text(condition.term)
    return f"{term_text(condition.term)} {condition.op} {_values(condition)}"


def _inner(condition: Condition) -> str:
    return f"({text_of(condition)})" if isinstance(condition, Every | Some) else text_of(condition)


def _values(condition: Compared) -> str:
    told = [value_text(each) for each in condition.values]
    if condition.op in LISTED:
        return f"({', '.join(told)})"
    return " and ".join(told) if condition.op in BETWEEN else told[0]


def term_text(term: Term) -> str:
    """A field, or a call."""
    if term.arguments is None:
        return term.name
    return f"{term.name}({', '.join(map(_argument, term.arguments))})"


def _argument(argument: Argument) -> str:
    return str(argument) if isinstance(argument, int) else quoted(argument)


def value_text(value: Value) -> str:
    """A value as it stands in a condition."""
    if isinstance(value, FromToday):
        return f"days_ahead({value.days})" if value.days > 0 else f"days_ago({-value.days})"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return quoted(value.isoformat() if isinstance(value, date) else value)


def quoted(text: str) -> str:
    """A text in single quotation marks."""
    return "'" + text.replace("'", "''") + "'"


def document_of(condition: Condition) -> dict[str, Any]:
    """The JSON form: a tree of ``all``, ``any``, ``not`` and comparisons."""
    return {"format": FORMAT, "where": _node(condition)}


def _node(condition: Condition) -> dict[str, Any]:
    if isinstance(condition, Every | Some):
        return {"all" if isinstance(condition, Every) else "any": [_node(each) for each in condition.parts]}
    if isinstance(condition, Not):
        return {"not": _node(condition.part)}
    if isinstance(condition, Unknown):
        return _term(condition.term) | {"unknown": condition.holds}
    if isinstance(condition, Holds):
        return _term(condition.term)
    values = [_plain(each) for each in condition.values]
    many = condition.op in (*LISTED, *BETWEEN)
    return _term(condition.term) | {"op": condition.op, "value": values if many else values[0]}


def _term(term: Term) -> dict[str, Any]:
    if term.arguments is None:
        return {"field": term.name}
    return {"function": term.name, "arguments": list(term.arguments)}


def _plain(value: Value) -> Any:
    if isinstance(value, FromToday):
        return {"days_from_today": value.days}
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, date) else value
