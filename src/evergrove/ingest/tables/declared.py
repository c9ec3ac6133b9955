"""The tables that may be imported, declared once as data: columns with type, class, unit and names."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal, cast

from evergrove.ingest.values.words import plain, plain_header, table

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = "evergrove.table/1"
Type = Literal[
    "id",
    "text",
    "page",
    "day",
    "moment",
    "amount",
    "number",
    "count",
    "rate",
    "currency",
    "choice",
    "flag",
    "state",
    "consent",
]
Class = Literal["key", "attribute", "personal", "free_text"]
Store = Literal["warehouse", "people", "orders"]
SEALED = ("personal", "free_text")
"""Classes of what never enters the warehouse."""
STORED: Mapping[str, str] = {
    "day": "date",
    "moment": "timestamp",
    "amount": "decimal(18, 4)",
    "number": "decimal(18, 4)",
    "count": "bigint",
    "rate": "decimal(28, 10)",
    "flag": "boolean",
}
"""How the engine keeps a type; what is not listed is text."""


@dataclass(frozen=True)
class TableColumn:
    """
    One column of a declared table.

    Attributes:
        name: As the table calls it.
        type: How its texts are read.
        class_: Key, attribute, personal or free text; the last two never enter the warehouse.
        unit: Of its values; empty where there is none.
        is_required: Whether a row without it is rejected.
        sentence: What it says.
        aliases: Headers, the surest first.
        words: What a word in it means, as compared; of a choice only.
        may_be_future: Whether a day in the future is none to doubt.
        is_let_go: Whether it is kept nowhere: nothing needs it, and there is a lot of it.
    """

    name: str
    type: Type
    class_: Class
    unit: str
    is_required: bool
    sentence: str
    aliases: tuple[str, ...]
    words: Mapping[str, str]
    may_be_future: bool = False
    is_let_go: bool = False

    @property
    def is_sealed(self) -> bool:
        """Whether it never enters the warehouse."""
        return self.class_ in SEALED

    @property
    def stored(self) -> str:
        """Its type in the engine."""
        return STORED.get(self.type, "varchar")

    @cached_property
    def ranks(self) -> Mapping[str, float]:
        """Headers, as compared, with their rank, 1 down to 0."""
        ranks: dict[str, float] = {plain_header(self.name): 1.0}
        for place, alias in enumerate(self.aliases):
            ranks.setdefault(plain_header(alias), 1 - place / len(self.aliases))
        return ranks


@dataclass(frozen=True)
class DeclaredTable:
    """
    A table that may be imported.

    Attributes:
        name: As ``--as`` names it.
        sentence: What a row is.
        store: Where its rows go: the warehouse, the ledger's people, or among the facts of orders.
        columns: In the order in which they are kept.
        key: Columns that tell a row, where those of ``needs`` are filled.
        needs: See ``key``.
        otherwise: Columns that tell it else, together with which of several alike in its file it is.
        one_of: Groups of columns of which one must be filled.
        is_immutable: Whether a row never changes, so that of two versions none is the newer one.
    """

    name: str
    sentence: str
    store: Store
    columns: tuple[TableColumn, ...]
    key: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    otherwise: tuple[str, ...] = ()
    one_of: tuple[tuple[str, ...], ...] = ()
    is_immutable: bool = False

    def column(self, name: str) -> TableColumn | None:
        """A column by its name."""
        return next((column for column in self.columns if column.name == name), None)

    @property
    def kept(self) -> tuple[TableColumn, ...]:
        """The columns that enter the warehouse."""
        return tuple(column for column in self.columns if not column.is_sealed)

    @property
    def sealed(self) -> tuple[TableColumn, ...]:
        """The columns that never do."""
        return tuple(column for column in self.columns if column.is_sealed)

    @property
    def headers(self) -> tuple[str, ...]:
        """Every known header."""
        return tuple(name for column in self.columns for name in (column.name, *column.aliases))


@cache
def declared_tables() -> Mapping[str, DeclaredTable]:
    """All declared tables, by name; orders and customers have readers of their own."""
    folder = files("evergrove.ingest.tables")
    found = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".toml")), key=lambda e: e.name
    )
    return {
        (name := entry.name.removesuffix(".toml")): _table(
            name, tomllib.loads(entry.read_text(encoding="utf-8"))
        )
        for entry in found
    }


def _table(name: str, document: Mapping[str, Any]) -> DeclaredTable:
    if document["format"] != FORMAT:
        raise ValueError(f"{name}: format is {document['format']!r}, not {FORMAT!r}")
    return DeclaredTable(
        name=name,
        sentence=document["sentence"],
        store=document.get("store", "warehouse"),
        columns=tuple(_column(column, entry) for column, entry in document["columns"].items()),
        key=tuple(document.get("key", ())),
        needs=tuple(document.get("needs", ())),
        otherwise=tuple(document.get("otherwise", ())),
        one_of=tuple(map(tuple, document.get("one_of", ()))),
        is_immutable=bool(document.get("immutable", False)),
    )


def _column(name: str, entry: Mapping[str, Any]) -> TableColumn:
    words = entry.get("words", {})
    return TableColumn(
        name=name,
        type=cast("Type", entry["type"]),
        class_=cast("Class", entry["class"]),
        unit=entry.get("unit", ""),
        is_required=bool(entry.get("required", False)),
        sentence=entry["sentence"],
        aliases=tuple(entry["aliases"] if "aliases" in entry else _role(entry["aliases_of"])),
        words={plain(word): meaning for meaning, listed in words.items() for word in listed},
        may_be_future=bool(entry.get("may_be_future", False)),
        is_let_go=bool(entry.get("let_go", False)),
    )


def _role(role: str) -> list[str]:
    """The headers of a role of order files."""
    aliases: list[str] = table("columns")[role]["aliases"]
    return aliases
