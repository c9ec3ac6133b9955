"""DuckDB in memory: named statements in, numpy columns out. Nothing of DuckDB's own is kept."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from time import perf_counter
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np

from evergrove.core import EvergroveError, _, watching

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray


class StatementFailed(EvergroveError):
    """A statement could not be run: ours to mend."""

    code = "warehouse.statement_failed"
    message = _("The statement {name} failed: {reason}")


@cache
def statement(package: str, name: str) -> str:
    """The text of ``<package>/sql/<name>.sql``: one statement, one paragraph, bound parameters."""
    return files(package).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


def identifier(name: str) -> str:
    """Quote a column or table name that varies; the only way a name may enter a statement."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a text (a path, say) where DuckDB takes no bound value."""
    return "'" + text.replace("'", "''") + "'"


REGISTERED = "registered"
STORE = "warehouse"
"""What whoever watches statements calls it."""


class Engine:
    """One in-memory DuckDB, closed with the ``with`` block that opened it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._made: dict[str, str] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Of all tables, views and registered columns that are there: DuckDB's own catalogue is slow to ask."""
        return tuple(self._made)

    def run(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        """Run one statement with bound values and fetch its rows."""
        return self._execute(sql, values).fetchall()

    def value(self, sql: str, **values: Any) -> Any:
        """The single value of a statement's single row."""
        rows = self._execute(sql, values).fetchall()  # a result left open would block the next registration
        return rows[0][0] if rows else None

    def arrays(self, sql: str, **values: Any) -> dict[str, NDArray[Any]]:
        """
        Run a query and hand back its columns as numpy arrays, without pandas.

        NULL becomes NaN in floating columns; in other columns it stays a masked array.
        """
        columns = self._execute(sql, values).fetchnumpy()
        return {
            name: np.ma.filled(column, np.nan)
            if isinstance(column, np.ma.MaskedArray) and column.dtype.kind == "f"
            else np.asarray(column)
            if not np.ma.is_masked(column)
            else column
            for name, column in columns.items()
        }

    def arrow(self, sql: str, **values: Any) -> Any:
        """Run a query and hand back an Arrow table."""
        begun = perf_counter()
        try:  # a relation hands its rows over; a cursor's result would be copied
            return self._connection.sql(sql, params=values or None).to_arrow_table()
        except duckdb.Error as error:
            raise StatementFailed(name=" ".join(sql.split()[:8]), reason=str(error)) from error
        finally:
            watching.ran(STORE, sql, perf_counter() - begun)

    def create(self, table: str, sql: str, **values: Any) -> None:
        """Materialise a query as a table, in place of an older one of that name."""
        self._execute(f"create or replace table {identifier(table)} as {sql}", values, name=table)
        self._made[table] = "table"

    def derive(self, table: str, sql: str, *sources: str, **values: Any) -> None:
        """As ``create``, of a query that gives rows only where one of some tables, its sources, holds any."""
        del sources  # an engine that is used again and again passes over what has nothing to say
        self.create(table, sql, **values)

    def view(self, name: str, sql: str) -> None:
        """Name a query."""
        self._execute(f"create or replace view {identifier(name)} as {sql}", {}, name=name)
        self._made[name] = "view"

    def register(self, name: str, columns: Mapping[str, NDArray[Any]] | Any) -> None:
        """Show numpy columns (NaN reads as NULL) or an Arrow table to SQL under a name, without a copy."""
        self._connection.register(name, columns)
        self._made[name] = REGISTERED

    def unregister(self, name: str) -> None:
        """Take a registered name away again."""
        self._connection.unregister(name)
        self._made.pop(name, None)

    def drop(self, *names: str) -> None:
        """Free tables, views and registered columns; names that are not there are passed over."""
        for name in names:
            kind = self._made.pop(name, None)
            if kind == REGISTERED:
                self._connection.unregister(name)
            elif kind is not None:
                self._execute(f"drop {kind} {identifier(name)}", {})

    def copy_to(self, sql: str, path: Path, options: str) -> None:
        """Write a query to a file; ``options`` as in DuckDB's COPY, such as ``format parquet``."""
        self._execute(f"copy ({sql}) to {literal(str(path))} ({options})", {})

    @contextmanager
    def beside(self, kind: type[Engine] | None = None) -> Iterator[Engine]:
        """
        A second connection to the same DuckDB, for another thread; what is registered here is not seen there.

        Args:
            kind: Of engine; None: a plain one.
        """
        cursor = self._connection.cursor()
        try:
            yield (kind or Engine)(cursor)
        finally:
            cursor.close()

    def _execute(self, sql: str, values: dict[str, Any], name: str = "") -> duckdb.DuckDBPyConnection:
        begun = perf_counter()
        try:
            return self._connection.execute(sql, values or None)
        except duckdb.Error as error:
            label = name or " ".join(sql.split()[:8])
            raise StatementFailed(name=label, reason=str(error)) from error
        finally:
            watching.ran(STORE, sql, perf_counter() - begun)
