"""Files of declared tables into a workspace: into the warehouse like orders, once however often they are given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from evergrove.ingest import Import, facts_noted, imported, newest_seq, note_import, record_import
from evergrove.ingest.facts.drift import drift, last_like
from evergrove.ingest.facts.tables import set_aside, take_rows, write_rows
from evergrove.ingest.persons.texts import seal_texts
from evergrove.ingest.tables.declared import declared_tables
from evergrove.ingest.tables.sealing import find_owners
from evergrove.ingest.tables.service import read_table
from evergrove.pipeline.ingest import ATTEMPTS, given_file, prepared
from evergrove.pipeline.rejects import rejects_path, write_rejects
from evergrove.warehouse import Overtaken, memory_for, newest_snapshot, open_engine, write_durably

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from evergrove.core import Clock
    from evergrove.ingest import ReadOptions, RowCounts
    from evergrove.ingest.tables.declared import DeclaredTable
    from evergrove.ingest.tables.service import TableIntake
    from evergrove.people import Seal
    from evergrove.pipeline.ingest import Given, Parts, Progress
    from evergrove.warehouse import Draft, Engine, Snapshot


@dataclass(frozen=True)
class TableOutcome:
    """
    What became of one file.

    Attributes:
        file: As given.
        table: To which its rows belong.
        seq: Number of the import that holds its rows.
        is_new: False when the same bytes had come in before; nothing changed then.
        rows: Where its rows went.
        read: The whole account; None when it is not new.
        rejects: The rejected rows with their reasons; None without any.
    """

    file: Path
    table: str
    seq: int
    is_new: bool
    rows: RowCounts
    read: TableIntake | None = None
    rejects: Path | None = None


def ingest_tables(
    parts: Parts,
    files: Sequence[Path],
    table: str,
    options: ReadOptions,
    clock: Clock,
    *,
    seal: Seal | None = None,
    exported_at: datetime | None = None,
    progress: Progress | None = None,
    is_aside: bool = False,
) -> list[TableOutcome]:
    """
    Add the rows of some files to a declared table of the warehouse, file by file.

    Which rows hold afterwards does not depend on the order of the files, and importing one again changes nothing.

    Args:
        parts: The workspace.
        files: CSV, TSV, Parquet, JSON or XLSX.
        table: Name of the table.
        options: ``mapping`` by the table's columns; currency and zone, where left empty, are those of the orders.
        clock: Dates the imports.
        seal: Of the workspace, for what is personal or free text; None: that is let go of.
        exported_at: When the source wrote the files; None: when each was last modified.
        progress: Called with what is being done and how much of it is done, 0..1.
        is_aside: The rows stand in files of another table; see ``set_aside``.

    Raises:
        InputError: A file cannot be understood. Those before it are in, it and those after it are not.
        NotWritable: The disk refused; the same holds.
    """
    how = _How(declared_tables()[table], prepared(parts, options, clock), clock, seal, progress, is_aside)
    return [_ingest(parts, given_file(file, exported_at, clock), how) for file in files]


@dataclass(frozen=True)
class _How:
    """What holds for all files of one command; see ``ingest_tables``."""

    table: DeclaredTable
    options: ReadOptions
    clock: Clock
    seal: Seal | None
    progress: Progress | None
    is_aside: bool


def _ingest(parts: Parts, given: Given, how: _How) -> TableOutcome:
    attempt, table = 0, how.table.name
    while True:
        attempt += 1
        with parts.ledger.reading() as connection:
            earlier = imported(connection, given.sha256, table)
            this = Import(newest_seq(connection) + 1, given.exported_at, newest_snapshot(connection))
        if earlier is not None:
            return TableOutcome(given.path, table, earlier.seq, is_new=False, rows=earlier.rows)
        try:
            return _add(parts, given, this, how)
        except Overtaken:
            if attempt == ATTEMPTS:
                raise


def _add(parts: Parts, given: Given, this: Import, how: _How) -> TableOutcome:
    """Read, write and publish one file; without effect unless the last step is reached."""
    read, draft, rejects = _read(parts, given, this, how)
    table, now = how.table.name, how.clock.now()
    with parts.ledger.reading() as connection:
        like = last_like(connection, table, given.path.name, read.intake)
    warnings = (*read.intake.warnings, *drift(like, given.path.name, read.intake))
    read = replace(read, intake=replace(read.intake, warnings=warnings))
    with parts.ledger.writing() as connection:
        is_recorded = record_import(
            connection,
            read.intake,
            seq=this.seq,
            sha256=given.sha256,
            table=table,
            file=given.path.name,
            recorded_at=now,
            exported_at=this.exported_at,
        )
        if not is_recorded:
            raise Overtaken(table=table)
        note_import(connection, this.seq, table, read.intake.rows, parts.by, now)
        parts.warehouse.publish(connection, [draft], kind="facts", details={"import": this.seq})
    return TableOutcome(
        given.path, table, this.seq, is_new=True, rows=read.intake.rows, read=read, rejects=rejects
    )


def _read(parts: Parts, given: Given, this: Import, how: _How) -> tuple[TableIntake, Draft, Path | None]:
    """Read one file and write its rows to the disk, where nobody sees them yet; texts are sealed at once."""
    table, now = how.table, how.clock.now()

    def take(engine: Engine) -> None:
        if how.is_aside:
            set_aside(engine)
        take_rows(engine, parts.warehouse, table, this)
        find_owners(engine, parts.warehouse, this.before)

    chosen = _as_orders_are(how.options, this.before)
    with open_engine(memory_mb=memory_for([given.path])) as engine:
        read = read_table(engine, table, given.path, chosen, this.exported_at, how.progress, take)
        draft = write_rows(engine, parts.warehouse, table, this)
        path = rejects_path(parts.folder, now, this.seq, given.sha256)
        rejects = path if read.intake.rows.rejected else None
        if rejects:
            write_durably(rejects, partial(write_rejects, engine))
        if how.seal is not None:
            seal_texts(engine, parts.ledger, how.seal, table, now)
    return read, draft, rejects


def _as_orders_are(options: ReadOptions, before: Snapshot | None) -> ReadOptions:
    """The options, where they leave it open in the currency and the zone of the orders that are there."""
    noted = facts_noted(before)
    return replace(
        options, currency=options.currency or noted.currency, timezone=options.timezone or noted.timezone
    )
