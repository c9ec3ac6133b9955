"""Opening an engine; and one DuckDB for many engines, where these are opened one after the other."""

from __future__ import annotations

import os
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from threading import Lock
from typing import TYPE_CHECKING, Any

import duckdb

from evergrove.core.platform import processors
from evergrove.warehouse.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

LEAST_MEMORY_MB = 340
"""What an engine may always take; a million customers' orders fit, and less makes it slower."""


def memory_for(files: Sequence[Path]) -> int:
    """
    How much memory in MB an engine should take for some input files: the least, and twice their size.

    What needs more goes to disk: measured at a million customers, that costs some 5 % in time.
    """
    return LEAST_MEMORY_MB + 2 * sum(path.stat().st_size for path in files if path.exists()) // 1_000_000


@contextmanager
def open_engine(*, memory_mb: int = 0, threads: int = 0, stays: bool = False) -> Iterator[Engine]:
    """
    Open an in-memory engine for the length of a ``with`` block.

    Args:
        memory_mb: Beyond it queries use the system's folder for temporary files. 0: DuckDB's default.
        threads: 0 takes all processors that this process may use; DuckDB by itself counts those of the machine.
        stays: It is open for long, beside others, and for several threads: a DuckDB of its own (see ``beside``).
    """
    limit = f"{memory_mb}MB" if memory_mb else ""
    kept = None if stays else next((each for each in _kept if each.claim()), None)
    if kept is None:
        with _connected(threads or processors(), limit) as connection:
            yield Engine(connection)
        return
    try:
        with kept.part(threads or processors(), limit) as connection:
            yield Engine(connection)
    finally:
        kept.release()


@contextmanager
def keep_engine() -> Iterator[None]:
    """
    Let engines that are opened within the block, one after the other, be parts of one DuckDB.

    To open one of its own takes 16 ms of a processor, a part 1 ms. Each has its tables for itself, and they go with it.
    """
    kept = _Kept()
    _kept.append(kept)
    try:
        yield
    finally:
        _kept.remove(kept)
        kept.end()


class _Kept:
    """A DuckDB that one engine at a time is a part of; it is opened when the first one is."""

    def __init__(self) -> None:
        self._taken = Lock()
        self._is_over = False
        self._open: tuple[duckdb.DuckDBPyConnection, Any] | None = None
        self._nth = 0

    def claim(self) -> bool:
        """Take it; False where an engine is a part of it just now, in this thread or another."""
        return self._taken.acquire(blocking=False)

    def release(self) -> None:
        """Give it back."""
        if self._is_over:
            self.close()
        self._taken.release()

    def end(self) -> None:
        """Close it, now or when the engine that is a part of it is closed."""
        self._is_over = True
        if self.claim():
            self.release()

    def close(self) -> None:
        """Close what is open; only for whoever has claimed it."""
        if self._open is not None:
            _connection, opened = self._open
            self._open = None
            opened.__exit__(None, None, None)

    @contextmanager
    def part(self, threads: int, limit: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection to a database of its own within it."""
        whole = self._whole(threads)
        self._nth += 1
        name = f"part_{self._nth}"
        whole.execute(f"set threads = {threads}")
        whole.execute(f"set memory_limit = '{limit}'" if limit else "reset memory_limit")
        whole.execute(f"attach ':memory:' as {name}")
        connection = whole.cursor()
        try:
            connection.execute(f"use {name}")
            _without_progress_bar(connection)
            yield connection
        finally:
            connection.close()
            try:
                whole.execute(f"detach {name}")
            except duckdb.Error:  # after a fault of its own it answers nothing any more
                self.close()

    def _whole(self, threads: int) -> duckdb.DuckDBPyConnection:
        if self._open is None:
            opened = _connected(threads, "")
            self._open = opened.__enter__(), opened
        return self._open[0]


_kept: list[_Kept] = []


@contextmanager
def _connected(threads: int, limit: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB of its own."""
    # Insertion order stays preserved: rows of a table line up with numpy columns.
    config: dict[str, Any] = {"threads": threads, **({"memory_limit": limit} if limit else {})}
    with TemporaryDirectory(prefix="evergrove-") as spill:
        connection = duckdb.connect(":memory:", config=config | {"temp_directory": spill})
        _without_progress_bar(connection)
        try:
            yield connection
        finally:
            connection.close()


def _without_progress_bar(connection: duckdb.DuckDBPyConnection) -> None:
    """Standard output is the command's own. A notebook without ipywidgets has no bar, and refuses to be asked."""
    # All rows: a result not read to its end keeps the connection from registering a table.
    [(shown,)] = connection.execute("select current_setting('enable_progress_bar')").fetchall()
    if shown:
        connection.execute("set enable_progress_bar = false")


def _close_idle() -> None:
    """Close what no engine is a part of, before a fork: its threads would be missing in the child."""
    for each in _kept:
        if each.claim():
            each.close()
            each.release()


if hasattr(os, "register_at_fork"):  # Windows cannot fork
    os.register_at_fork(before=_close_idle)
