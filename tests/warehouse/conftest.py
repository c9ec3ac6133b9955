"""A warehouse in a folder of its own, over a ledger in each database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from evergrove.core import SetClock
from evergrove.warehouse import Engine, Snapshot, Warehouse, open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evergrove.ledger import Ledger
    from evergrove.warehouse import Draft, Generation

START = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)


class Bench:
    """A warehouse and what a test does with it."""

    def __init__(self, folder: Path, ledger: Ledger, engine: Engine) -> None:
        self.clock = SetClock(START)
        self.folder = folder
        self.ledger = ledger
        self.engine = engine
        self.warehouse = Warehouse(folder, ledger, self.clock)

    def draft(self, table: str, rows: int, keep: Generation | None = None) -> Draft:
        """Customers c1 ... with a value, written."""
        query = f"select 'c' || (1 + range) as customer_id, range as value from range({rows})"
        return self.warehouse.write(self.engine, table, query, keep=keep)

    def publish(self, *drafts: Draft, kind: str = "run") -> Snapshot:
        """Publish in a transaction of its own."""
        with self.ledger.writing() as connection:
            return self.warehouse.publish(connection, drafts, kind=kind)

    def rows(self, snapshot: Snapshot, table: str) -> int:
        """Rows as a reader counts them."""
        assert self.warehouse.show(self.engine, snapshot, table, "shown")
        return int(self.engine.value("select count(*) from shown"))

    def files(self) -> set[str]:
        """Everything that stands in the warehouse's folder."""
        return {str(path.relative_to(self.folder)) for path in self.folder.glob("**/*") if path.is_file()}

    def wait(self, **time: float) -> None:
        """Let time pass."""
        self.clock.moment += timedelta(**time)


@pytest.fixture
def bench(tmp_path: Path, ledger: Ledger) -> Iterator[Bench]:
    """A warehouse with nothing in it."""
    with open_engine(threads=1) as engine:
        yield Bench(tmp_path / "ware[house]*", ledger, engine)
