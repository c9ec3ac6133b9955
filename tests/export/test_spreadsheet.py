"""Exports open right in a spreadsheet: ids are text, no cell is a formula, numbers stay numbers."""

from __future__ import annotations

import csv
import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.export import CUSTOMER_COLUMNS, Column, write_csv, write_workbook
from evergrove.export.lists import LIST_COLUMNS
from evergrove.text import translator
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.text import Language

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


def test_a_header_carried_through_is_no_formula_either(tmp_path: Path) -> None:
    """Titles of kept columns come from the shop's file."""
    titles = ["customer_id", '=HYPERLINK("http://evil.example")', "@x"]
    with open_engine() as engine:
        write_csv(
            engine, "select '1' as customer_id, 'x' as name, 1.0 as clv", COLUMNS, tmp_path / "t.csv", titles
        )

    with (tmp_path / "t.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert next(csv.reader(stream)) == ["customer_id", f"'{titles[1]}", "'@x"]


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


@pytest.mark.parametrize(("language", "about"), [("zh-Hans", "说明"), ("zh-Hant", "說明")])
def test_the_second_sheet_speaks_the_readers_language(tmp_path: Path, language: Language, about: str) -> None:
    """Every column of either table is explained in Chinese, under the title that it has on the first sheet."""
    from python_calamine import CalamineWorkbook

    columns = (*CUSTOMER_COLUMNS, *(column for column, _title in LIST_COLUMNS))
    titles = [f"T{at}" for at in range(len(columns))]
    path = tmp_path / "t.xlsx"
    write_workbook([], columns, path, titles=titles, translate=translator(language))

    book = CalamineWorkbook.from_path(str(path))
    explained = [row for row in book.get_sheet_by_name(about).to_python() if row[0]]
    assert [row[0] for row in explained] == titles
    for column, (_title, said) in zip(columns, explained, strict=True):
        assert re.search("[\u4e00-\u9fff]", str(said)) or column.name == "clv_total", said
        assert column.sentence not in str(said)
