"""Reading small files made on the spot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.ingest import Intake, ReadOptions, read_orders
from evergrove.warehouse import Engine, open_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TODAY = date(2026, 6, 30)


@dataclass(frozen=True)
class Reading:
    """An intake and the engine that holds its tables."""

    intake: Intake
    engine: Engine

    def orders(self) -> list[tuple[Any, ...]]:
        """(order_id, customer_id, day, amount), sorted, the day as text and the amount as a float."""
        rows = self.engine.run("select order_id, customer_id, order_date, amount from orders")
        return sorted((o, c, str(d), float(a)) for o, c, d, a in rows)

    def refunds(self) -> list[tuple[Any, ...]]:
        """(order_id or "", customer_id, day, amount), sorted."""
        rows = self.engine.run("select order_id, customer_id, refund_date, amount from refunds")
        return sorted((o or "", c, str(d), float(a)) for o, c, d, a in rows)

    def rejects(self) -> list[tuple[int, str]]:
        """(line, code), sorted."""
        return sorted(self.engine.run("select line, code from rejects"))

    def role(self, role: str) -> str:
        """The header that was taken for a role; empty without one."""
        return next((match.column for match in self.intake.columns if match.role == role), "")


def check_account(intake: Intake) -> None:
    """Good + rejected + duplicate = read, per file and in total."""
    for counts in (intake.rows, *intake.by_file.values()):
        assert counts.good + counts.rejected + counts.duplicate == counts.read
    assert sum(counts.read for counts in intake.by_file.values()) == intake.rows.read
    assert sum(rejected.rows for rejected in intake.rejected.values()) == intake.rows.rejected


@pytest.fixture
def engine() -> Iterator[Engine]:
    """An engine for one test."""
    with open_engine(threads=1) as opened:
        yield opened


@pytest.fixture
def read_paths(engine: Engine) -> Callable[..., Reading]:
    """Read files and check that every row is accounted for."""

    def read(*paths: Path, **options: Any) -> Reading:
        intake = read_orders(engine, list(paths), ReadOptions(today=TODAY, **options))
        check_account(intake)
        assert engine.value("select count(*) from rejects") == intake.rows.rejected
        return Reading(intake, engine)

    return read


@pytest.fixture
def read(tmp_path: Path, read_paths: Callable[..., Reading]) -> Callable[..., Reading]:
    """Write one text file and read it: ``read(text, encoding=..., name=..., **options)``."""

    def read_text(
        text: str | bytes, *, written: str = "utf-8", name: str = "orders.csv", **options: Any
    ) -> Reading:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode(written))
        return read_paths(path, **options)

    return read_text
