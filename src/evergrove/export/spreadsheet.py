"""Tables that open right in a spreadsheet: ids stay text, and no cell becomes a formula."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING, Any

from evergrove.core import _, fill
from evergrove.export.sheet_rows import write_with_rows
from evergrove.warehouse import identifier, literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from evergrove.export.types import Column, Kind
    from evergrove.warehouse import Engine

WORKBOOK_ROWS = 10_000
BYTE_ORDER_MARK = "\ufeff"
# What a spreadsheet takes for the start of a formula, in the full-width forms too, or what hides one.
FORMULA_START = r"^[=+\-@\t\r\n＝＋－＠]"
# Digits that a spreadsheet would shorten (leading zero, more than 15) or read as a number or a date.
DAMAGED_AS_NUMBER = r"^(0\d+|\d{16,}|\d+[eE]\d+|\d{1,4}[-/]\d{1,2}([-/]\d{1,4})?)$"
DECIMALS: dict[Kind, int] = {"money": 2, "estimate": 2, "probability": 4}
FORMATS: dict[Kind, str] = {
    "count": "#,##0",
    "days": "#,##0",
    "score": "0",
    "money": "#,##0.00",
    "estimate": "#,##0.00",
    "probability": "0.0%",
    "date": "yyyy-mm-dd",
}


def safe_text(sql: str) -> str:
    """
    SQL that makes a text safe in a CSV file.

    A leading apostrophe stops a formula; a tab behind makes a spreadsheet keep an id as text, and the
    reader of files takes both away again.
    """
    return (
        f"case when regexp_matches({sql}, {literal(FORMULA_START)}) then '''' || {sql} "
        f"when regexp_matches({sql}, {literal(DAMAGED_AS_NUMBER)}) then {sql} || chr(9) else {sql} end"
    )


def safe_title(title: str) -> str:
    """The same for a column's title, which may be the header of a column that was carried through."""
    return f"'{title}" if re.match(FORMULA_START, title) else title


def _shown(column: Column) -> str:
    name = identifier(column.name)
    if column.kind in {"id", "text"}:
        return safe_text(name)
    if column.kind in DECIMALS:
        return f"cast({name} as decimal(18,{DECIMALS[column.kind]}))"
    return name


def write_csv(
    engine: Engine, query: str, columns: Sequence[Column], path: Path, titles: Sequence[str] = ()
) -> None:
    """Write a query as UTF-8 CSV with a byte order mark, which is how spreadsheets know the encoding."""
    names = [safe_title(name) for name in titles or [c.name for c in columns]]
    names[0] = BYTE_ORDER_MARK + names[0]
    shown = ", ".join(f"{_shown(c)} as {identifier(name)}" for c, name in zip(columns, names, strict=True))
    engine.copy_to(f"select {shown} from ({query})", path, "format csv, header true, use_tmp_file false")


def write_workbook(
    rows: Sequence[Sequence[Any]],
    columns: Sequence[Column],
    path: Path,
    *,
    titles: Sequence[str] = (),
    sheet: str = "customers",
    notes: Sequence[str] = (),
    translate: Callable[[str], str] = str,
) -> None:
    """
    Write rows as one sheet of a workbook, with a second sheet that explains the columns.

    Args:
        rows: In the order of ``columns``; at most ``WORKBOOK_ROWS`` are expected.
        columns: What each value is.
        path: The .xlsx file.
        titles: Column titles for people; the columns' names without them.
        sheet: Name of the sheet.
        notes: Sentences on top of the second sheet.
        translate: English sentence of a column -> sentence in the reader's language.
    """
    import xlsxwriter  # noqa: PLC0415 - only who writes a workbook pays for it

    shown = titles or [column.name for column in columns]
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    bare = BytesIO()
    with xlsxwriter.Workbook(bare, options) as book:
        formats = {kind: book.add_format({"num_format": text}) for kind, text in FORMATS.items()}
        bold = book.add_format({"bold": True, "bottom": 1})
        page = book.add_worksheet(sheet[:31])
        page.freeze_panes(1, 1)
        for at, title in enumerate(shown):
            page.set_column(at, at, max(11, min(28, len(title) + 3)), formats.get(columns[at].kind))
            page.write_string(0, at, title, bold)
        page.autofilter(0, 0, max(len(rows), 1), len(columns) - 1)
        about = book.add_worksheet(translate(_("about")))
        about.set_column(0, 0, 26)
        about.set_column(1, 1, 90)
        for at, note in enumerate(notes):
            about.write_string(at, 0, note, bold)
        for at, (column, title) in enumerate(zip(columns, shown, strict=True), start=len(notes) + 1):
            about.write_string(at, 0, title)
            about.write_string(at, 1, _explained(column, translate))
    write_with_rows(bare.getvalue(), rows, path)


def _explained(column: Column, translate: Callable[[str], str]) -> str:
    """What a column says, with its unit."""
    sentence = translate(column.sentence)
    if not column.unit:
        return sentence
    return fill(translate(_("{sentence} ({unit})")), {"sentence": sentence, "unit": translate(column.unit)})
