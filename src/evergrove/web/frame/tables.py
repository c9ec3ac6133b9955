"""Tables of a page: cells as values, written for the reader on the page and as they are in a file."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import xlsxwriter
from starlette.responses import Response

from evergrove.text.formats import NOTHING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from evergrove.text import Formats

Kind = Literal[
    "text", "tier", "stage", "number", "tenth", "exact", "money", "percent", "day", "month", "days", "written"
]
"""A ``written`` value is a number in the reader's language already, as the report's tables have them."""
WORDS = frozenset({"text", "tier", "stage", "day", "month"})
"""Kinds that stand to the left; all others are numbers, and stand to the right."""
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""With which a text begins that a spreadsheet would take for a formula."""


@dataclass(frozen=True)
class Column:
    """
    A column of a table.

    Attributes:
        key: What it is called in a file: the same in every language.
        name: Its heading, in the reader's language.
        kind: What its values are, which says how they are written.
        sorts: Where its heading leads, to the rows sorted by it; empty: they are not sorted by links.
        direction: By which the rows are sorted now, where it is this column; as ``aria-sort`` has it.
    """

    key: str
    name: str
    kind: Kind = "text"
    sorts: str = ""
    direction: Literal["", "ascending", "descending"] = ""

    @property
    def is_number(self) -> bool:
        """Whether it stands to the right."""
        return self.kind not in WORDS


@dataclass(frozen=True)
class Table:
    """
    A table.

    Attributes:
        columns: Of each row.
        rows: Values as they are: numbers, days, texts, codes of tiers and stages, None; shares of one, not per cent.
        links: Where a row leads, as many as there are rows; empty: nowhere.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    links: Sequence[str] = ()


def written(value: Any, kind: Kind, formats: Formats, words: Mapping[str, Mapping[str, str]]) -> str:
    """A value as the reader's language writes it."""
    if value is None:
        return NOTHING
    if kind in {"tier", "stage"}:
        return words[kind].get(value, str(value))
    writing: dict[str, Callable[[Any], str]] = {
        "number": formats.number,
        "tenth": lambda number: formats.number(number, 1),
        "exact": lambda number: formats.number(number, 4),
        "money": formats.money,
        "percent": formats.percent,
        "day": formats.day,
        "month": formats.month,
        "days": formats.days,
    }
    return writing[kind](value) if kind in writing else str(value)


def download(table: Table, name: str, kind: Literal["csv", "xlsx"]) -> Response:
    """
    The table as a file that a browser keeps.

    Args:
        table: Values stand in it as they are; what a spreadsheet would take for a formula is a text.
        name: Of the file, without its ending: plain letters, digits and hyphens.
        kind: Of the file.
    """
    content, media = (_csv(table), "text/csv; charset=utf-8") if kind == "csv" else (_xlsx(table), _XLSX)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"', "Content-Type": media}
    return Response(content, headers=headers)


_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _csv(table: Table) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([column.key for column in table.columns])
    writer.writerows([[_plain(value) for value in row] for row in table.rows])
    return out.getvalue().encode("utf-8-sig")  # Excel takes it for UTF-8 by the mark alone


def _plain(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(DANGEROUS):
        return f"'{value}"
    return value.isoformat() if isinstance(value, date) else value


def _xlsx(table: Table) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        sheet, heading = book.add_worksheet(), book.add_format({"bold": True, "text_wrap": True})
        formats = {
            "percent": book.add_format({"num_format": "0.0%"}),
            "money": book.add_format({"num_format": "#,##0.00"}),
            "day": book.add_format({"num_format": "yyyy-mm-dd"}),
        }
        for k, column in enumerate(table.columns):
            sheet.write_string(0, k, column.name, heading)
            for n, row in enumerate(table.rows, start=1):
                _cell(sheet, n, k, row[k], formats.get(column.kind))
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(table.columns) - 1, 18)
    return out.getvalue()


def _cell(sheet: Any, row: int, column: int, value: Any, style: Any) -> None:
    if isinstance(value, datetime):
        value = value.isoformat()
    if isinstance(value, date):
        sheet.write_datetime(row, column, datetime(value.year, value.month, value.day), style)  # noqa: DTZ001 - a day
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        sheet.write_number(row, column, value, style)
    elif value is not None:
        sheet.write_string(row, column, str(value))
