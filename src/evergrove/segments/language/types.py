"""A condition as a tree: comparisons of terms with values, joined by all, any and not. Frozen, and comparable."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMAT = "evergrove.segment/1"
"""Of the JSON form."""
Op = Literal[
    "=", "!=", "<", "<=", ">", ">=", "in", "not in", "between", "not between",
    "like", "not like", "ilike", "not ilike",
]  # fmt: skip
ORDERED: tuple[Op, ...] = ("<", "<=", ">", ">=", "between", "not between")
PATTERNS: tuple[Op, ...] = ("like", "not like", "ilike", "not ilike")
LISTED: tuple[Op, ...] = ("in", "not in")
EQUAL: tuple[Op, ...] = ("=", "!=")


@dataclass(frozen=True)
class FromToday:
    """
    A day told by its distance from the last day whose orders count.

    Attributes:
        days: Negative: before it.
    """

    days: int


Value = str | Decimal | date | FromToday
Argument = str | int


@dataclass(frozen=True)
class Term:
    """
    What is compared: a field, or a function with its arguments.

    Attributes:
        name: Of the catalogue.
        arguments: Of a function, without those left out at the end; None: a field.
    """

    name: str
    arguments: tuple[Argument, ...] | None = None


@dataclass(frozen=True)
class Compared:
    """A comparison; false where the term is unknown."""

    term: Term
    op: Op
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Unknown:
    """Whether a term is unknown, or is not."""

    term: Term
    holds: bool = True


@dataclass(frozen=True)
class Holds:
    """A function that is true or false, by itself."""

    term: Term


@dataclass(frozen=True)
class Every:
    """All of two parts or more hold."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Some:
    """At least one of two parts or more holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Not:
    """The part does not hold: it is false, or compares with something unknown."""

    part: Condition


Condition = Compared | Unknown | Holds | Every | Some | Not


def every(parts: tuple[Condition, ...]) -> Condition:
    """All of some parts; what is itself all of some is taken apart, and one part stands for itself."""
    flat = tuple(one for part in parts for one in (part.parts if isinstance(part, Every) else (part,)))
    return flat[0] if len(flat) == 1 else Every(flat)


def some(parts: tuple[Condition, ...]) -> Condition:
    """At least one of some parts; what is itself any of some is taken apart, and one part stands for itself."""
    flat = tuple(one for part in parts for one in (part.parts if isinstance(part, Some) else (part,)))
    return flat[0] if len(flat) == 1 else Some(flat)


def leaves(condition: Condition) -> Iterator[Compared | Unknown | Holds]:
    """The comparisons of a condition, from left to right."""
    if isinstance(condition, Every | Some):
        for part in condition.parts:
            yield from leaves(part)
    elif isinstance(condition, Not):
        yield from leaves(condition.part)
    else:
        yield condition


def terms(condition: Condition) -> tuple[Term, ...]:
    """The terms of a condition, each once, in the order of their first use."""
    return tuple(dict.fromkeys(leaf.term for leaf in leaves(condition)))


def segments_in(condition: Condition) -> tuple[str, ...]:
    """The other segments that a condition asks for."""
    return tuple(
        str(term.arguments[0]) for term in terms(condition) if term.name == "in_segment" and term.arguments
    )
