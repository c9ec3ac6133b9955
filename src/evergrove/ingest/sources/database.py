"""Rows of a database by a query: streamed into a private Parquet file, which is then read like any other file."""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from evergrove.ingest.sources.database_errors import (
    BadDatabaseUrl,
    DatabaseUnreachable,
    NoDatabaseDriver,
    NotAQuery,
    QueryBrokeOff,
    QueryRefused,
)
from evergrove.ingest.sources.headers import distinct_names
from evergrove.ingest.sources.query_types import SeenColumn, as_array
from evergrove.ledger.store import shown_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import URL, Engine

PASSWORD_VARIABLE = "EVERGROVE_DATABASE_PASSWORD"  # noqa: S105 -- the name of the variable
BATCH_ROWS = 20_000
_COMMENT = re.compile(r"\A(?:\s|--[^\n]*\n|/\*.*?\*/)*", re.DOTALL)
_DRIVERS = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql", "mariadb": "mariadb+pymysql"}
"""Where the URL names no driver: those that install without a compiler."""
_PACKAGES = {
    "postgresql": "psycopg[binary]",
    "mysql": "pymysql",
    "mariadb": "pymysql",
    "mssql": "pyodbc",
    "oracle": "oracledb",
}
_LONGEST_REASON = 300


@dataclass(frozen=True)
class Fetched:
    """
    The answer to a query.

    Attributes:
        file: Holds it, as Parquet; its name says host, database and the query's digest, and no secret.
        rows: How many.
    """

    file: Path
    rows: int


def database_url(text: str) -> URL:
    """
    The URL of a database, with the password of the environment where it names none.

    Raises:
        BadDatabaseUrl: It is none; only its first word is repeated, as nobody knows where the password stands.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        shown = f"{text.partition(':')[0]}:…"
        raise BadDatabaseUrl(url=shown, variable=PASSWORD_VARIABLE) from error
    url = url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))
    password = os.environ.get(PASSWORD_VARIABLE, "")
    return url.set(password=password) if password and not url.password and url.host else url


def label_of(url: URL, query: str) -> str:
    """How the answer to a query is called: the database, and a digest that tells one query from another."""
    digest = hashlib.sha256(" ".join(query.split()).encode()).hexdigest()[:12]
    names = [url.host or url.get_backend_name(), Path(url.database or "").stem]
    where = "-".join(re.sub(r"[^\w.]+", "_", name) for name in names if name)
    return f"{where}-{digest}.parquet"


def fetch(text: str, query: str, folder: Path) -> Fetched:
    """
    Ask a database and keep the answer as a Parquet file, each column in one type.

    Rows are streamed: memory holds some thousands of them. The transaction reads only, where the database can be
    told so. When anything goes wrong, no file is left.

    Args:
        text: URL of the database; the password stands in it or in the environment.
        query: One statement that reads.
        folder: Empty and private; the file goes there.

    Raises:
        InputError: The subclass says what is wrong and the way out.
    """
    _check_query(query)
    url = database_url(text)
    engine = _engine_of(url)
    try:
        parts = _Parts(folder)
        _stream(engine, url, query, parts)
        return Fetched(parts.joined(label_of(url, query)), parts.rows)
    finally:
        engine.dispose()


def _check_query(query: str) -> None:
    first = query[_COMMENT.match(query).end() :].split(None, 1)[:1]  # type: ignore[union-attr]  # matches anything
    word = first[0].lower().rstrip("(;") if first else ""
    if word not in ("select", "with", "values", "table", "(select", ""):
        raise NotAQuery(first=first[0][:40])
    if not first or ";" in query.rstrip().rstrip(";"):
        raise NotAQuery(first=first[0][:40] if first else "…")


def _engine_of(url: URL) -> Engine:
    backend = url.get_backend_name()
    if backend == "sqlite" and not (url.database and Path(url.database).is_file()):
        raise DatabaseUnreachable(
            where=url.database or "sqlite", reason="No such file", variable=PASSWORD_VARIABLE
        )
    try:
        engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    except (NoSuchModuleError, ModuleNotFoundError, ImportError) as error:
        package = _PACKAGES.get(backend, f"{backend}+DRIVER")
        raise NoDatabaseDriver(backend=backend, package=package) from error
    except (SQLAlchemyError, ValueError, TypeError) as error:
        raise BadDatabaseUrl(url=shown_url(url), variable=PASSWORD_VARIABLE) from error
    if backend == "sqlite":
        event.listen(engine, "connect", _read_only)
    return engine


def _read_only(raw: Any, _record: object) -> None:
    raw.execute("pragma query_only = on")


def _stream(engine: Engine, url: URL, query: str, parts: _Parts) -> None:
    where = shown_url(url)
    options: dict[str, Any] = {"stream_results": True, "max_row_buffer": BATCH_ROWS, "no_parameters": True}
    if url.get_backend_name() == "postgresql":
        options["postgresql_readonly"] = True
    try:
        connection = engine.connect().execution_options(**options)
    except Exception as error:  # drivers raise what they like
        reason = _reason(error, url)
        raise DatabaseUnreachable(where=where, reason=reason, variable=PASSWORD_VARIABLE) from error
    with _closing(connection):
        try:
            result = connection.exec_driver_sql(query)
            names = distinct_names(list(result.keys()))
        except Exception as error:
            raise QueryRefused(where=where, reason=_reason(error, url)) from error
        parts.name(names)
        try:
            for rows in result.partitions(BATCH_ROWS):
                parts.add(rows)
        except SQLAlchemyError as error:
            raise QueryBrokeOff(where=where, rows=parts.rows, reason=_reason(error, url)) from error


@contextmanager
def _closing(connection: Any) -> Iterator[None]:
    try:
        yield
    finally:
        with suppress(Exception):  # a connection that broke cannot be closed either
            connection.close()


def _reason(error: Exception, url: URL) -> str:
    """The first line of what the driver says, without the password."""
    said = str(getattr(error, "orig", None) or error).strip() or type(error).__name__
    reason = said.splitlines()[0].rstrip(". ")[:_LONGEST_REASON]
    return reason.replace(str(url.password), "***") if url.password else reason


class _Parts:
    """Batches as files of their own types, until the types of all are known."""

    def __init__(self, folder: Path) -> None:
        self.rows = 0
        self._folder = folder
        self._names: tuple[str, ...] = ()
        self._columns: list[SeenColumn] = []
        self._files: list[Path] = []

    def name(self, names: Sequence[str]) -> None:
        """Name the columns."""
        self._names = tuple(names)
        self._columns = [SeenColumn() for _name in names]

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        """Keep a batch."""
        import pyarrow as pa  # noqa: PLC0415 -- only this way of reading needs it
        from pyarrow import parquet  # noqa: PLC0415 -- same

        arrays = []
        for seen, values in zip(self._columns, zip(*rows, strict=True), strict=True):
            seen.take(values)
            batch = SeenColumn()
            batch.take(values)
            arrays.append(as_array(values, batch))
        path = self._folder / f"{len(self._files):06}.batch"
        parquet.write_table(pa.Table.from_arrays(arrays, names=self._names), path)
        self._files.append(path)
        self.rows += len(rows)

    def joined(self, name: str) -> Path:
        """All batches as one file, in the types that hold all values."""
        import pyarrow as pa  # noqa: PLC0415 -- as above
        from pyarrow import parquet  # noqa: PLC0415 -- as above

        path = self._folder / name
        types = [(column, seen.arrow) for column, seen in zip(self._names, self._columns, strict=True)]
        schema = pa.schema(types)
        with parquet.ParquetWriter(path, schema) as writer:
            for part in self._files:
                told = parquet.read_table(part)
                arrays = [
                    array if array.type == seen.arrow else as_array(array.to_pylist(), seen)
                    for array, seen in zip(told.columns, self._columns, strict=True)
                ]
                writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
                part.unlink()
        return path
