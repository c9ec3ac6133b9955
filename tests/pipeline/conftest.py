"""A workspace's parts, and files made on the spot to bring into it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.core import SetClock
from evergrove.ingest import ReadOptions, show_facts
from evergrove.pipeline import FileOutcome, ingest_files
from evergrove.warehouse import Warehouse, open_engine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from evergrove.ledger import Ledger
    from evergrove.warehouse import Engine, Snapshot

HEADER = "order_id,customer_id,order_date,amount,status"
NOW = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
TABLES = {
    "orders": "select coalesce(order_id, ''), customer_id, order_date, amount from orders",
    "refunds": "select coalesce(order_id, ''), customer_id, refund_date, sum(amount) from refunds group by all",
    "customers": "select customer_id from known_customers",
}
"""Refund rows of one order and day are one: a file of lines tells them line by line."""


def published(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """What reading publishes, as sorted rows; days as texts, amounts as floats."""
    return {
        name: sorted(
            tuple(
                float(value) if name != "customers" and i == 3 else str(value) for i, value in enumerate(row)
            )
            for row in engine.run(sql)
        )
        for name, sql in TABLES.items()
    }


@dataclass
class Shop:
    """A workspace without its settings, and what a test does with it."""

    folder: Path
    ledger: Ledger
    clock: SetClock = field(default_factory=lambda: SetClock(NOW))
    by: str = "cli"

    def __post_init__(self) -> None:
        """Nothing is in it."""
        self.warehouse = Warehouse(self.folder / "warehouse", self.ledger, self.clock)

    def write(self, text: str, name: str = "orders.csv") -> Path:
        """Write a file outside of the workspace."""
        path = self.folder.parent / "given" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    def tell(self, *rows: str, exported: str, header: str = HEADER) -> FileOutcome:
        """Bring in a file of these rows."""
        return self.ingest("\n".join([header, *rows]) + "\n", exported)

    def ingest(
        self, given: str | Path, exported: str = "2026-06-01", options: ReadOptions | None = None
    ) -> FileOutcome:
        """Bring in one file, or a text as one."""
        path = self.write(given) if isinstance(given, str) else given
        told_at = datetime.fromisoformat(exported).replace(tzinfo=UTC)
        outcome = ingest_files(self, [path], options or ReadOptions(), self.clock, exported_at=told_at)
        (file,) = outcome.files
        counts = file.rows
        assert counts.good + counts.rejected + counts.duplicate == counts.read
        return file

    def facts(
        self, until_seq: int | None = None, seen: Snapshot | None = None
    ) -> dict[str, list[tuple[Any, ...]]]:
        """What holds, as known at an import."""
        with open_engine(threads=1) as engine:
            assert show_facts(engine, self.warehouse, seen or self.warehouse.newest(), until_seq=until_seq)
            return published(engine)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the facts of the newest snapshot."""
        with open_engine(threads=1) as engine:
            assert show_facts(engine, self.warehouse, self.warehouse.newest())
            return engine.run(sql)

    def orders(self, until_seq: int | None = None) -> list[tuple[Any, ...]]:
        """(order id, customer, amount) of the orders that hold."""
        return [
            (order, customer, amount) for order, customer, _day, amount in self.facts(until_seq)["orders"]
        ]


@pytest.fixture
def shop(tmp_path: Path, ledger: Ledger) -> Shop:
    """An empty workspace, once over each database."""
    return Shop(tmp_path / "workspace", ledger)


@pytest.fixture
def new_shop(tmp_path: Path, ledger_in: Callable[[Path], Ledger]) -> Callable[[str], Shop]:
    """Workspaces over SQLite, as many as a test asks for by name."""

    def make(name: str) -> Shop:
        folder = tmp_path / name / "workspace"
        return Shop(folder, ledger_in(folder))

    return make


@pytest.fixture
def one_shop(new_shop: Callable[[str], Shop]) -> Shop:
    """An empty workspace over SQLite, where the database does not matter."""
    return new_shop("one")
