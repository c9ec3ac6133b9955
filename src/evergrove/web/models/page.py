"""``/models``: whether forecasts can be trusted, what the model says of the shop, and below what an analyst checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import backtests as back_tests
from evergrove.api import models as routes
from evergrove.api import overview as standings
from evergrove.core import InputError, _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.http.paging import Paging
from evergrove.report.definitions import DEFINITIONS
from evergrove.web.frame import Pages, ask, downloads, page, reader_of
from evergrove.web.models.tabs import HISTORIES, PATH, tabs
from evergrove.web.models.trust import blocks_of, headline, histories_of, stats
from evergrove.web.overview.standing import NOTHING_YET, NothingStands, nothing_yet

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response

    from evergrove.api.models import Models as Told
    from evergrove.http import Call
    from evergrove.web.frame import Block

pages = Pages()

TITLE = _("Models")
MEANT = ("model", "back_test", "tracking", "interval", "p_alive")
"""Definitions of what the page shows."""
BELOW = ("parameters", "candidates")
"""Blocks that stand last, for those who check."""


@pages.get(PATH, right="figures.read")
def models(call: ThisCall, request: Request) -> Response:
    """The page."""
    return _shown(call, request, "models/models.html.j2", _models_content)


@pages.get(HISTORIES, right="figures.read")
def histories(call: ThisCall, request: Request) -> Response:
    """What the model makes of a customer's history."""
    return _shown(call, request, "models/histories.html.j2", _histories_content)


def _shown(
    call: Call, request: Request, template: str, content: Callable[[Call, Told], dict[str, Any]]
) -> Response:
    """A page of what the newest run says of its models; where there is none, what brings it."""
    try:
        told = ask(call, routes.models)
    except InputError as error:
        if error.code in NOTHING_YET:
            return nothing_yet(call, request, "models", TITLE, NothingStands(error))
        raise
    shown = {"told": told, "tabs": tabs(reader_of(call).formats)}
    return page(call, request, template, active="models", **shown, **content(call, told))


def _models_content(call: Call, told: Told) -> dict[str, Any]:
    formats = reader_of(call).formats
    drift, blocks = _drift(call), blocks_of(told, formats)
    return {
        "headline": headline(told, formats),
        "stats": stats(told, drift, formats),
        "drift": drift,
        "blocks": [block for block in blocks if block.key not in BELOW],
        "below": [block for block in blocks if block.key in BELOW],
        "meant": [DEFINITIONS[name] for name in MEANT],
        "newest": _newest(call),
    }


def _histories_content(call: Call, told: Told) -> dict[str, Any]:
    return {"blocks": histories_of(told, reader_of(call).formats)}


def _drift(call: Call) -> dict[str, Any] | None:
    """Purchases of the last month beside what was foretold; None where no run says so."""
    try:
        base: standings.Overview = ask(call, standings.overview)
    except InputError as error:
        if error.code in NOTHING_YET:
            return None
        raise
    return base.drift


def _newest(call: Call) -> back_tests.BackTest | None:
    """The newest rolling back-test."""
    found = ask(call, back_tests.back_tests, page=Paging(1, None, None, call.here.seal, ""))
    return found.items[0] if found.items else None


def _blocks(call: Call, _request: Request) -> list[Block]:
    return blocks_of(ask(call, routes.models), reader_of(call).formats)


def _histories(call: Call, _request: Request) -> list[Block]:
    return histories_of(ask(call, routes.models), reader_of(call).formats)


downloads(pages, HISTORIES, "figures.read", _histories)
downloads(pages, PATH, "figures.read", _blocks)
