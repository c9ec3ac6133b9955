"""``/segments``: all segments, how many are in each, what they are worth, and what the last run changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import segments
from evergrove.core import _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.web.frame import Block, Column, Pages, Table, ask, downloads, page, reader_of
from evergrove.web.segments.words import EXAMPLES, PATH, path_of, tabs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.responses import Response

    from evergrove.api.segment_answers import Listed, Segments
    from evergrove.http import Call
    from evergrove.text import Formats

pages = Pages()

COLUMNS = (
    ("segment", _("Segment"), "text"),
    ("meaning", _("What it means"), "text"),
    ("members", _("Customers"), "number"),
    ("share", _("Share of all"), "percent"),
    ("clv_12m", _("Value of the next 12 months"), "money"),
    ("came", _("Came with the last run"), "number"),
    ("left", _("Left with the last run"), "number"),
)


@pages.get(PATH, right="segments.read")
def all_segments(call: ThisCall, request: Request) -> Response:
    """The page."""
    found = ask(call, segments.segments)
    formats = reader_of(call).formats
    content = {
        "tabs": tabs(formats),
        "rows": [_row(each, found.customers, call) for each in _sorted(found)],
        "as_of": found.as_of,
        "held": found.held,
        "block": _block(found, call),
        "examples": [(formats.say(name), text) for name, text in EXAMPLES],
    }
    return page(call, request, "segments/list.html.j2", active="segments", **content)


def _sorted(found: Segments) -> list[Listed]:
    """The most valuable first; those that no run knows yet above them, for they were just made."""
    return sorted(found.items, key=lambda each: (each.members is not None, -(each.clv_12m or 0.0), each.key))


def _row(each: Listed, everybody: int | None, call: Call) -> dict[str, Any]:
    return {
        "segment": each,
        "path": path_of(each.key),
        "meaning": each.words.get(call.language, ""),
        "share": _share(each, everybody),
    }


def _share(each: Listed, everybody: int | None) -> float | None:
    return each.members / everybody if everybody and each.members is not None else None


def _block(found: Segments, call: Call) -> Block:
    formats: Formats = reader_of(call).formats
    rows = [
        (
            each.key,
            each.words.get(call.language, ""),
            each.members,
            _share(each, found.customers),
            each.clv_12m,
            each.came,
            each.went,
        )
        for each in _sorted(found)
    ]
    columns = [Column(key, formats.say(name), kind) for key, name, kind in COLUMNS]  # type: ignore[arg-type]  # kinds
    return Block(
        "segments",
        formats.say(_("Who belongs to which segment?")),
        table=Table(columns, rows),
        files=f"{PATH}/files/segments",
    )


def _blocks(call: Call, _request: Request) -> Iterable[Block]:
    return (_block(ask(call, segments.segments), call),)


downloads(pages, PATH, "segments.read", _blocks)
