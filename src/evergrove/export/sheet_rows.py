"""The rows of a worksheet as XML, written a column at a time: cell by cell xlsxwriter takes three times as long."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from io import BytesIO
from math import isfinite
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SHEET = "xl/worksheets/sheet1.xml"
LONGEST_TEXT = 32_767
"""UTF-16 units that a cell may hold."""
_STYLED = re.compile(r'<col min="(\d+)" max="(\d+)"[^>]* style="(\d+)"')
_DIMENSION = re.compile(r'<dimension ref="A1(?::[A-Z]+\d+)?"/>')
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_LIKE_ESCAPED = re.compile("(_x[0-9a-fA-F]{4}_)")
_FIRST, _FEBRUARY = datetime(1899, 12, 31, tzinfo=UTC), 59
"""Days are counted from here, and by a calendar in which 1900 had a 29th of February."""


def write_with_rows(book: bytes, rows: Sequence[Sequence[Any]], path: Path) -> None:
    """
    Write a workbook with rows below the one that the first sheet has.

    Args:
        book: As xlsxwriter writes it in constant memory: texts stand in their cells.
        rows: Texts, numbers, dates; where a value is None or not finite, there is no cell. Each cell has the format
            of its column.
        path: The .xlsx file.
    """
    with ZipFile(BytesIO(book)) as bare, ZipFile(path, "w", ZIP_DEFLATED) as whole:
        for entry in bare.infolist():
            content = bare.read(entry)
            if entry.filename == SHEET and rows:
                content = _with_rows(content.decode("utf-8"), rows).encode("utf-8")
            whole.writestr(entry, content)


def _with_rows(sheet: str, rows: Sequence[Sequence[Any]]) -> str:
    styles = {
        at: style for first, last, style in _STYLED.findall(sheet) for at in range(int(first), int(last) + 1)
    }
    columns = [
        _column(_letters(at), f' s="{styles[at]}"' if at in styles else "", values)
        for at, values in enumerate(zip(*rows, strict=True), start=1)
    ]
    written = (
        f'<row r="{at}">{"".join(cells)}</row>'
        for at, cells in enumerate(zip(*columns, strict=True), start=2)
        if any(cells)
    )
    corner = f"{_letters(len(columns))}{len(rows) + 1}"
    sheet = _DIMENSION.sub(f'<dimension ref="A1:{corner}"/>', sheet, count=1)
    head, end, tail = sheet.partition("</sheetData>")
    return "".join((head, *written, end, tail))


def _column(name: str, style: str, values: Sequence[Any]) -> list[str]:
    """The cells of a column, from the second row on; plain numbers without a call for each."""
    number = f'"{style}><v>'
    return [
        f'<c r="{name}{row}{number}{value:.16G}</v></c>'
        if type(value) is float and isfinite(value)
        else ""
        if value is None
        else _cell(f'<c r="{name}{row}"{style}', value)
        for row, value in enumerate(values, start=2)
    ]


def _cell(begun: str, value: Any) -> str:
    if isinstance(value, str):
        text = _text(value)
        kept = ' xml:space="preserve"' if text[:1].isspace() or text[-1:].isspace() else ""
        return f'{begun} t="inlineStr"><is><t{kept}>{text}</t></is></c>'
    number = _number(value)
    return "" if number is None else f"{begun}><v>{number:.16G}</v></c>"


def _text(value: str) -> str:
    """A text as it may stand in XML; what may not is written as its code, as spreadsheets do."""
    if value.isalnum():
        return value[:LONGEST_TEXT] if value.isascii() else _cut(value)
    value = _LIKE_ESCAPED.sub(r"_x005F\1", _cut(value))
    return escape(_UNWRITABLE.sub(lambda found: f"_x{ord(found[0]):04X}_", value))


def _cut(value: str) -> str:
    if len(value) <= LONGEST_TEXT // 2:
        return value
    return value.encode("utf-16-le", "surrogatepass")[: 2 * LONGEST_TEXT].decode("utf-16-le", "ignore")


def _number(value: Any) -> float | int | None:
    if value is None:
        return None
    if isinstance(value, date):
        return _days(value)
    number = value if isinstance(value, int) else float(value)
    return number if isfinite(number) else None


def _days(value: date) -> float:
    """The number by which a spreadsheet knows a day, or a moment."""
    moment = (
        value if isinstance(value, datetime) else datetime(value.year, value.month, value.day, tzinfo=UTC)
    )
    passed = moment.replace(tzinfo=UTC) - _FIRST
    days = passed.days + (passed.seconds + passed.microseconds / 1e6) / 86_400
    return days + 1 if passed.days > _FEBRUARY else days


def _letters(column: int) -> str:
    """The name of a column, counted from 1: A to Z, AA and so on."""
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
