"""
The ledger as one SQLite file, whichever database it is kept in; and back.

SQLite copies itself by its online backup, which is one moment of it whatever others write meanwhile. PostgreSQL is read
in one REPEATABLE READ transaction, row by row, into a SQLite file that has taken the same migration steps: such a copy
needs no ``pg_dump`` of the right version, can be looked into anywhere, and goes back into either database.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData, delete, func, insert, select, text

from evergrove.backup.errors import NotWrittenBackup
from evergrove.ledger import open_ledger, schema_of
from evergrove.ledger.migration import climb
from evergrove.warehouse.tables import generation, snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection, Table

    from evergrove.ledger import Ledger

CHUNK = 2_000
COUNTED = "id"
"""Name of the columns that count up by themselves."""


def copy_ledger(ledger: Ledger, path: Path) -> None:
    """
    Copy a ledger as it is at one moment into a new SQLite file; nobody has to wait, and nothing is left open.

    Snapshots that were let go of are left out: nobody finds them any more, and their files may go at any time.
    """
    if ledger.dialect == "sqlite":
        _copy_file(ledger, path)
    else:
        _copy_server(ledger, path)
    with opened_copy(path) as copied, copied.writing() as connection:
        _forget_retired(connection)
    path.chmod(0o600)


def _copy_file(ledger: Ledger, path: Path) -> None:
    try:
        with ledger.reading() as connection, closing(sqlite3.connect(path)) as copy:
            raw: Any = connection.connection.driver_connection
            raw.backup(copy)
    except sqlite3.Error as error:
        raise NotWrittenBackup(to=str(path), reason=str(error)) from error


@contextmanager
def opened_copy(path: Path) -> Iterator[Ledger]:
    """A ledger's copy, of whichever schema; one file with nothing beside it when the block ends."""
    copied = open_ledger(path, any_schema=True)
    try:
        yield copied
        copied.fold_log()
    finally:
        copied.close()
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as raw:
            raw.execute("pragma journal_mode = delete").fetchall()
    except sqlite3.Error as error:
        raise NotWrittenBackup(to=str(path), reason=str(error)) from error


def _forget_retired(connection: Connection) -> None:
    """By name and id alone, so that ledgers of older versions can be copied as well."""
    connection.execute(delete(snapshot).where(snapshot.c.retired_at.is_not(None)))
    documents = connection.execute(select(snapshot.c.tables)).scalars()
    used = {int(number) for document in documents for number in document.get("tables", {}).values()}
    for number in set(connection.execute(select(generation.c.id)).scalars()) - used:
        connection.execute(delete(generation).where(generation.c.id == number))


def _copy_server(ledger: Ledger, path: Path) -> None:
    copy = open_ledger(path, create=True)
    try:
        with ledger.reading() as source:
            found = schema_of(source)
            with copy.rebuilding() as target:
                climb(target, to=found)
                copy_rows(source, target)
                for table, last in _last_numbers(source).items():
                    target.execute(text("delete from sqlite_sequence where name = :name"), {"name": table})
                    target.execute(
                        text("insert into sqlite_sequence (name, seq) values (:name, :last)"),
                        {"name": table, "last": last},
                    )
    finally:
        copy.close()


def fill_server(ledger: Ledger, path: Path) -> None:
    """
    Put the ledger of a SQLite file into an empty PostgreSQL database: all of it, or nothing.

    Args:
        ledger: Open on the empty database.
        path: The file.
    """
    with opened_copy(path) as copied, copied.reading() as source, ledger.rebuilding() as target:
        climb(target, to=schema_of(source))
        copy_rows(source, target)
        _count_on(source, target)


def copy_rows(source: Connection, target: Connection) -> None:
    """Copy every row of every table; both have the same schema, and the target no rows but Alembic's own."""
    theirs, ours = _tables(source), _tables(target)
    for name, table in ours.items():
        target.execute(delete(table))
        rows = source.execution_options(stream_results=True).execute(select(theirs[name])).mappings()
        for part in rows.partitions(CHUNK):
            target.execute(insert(table), [dict(row) for row in part])


def counts_of(connection: Connection) -> dict[str, int]:
    """How many rows each table has."""
    return {
        name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
        for name, table in sorted(_tables(connection).items())
    }


def _tables(connection: Connection) -> dict[str, Table]:
    """The tables as they are stored: of whichever version, with plain types."""
    found = MetaData()
    found.reflect(connection)
    return {table.name: table for table in found.sorted_tables}


def _last_numbers(source: Connection) -> dict[str, int]:
    """The last number that each counting column of PostgreSQL has given: it is not given again after a restore."""
    found = {}
    for name in _counting(source):
        asked = select(
            func.pg_sequence_last_value(text(f"pg_get_serial_sequence('{name}', '{COUNTED}')::regclass"))
        )
        last = source.execute(asked).scalar()
        if last is not None:
            found[name] = int(last)
    return found


def _count_on(source: Connection, target: Connection) -> None:
    """Let PostgreSQL go on counting where SQLite has stopped."""
    given = dict(tuple(row) for row in source.execute(text("select name, seq from sqlite_sequence")).all())
    for name in _counting(target):
        highest = target.execute(text(f'select max({COUNTED}) from "{name}"')).scalar()
        last = max(int(given.get(name) or 0), int(highest or 0))
        said = {"last": max(last, 1), "called": last > 0}
        sequence = f"pg_get_serial_sequence('{name}', '{COUNTED}')"
        target.execute(text(f"select setval({sequence}, :last, :called)"), said)


def _counting(connection: Connection) -> list[str]:
    """Tables of PostgreSQL whose numbers come from a sequence."""
    ask = text(
        "with named as materialized (select table_name from information_schema.columns"
        " where table_schema = current_schema() and column_name = :counted)"
        " select table_name from named"
        " where pg_get_serial_sequence(quote_ident(table_name), :counted) is not null order by table_name"
    )
    return list(connection.execute(ask, {"counted": COUNTED}).scalars())
