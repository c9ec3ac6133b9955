"""``/data/imports/{number}``: one import, how it was read, and which of its rows were rejected and why."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time
from starlette.responses import StreamingResponse

from evergrove.api import imports
from evergrove.api.imports import Number  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.core import _
from evergrove.http import ThisCall  # noqa: TC001 - same
from evergrove.http.paging import ThisPage, first_page
from evergrove.text.formats import NOTHING
from evergrove.web.data.rows import file_block
from evergrove.web.data.words import column_name, file_name, table_name
from evergrove.web.frame import Pages, ask, downloads, number_in, page, query, reader_of
from evergrove.web.frame.tables import DANGEROUS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from starlette.responses import Response

    from evergrove.api.imports import ImportRead, Rejected
    from evergrove.http import Call
    from evergrove.web.frame import Block, Reader

pages = Pages()

PATH = "/data/imports/{number}"
GRAINS = {"order": _("One row is one order"), "line": _("One row is one article of an order")}
A_PAGE = 20_000
"""Rejected rows that are read at once for the file."""


@pages.get(PATH, right="imports.read")
def one(call: ThisCall, request: Request, number: Number) -> Response:
    """The page of one import."""
    found, reader = ask(call, imports.one, number=number), reader_of(call)
    content = {
        "one": found,
        "file": file_name(found.file),
        "table": table_name(found.table, reader.formats),
        "block": file_block(found, reader),
        "columns": _columns(found, reader),
        "reading": _reading(found, reader),
    }
    return page(call, request, "data/import.html.j2", active="data", **content)


def _blocks(call: Call, request: Request) -> Sequence[Block]:
    number = number_in(request, "number")
    return [file_block(ask(call, imports.one, number=number), reader_of(call))]


downloads(pages, PATH, "imports.read", _blocks)


@pages.get(f"{PATH}/rejected", right="imports.read")
def rejected(call: ThisCall, request: Request, number: Number, paging: ThisPage) -> Response:
    """Its rejected rows."""
    found = ask(call, imports.one, number=number)
    rows = ask(call, imports.rejected, number=number, page=paging)
    path = f"/data/imports/{number}/rejected"
    content = {
        "one": found,
        "file": file_name(found.file),
        "rows": rows.items,
        "is_masked": bool(rows.items) and all(each.raw is None for each in rows.items),
        "onward": f"{path}{query(cursor=rows.next_cursor)}" if rows.next_cursor else None,
        "first": path if paging.after is not None else None,
    }
    return page(call, request, "data/rejected.html.j2", active="data", **content)


@pages.get(f"{PATH}/rejected.csv", right="imports.read")
def rejected_file(call: ThisCall, number: Number) -> Response:
    """The same as a file: all of them, written as they are read."""
    ask(call, imports.one, number=number)  # what is not there is told before the file begins
    headers = {"Content-Disposition": f'attachment; filename="rejected-{number}.csv"'}
    return StreamingResponse(_written(call, number), media_type="text/csv; charset=utf-8", headers=headers)


def _written(call: Call, number: int) -> Iterator[bytes]:
    yield "\ufeff".encode()  # Excel takes it for UTF-8 by the mark alone
    yield _line(["file", "line", "code", "reason", "row"])
    after = first_page(call, A_PAGE)
    while True:
        found = ask(call, imports.rejected, number=number, page=after)
        for each in found.items:
            yield _line([_plain(text) for text in _cells(each)])
        if found.next_cursor is None:
            return
        after = after.beyond(found.next_cursor)


def _cells(row: Rejected) -> list[str]:
    return [file_name(row.file), str(row.line), row.code, row.sentence or "", row.raw or ""]


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(DANGEROUS) else text


def _line(cells: Sequence[str]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerow(cells)
    return out.getvalue().encode()


def _columns(found: ImportRead, reader: Reader) -> list[tuple[str, str]]:
    """Which column was taken for what: the name for people, and the file's header."""
    told: dict[str, Any] = found.reading.get("columns") or {}
    return [(column_name(name, found.table, reader.formats), str(header)) for name, header in told.items()]


def _reading(found: ImportRead, reader: Reader) -> list[tuple[str, str]]:
    """How it was read: name and value."""
    say, told = reader.formats.say, found.reading
    encodings = [each for each in told.get("encodings") or () if each]
    pairs = [
        (_("Shop system"), told.get("preset") or say(_("Told by its headers"))),
        (_("Encoding"), reader.formats.enumerated(encodings)),
        (_("Currency"), told.get("currency")),
        (_("Time zone"), told.get("timezone")),
        (_("A row"), say(GRAINS[told["grain"]]) if told.get("grain") in GRAINS else ""),
    ]
    return [(say(name), str(value or NOTHING)) for name, value in pairs]
