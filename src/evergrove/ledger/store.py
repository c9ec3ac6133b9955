"""One ledger: consistent reading, short writing, and errors that say the way out."""

from __future__ import annotations

import os
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from sqlalchemy import event, func, make_url, select
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from evergrove.core import watching
from evergrove.core.failpoints import failpoint
from evergrove.ledger.errors import LedgerBusy, LedgerFailed
from evergrove.ledger.types import EPOCH, MICROSECOND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sqlalchemy import URL, Connection, Engine

BUSY_TIMEOUT_S = 10
WRITES = "evergrove_writes"
"""Execution option by which a transaction says at its beginning that it will write."""

_open: WeakSet[Ledger] = WeakSet()


class Ledger:
    """
    What is small, concurrent and must never be lost; in SQLite or in PostgreSQL.

    ``where`` opens the same ledger again, in another process say; it holds the password, if there is one, and
    ``shown`` does not. One object may serve many threads; it may
    also be carried through a fork, outside of its ``with`` blocks.
    """

    def __init__(self, engine: Engine, where: str, prove: Callable[[Connection], None] | None = None) -> None:
        self.where = where
        self._engine = engine
        self._prove = prove
        _open.add(self)

    @property
    def shown(self) -> str:
        """Where it is, fit for a message."""
        return self.where if "://" not in self.where else shown_url(make_url(self.where))

    def fenced(self, prove: Callable[[Connection], None]) -> Ledger:
        """
        The same ledger for one who may lose the right to write: each writing transaction begins with a proof.

        Args:
            prove: Raises where the right is lost; what it locks stays locked until the commit.
        """
        return Ledger(self._engine, self.where, prove)

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._engine.dialect.name

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view for the whole block, whatever others commit meanwhile; it cannot write."""
        with self._explained(), self._engine.connect() as connection:
            if self.dialect == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """
        One transaction: committed when the block ends, rolled back when it raises.

        In SQLite there is one writer at a time (BEGIN IMMEDIATE): keep blocks short, 50 ms or so.

        Raises:
            LedgerBusy: Another process wrote for longer than the busy timeout. Nothing was changed.
            LedgerFailed: The database could not do it: full disk, lost connection. Nothing was kept.
        """
        with self._explained(), self._engine.connect() as connection:
            connection.execution_options(**{WRITES: True})
            with connection.begin():
                if self._prove is not None:
                    self._prove(connection)
                yield connection
                failpoint("ledger.commit")
        failpoint("ledger.committed")

    @contextmanager
    def rebuilding(self) -> Iterator[Connection]:
        """
        Like ``writing``, for changing the tables themselves; all changes or none are kept.

        SQLite changes most things by copying a table and dropping the old one. References between tables do
        not count meanwhile, or the drop would delete what refers to it; they are checked before the commit.
        """
        with self._explained(), self._engine.connect() as connection:
            connection.execution_options(**{WRITES: True})
            sqlite: Any = None if self.dialect == "postgresql" else connection.connection.driver_connection
            if sqlite:  # only heeded outside of a transaction
                sqlite.execute("pragma foreign_keys = off")
            try:
                with connection.begin():
                    if self._prove is not None:
                        self._prove(connection)
                    yield connection
                    if sqlite and (broken := sqlite.execute("pragma foreign_key_check").fetchall()):
                        raise LedgerFailed(where=self.shown, reason=f"broken references: {broken[:3]}")
                    failpoint("ledger.commit")
            finally:
                if sqlite:
                    sqlite.execute("pragma foreign_keys = on")
        failpoint("ledger.committed")

    def fold_log(self) -> None:
        """
        Move SQLite's log into the file and empty it, so that nothing deleted is left in it.

        Only for the holder of the workspace's lock. While others read, what they still need stays in the log,
        until the last of them closes the ledger.
        """
        if self.dialect == "postgresql":
            return
        with self._explained(), self._engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            raw.execute("pragma query_only = off")
            raw.execute("pragma wal_checkpoint(truncate)").fetchall()

    def move_log(self) -> None:
        """
        Move what nobody reads any more from SQLite's log into the file, so that the log begins anew and does not grow.

        Only for the holder of the workspace's lock, each minute where a process serves: there the ledger is never
        closed, which is when SQLite does it by itself. Nobody waits for it, and it waits for nobody.
        """
        if self.dialect == "postgresql":
            return
        with self._explained(), self._engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            raw.execute("pragma query_only = off")
            raw.execute("pragma wal_checkpoint(passive)").fetchall()

    def watch_statements(self) -> None:
        """Tell whoever watches of each statement from now on; a ledger that nobody watches pays nothing."""
        event.listen(self._engine, "before_cursor_execute", _begin_watch)
        event.listen(self._engine, "after_cursor_execute", _end_watch)

    def close(self) -> None:
        """Give every connection back; the ledger can be used again afterwards."""
        self._engine.dispose()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except DatabaseError as error:
            if type(error) not in {OperationalError, DatabaseError}:
                raise  # ours to mend: a constraint, a wrong statement
            if "locked" in str(error.orig) or "lock timeout" in str(error.orig):
                watching.counted("ledger.busy")
                raise LedgerBusy(where=self.shown, seconds=BUSY_TIMEOUT_S) from error
            raise LedgerFailed(where=self.shown, reason=cause(error)) from error
        except InterfaceError as error:
            raise LedgerFailed(where=self.shown, reason=cause(error)) from error
        except NoConnectionFree as error:  # more threads ask than there are connections
            watching.counted("ledger.busy")
            raise LedgerBusy(where=self.shown, seconds=BUSY_TIMEOUT_S) from error


def _begin_watch(
    _connection: object, _cursor: object, _sql: str, _values: object, context: Any, _many: object
) -> None:
    context.evergrove_begun = perf_counter()


def _end_watch(
    _connection: object, _cursor: object, sql: str, _values: object, context: Any, _many: object
) -> None:
    watching.ran("ledger", sql, perf_counter() - context.evergrove_begun)


def shown_url(url: URL) -> str:
    """A URL fit for a message: the password is hidden, in whichever of its places it stands."""
    kept = {name: value for name, value in url.query.items() if "pass" not in name.lower()}
    return url.set(query=kept).render_as_string()


def cause(error: DBAPIError) -> str:
    """What the database itself said, on one line and without its final stop."""
    return " ".join(str(error.orig).split()).rstrip(".")


_MOMENT = select(func.clock_timestamp())
_DAYS = select(func.julianday("now") - 2440587.5)  # since 1970


def database_now(connection: Connection) -> datetime:
    """
    The moment by the database's own clock: the one clock that all workers share, for leases.

    Resolution: a millisecond in SQLite, a microsecond in PostgreSQL.
    """
    if connection.dialect.name == "postgresql":
        found: datetime = connection.execute(_MOMENT).scalar_one()
        return found.astimezone(EPOCH.tzinfo)
    days: Any = connection.execute(_DAYS).scalar_one()
    milliseconds = round(float(days) * 86_400_000)
    return EPOCH + milliseconds * 1000 * MICROSECOND


def _close_idle() -> None:
    """
    Close what the pools hold, before a fork.

    A child that inherits an open SQLite file believes that it holds locks which the parent holds, and the
    two then destroy the log (sqlite.org/howtocorrupt.html, 2.6).
    """
    for ledger in list(_open):
        ledger.close()


if hasattr(os, "register_at_fork"):  # Windows cannot fork
    os.register_at_fork(before=_close_idle)
