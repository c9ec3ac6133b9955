"""The rows of a workbook are, byte for byte, those that xlsxwriter writes cell by cell."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import pytest
import xlsxwriter
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from evergrove.export.sheet_rows import LONGEST_TEXT, SHEET, write_with_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

WIDTH = 30
"""Columns: beyond Z there are AA and so on."""
days = st.dates(date(1900, 1, 1), date(9999, 12, 31))
moments = st.datetimes(datetime(1900, 1, 1), datetime(9999, 12, 31))  # noqa: DTZ001 - as tables hold them
numbers = st.integers() | st.floats(allow_infinity=False) | st.decimals(allow_nan=False, allow_infinity=False)
texts = st.text().filter(lambda text: not (text.startswith("<r>") and text.endswith("</r>")))
values = st.none() | texts | numbers | days | moments


def _book(rows: Sequence[Sequence[Any]]) -> bytes:
    """A workbook with formats in every third column; the rows by xlsxwriter's own hand."""
    made = BytesIO()
    with xlsxwriter.Workbook(made, {"constant_memory": True}) as book:
        shown, dated = (book.add_format({"num_format": text}) for text in ("0.00", "yyyy-mm-dd"))
        page = book.add_worksheet()
        for at in range(WIDTH):
            page.set_column(at, at, 12, (None, shown, dated)[at % 3])
            page.write_string(0, at, "title")
        for nth, row in enumerate(rows, start=1):
            for at, value in enumerate(row):
                if isinstance(value, str):
                    page.write_string(nth, at, value)
                elif isinstance(value, date):
                    page.write_datetime(nth, at, value)
                elif value is not None and value == value:  # noqa: PLR0124 - NaN is no number for a cell
                    page.write_number(nth, at, float(value) if isinstance(value, Decimal) else value)
        book.add_worksheet("about")
    return made.getvalue()


def _sheet(book: bytes) -> str:
    with ZipFile(BytesIO(book)) as opened:
        assert opened.testzip() is None
        return opened.read(SHEET).decode()


def _written(rows: Sequence[Sequence[Any]], path: Path) -> str:
    write_with_rows(_book([]), rows, path)
    return _sheet(path.read_bytes())


@given(rows=st.lists(st.lists(values, min_size=WIDTH, max_size=WIDTH).map(tuple), max_size=3))
@example(rows=[("\x01_x0041_ <&>\ufffe\n\t", " ", "", *[None] * (WIDTH - 3))])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_rows_are_written_as_xlsxwriter_writes_them(tmp_path: Path, rows: list[tuple[Any, ...]]) -> None:
    """Any text, number, day or moment, or nothing, in columns with a format and without one."""
    found, wanted = _written(rows, tmp_path / "book.xlsx"), _sheet(_book(rows))

    assert found.split("<sheetData>")[1] == wanted.split("<sheetData>")[1]
    assert found.split("<dimension ")[0] == wanted.split("<dimension ")[0]
    assert f'<dimension ref="A1:AD{len(rows) + 1}"/>' in found


@pytest.mark.parametrize("text", ["x" * (LONGEST_TEXT + 3), "x" + "\U0001d4b3" * LONGEST_TEXT])
def test_a_text_is_cut_at_what_a_cell_can_hold(tmp_path: Path, text: str) -> None:
    """And no character is cut in two."""
    rows = [(text, *[None] * (WIDTH - 1))]

    is_equal = (
        _written(rows, tmp_path / "book.xlsx").split("<sheetData>")[1]
        == (_sheet(_book(rows)).split("<sheetData>")[1])
    )

    assert is_equal


def test_a_text_that_looks_like_xml_stays_a_text(tmp_path: Path) -> None:
    """A name of which xlsxwriter would believe that it is marked up, which would break the file."""
    rows = [("<r>Ann</b></r>", *[None] * (WIDTH - 1))]

    assert "&lt;r&gt;Ann&lt;/b&gt;&lt;/r&gt;" in _written(rows, tmp_path / "book.xlsx")


def test_what_is_not_finite_has_no_cell(tmp_path: Path) -> None:
    """No spreadsheet knows infinity."""
    rows = [(float("inf"), float("nan"), 1, *[None] * (WIDTH - 3))]

    assert (
        _written(rows, tmp_path / "book.xlsx")
        .split('<row r="2">')[1]
        .startswith('<c r="C2" s="2"><v>1</v></c></row>')
    )
