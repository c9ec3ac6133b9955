"""``/data``: what came in, how fresh it is, what waits for somebody, and where files are sent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import files, freshness, imports, jobs
from evergrove.core import _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.http.paging import ThisPage, first_page
from evergrove.web.data.rows import days_block, lines
from evergrove.web.data.words import TABLES, file_name, size, table_name, why
from evergrove.web.frame import Pages, allowed, ask, downloads, page, query, reader_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response

    from evergrove.api.job_answers import JobAnswer
    from evergrove.http import Call
    from evergrove.web.frame import Block

pages = Pages()

PATH = "/data"
A_PAGE = 20
"""Imports that the list shows at once."""
LOOKED_BACK = 200
"""Imports that the picture is drawn from."""
TABS = (
    (PATH, _("What came in"), "imports"),
    ("/data/readiness", _("Readiness"), "readiness"),
    ("/data/rates", _("Currencies"), "rates"),
    ("/data/events", _("Events"), "events"),
    ("/data/formats", _("Formats"), "formats"),
)
TAKES = ("inbox", "take")
"""Kinds of jobs that take files in."""


@pages.get(PATH, right="imports.read")
def data(call: ThisCall, request: Request, paging: ThisPage, table: str = "") -> Response:
    """The page."""
    reader, table = reader_of(call), table if table in TABLES else ""
    formats = reader.formats
    short = paging if "limit" in request.query_params else replace(paging, limit=A_PAGE)
    found = ask(call, imports.imports, page=short, table=table)
    fresh = ask(call, freshness.fresh)
    begins = paging.after is None
    content = {
        "tabs": tabs(call),
        "rows": lines(found.items, reader),
        "has_any": bool(found.items),
        "block": _days(call, table) if begins and found.items else None,
        "fresh": fresh,
        "imported": reader.moment(fresh.imported_at).rsplit(" ", 1),
        "tables": [("", formats.say(_("Everything")))]
        + [(each, table_name(each, formats)) for each in TABLES],
        "table": table,
        "waiting": waiting_files(call) if begins and not table else [],
        "coming": _coming(call) if begins else [],
        "may_send": allowed(call, imports.upload),
        "onward": f"{PATH}{query(table=table, cursor=found.next_cursor)}" if found.next_cursor else None,
        "first": None if begins else f"{PATH}{query(table=table)}",
    }
    return page(call, request, "data/data.html.j2", active="data", **content)


def tabs(call: Call) -> list[tuple[str, str, str]]:
    """The parts of Data."""
    say = reader_of(call).formats.say
    return [(path, say(name), key) for path, name, key in TABS]


def _days(call: Call, table: str) -> Block:
    newest = ask(call, imports.imports, page=first_page(call, LOOKED_BACK), table=table).items
    return days_block(newest, reader_of(call), query(table=table))


def _blocks(call: Call, request: Request) -> Sequence[Block]:
    table = request.query_params.get("table", "")
    return [_days(call, table if table in TABLES else "")]


downloads(pages, PATH, "imports.read", _blocks)


def waiting_files(call: Call) -> list[dict[str, Any]]:
    """Files that wait for somebody, as the page tells them."""
    reader = reader_of(call)
    return [
        {
            "id": each.id,
            "file": file_name(each.file),
            "size": size(each.bytes, reader.formats),
            "at": reader.moment(each.at),
            "is_refused": each.is_refused,
            "why": why(each.why, each.file),
        }
        for each in ask(call, files.waiting).items
    ]


def _coming(call: Call) -> list[JobAnswer]:
    """Jobs that take files in right now."""
    if not allowed(call, jobs.list_jobs):
        return []
    found = ask(call, jobs.list_jobs, page=first_page(call, 20), state=["queued", "running"], kind=None)
    return [each for each in found.items if each.kind in TAKES]
