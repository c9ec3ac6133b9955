"""From the JSON form to a condition: every name, operator and value is held against the catalogue, none is trusted."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from evergrove.core import Term as Word
from evergrove.core import _
from evergrove.segments.language.catalogue import catalogue as shipped
from evergrove.segments.language.checks import compared, field_term, function_term, holds, shown, unknown
from evergrove.segments.language.errors import TooMuch, WrongPath
from evergrove.segments.language.limits import CONDITIONS, LEVELS, MOST_CONDITIONS, MOST_DEPTH, check_size
from evergrove.segments.language.types import (
    FORMAT,
    LISTED,
    FromToday,
    Not,
    Op,
    every,
    some,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.segments.language.catalogue import Catalogue
    from evergrove.segments.language.types import Condition, Term, Value

OPS: tuple[str, ...] = Op.__args__  # type: ignore[attr-defined]  # of a Literal, they are its words
BETWEEN = ("between", "not between")
A_FORM, A_NODE, A_LIST, AN_OP, A_VALUE, TWO, A_FLAG, A_NAME = (
    Word(FORMAT),
    Word(_("an object with all, any, not, field or function, and with nothing else than these take")),
    Word(_("a list of at least one")),
    Word(_("one of the operators")),
    Word(_("a text, a number or days_from_today")),
    Word(_("two values")),
    Word(_("true or false")),
    Word(_("a name")),
)


def read(document: object, catalogue: Catalogue | None = None) -> Condition:
    """
    Read a condition from its JSON form.

    Args:
        document: As ``document_of`` writes it; of whatever origin.
        catalogue: What it may name; None: what is shipped.

    Raises:
        InvalidSegment: It is none; ``where`` is the path to what is wrong.
    """
    if not isinstance(document, dict) or document.keys() != {"format", "where"}:
        raise WrongPath(where="$", value=shown(document), wanted=A_FORM)
    if document["format"] != FORMAT:
        raise WrongPath(where="format", value=shown(document["format"]), wanted=A_FORM)
    condition = _Reader(catalogue or shipped()).node(document["where"], "where", 0)
    check_size(condition, "where")
    return condition


class _Reader:
    """The catalogue that a form is held against, and how much of it was read."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._met = 0

    def node(self, node: object, path: str, depth: int) -> Condition:
        """One object of the tree."""
        self._met += 1
        if depth > MOST_DEPTH:
            raise TooMuch(where=path[:80], limit=MOST_DEPTH, what=LEVELS)
        if self._met > MOST_CONDITIONS * 2:
            raise TooMuch(where=path, limit=MOST_CONDITIONS, what=CONDITIONS)
        if not isinstance(node, dict):
            raise WrongPath(where=path, value=shown(node), wanted=A_NODE)
        for name, join in (("all", every), ("any", some)):
            if node.keys() == {name}:
                parts = _list(node[name], f"{path}.{name}")
                read_parts = (self.node(e, f"{path}.{name}[{n}]", depth + 1) for n, e in enumerate(parts))
                return join(tuple(read_parts))
        if node.keys() == {"not"}:
            return Not(self.node(node["not"], f"{path}.not", depth + 1))
        return self._leaf(node, path)

    def _leaf(self, node: Mapping[str, Any], path: str) -> Condition:
        term = self._term(node, path)
        rest = set(node) - {"field", "function", "arguments"}
        if not rest:
            return holds(self._catalogue, term, path)
        if rest == {"unknown"}:
            if not isinstance(node["unknown"], bool):
                raise WrongPath(where=f"{path}.unknown", value=shown(node["unknown"]), wanted=A_FLAG)
            return unknown(term, holds=node["unknown"])
        if rest != {"op", "value"}:
            raise WrongPath(where=path, value=shown(sorted(map(str, node))), wanted=A_NODE)
        op = node["op"]
        if not isinstance(op, str) or op not in OPS:
            raise WrongPath(where=f"{path}.op", value=shown(op), wanted=AN_OP)
        values = self._values(op, node["value"], f"{path}.value")
        many = isinstance(node["value"], list)
        at = [f"{path}.value[{n}]" if many else f"{path}.value" for n in range(len(values))]
        return compared(self._catalogue, term, cast("Op", op), values, f"{path}.op", at)

    def _term(self, node: Mapping[str, Any], path: str) -> Term:
        if "field" in node and "function" not in node and "arguments" not in node:
            return field_term(self._catalogue, _name(node["field"], f"{path}.field"), f"{path}.field")
        if "function" in node and "field" not in node:
            name = _name(node["function"], f"{path}.function")
            given = node.get("arguments", [])
            if not isinstance(given, list):
                raise WrongPath(where=f"{path}.arguments", value=shown(given), wanted=A_LIST)
            values = [_value(each, f"{path}.arguments[{n}]") for n, each in enumerate(given)]
            return function_term(self._catalogue, name, values, path)
        raise WrongPath(where=path, value=shown(sorted(map(str, node))), wanted=A_NODE)

    def _values(self, op: str, value: object, path: str) -> list[Value]:
        if op in LISTED or op in BETWEEN:
            values = [_value(each, f"{path}[{n}]") for n, each in enumerate(_list(value, path))]
            if op in BETWEEN and len(values) != len(("low", "high")):
                raise WrongPath(where=path, value=shown(value), wanted=TWO)
            return values
        return [_value(value, path)]


def _list(value: object, path: str) -> Sequence[object]:
    if not isinstance(value, list) or not value:
        raise WrongPath(where=path, value=shown(value), wanted=A_LIST)
    return value


def _name(value: object, path: str) -> str:
    if not isinstance(value, str):
        raise WrongPath(where=path, value=shown(value), wanted=A_NAME)
    return value


def _value(value: object, path: str) -> Value:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, float) and math.isfinite(value):
        return Decimal(repr(value))
    if isinstance(value, dict) and value.keys() == {"days_from_today"}:
        days = value["days_from_today"]
        if isinstance(days, int) and not isinstance(days, bool):
            return FromToday(days)
    raise WrongPath(where=path, value=shown(value), wanted=A_VALUE)
