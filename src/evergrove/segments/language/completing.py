"""What may come next in a condition that is being written: for editors, and for people at a terminal."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlglot
from sqlglot import TokenType
from sqlglot.errors import SqlglotError

from evergrove.people.consent.kinds import CHANNELS, PURPOSES
from evergrove.segments.language.catalogue import Field, Function, operators
from evergrove.segments.language.checks import example
from evergrove.segments.language.limits import MOST_CHARACTERS
from evergrove.segments.language.writing import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evergrove.segments.language.catalogue import Catalogue, Parameter

OPEN_TEXT, NAME = re.compile(r"'(?:[^']|'')*$"), re.compile(r"\w+$")
"""What is being written."""
DAYS = ("days_ago(30)", "days_ahead(30)")
COMPARING = {
    TokenType.EQ,
    TokenType.NEQ,
    TokenType.LT,
    TokenType.LTE,
    TokenType.GT,
    TokenType.GTE,
    TokenType.LIKE,
    TokenType.ILIKE,
    TokenType.BETWEEN,
}
JOINING = {TokenType.AND, TokenType.OR, TokenType.NOT}


@dataclass
class _State:
    """
    Where a condition stands.

    Attributes:
        expects: term, operator, value, argument or joint.
        about: The field or function that was met last.
        calls: Of each open bracket: the function, "in" or "".
        nth: Of each open bracket: which argument.
        is_negated: Whether ``not`` stands behind a term: an operator is what may follow.
        is_between: Whether the next ``and`` belongs to a between.
    """

    expects: str = "term"
    about: Field | Function | None = None
    calls: list[Function | str] = field(default_factory=list)
    nth: list[int] = field(default_factory=list)
    is_between: bool = False
    is_listed: bool = False


def complete(text: str, catalogue: Catalogue, segments: Sequence[str] = ()) -> dict[str, Any]:
    """
    What may come next.

    Args:
        text: As far as it is written.
        catalogue: What it may name.
        segments: Keys of those that are stored.

    Returns:
        The content of ``evergrove.segment_completion/1``: ``start``, from which character on an item replaces what
        stands there; and the items, those that begin as it does first.
    """
    text = text[:MOST_CHARACTERS]
    begun = (OPEN_TEXT if text.count("'") % 2 else NAME).search(text)
    partial = begun[0] if begun else ""
    head = text[: len(text) - len(partial)]
    try:
        tokens = sqlglot.tokenize(head, read="duckdb")
    except SqlglotError:
        return {"start": len(text), "expects": "nothing", "items": []}
    state = _State()
    for token, following in zip(tokens, [*tokens[1:], None], strict=False):
        _step(state, token, following, catalogue)
    items = [each for each in _items(state, catalogue, segments) if _fits(each, partial)]
    items.sort(key=lambda each: not each["text"].lower().startswith(partial.lower()))
    return {"start": len(head), "expects": state.expects, "items": items}


def _fits(item: dict[str, Any], partial: str) -> bool:
    wanted = partial.strip("'").lower()
    words = item.get("words", {}).values()
    return wanted in item["text"].lower() or any(wanted in each.lower() for each in words)


def _step(state: _State, token: Any, following: Any, catalogue: Catalogue) -> None:
    """Go on by one token."""
    kind = token.token_type
    if kind is TokenType.L_PAREN:
        _open(state)
    elif kind is TokenType.R_PAREN:
        _close(state)
    elif kind is TokenType.COMMA and state.nth:
        state.nth[-1] += 1
        state.expects = "argument" if isinstance(state.calls[-1], Function) else "value"
    elif kind is TokenType.AND and state.is_between:
        state.expects, state.is_between = "value", False
    elif kind in JOINING:
        state.expects = "operator" if kind is TokenType.NOT and state.expects == "operator" else "term"
    elif kind in COMPARING or kind is TokenType.IN:
        state.expects, state.is_listed = "value", kind is TokenType.IN
        state.is_between = kind is TokenType.BETWEEN
    elif kind is TokenType.IS:
        state.expects = "knowledge"
    elif state.expects == "term":
        is_call = following is not None and following.token_type is TokenType.L_PAREN
        known: Any = catalogue.functions if is_call else catalogue.fields
        state.about = known.get(token.text.lower())
        state.expects = "operator"
    elif state.expects in ("value", "knowledge"):
        state.expects = "joint"


def _open(state: _State) -> None:
    if state.expects == "operator" and isinstance(state.about, Function):
        state.calls.append(state.about)
        state.expects = "argument"
    elif state.is_listed and state.expects == "value":
        state.calls.append("in")
    else:
        state.calls.append("")
    state.nth.append(0)


def _close(state: _State) -> None:
    closed: Function | str = state.calls.pop() if state.calls else ""
    if state.nth:
        state.nth.pop()
    is_compared = isinstance(closed, Function) and closed.type != "flag"
    state.expects = "operator" if is_compared else "joint"


def _items(state: _State, catalogue: Catalogue, segments: Sequence[str]) -> Iterator[dict[str, Any]]:
    if state.expects == "term":
        yield from (described(each) for each in catalogue.fields.values())
        yield from (described(each) for each in catalogue.functions.values())
        yield {"kind": "keyword", "text": "not"}
    elif state.expects == "operator" and state.about is not None:
        yield from ({"kind": "operator", "text": each} for each in operators(state.about.type))
        yield from ({"kind": "operator", "text": each} for each in ("is unknown", "is not unknown"))
    elif state.expects == "value" and state.about is not None:
        values = DAYS if state.about.type == "date" else tuple(map(quoted, state.about.values))
        yield from ({"kind": "value", "text": each} for each in values)
    elif state.expects == "argument" and isinstance(state.calls[-1], Function):
        parameters = state.calls[-1].parameters[state.nth[-1] : state.nth[-1] + 1]
        yield from ({"kind": "value", "text": each} for one in parameters for each in _given(one, segments))
    elif state.expects == "knowledge":
        yield from ({"kind": "keyword", "text": each} for each in ("unknown", "not unknown"))
    elif state.expects == "joint":
        yield from ({"kind": "keyword", "text": each} for each in ("and", "or"))


def _given(parameter: Parameter, segments: Sequence[str]) -> tuple[str, ...]:
    if parameter.type == "days":
        return ("7", "30", "90", "365")
    named = {
        "purpose": tuple(each.name for each in PURPOSES),
        "channel": tuple(each.name for each in CHANNELS),
        "segment": tuple(segments),
    }
    return tuple(map(quoted, named.get(parameter.type, parameter.values)))


def described(about: Field | Function) -> dict[str, Any]:
    """A field or a function, as an editor shows it."""
    is_function = isinstance(about, Function)
    found: dict[str, Any] = {
        "kind": "function" if is_function else "field",
        "text": about.name,
        "group": about.group,
        "type": about.type,
        "unit": about.unit,
        "words": dict(zip(("en", "zh-Hans", "zh-Hant"), about.words, strict=True)),
        "operators": list(operators(about.type)),
        "values": list(about.values),
    }
    return found | ({"example": example(about)} if isinstance(about, Function) else {})
