"""Reading small files made on the spot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pytest
import xlsxwriter

from evergrove.core import InputError
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

    def warned(self) -> set[type]:
        """The kinds of warnings."""
        return {type(warning) for warning in self.intake.warnings}


def check_account(intake: Intake) -> None:
    """Good + rejected + duplicate = read, per file and in total."""
    for counts in (intake.rows, *intake.by_file.values()):
        assert counts.good + counts.rejected + counts.duplicate == counts.read
    assert sum(counts.read for counts in intake.by_file.values()) == intake.rows.read
    assert sum(rejected.rows for rejected in intake.rejected.values()) == intake.rows.rejected


@pytest.fixture(scope="session")
def retail(shared: Callable[[str], Path]) -> Iterator[Reading]:
    """Online Retail as shipped, read with no option at all."""
    with open_engine() as opened:
        intake = read_orders(opened, [shared("online_retail/transactions.parquet")], ReadOptions())
        check_account(intake)
        yield Reading(intake, opened)


@pytest.fixture(scope="session")
def workbook() -> Callable[[Path, dict[str, list[list[Any]]]], Path]:
    """Write a workbook: ``workbook(path, {sheet: rows})``."""

    def write(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
        book = xlsxwriter.Workbook(str(path))
        dated = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for r, row in enumerate(rows):
                for c, cell in enumerate(row):
                    if isinstance(cell, datetime):
                        sheet.write_datetime(r, c, cell, dated)
                    elif cell is not None:
                        sheet.write(r, c, cell)
        book.close()
        return path

    return write


@pytest.fixture
def read_or_refuse(engine: Engine) -> Callable[..., bool]:
    """Read files and check what was published; False when they are refused in words."""

    def read(*paths: Path, **options: Any) -> bool:
        try:
            intake = read_orders(engine, list(paths), ReadOptions(today=TODAY, **options))
        except InputError:
            assert engine.run("show tables") == []
            return False
        check_account(intake)
        check_tables(engine, intake)
        return True

    return read


def check_tables(engine: Engine, intake: Intake) -> None:
    """What holds for the published tables whatever came in."""
    lines = engine.run("select count(*), count(line), count(code), count(reason), count(raw) from rejects")[0]
    assert set(lines) == {intake.rows.rejected}
    known = "customer_id in (select customer_id from known_customers)"
    for sql in (
        "select count(*) from orders where order_date is null or amount is null or amount < 0",
        "select count(*) from refunds where refund_date is null or amount is null or amount <= 0",
        f"select count(*) from orders where customer_id is null or not {known}",
        f"select count(*) from refunds where customer_id is null or not {known}",
        "select count(order_id) - count(distinct order_id) from orders",
        "select count(order_id) from refunds where order_id not in (select order_id from orders where order_id is not null)",
    ):
        assert engine.value(sql) == 0


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
