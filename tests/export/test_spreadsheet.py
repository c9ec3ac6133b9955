"""Exports open right in a spreadsheet: ids are text, no cell is a formula, numbers stay numbers."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.export import Column, write_csv, write_workbook
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = (
    Column("customer_id", "id", "customer_id", "VARCHAR", "Id."),
    Column("name", "text", "name", "VARCHAR", "Name."),
    Column("clv", "estimate", "clv", "DOUBLE", "Value.", "currency"),
)


def exported(tmp_path: Path, customer: str, name: str, clv: float) -> list[str]:
    """One row through the CSV writer and Python's own reader."""
    path = tmp_path / "t.csv"
    with open_engine() as engine:
        query = "select * from given"
        engine.register("given", {"clv": np.array([clv])})
        engine.create("row", "select $c as customer_id, $n as name, clv from given", c=customer, n=name)
        query = "select * from row"
        write_csv(engine, query, COLUMNS, path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        header, row = csv.reader(stream)
    assert header == ["customer_id", "name", "clv"]
    return row


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"])
def test_a_text_that_starts_a_formula_is_defused(tmp_path: Path, start: str) -> None:
    """A leading apostrophe makes every known start of a formula a text."""
    row = exported(tmp_path, "1", f"{start}HYPERLINK(0)", 1.0)
    assert row[1] == f"'{start}HYPERLINK(0)"


@pytest.mark.parametrize("customer", ["00123", "12345678901234567", "1E5", "3-4", "2024-01-02"])
def test_an_id_that_a_spreadsheet_would_damage_stays_text(tmp_path: Path, customer: str) -> None:
    """Leading zeros, long digits, exponents and dates keep every character; a tab behind says text."""
    assert exported(tmp_path, customer, "x", 1.0)[0] == customer + "\t"


@pytest.mark.parametrize("customer", ["C-1042", "12345", "王小明", "a,b"])
def test_a_harmless_id_is_left_alone(tmp_path: Path, customer: str) -> None:
    """What no spreadsheet would change is written as it is."""
    assert exported(tmp_path, customer, "x", 1.0)[0] == customer


def test_a_negative_number_stays_a_number(tmp_path: Path) -> None:
    """The guard is for text; a refunded customer's value is still a number."""
    assert exported(tmp_path, "1", "x", -12.345)[2] in {"-12.35", "-12.34"}


def test_a_workbook_holds_ids_as_text_and_formulas_as_words(tmp_path: Path) -> None:
    """Another reader sees text cells, number cells and dates, and no formula."""
    from python_calamine import CalamineWorkbook

    columns = (*COLUMNS, Column("last", "date", "last", "DATE", "Day."))
    path = tmp_path / "t.xlsx"
    rows = [("00123", "=1+1", Decimal("12.5"), date(2026, 1, 2)), ("x", None, float("nan"), None)]
    write_workbook(rows, columns, path, notes=["Only the 2 most valuable."])

    book = CalamineWorkbook.from_path(str(path))
    cells = book.get_sheet_by_index(0).to_python()
    assert cells[1] == ["00123", "=1+1", 12.5, date(2026, 1, 2)]
    assert cells[2] == ["x", "", "", ""]
    assert "Only the 2 most valuable." in str(book.get_sheet_by_name("about").to_python())
