"""The closed list of fields and functions that a condition may name, read from data."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

from evergrove.segments.language.types import EQUAL, LISTED, ORDERED, PATTERNS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.segments.language.types import Op

FIELDS, FUNCTIONS = "evergrove.segment_fields/1", "evergrove.segment_functions/1"
Type = Literal["money", "number", "share", "count", "date", "word", "text", "flag"]
ArgumentType = Literal["open", "one_of", "text", "days", "purpose", "channel", "segment"]
NUMBERS: tuple[Type, ...] = ("money", "number", "share", "count")
Words = tuple[str, str, str]
"""English, Simplified Chinese, Traditional Chinese."""


@dataclass(frozen=True)
class Field:
    """
    A field of a customer.

    Attributes:
        name: As it is written.
        group: Under which it is listed.
        table: Published by a night.
        sql: Over the columns of the table and ``$as_of``.
        type: Of its values.
        unit: Empty for words and texts.
        class_: key or attribute: what is personal or free text is in no table of these.
        values: Of a word: the only ones.
        words: What people call it.
    """

    name: str
    group: str
    table: str
    sql: str
    type: Type
    unit: str
    class_: str
    words: Words
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Parameter:
    """
    An argument of a function.

    Attributes:
        name: As the statement binds it.
        type: ``open``: one of ``values`` or another text; ``one_of``: one of them; the rest by name.
        values: See ``type``.
        is_optional: Whether it may be left out, at the end.
    """

    name: str
    type: ArgumentType
    values: tuple[str, ...] = ()
    is_optional: bool = False


@dataclass(frozen=True)
class Function:
    """
    A function of a customer, computed by one statement.

    Attributes:
        name: As it is written.
        group: Under which it is listed.
        statement: In ``segments/sql``: customer_id and value.
        tables: What it reads.
        type: Of its value.
        unit: Empty for words.
        otherwise: Value of customers without a row; None: unknown.
        parameters: In their order.
        words: With arguments in braces.
        ever: The same without the last one; None: it cannot be left out.
        values: Of a word: the only ones.
    """

    name: str
    group: str
    statement: str
    tables: tuple[str, ...]
    type: Type
    unit: str
    otherwise: str | int | bool | None
    parameters: tuple[Parameter, ...]
    words: Words
    ever: Words | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Catalogue:
    """
    Everything that a condition may name.

    Attributes:
        fields: By name.
        functions: By name.
    """

    fields: Mapping[str, Field] = field(default_factory=dict)
    functions: Mapping[str, Function] = field(default_factory=dict)

    def naming(self, name: str, values: tuple[str, ...]) -> Catalogue:
        """The same with other values of a field of words, such as the tiers of a policy of one's own."""
        return replace(self, fields={**self.fields, name: replace(self.fields[name], values=values)})


def operators(type_: Type) -> tuple[Op, ...]:
    """How values of a type may be compared."""
    if type_ == "flag":
        return ()
    if type_ == "word":
        return (*EQUAL, *LISTED)
    return (*EQUAL, *LISTED, *(PATTERNS if type_ == "text" else ORDERED))


@cache
def catalogue() -> Catalogue:
    """The catalogue that is shipped."""
    fields = _read("fields", FIELDS)["fields"]
    functions = _read("functions", FUNCTIONS)["functions"]
    return Catalogue(
        {name: _field(name, entry) for name, entry in fields.items()},
        {name: _function(name, entry) for name, entry in functions.items()},
    )


def _read(name: str, form: str) -> dict[str, Any]:
    text = files("evergrove.segments.language").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    document = tomllib.loads(text)
    if document["format"] != form:
        raise ValueError(f"{name}: format is {document['format']!r}, not {form!r}")
    return document


def _field(name: str, entry: Mapping[str, Any]) -> Field:
    return Field(
        name=name,
        group=entry["group"],
        table=entry["table"],
        sql=entry.get("sql", name),
        type=entry["type"],
        unit=entry.get("unit", ""),
        class_=entry.get("class", "attribute"),
        words=_words(entry["words"]),
        values=tuple(entry.get("values", ())),
    )


def _function(name: str, entry: Mapping[str, Any]) -> Function:
    return Function(
        name=name,
        group=entry["group"],
        statement=entry["statement"],
        tables=tuple(entry["tables"]),
        type=entry["type"],
        unit=entry.get("unit", ""),
        otherwise=entry.get("otherwise"),
        parameters=tuple(
            Parameter(each, told["type"], tuple(told.get("values", ())), bool(told.get("optional", False)))
            for each, told in entry["arguments"].items()
        ),
        words=_words(entry["words"]),
        ever=_words(entry["ever"]) if "ever" in entry else None,
        values=tuple(entry.get("values", ())),
    )


def _words(listed: list[str]) -> Words:
    english, simplified, traditional = listed
    return english, simplified, traditional
