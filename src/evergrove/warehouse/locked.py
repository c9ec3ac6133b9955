"""An engine for conditions that people write: it sees what it is given, no file, no network, and can be stopped."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Timer
from time import perf_counter
from typing import TYPE_CHECKING, Any

import duckdb

from evergrove.core import watching
from evergrove.core.platform import processors
from evergrove.warehouse.engine import STORE, Engine, StatementFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOCKS = (
    "set enable_progress_bar = false",  # a query of some seconds would draw one on a command's own output
    "set enable_external_access = false",
    "set allow_community_extensions = false",
    "set autoload_known_extensions = false",
    "set autoinstall_known_extensions = false",
    "set lock_configuration = true",
)
"""After the last of them none can be taken back."""


class Stopped(Exception):
    """A query ran longer than it may."""


class LockedEngine(Engine):
    """An engine without a way out: what it is to read is registered, or was there before the locks."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, locks: tuple[str, ...] = LOCKS) -> None:
        super().__init__(connection)
        for lock in locks:
            connection.execute(lock)

    @contextmanager
    def beside(self, _kind: type[Engine] | None = None) -> Iterator[LockedEngine]:
        """As ``Engine.beside``, though always locked; locks hold for a whole DuckDB, and this one is stopped by itself."""
        cursor = self._connection.cursor()
        try:
            yield LockedEngine(cursor, ())
        finally:
            cursor.close()

    def arrow_within(self, seconds: float, sql: str, **values: Any) -> Any:
        """
        Run a query and hand back an Arrow table.

        Args:
            seconds: After which it is stopped.
            sql: The query.
            values: Bound to it.

        Raises:
            Stopped: It took longer.
            StatementFailed: It could not be run.
        """
        timer = Timer(seconds, self._connection.interrupt)
        timer.daemon = True
        timer.start()
        begun = perf_counter()
        try:
            return self._connection.sql(sql, params=values or None).to_arrow_table()
        except (duckdb.InterruptException, RuntimeError) as error:
            raise Stopped from error
        except duckdb.Error as error:
            raise StatementFailed(name=" ".join(sql.split()[:8]), reason=str(error)) from error
        finally:
            timer.cancel()
            timer.join()
            watching.ran(STORE, sql, perf_counter() - begun)


@contextmanager
def open_locked_engine(
    *, threads: int = 0, fill: Callable[[Engine], object] | None = None
) -> Iterator[LockedEngine]:
    """
    Open an engine of its own for the length of a ``with`` block: locks hold for the whole of a DuckDB.

    Args:
        threads: 0 takes all processors that this process may use.
        fill: Makes tables of files, before the locks.
    """
    connection = duckdb.connect(":memory:", config={"threads": threads or processors()})
    try:
        if fill is not None:
            fill(Engine(connection))
        yield LockedEngine(connection)
    finally:
        connection.close()
