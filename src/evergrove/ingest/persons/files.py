"""What all files of persons have in common: their bytes' digest, their rows as texts, their place among the imports."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from evergrove.ingest.facts.drift import drift, last_like
from evergrove.ingest.facts.imports import FORMAT, READING, imports, newest_seq, note_import
from evergrove.ingest.sources.parquet import ParquetSource
from evergrove.ingest.types import RowCounts
from evergrove.ledger import insert_new
from evergrove.people.identity import settle_persons, unsettled
from evergrove.warehouse import identifier

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from evergrove.core import Clock, EvergroveWarning
    from evergrove.ingest.columns.files import OpenFile
    from evergrove.ingest.facts.drift import Told
    from evergrove.ingest.sources.batches import Fault
    from evergrove.ledger import Ledger
    from evergrove.warehouse import Engine


@dataclass(kw_only=True)
class Tally:
    """Where the rows of a file go, counted as they come by; and the cells that are of no use."""

    read: int = 0
    duplicates: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    unused: Counter[str] = field(default_factory=Counter)
    first_lines: dict[str, int] = field(default_factory=dict)

    def reject(self, code: str, line: int) -> None:
        """Count a row that is not used."""
        self.rejected[code] += 1
        self.first_lines.setdefault(code, line)

    def note(self, code: str, line: int) -> None:
        """Count a cell that is not used."""
        self.unused[code] += 1
        self.first_lines.setdefault(code, line)

    def reject_faults(self, faults: Sequence[Fault]) -> None:
        """Count rows that were set aside for their structure."""
        for fault in faults:
            self.read += 1
            self.reject(fault.code, fault.line)

    def rows(self, erased: int = 0) -> RowCounts:
        """Every row once; ``erased`` are those of persons who were erased, which are refused on storing."""
        bad = self.rejected.total() + erased
        return RowCounts(self.read, self.read - bad - self.duplicates, bad, self.duplicates)


def digest_of(file: Path) -> str:
    """The digest of a file's bytes."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def modified_at(file: Path, clock: Clock) -> datetime:
    """When a file was last changed; what claims to be of the future is of now."""
    return min(datetime.fromtimestamp(file.stat().st_mtime, UTC), clock.now())


def rows_of(
    engine: Engine, opened: OpenFile, positions: Sequence[int], faults: list[Fault]
) -> Iterator[tuple[int, Sequence[str]]]:
    """Every row as texts, with its line; structurally bad ones are set aside."""
    source = opened.source
    if isinstance(source, ParquetSource):
        names = (f"cast({identifier(opened.header[at])} as varchar)" for at in positions)
        for line, *cells in engine.run(f"select file_row_number + 1, {', '.join(names)} from {source.scan}"):
            yield line, [cell or "" for cell in cells]
        return
    for batch in source.rows(positions):
        faults.extend(batch.faults)
        columns = [column.to_pylist() for column in batch.columns]
        yield from zip(batch.lines, zip(*columns, strict=True), strict=True)


@dataclass(frozen=True)
class PeopleFile:
    """
    A file of persons on its way in.

    Attributes:
        table: To which its rows belong.
        path: Where it lies.
        digest: Of its bytes.
        mapping: Role or column to header, as it is read.
        written_at: When its source wrote it.
    """

    table: str
    path: Path
    digest: str
    mapping: Mapping[str, str]
    written_at: datetime


def earlier_rows(connection: Connection, given: PeopleFile) -> RowCounts | None:
    """Where the rows went when the same bytes came in before, read alike."""
    same = (imports.c.sha256 == given.digest) & (imports.c.table_name == given.table)
    row = connection.execute(select(imports.c.mapping, imports.c.rows).where(same)).one_or_none()
    if row is None or row.mapping["columns"] != given.mapping:
        return None
    counts = {name: row.rows[name] for name in ("read", "good", "rejected", "duplicate")}
    return RowCounts(**counts)


def settle_and_record(
    ledger: Ledger,
    given: PeopleFile,
    seen: Told,
    rows: RowCounts,
    rejected: Mapping[str, int],
    clock: Clock,
    by: str,
) -> tuple[EvergroveWarning, ...]:
    """
    Join who is one person now, and record the import: the last transaction of a file whose rows are stored.

    Args:
        ledger: Of the workspace.
        given: The file.
        seen: How it was read.
        rows: Where its rows went.
        rejected: Rejected rows, by code.
        clock: Dates what is recorded.
        by: Who brings it, as the audit trail names them.

    Returns:
        How the file differs from the last one like it.
    """
    with ledger.reading() as connection:  # a killed reading may have left rows that joined nobody
        persons = unsettled(connection)
    with ledger.writing() as connection:
        settle_persons(connection, clock.now(), persons)
        like = last_like(connection, given.table, given.path.name, seen)
        seq = _record(connection, given, seen.header, rows, rejected, clock)
        note_import(connection, seq, given.table, rows, by, clock.now())
    return tuple(drift(like, given.path.name, seen))


def _record(
    connection: Connection,
    given: PeopleFile,
    header: Mapping[str, str],
    rows: RowCounts,
    rejected: Mapping[str, int],
    clock: Clock,
) -> int:
    """Record the import; one that was recorded and is now read in another way keeps its number, which is told."""
    reading = {"format": READING, "header": dict(header), "preset": "", "columns": dict(given.mapping)}
    counts = {"format": FORMAT, **asdict(rows), "reasons": dict(rejected)}
    seq = newest_seq(connection) + 1
    row = {
        "seq": seq,
        "sha256": given.digest,
        "table_name": given.table,
        "file": given.path.name,
        "mapping": reading,
        "rows": counts,
        "recorded_at": clock.now(),
        "exported_at": given.written_at,
    }
    if not insert_new(connection, imports, [row]):
        same = (imports.c.sha256 == given.digest) & (imports.c.table_name == given.table)
        connection.execute(update(imports).where(same).values(mapping=reading, rows=counts))
        return int(connection.execute(select(imports.c.seq).where(same)).scalar_one())
    return seq
