"""What the warehouse keeps: files, generations of tables, snapshots of generations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from evergrove.warehouse.engine import Engine


@dataclass(frozen=True)
class StoredFile:
    """
    One immutable Parquet file.

    Attributes:
        path: Below the warehouse's folder, with slashes.
        sha256: Of its bytes, in hexadecimal digits.
        rows: How many it holds.
        bytes: Its size.
        low, high: Least and greatest value of the column it is sorted by, as text; None without a row.
    """

    path: str
    sha256: str
    rows: int
    bytes: int
    low: str | None
    high: str | None


@dataclass(frozen=True)
class Generation:
    """
    One state of a table: the files that together are it; several generations may share a file.

    Attributes:
        id: Of its row in the ledger.
        table: Name of the table.
        files: In the order in which they were written.
        schema_version: Of the table's columns.
        facts: What its writer noted about it.
    """

    id: int
    table: str
    files: tuple[StoredFile, ...]
    schema_version: int = 1
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Rows of all files."""
        return sum(file.rows for file in self.files)


@dataclass(frozen=True)
class Draft:
    """
    A generation that is written and not yet seen by anybody.

    Attributes:
        table: Name of the table.
        files: All of them, those of ``keeps`` first.
        schema_version: Of the table's columns.
        facts: What its writer notes about it.
        keeps: The generation it goes on from; must still be the newest when the draft is published.
    """

    table: str
    files: tuple[StoredFile, ...]
    schema_version: int
    facts: Mapping[str, Any]
    keeps: Generation | None = None


@dataclass(frozen=True)
class Snapshot:
    """
    Tables that belong together: what one reader sees from beginning to end.

    Attributes:
        id: Grows with each publishing.
        kind: "facts" or "run": what was published; the other tables were carried over.
        as_of: The day a run counts up to; None for facts.
        tables: Name to generation.
        details: What its publisher noted about it.
        recorded_at: When it was published.
    """

    id: int
    kind: str
    as_of: date | None
    tables: Mapping[str, Generation]
    details: Mapping[str, Any]
    recorded_at: datetime


@dataclass(frozen=True)
class Swept:
    """What sweeping took away."""

    files: int
    bytes: int


class Shelf(Protocol):
    """Whatever shows the tables of a snapshot: a warehouse, or a part of one."""

    def show(self, engine: Engine, seen: Snapshot, table: str, name: str | None = None) -> bool:
        """As ``Warehouse.show``."""
        ...
