"""One snapshot made ready for reading: its customers in memory, its other tables as files."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any

from evergrove.pipeline.nights import SCORES
from evergrove.reading.columns import COLUMNS, CUSTOMERS, KEPT, OF_TABLES, RENAMED, WORDS
from evergrove.warehouse import identifier, open_engine
from evergrove.warehouse.locked import open_locked_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from evergrove.warehouse import Engine, Snapshot
    from evergrove.warehouse.locked import LockedEngine
    from evergrove.warehouse.types import Shelf

MOST_KEPT = 16
"""Answers to conditions that a snapshot keeps: who pages through one asks it once."""


class Opened:
    """A snapshot in memory, and how many threads read it; closed by the last of them once it is let go of."""

    def __init__(self, seen: Snapshot, warehouse: Shelf) -> None:
        self.seen = seen
        self.holders = 0
        self._stack = ExitStack()
        self._engine: LockedEngine = self._stack.enter_context(
            open_locked_engine(fill=lambda engine: _fill(engine, warehouse, seen))
        )
        self._files = self._stack.enter_context(open_engine(threads=1, stays=True))
        self._files.run("set parquet_metadata_cache = true")  # files never change
        self.tables = frozenset(name for name in seen.tables if warehouse.show(self._files, seen, name))
        self._answers: dict[Any, Any] = {}
        self._answering = Lock()

    @contextmanager
    def engine(self) -> Iterator[LockedEngine]:
        """An engine for one thread, over the table ``customers``."""
        with self._engine.beside() as engine:
            yield engine

    @contextmanager
    def files(self) -> Iterator[Engine]:
        """An engine for one thread that shows all ``tables`` of the snapshot, from their files."""
        with self._files.beside() as engine:
            yield engine

    def answer(self, key: Any, find: Callable[[], Any]) -> Any:
        """What was found for a key before, or what is found now; one thread finds at a time."""
        with self._answering:
            if key not in self._answers:
                while len(self._answers) >= MOST_KEPT:
                    self._answers.pop(next(iter(self._answers)))
                self._answers[key] = find()
            return self._answers[key]

    def close(self) -> None:
        """Give the memory back."""
        self._stack.close()


def _fill(engine: Engine, warehouse: Shelf, seen: Snapshot) -> None:
    """The table of customers; what a night did not publish is unknown of all."""
    shown = {table: warehouse.show(engine, seen, table, f"file_{table}") for table in OF_TABLES}
    columns, joins = [], []
    for table, names in KEPT.items():
        there = _names(engine, f"file_{table}") if shown[table] else ()
        for name in (each for each in names if each in there and RENAMED.get((table, each), each) in WORDS):
            _numbered(engine, table, name)
        if shown[table] and table != SCORES:
            name = identifier(f"file_{table}")
            joins.append(f"left join {name} on {name}.customer_id = file_{SCORES}.customer_id")
        columns += [_column(table, name, is_there=name in there) for name in names]
    engine.create(CUSTOMERS, f"select {', '.join(columns)} from file_{SCORES} {' '.join(joins)}")
    for table in OF_TABLES:
        engine.drop(f"file_{table}")


def _numbered(engine: Engine, table: str, name: str) -> None:
    """Let the values of a column be a type, which keeps each as a number."""
    values = f"select distinct {identifier(name)} from {identifier(f'file_{table}')} where {identifier(name)} is not null"
    engine.run(f"create type {_type(table, name)} as enum ({values} order by 1)")


def _type(table: str, name: str) -> str:
    return identifier(f"word_{table}_{name}")


def _names(engine: Engine, view: str) -> tuple[str, ...]:
    return tuple(row[0] for row in engine.run(f"describe {identifier(view)}"))


def _column(table: str, name: str, *, is_there: bool) -> str:
    called = RENAMED.get((table, name), name)
    if not is_there:
        return f"cast(null as {COLUMNS[called].type}) as {identifier(called)}"
    value = f"{identifier(f'file_{table}')}.{identifier(name)}"
    if called in WORDS:
        value = f"cast({value} as {_type(table, name)})"
    return f"{value} as {identifier(called)}"
