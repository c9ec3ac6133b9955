"""The list of imports: which bytes came in when, how they were read, and where their rows went."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Column, Table, Text, UniqueConstraint, func, select

from evergrove import audit
from evergrove.ingest.types import RowCounts
from evergrove.ledger import Document, Instant, insert_new, metadata

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.ingest.types import Intake

FORMAT = "evergrove.import/1"
READING = "evergrove.import/2"
"""Of how a file was read; from 2 on with its header and its preset."""

imports = Table(
    "import_",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("sha256", Text, nullable=False),
    Column("table_name", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("mapping", Document, nullable=False),
    Column("rows", Document, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("exported_at", Instant, nullable=False),
    UniqueConstraint("sha256", "table_name"),
)
"""One row a file that came in. ``seq`` has no gaps: every fact carries the number of its import."""


@dataclass(frozen=True)
class Imported:
    """
    One import as it was recorded.

    Attributes:
        seq: Its number, from 1.
        file: Name of the file.
        rows: Where its rows went.
        recorded_at: When it came in.
        reasons: Why rows were rejected, by code.
    """

    seq: int
    file: str
    rows: RowCounts
    recorded_at: datetime
    reasons: Mapping[str, Any] = field(default_factory=dict)


def newest_seq(connection: Connection) -> int:
    """Number of the newest import; 0 before the first."""
    found = connection.execute(select(func.max(imports.c.seq))).scalar_one()
    return int(found or 0)


def imported(connection: Connection, sha256: str, table: str) -> Imported | None:
    """The import of exactly these bytes; None when they never came in."""
    same = (imports.c.sha256 == sha256) & (imports.c.table_name == table)
    row = connection.execute(select(imports).where(same)).one_or_none()
    if row is None:
        return None
    counts = {name: row.rows[name] for name in ("read", "good", "rejected", "duplicate")}
    return Imported(row.seq, row.file, RowCounts(**counts), row.recorded_at, row.rows.get("reasons", {}))


def record_import(
    connection: Connection,
    intake: Intake,
    *,
    seq: int,
    sha256: str,
    table: str,
    file: str,
    recorded_at: datetime,
    exported_at: datetime,
) -> bool:
    """
    Record an import under its number.

    Returns:
        False when the number is taken, or the same bytes came in meanwhile; nothing is recorded then.
    """
    row = {
        "seq": seq,
        "sha256": sha256,
        "table_name": table,
        "file": file,
        "mapping": _reading_of(intake),
        "rows": _rows_of(intake),
        "recorded_at": recorded_at,
        "exported_at": exported_at,
    }
    return insert_new(connection, imports, [row]) == 1


def note_import(
    connection: Connection, seq: int, table: str, rows: RowCounts, by: str, now: datetime
) -> None:
    """
    Note in the audit trail who has brought rows in, in the transaction that brings them; files' names stay out.

    Args:
        connection: Of a ``writing`` block.
        seq: Number of the import.
        table: Of which table.
        rows: Where its rows went.
        by: Who, as the audit trail names them.
        now: When.
    """
    told = {"table": table, "good": rows.good, "rejected": rows.rejected, "duplicate": rows.duplicate}
    audit.note(connection, "ingest.imported", by, f"import:{seq}", told, at=now)


def _reading_of(intake: Intake) -> dict[str, Any]:
    """How the file was read."""
    return {
        "format": READING,
        "header": dict(intake.header),
        "preset": next(iter(intake.presets.values()), ""),
        "columns": {match.role: match.column for match in intake.columns},
        "encodings": list(intake.encodings.values()),
        "grain": intake.grain,
        "currency": intake.currency,
        "timezone": intake.timezone,
        "has_amounts": intake.has_amounts,
    }


def _rows_of(intake: Intake) -> dict[str, Any]:
    """Where its rows went; amounts as texts."""
    rows = intake.rows
    return {
        "format": FORMAT,
        "read": rows.read,
        "good": rows.good,
        "rejected": rows.rejected,
        "duplicate": rows.duplicate,
        "excluded": {kind: [part.rows, str(part.amount)] for kind, part in intake.excluded.items()},
        "reasons": {code: [part.rows, str(part.amount)] for code, part in intake.rejected.items()},
        "first_date": intake.first_date.isoformat() if intake.first_date else None,
        "last_date": intake.last_date.isoformat() if intake.last_date else None,
    }
