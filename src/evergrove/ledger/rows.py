"""Writing rows so that doing it again changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Table


def insert_new(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], chunk: int = 500
) -> int:
    """
    Insert the rows whose keys are not there yet; those that are there stay as they are.

    Args:
        connection: Of a ``writing`` block.
        table: Any primary key or unique constraint of it may be met.
        rows: All with the same columns.
        chunk: Rows handed to the driver at once.

    Returns:
        How many were new.
    """
    statement = _insert(connection, table).on_conflict_do_nothing()
    return sum(
        connection.execute(statement, part, execution_options={"preserve_rowcount": True}).rowcount
        for part in _parts(rows, chunk)
    )


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    key: Sequence[str],
    chunk: int = 500,
    *,
    unless: ColumnElement[bool] | None = None,
) -> None:
    """
    Insert rows, or overwrite the given columns of those with the same key; later rows win over earlier.

    Args:
        connection: Of a ``writing`` block.
        table: Has a unique constraint or primary key over ``key``.
        rows: All with the same columns; columns not given keep their values.
        key: Names of the columns that tell the rows apart.
        chunk: Rows handed to the driver at once.
        unless: Of the row that is there: where it holds, that row stays as it is.
    """
    if not rows:
        return
    statement = _insert(connection, table)
    values = {name: statement.excluded[name] for name in rows[0] if name not in key}
    meeting = (
        statement.on_conflict_do_update(
            index_elements=list(key), set_=values, where=None if unless is None else ~unless
        )
        if values
        else statement.on_conflict_do_nothing(index_elements=list(key))
    )
    for part in _parts(rows, chunk):
        connection.execute(meeting, part)


def _insert(connection: Connection, table: Table) -> Any:
    """Both dialects spell it alike and share no class for it."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(table)


def _parts(rows: Sequence[Mapping[str, Any]], chunk: int) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(rows), chunk):
        yield [dict(row) for row in rows[start : start + chunk]]
