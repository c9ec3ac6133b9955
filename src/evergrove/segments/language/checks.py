"""What the catalogue says of a term, an operator, a value: the same for the text and for the JSON form."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from difflib import SequenceMatcher
from functools import partial
from itertools import starmap
from typing import TYPE_CHECKING

from evergrove.core import Term as Word
from evergrove.core import _
from evergrove.people.consent.kinds import BY_PURPOSE, CHANNELS, channel_named, purpose_named
from evergrove.segments.language.catalogue import NUMBERS, Function, operators
from evergrove.segments.language.errors import (
    NoComparison,
    TooMuch,
    UnknownField,
    UnknownFunction,
    UnknownValue,
    WrongArguments,
    WrongOperator,
    WrongValue,
)
from evergrove.segments.language.limits import (
    MOST_TEXT,
    MOST_VALUES,
    MOST_WILDCARDS,
    VALUES,
    WILDCARDS,
)
from evergrove.segments.language.names import is_key
from evergrove.segments.language.types import (
    LISTED,
    PATTERNS,
    Compared,
    FromToday,
    Holds,
    Term,
    Unknown,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from evergrove.segments.language.catalogue import Catalogue, Field, Parameter
    from evergrove.segments.language.types import Argument, Op, Value

NUMBER, DAY, TEXT = (
    Word(_("a number")),
    Word(_("a day such as '2026-03-31' or days_ago(30)")),
    Word(_("a text")),
)
PATTERN = Word(_("a text with % for any characters and _ for one, without a backslash"))
MOST_DAYS = 36_500
MOST_DIGITS, LEAST_PLACES = 15, 8
SHOWN = 40
"""Characters of a value that an error repeats."""


def near(name: str, known: Iterable[tuple[str, Sequence[str]]], most: int = 3) -> tuple[str, ...]:
    """The names that look most like one, by themselves or by any word for them."""

    def alike(entry: tuple[str, Sequence[str]]) -> float:
        return max(
            SequenceMatcher(None, name.lower(), each.lower()).ratio() for each in (entry[0], *entry[1])
        )

    return tuple(each for each, _words in sorted(known, key=alike, reverse=True)[:most])


def shown(value: object) -> str:
    """A value as an error repeats it."""
    text = str(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def declared(catalogue: Catalogue, term: Term) -> Field | Function:
    """What the catalogue says of a term that was checked."""
    return catalogue.fields[term.name] if term.arguments is None else catalogue.functions[term.name]


def field_term(catalogue: Catalogue, name: str, where: str) -> Term:
    """
    A field by its name, in whichever case.

    Raises:
        UnknownField: There is none.
    """
    found = name.lower()
    if found not in catalogue.fields:
        known = ((each.name, each.words) for each in catalogue.fields.values())
        raise UnknownField(where=where, name=shown(name), near=near(name[:SHOWN], known))
    return Term(found)


def function_term(catalogue: Catalogue, name: str, given: Sequence[Value], where: str) -> Term:
    """
    A function with its arguments.

    Raises:
        UnknownFunction, WrongArguments, UnknownValue: There is none, or it takes others.
    """
    function = catalogue.functions.get(name.lower())
    if function is None:
        known = ((each, ()) for each in catalogue.functions)
        raise UnknownFunction(where=where, name=shown(name), near=near(name[:SHOWN], known))
    least = sum(not each.is_optional for each in function.parameters)
    if not least <= len(given) <= len(function.parameters):
        raise WrongArguments(where=where, name=function.name, example=example(function))
    told = zip(function.parameters, given, strict=False)
    arguments = tuple(_argument(function, each, value, where) for each, value in told)
    if function.name == "consent":
        arguments = _said(function, arguments, where)
    return Term(function.name, arguments)


def _argument(function: Function, parameter: Parameter, value: Value, where: str) -> Argument:
    if parameter.type == "days":
        if isinstance(value, Decimal) and 1 <= value <= MOST_DAYS and value == int(value):
            return int(value)
    elif isinstance(value, str) and value.strip() and len(value) <= MOST_TEXT:
        if parameter.type == "one_of" and value not in parameter.values:
            raise _never(parameter.name, value, parameter.values, where)
        if parameter.type != "segment" or is_key(value):
            return value
    raise WrongArguments(where=where, name=function.name, example=example(function))


def _said(function: Function, arguments: tuple[Argument, ...], where: str) -> tuple[Argument, ...]:
    """Purpose and channel by the names under which they are stored; no channel where a purpose has none."""
    told, channel = str(arguments[0]), str(arguments[1]) if len(arguments) > 1 else ""
    purpose = purpose_named(told)
    if purpose is None:
        raise _never(function.parameters[0].name, told, tuple(BY_PURPOSE), where)
    if not BY_PURPOSE[purpose].by_channel:
        return (purpose,)
    named = channel_named(channel, purpose)
    if named is None:
        raise _never(function.parameters[1].name, channel, tuple(each.name for each in CHANNELS), where)
    return purpose, named


def compared(
    catalogue: Catalogue, term: Term, op: Op, values: Sequence[Value], where: str, at: Sequence[str]
) -> Compared:
    """
    A comparison whose operator and values suit the term.

    Args:
        catalogue: Of the term.
        term: What is compared.
        op: How.
        values: With what.
        where: The comparison stands.
        at: Each of the values stands.

    Raises:
        WrongOperator, WrongValue, UnknownValue, TooMuch: They do not.
    """
    about = declared(catalogue, term)
    known = operators(about.type)
    if op not in known:
        raise WrongOperator(where=where, name=term.name, op=op, known=known or "is unknown")
    if op in LISTED and len(values) > MOST_VALUES:
        raise TooMuch(where=where, limit=MOST_VALUES, what=VALUES)
    return Compared(term, op, tuple(starmap(partial(_value, about, op), zip(values, at, strict=True))))


def _value(about: Field | Function, op: Op, value: Value, where: str) -> Value:
    if about.type in NUMBERS:
        if isinstance(value, Decimal) and value.is_finite() and is_exact(value):
            return value.normalize() + 0  # no -0
        raise WrongValue(where=where, name=about.name, value=shown(value), wanted=NUMBER)
    if about.type == "date":
        day = day_of(value) if isinstance(value, str) else value
        if isinstance(day, date) or (isinstance(day, FromToday) and abs(day.days) <= MOST_DAYS):
            return day
        raise WrongValue(where=where, name=about.name, value=shown(value), wanted=DAY)
    if not isinstance(value, str) or len(value) > MOST_TEXT or "\x00" in value:
        raise WrongValue(where=where, name=about.name, value=shown(value), wanted=TEXT)
    if about.type == "word" and value not in about.values:
        raise _never(about.name, value, about.values, where)
    if op in PATTERNS:
        if "\\" in value:
            raise WrongValue(where=where, name=about.name, value=shown(value), wanted=PATTERN)
        if value.count("%") > MOST_WILDCARDS:
            raise TooMuch(where=where, limit=MOST_WILDCARDS, what=WILDCARDS)
    return value


def is_exact(value: Decimal) -> bool:
    """Whether a number means the same as a decimal, in both engines and in JSON: 15 digits at most, none far out."""
    if abs(value.adjusted()) > MOST_DIGITS:  # before anything is computed: 1e999999999 is a short text
        return False
    _sign, digits, exponent = value.normalize().as_tuple()
    return len(digits) <= MOST_DIGITS and isinstance(exponent, int) and exponent >= -LEAST_PLACES


def day_of(text: str) -> date | None:
    """The day that a text writes as 2026-03-31; None: it writes none."""
    try:
        return date.fromisoformat(text) if len(text) == len("2026-03-31") else None
    except ValueError:
        return None


def unknown(term: Term, *, holds: bool) -> Unknown:
    """Whether a term is unknown."""
    return Unknown(term, holds)


def holds(catalogue: Catalogue, term: Term, where: str) -> Holds:
    """
    A function that is true or false, standing alone.

    Raises:
        NoComparison: The term is neither true nor false.
    """
    about = declared(catalogue, term)
    if about.type != "flag":
        raise NoComparison(where=where, name=term.name, example=comparison(about))
    return Holds(term)


def _never(name: str, value: str, values: tuple[str, ...], where: str) -> UnknownValue:
    known = near(value[:SHOWN], ((each, ()) for each in values), 1)
    return UnknownValue(where=where, name=name, value=shown(value), near=known, known=values)


def example(function: Function) -> str:
    """A call as it may be written."""
    given = {
        "days": "90",
        "text": "'x'",
        "purpose": "'marketing'",
        "channel": "'email'",
        "segment": "'vips'",
    }
    told = (
        given.get(each.type) or f"'{each.values[0] if each.values else 'x'}'" for each in function.parameters
    )
    return f"{function.name}({', '.join(told)})"


def comparison(about: Field | Function) -> str:
    """A comparison as it may be written."""
    name = example(about) if isinstance(about, Function) else about.name
    if about.type == "flag":
        return name
    if about.type in NUMBERS:
        return f"{name} >= {'0.5' if about.type == 'share' else '3'}"
    if about.type == "date":
        return f"{name} >= days_ago(30)"
    return f"{name} = '{about.values[0] if about.values else 'x'}'"
