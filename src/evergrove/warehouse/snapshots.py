"""Snapshots: tables published together or not at all, and read as one from beginning to end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, text, update

from evergrove.warehouse.errors import FileGone, Overtaken
from evergrove.warehouse.generations import moment_of, new_name, problems_of, show_files, write_file
from evergrove.warehouse.records import (
    add_generation,
    add_snapshot,
    forget,
    kept_snapshots,
    named_files,
    newest_snapshot,
    snapshot_at,
)
from evergrove.warehouse.tables import snapshot
from evergrove.warehouse.types import Draft, Swept

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from sqlalchemy import Connection

    from evergrove.core import Clock, Sentence
    from evergrove.ledger import Ledger
    from evergrove.warehouse.engine import Engine
    from evergrove.warehouse.types import Generation, Snapshot

DAY = timedelta(hours=24)


class Warehouse:
    """The facts and published results of one workspace: immutable files, and the ledger's rows that name them."""

    def __init__(self, folder: Path, ledger: Ledger, clock: Clock) -> None:
        self._folder = folder
        self._ledger = ledger
        self._clock = clock

    def newest(self, kind: str | None = None) -> Snapshot | None:
        """What readers see now; with ``kind``, the newest of that kind. None before the first publishing."""
        with self._ledger.reading() as connection:
            return newest_snapshot(connection, kind)

    def at(self, snapshot_id: int) -> Snapshot | None:
        """A snapshot by its id; None when there is none (any more)."""
        with self._ledger.reading() as connection:
            return snapshot_at(connection, snapshot_id)

    def snapshots(self, kind: str | None = None) -> list[Snapshot]:
        """All snapshots that are kept, the oldest first."""
        with self._ledger.reading() as connection:
            return kept_snapshots(connection, kind)

    def write(
        self,
        engine: Engine,
        table: str,
        query: str,
        *,
        keep: Generation | None = None,
        anew: bool = False,
        order_by: str | Sequence[str] = "customer_id",
        facts: Mapping[str, Any] | None = None,
        schema_version: int = 1,
    ) -> Draft:
        """
        Write a table to the disk, durably; nobody sees it before it is published.

        Args:
            engine: Runs the query.
            table: Name of the table, which is also the name of its folder.
            query: What to write, without parameters.
            keep: A generation to go on from: its files are shared, not written again.
            anew: The query tells the rows of ``keep`` as well, so that many files become one.
            order_by: Column or columns to sort by; the first one's least and greatest value are noted.
            facts: Noted in the ledger and in the file.
            schema_version: Of the table's columns.

        Raises:
            NotWritable: The disk refused.
        """
        columns = (order_by,) if isinstance(order_by, str) else tuple(order_by)
        noted = {"table": table, "schema_version": schema_version, **(facts or {})}
        name = f"{table}/{new_name(self._clock.now())}"
        file = write_file(engine, query, self._folder, name, columns, noted)
        kept = keep.files if keep and not anew else ()
        if kept and not file.rows:
            (self._folder / name).unlink()
            return Draft(table, kept, schema_version, facts or {}, keep)
        return Draft(table, (*kept, file), schema_version, facts or {}, keep)

    def publish(
        self,
        connection: Connection,
        drafts: Sequence[Draft],
        *,
        kind: str,
        as_of: date | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> Snapshot:
        """
        Make drafts the newest state of their tables, together; all other tables are carried over.

        Args:
            connection: Of the caller's ``writing`` block: readers see everything when it ends, or nothing.
            drafts: Written before.
            kind: "facts" or "run".
            as_of: The day a run counts up to.
            details: Noted with the snapshot.

        Raises:
            Overtaken: A draft goes on from a generation that is no longer the newest.
            FileGone: A draft's file is not there any more.
        """
        if connection.dialect.name == "postgresql":  # SQLite has one writer anyway
            connection.execute(text("lock table snapshot in share row exclusive mode"))
        before = newest_snapshot(connection)
        tables = dict(before.tables) if before else {}
        now = self._clock.now()
        for draft in drafts:
            self._check(draft, tables.get(draft.table))
            tables[draft.table] = add_generation(connection, draft, now)
        return add_snapshot(connection, tables, kind=kind, as_of=as_of, details=details or {}, now=now)

    def _check(self, draft: Draft, current: Generation | None) -> None:
        if draft.keeps is not None and (current is None or current.id != draft.keeps.id):
            raise Overtaken(table=draft.table)
        for file in draft.files:
            if not (self._folder / file.path).exists():
                raise FileGone(path=str(self._folder / file.path))

    def show(self, engine: Engine, seen: Snapshot, table: str, name: str | None = None) -> bool:
        """
        Name a snapshot's table in an engine; False when the snapshot has no such table.

        Raises:
            FileGone: One of its files is missing.
        """
        if table not in seen.tables:
            return False
        show_files(engine, self._folder, seen.tables[table], name or table)
        return True

    def paths(self, seen: Snapshot, table: str) -> tuple[Path, ...]:
        """Where the files of a snapshot's table lie; none where it has no such table."""
        made = seen.tables.get(table)
        return () if made is None else tuple(self._folder / file.path for file in made.files)

    def verify(self, seen: Snapshot, *, deep: bool = False) -> list[Sentence]:
        """What is wrong with the files of a snapshot: missing, or other bytes; ``deep`` reads every byte."""
        tables = (seen.tables[name] for name in sorted(seen.tables))
        return [problem for made in tables for problem in problems_of(self._folder, made, deep=deep)]

    def retire(self, connection: Connection, snapshot_ids: Collection[int]) -> None:
        """Let go of snapshots, though never of the newest; readers who have one keep it until the sweep."""
        newest = newest_snapshot(connection)
        listed = [key for key in snapshot_ids if newest is None or key != newest.id]
        change = update(snapshot).where(snapshot.c.id.in_(listed), snapshot.c.retired_at.is_(None))
        connection.execute(change.values(retired_at=self._clock.now()))

    def retire_older(self, connection: Connection, keep: timedelta) -> int:
        """
        Let go of everything that was published before the runs of a while.

        The last run before them stays: it is the night before the first of them, from which that one started.

        Args:
            connection: Of a ``writing`` block.
            keep: Counted back from the day of the newest run.

        Returns:
            How many snapshots.
        """
        column = snapshot.c
        runs = (column.kind == "run") & column.retired_at.is_(None)
        newest = connection.execute(select(func.max(column.as_of)).where(runs)).scalar()
        if newest is None:
            return 0
        first = select(func.max(column.id)).where(runs, column.as_of < newest - keep).scalar_subquery()
        older = select(column.id).where(column.id < first, column.retired_at.is_(None))
        listed = connection.execute(older).scalars().all()
        self.retire(connection, listed)
        return len(listed)

    def sweep(self, older_than: timedelta = DAY) -> Swept:
        """
        Delete files that no snapshot names, if they were begun or let go of that long ago.

        Args:
            older_than: Longer than any draft takes to be published, and than any reader keeps a snapshot.
        """
        limit = self._clock.now() - older_than
        with self._ledger.writing() as connection:
            forget(connection, retired_before=limit)
        with (
            self._ledger.reading() as connection
        ):  # reading a year of manifests takes longer than writers wait
            named = named_files(connection)
        files = bytes_ = 0
        for path in sorted(self._folder.glob("*/*")):
            begun = moment_of(path.name)
            if begun is None or begun > limit or f"{path.parent.name}/{path.name}" in named:
                continue
            files, bytes_ = files + 1, bytes_ + path.stat().st_size
            path.unlink(missing_ok=True)
        return Swept(files, bytes_)
