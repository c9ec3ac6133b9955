"""The ledger's rows of generations and snapshots, read and written inside the caller's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select

from evergrove.warehouse.errors import UnknownManifest
from evergrove.warehouse.generations import generation_from, manifest_of
from evergrove.warehouse.tables import generation, snapshot
from evergrove.warehouse.types import Generation, Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection, Row, Table

    from evergrove.warehouse.types import Draft

SNAPSHOT = "evergrove.snapshot/1"


def add_generation(connection: Connection, draft: Draft, now: datetime) -> Generation:
    """Record what a draft holds."""
    rows = sum(file.rows for file in draft.files)
    values = {"table_name": draft.table, "manifest": manifest_of(draft), "rows": rows, "created_at": now}
    number = _insert(connection, generation, values)
    return Generation(number, draft.table, draft.files, draft.schema_version, draft.facts)


def add_snapshot(
    connection: Connection,
    tables: Mapping[str, Generation],
    *,
    kind: str,
    as_of: date | None,
    details: Mapping[str, Any],
    now: datetime,
) -> Snapshot:
    """Record which generations belong together."""
    numbers = {"format": SNAPSHOT, "tables": {name: made.id for name, made in tables.items()}}
    noted = {"format": SNAPSHOT, **details}
    values = {"kind": kind, "as_of": as_of, "tables": numbers, "details": noted, "recorded_at": now}
    return Snapshot(_insert(connection, snapshot, values), kind, as_of, tables, dict(details), now)


def _insert(connection: Connection, table: Table, values: Mapping[str, Any]) -> int:
    key: Any = connection.execute(insert(table).values(**values)).inserted_primary_key
    return int(key[0])


def snapshot_at(connection: Connection, snapshot_id: int) -> Snapshot | None:
    """A snapshot by its id."""
    row = connection.execute(_live().where(snapshot.c.id == snapshot_id)).one_or_none()
    return None if row is None else _snapshots(connection, [row])[0]


def kept_snapshots(connection: Connection, kind: str | None = None) -> list[Snapshot]:
    """All that were not let go of, the oldest first."""
    return _snapshots(connection, connection.execute(_live(kind).order_by(snapshot.c.id)).all())


def newest_snapshot(connection: Connection, kind: str | None = None) -> Snapshot | None:
    """The newest snapshot that a transaction sees."""
    row = connection.execute(_live(kind).order_by(snapshot.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else _snapshots(connection, [row])[0]


def _live(kind: str | None = None) -> Any:
    found = select(snapshot).where(snapshot.c.retired_at.is_(None))
    return found if kind is None else found.where(snapshot.c.kind == kind)


def _snapshots(connection: Connection, rows: Sequence[Row[Any]]) -> list[Snapshot]:
    numbers = {number for row in rows for number in _numbers(row).values()}
    made = {
        row.id: generation_from(row.id, row.table_name, row.manifest)
        for part in _parts(sorted(numbers))
        for row in connection.execute(select(generation).where(generation.c.id.in_(part)))
    }
    return [
        Snapshot(
            row.id,
            row.kind,
            row.as_of,
            {name: made[number] for name, number in _numbers(row).items()},
            {name: value for name, value in row.details.items() if name != "format"},
            row.recorded_at,
        )
        for row in rows
    ]


def _numbers(row: Row[Any]) -> dict[str, int]:
    found = row.tables.get("format")
    if found != SNAPSHOT:
        raise UnknownManifest(found=str(found), known=SNAPSHOT)
    numbers: dict[str, int] = row.tables["tables"]
    return numbers


def _parts(numbers: Sequence[int], most: int = 500) -> list[Sequence[int]]:
    return [numbers[start : start + most] for start in range(0, len(numbers), most)]


def forget(connection: Connection, retired_before: datetime) -> None:
    """Delete the rows of snapshots let go of long ago, and of generations that no snapshot names."""
    connection.execute(delete(snapshot).where(snapshot.c.retired_at < retired_before))
    rows = connection.execute(select(snapshot.c.tables)).all()
    used = {number for row in rows for number in _numbers(row).values()}
    unused = set(connection.execute(select(generation.c.id)).scalars()) - used
    for part in _parts(sorted(unused)):
        connection.execute(delete(generation).where(generation.c.id.in_(part)))


def named_files(connection: Connection) -> set[str]:
    """The paths of all files that a generation names."""
    rows = connection.execute(select(generation))
    return {file.path for row in rows for file in generation_from(row.id, row.table_name, row.manifest).files}
