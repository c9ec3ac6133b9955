"""Where a ledger is, and the manners of each database when it is opened."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, inspect, make_url
from sqlalchemy.exc import ArgumentError, OperationalError, ProgrammingError
from sqlalchemy.pool import QueuePool

from evergrove.core import Term, _, reason_of, watching
from evergrove.ledger.errors import (
    LedgerExists,
    LedgerMissing,
    LedgerUnreachable,
    NoPostgresDriver,
    NotALedger,
    UnknownLedgerUrl,
)
from evergrove.ledger.schema import check_schema
from evergrove.ledger.store import BUSY_TIMEOUT_S, WRITES, Ledger, cause, shown_url

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

APPLICATION_ID = 0x45564752
"""``EVGR`` in the header of a SQLite file: what ``file`` shows and what tells our files from others."""
MAGIC = b"SQLite format 3\x00"
HEAD_BYTES = 72  # the last four are the application's mark: sqlite.org/fileformat.html, 1.3
NO_MARK = Term(_("its head does not say EVGR"))
CONNECTIONS = 8
_NEARLY_A_URL = re.compile(r"(postgres\w*|sqlite\w*|mysql\w*)(\+\w+)?:")
"""Without its strokes it would be taken for a path, and a file be named after a password."""


def open_ledger(
    where: str | Path, *, create: bool = False, any_schema: bool = False, checkpoints: bool = False
) -> Ledger:
    """
    Open a ledger by the path of its SQLite file or by the URL of a PostgreSQL database.

    Args:
        where: A path, ``sqlite:///path``, or ``postgresql://user@host/database``.
        create: Make a new one, without tables yet; one that was left without tables is taken over. A
            PostgreSQL database must have been created, empty.
        any_schema: Open it whatever its schema is: for the upgrade, which changes that.
        checkpoints: Let this process move SQLite's log into the file now and then. One process at a time
            may, the holder of the workspace's lock: before 3.51.3 SQLite can lose a commit when two do it
            at once. PostgreSQL needs no such care.

    Raises:
        LedgerOutdated: An older version wrote it; ``evergrove upgrade`` helps.
        LedgerTooNew: A newer version wrote it.
        LedgerMissing: There is none, and ``create`` was not asked for.
        LedgerExists: ``create`` was asked for where there is one.
        NotALedger: The file is something else, or damaged at its head.
        LedgerUnreachable: The server does not answer, or the file cannot be opened.
        NoPostgresDriver: psycopg is not installed.
        UnknownLedgerUrl: Neither SQLite nor PostgreSQL.
    """
    opened = _opened(str(where), create=create, checkpoints=checkpoints)
    if watching.is_watched():
        opened.watch_statements()
    try:
        _check_tables(opened, create=create)
        if not (create or any_schema):
            check_schema(opened)
    except Exception:
        opened.close()
        raise
    return opened


def _opened(text: str, *, create: bool, checkpoints: bool) -> Ledger:
    if "://" not in text and not _NEARLY_A_URL.match(text):
        return _open_file(Path(text), create=create, checkpoints=checkpoints)
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:  # where it fails, nobody knows which part is the password
        raise UnknownLedgerUrl(url=f"{text.partition(':')[0]}:…") from error
    backend = url.get_backend_name()
    if backend == "sqlite" and url.database:
        return _open_file(Path(url.database), create=create, checkpoints=checkpoints)
    if backend != "postgresql":
        raise UnknownLedgerUrl(url=shown_url(url))
    return _open_server(url)


def _open_server(url: URL) -> Ledger:
    if find_spec("psycopg") is None:
        raise NoPostgresDriver
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=CONNECTIONS,
        pool_pre_ping=True,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _greet_server)
    try:
        engine.connect().close()
    except (OperationalError, ProgrammingError) as error:  # the latter for options that there are not
        engine.dispose()
        raise LedgerUnreachable(where=shown_url(url), reason=cause(error)) from error
    return Ledger(engine, url.render_as_string(hide_password=False))


def _greet_server(raw: Any, _record: object) -> None:
    """Wait as long for another's locks as in SQLite."""
    raw.execute(f"set lock_timeout = '{BUSY_TIMEOUT_S}s'")
    raw.commit()


def _open_file(path: Path, *, create: bool, checkpoints: bool) -> Ledger:
    if create:
        _make_file(path)
    elif not path.exists():
        raise LedgerMissing(where=str(path))
    _check_head(path)
    engine = create_engine(
        "sqlite://",
        creator=partial(_connect, path, checkpoints=checkpoints),
        poolclass=QueuePool,
        pool_size=CONNECTIONS,
        hide_parameters=True,  # an error that nobody foresaw is printed, and values are personal
    )
    event.listen(engine, "begin", _begin)
    return Ledger(engine, str(path))


def _make_file(path: Path) -> None:
    """Write the head of a new file; an empty one is what a kill in here leaves behind."""
    if path.exists() and path.stat().st_size > 0:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # SQLite gives its log the same rights
        path.chmod(0o600)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute(f"pragma application_id = {APPLICATION_ID}")
    except OSError as error:
        raise LedgerUnreachable(where=str(path), reason=reason_of(error)) from error
    except sqlite3.OperationalError as error:
        raise LedgerUnreachable(where=str(path), reason=str(error)) from error


def _check_head(path: Path) -> None:
    """Look at the first bytes before SQLite does: opening a file as a ledger already changes it."""
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
    except OSError as error:
        raise LedgerUnreachable(where=str(path), reason=reason_of(error)) from error
    if not head.startswith(MAGIC) or head[-4:] != APPLICATION_ID.to_bytes(4, "big"):
        raise NotALedger(where=str(path), reason=NO_MARK)


def _connect(path: Path, *, checkpoints: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",  # rw: a file that has gone is not made anew
        uri=True,
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,  # transactions begin where `_begin` says, not where sqlite3 guesses
        check_same_thread=False,  # the pool gives a connection to one thread at a time
    )
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    connection.execute("pragma foreign_keys = on")
    connection.execute("pragma secure_delete = on")
    if not checkpoints:
        connection.execute("pragma wal_autocheckpoint = 0")
    return connection


def _begin(connection: Connection) -> None:
    """Writers queue at their beginning: a reader that becomes a writer could only fail."""
    writes = bool(connection.get_execution_options().get(WRITES))
    connection.exec_driver_sql(f"pragma query_only = {'off' if writes else 'on'}")
    connection.exec_driver_sql("begin immediate" if writes else "begin")


def _check_tables(ledger: Ledger, *, create: bool) -> None:
    with ledger.reading() as connection:
        has_tables = bool(inspect(connection).get_table_names())
    if create and has_tables:
        raise LedgerExists(where=ledger.shown)
    if not create and not has_tables:
        raise LedgerMissing(where=ledger.shown)
