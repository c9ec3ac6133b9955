"""``/``: how the customer base stands, and what needs a decision."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import overview as routes
from evergrove.api import targets as boards
from evergrove.core import InputError, _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.report.answers import headline_answer, lost_answer
from evergrove.report.definitions import DEFINITIONS
from evergrove.report.words import MODELS, money_facts
from evergrove.web.frame import Pages, allowed, ask, downloads, page, reader_of
from evergrove.web.overview.blocks import blocks_of, board_block, concentration_block, flows_block, no_board
from evergrove.web.overview.cells import grid_of, page_of
from evergrove.web.overview.lines import line_of
from evergrove.web.overview.standing import NOTHING_YET, NothingStands, Standing, nothing_yet, standing
from evergrove.web.overview.stats import stats
from evergrove.web.overview.waiting import waiting

if TYPE_CHECKING:
    from starlette.responses import Response

    from evergrove.api.overview import Attention
    from evergrove.http import Call
    from evergrove.web.frame import Block

pages = Pages()

TITLE = _("Overview")
MEANT = ("value_at_stake", "value_likely_lost", "customers", "p_active_180d", "tier", "stage", "basis")
"""Definitions of what the page shows."""
FIRST = 5
"""Customers named on this page; What to do names more."""


@pages.get("/", right="figures.read")
def overview(call: ThisCall, request: Request) -> Response:
    """The page."""
    try:
        base = standing(call)
    except NothingStands as error:
        return nothing_yet(call, request, "overview", TITLE, error)
    found = ask(call, routes.needs_attention) if allowed(call, routes.needs_attention) else None
    content = {
        "base": base.told,
        "words": base.words,
        "headline": _headline(base),
        "facts": money_facts(base.told.currency, base.told.basis, base.formats),
        "stats": stats(base),
        "grid": grid_of(base) if base.cells else None,
        "page_of": page_of,
        "grid_files": "/overview/files/grid",
        "concentration": concentration_block(base),
        "flows": flows_block(base),
        "meant": [DEFINITIONS[name] for name in MEANT],
        "model": MODELS.get(base.told.lineage.model, base.told.lineage.model),
        **_attention(found, call, base),
        **_board(call),
    }
    return page(call, request, "overview/overview.html.j2", active="overview", **content)


def _headline(base: Standing) -> str:
    """What the base is worth; empty where that cannot be said: then the figures below say why."""
    if base.told.figures["value_at_stake"]["value"] is None:
        return ""
    figures, formats = base.figures, base.formats
    return formats.sentences(headline_answer(figures, formats), lost_answer(figures, formats))


def _attention(found: Attention | None, call: Call, base: Standing) -> dict[str, Any]:
    """Lines and customers to look at first; None and nobody for those who may not see them."""
    if found is None:
        return {"lines": None, "first": []}
    lines = [line_of(item, call, base.formats) for item in found.items]
    return {
        "lines": sorted([*lines, *waiting(call, base)], key=lambda line: not line.must),
        "first": found.look_at_first[:FIRST],
    }


@pages.get("/overview/targets", right="figures.read")
def targets(call: ThisCall, request: Request, *, count: Annotated[bool, Query()] = False) -> Response:
    """The targets by themselves; ``count``: now, where no night has done so yet."""
    content = _board(call, count=count)
    return page(call, request, "overview/targets.html.j2", active="overview", **content)


def _board(call: Call, *, count: bool = False) -> dict[str, Any]:
    """The targets as the nights have left them, and what is to be known of single ones."""
    formats = reader_of(call).formats
    try:
        block, points = board_block(ask(call, boards.targets, kept=True), formats)
    except InputError as error:
        if error.code not in NOTHING_YET:
            raise
        if not count:
            return {"board": no_board(formats), "points": (), "is_counted": False}
        block, points = board_block(ask(call, boards.targets), formats)
        block = replace(block, files="")  # files are of what is kept
    return {"board": block, "points": points, "is_counted": True}


def _blocks(call: Call, _request: Request) -> list[Block]:
    return blocks_of(standing(call))


def _boards(call: Call, _request: Request) -> list[Block]:
    return [_board(call)["board"]]


downloads(pages, "/overview", "figures.read", _blocks)
downloads(pages, "/overview/targets", "figures.read", _boards)
