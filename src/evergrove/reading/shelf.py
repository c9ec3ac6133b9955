"""The newest run, pinned for the length of a request: nobody ever sees one table of it and another of the next."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from evergrove.pipeline.export import NothingPublished
from evergrove.pipeline.overview import read_parts
from evergrove.reading.errors import SnapshotGone
from evergrove.reading.opened import Opened
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from typing import Any

    from evergrove.pipeline.segment_asking import Parts
    from evergrove.warehouse import Engine, Snapshot
    from evergrove.warehouse.locked import LockedEngine

MOST_OPEN = 2
"""Snapshots in memory at a time, beside those that somebody is still reading: the newest, and the one before."""


@dataclass(frozen=True, eq=False)
class View:
    """
    A run as one reader sees it from beginning to end.

    Attributes:
        parts: Of the workspace.
        run: The snapshot.
        memory: Holds its customers, for this thread alone.
        opened: What keeps it.
    """

    parts: Parts
    run: Snapshot
    memory: LockedEngine
    opened: Opened

    @property
    def as_of(self) -> date:
        """The last day whose orders counted."""
        assert self.run.as_of is not None  # noqa: S101 - runs have a day
        return self.run.as_of

    @property
    def tables(self) -> frozenset[str]:
        """Names of all tables of the run."""
        return self.opened.tables

    @contextmanager
    def files(self) -> Iterator[Engine]:
        """An engine for this thread that shows them from their files."""
        with self.opened.files() as engine:
            yield engine


class Reader:
    """
    What was published, for any number of threads of one process.

    A snapshot is brought into memory by the first who reads it; one that is overtaken stays for those who page
    through a list of it, until yet another run comes, and until its last reader has ended.
    """

    def __init__(self, parts: Parts) -> None:
        self.is_warmed = False
        """Whether a thread brings newer runs into memory, so that lists need not."""
        self._parts = parts
        self._open: dict[int, Opened] = {}
        self._retired: list[Opened] = []
        self._changing = Lock()
        self._opening = Lock()
        self._documents: dict[int, Mapping[str, Any]] = {}

    @contextmanager
    def pinned(self, run_id: int | None = None, *, may_lag: bool = False) -> Iterator[View]:
        """
        A view of the newest run, or of one that a list was begun in.

        Args:
            run_id: Of that list; None: the newest.
            may_lag: The run before will do until the newest is in memory, where another thread brings it there: for
                lists, over which no live rows are laid.

        Raises:
            NothingPublished: There was no run yet.
            SnapshotGone: The run is not in memory any more, and is not the newest.
        """
        held = self._held(run_id, may_lag=may_lag)
        try:
            with held.engine() as engine:
                yield View(self._parts, held.seen, engine, held)
        finally:
            self._let_go(held)

    def newest(self) -> Snapshot:
        """
        The newest run, without bringing it into memory.

        Raises:
            NothingPublished: There was no run yet.
        """
        found = self._parts.warehouse.newest("run")
        if found is None or found.as_of is None:
            raise NothingPublished
        return found

    def documents(self, run: Snapshot) -> Mapping[str, Any]:
        """
        The overview of a run by its parts, without bringing its customers into memory; empty where it published none.

        The newest ones stay read, for a run never changes.
        """
        found = self._documents.get(run.id)
        if found is None:
            with open_engine(threads=1) as engine:
                found = read_parts(engine, self._parts.warehouse, run)
            newest = sorted({**self._documents, run.id: found}.items())[-MOST_OPEN:]
            self._documents = dict(newest)
        return found

    def warm(self) -> None:
        """
        Bring the newest run into memory, with its overview, unless it is there.

        Raises:
            NothingPublished: There was no run yet.
        """
        newest = self.newest()
        self.documents(newest)
        self._let_go(self._held(None, may_lag=False))

    def close(self) -> None:
        """Close everything; nobody reads any more."""
        with self._changing:
            for each in (*self._open.values(), *self._retired):
                each.close()
            self._open, self._retired = {}, []

    def _held(self, run_id: int | None, *, may_lag: bool) -> Opened:
        newest = self.newest()
        wanted = newest.id if run_id is None else run_id
        if (found := self._take(wanted)) is not None:
            return found
        is_coming = self.is_warmed or self._opening.locked()
        if may_lag and run_id is None and is_coming and (found := self._take(None)) is not None:
            return found
        if wanted != newest.id:
            raise SnapshotGone
        with self._opening:  # one thread reads the files, the others wait for what it has read
            if (found := self._take(wanted)) is not None:
                return found
            opened = Opened(newest, self._parts.warehouse)
            with self._changing:
                self._open[newest.id] = opened
                opened.holders += 1
                for number in sorted(self._open)[:-MOST_OPEN]:
                    self._retire(self._open.pop(number))
            return opened

    def _take(self, run_id: int | None) -> Opened | None:
        """Hold a run that is in memory, None: the newest of them; None where it is not."""
        with self._changing:
            found = self._open.get(max(self._open, default=0) if run_id is None else run_id)
            if found is not None:
                found.holders += 1
            return found

    def _retire(self, opened: Opened) -> None:
        if opened.holders:
            self._retired.append(opened)
        else:
            opened.close()

    def _let_go(self, opened: Opened) -> None:
        with self._changing:
            opened.holders -= 1
            if not opened.holders and opened in self._retired:
                self._retired.remove(opened)
                opened.close()
