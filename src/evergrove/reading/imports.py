"""What came in: where the rows of each file went, and which were rejected and why."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from evergrove.ingest.facts.imports import imports
from evergrove.pipeline.rejects import FOLDER, RAW
from evergrove.reading.errors import UnknownImport

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection, Row


@dataclass(frozen=True)
class ImportLine:
    """
    One file that came in.

    Attributes:
        seq: Its number, from 1.
        table: That its rows belong to.
        file: Its name.
        sha256: Of its bytes.
        rows: read, good, rejected and duplicate; each row counts as one of the last three.
        excluded: Kind -> rows and amount: cancelled, unpaid and the like; they are good.
        reasons: Code of a reason -> rejected rows and their amount.
        reading: How it was read: columns, encodings, preset, currency, zone.
        first_date, last_date: Of its orders; None: it has none.
        recorded_at: When it came in.
        exported_at: When it was written, as far as that is known.
    """

    seq: int
    table: str
    file: str
    sha256: str
    rows: Mapping[str, int]
    excluded: Mapping[str, Sequence[Any]]
    reasons: Mapping[str, Sequence[Any]]
    reading: Mapping[str, Any]
    first_date: str | None
    last_date: str | None
    recorded_at: datetime
    exported_at: datetime


@dataclass(frozen=True)
class RejectedRow:
    """
    A row that could not be used.

    Attributes:
        file, line: Where it stands.
        code: Why.
        raw: Its text as it came, which may hold anything; empty once somebody was erased.
    """

    file: str
    line: int
    code: str
    raw: str

    def __repr__(self) -> str:
        return f"RejectedRow({self.file}:{self.line} {self.code})"


COUNTS = ("read", "good", "rejected", "duplicate")


def imports_page(
    connection: Connection, *, limit: int = 50, before: int | None = None, table: str = ""
) -> tuple[Sequence[ImportLine], int | None]:
    """Imports, the newest first; and where the page ends, if there are more."""
    query = select(imports)
    if before is not None:
        query = query.where(imports.c.seq < before)
    if table:
        query = query.where(imports.c.table_name == table)
    rows = connection.execute(query.order_by(imports.c.seq.desc()).limit(limit + 1)).all()
    return [_line(each) for each in rows[:limit]], rows[limit - 1].seq if len(rows) > limit else None


def import_at(connection: Connection, seq: int) -> ImportLine:
    """
    One import by its number.

    Raises:
        UnknownImport: There is none.
    """
    row = connection.execute(select(imports).where(imports.c.seq == seq)).one_or_none()
    if row is None:
        raise UnknownImport(number=seq)
    return _line(row)


def rejected_page(
    workspace: Path, found: ImportLine, *, limit: int = 50, after: int = 0
) -> tuple[Sequence[RejectedRow], int | None]:
    """
    The rejected rows of an import in their order; and how many came before the next page, if there are more.

    They are kept for 30 days; later there are none.

    Args:
        workspace: Its folder.
        found: The import.
        limit: Rows at most.
        after: How many to pass over.
    """
    rows = list(islice(_rejected(workspace, found), after, after + limit + 1))
    return rows[:limit], after + limit if len(rows) > limit else None


def _rejected(workspace: Path, found: ImportLine) -> Iterator[RejectedRow]:
    for path in sorted((workspace / FOLDER).glob(f"*{found.seq}-{found.sha256[:12]}.csv")):
        if path.name.removesuffix(f"-{found.sha256[:12]}.csv").rpartition("-")[2] != str(found.seq):
            continue  # 12 ends in 2
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                yield RejectedRow(row["file"], int(row["line"]), row["code"], row.get(RAW) or "")


def _line(row: Row[Any]) -> ImportLine:
    told = row.rows
    return ImportLine(
        seq=row.seq,
        table=row.table_name,
        file=row.file,
        sha256=row.sha256,
        rows={name: told.get(name, 0) for name in COUNTS},
        excluded=told.get("excluded", {}),
        reasons=told.get("reasons", {}),
        reading={name: value for name, value in row.mapping.items() if name != "format"},
        first_date=told.get("first_date"),
        last_date=told.get("last_date"),
        recorded_at=row.recorded_at,
        exported_at=row.exported_at,
    )
