"""``/data/readiness``: what forecasts want of the data, whether they get it, and what one can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import targets as routes
from evergrove.core import EvergroveError, _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.report.checklist_block import checklist_answer, checklist_rows
from evergrove.web.data.page import tabs
from evergrove.web.frame import Pages, Refused, ask, fragment, page, reader_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response


pages = Pages()

PATH = "/data/readiness"
WHAT_HELPS: Mapping[str, str] = {
    "buyers": _(
        "Send an older export too: everybody who ever bought counts. With fewer, averages of cohorts stand in."
    ),
    "history": _(
        "Export orders from as far back as the shop can: a year shows who comes back, two show the seasons."
    ),
    "last_order": _("Send the newest orders, or have the shop send them by itself each day."),
    "loyal": _("Time helps. Meanwhile an older export may hold customers with three orders."),
    "contactable": _("Send a file of customers with their addresses and what they agreed to."),
    "anonymous": _("Have the till ask for a member number or phone, and export that column with the orders."),
}
"""What one can do where a line is not met."""


@pages.get(PATH, right="imports.read")
def readiness(call: ThisCall, request: Request) -> Response:
    """The page; its list is fetched behind it, for all orders are looked through."""
    return page(call, request, "data/readiness.html.j2", active="data", tabs=tabs(call), **_nothing())


@pages.get(f"{PATH}/list", right="imports.read")
def readiness_list(call: ThisCall, request: Request) -> Response:
    """The checklist by itself; a whole page for whoever has no scripts."""
    content: dict[str, Any] = _nothing()
    formats = reader_of(call).formats
    try:
        found = ask(call, routes.ready)
        written = checklist_rows(found.items, formats)
        content |= {
            "as_of": found.as_of,
            "verdict": checklist_answer(found.items, formats),
            "checks": [
                (
                    *row,
                    each["met"],
                    formats.say(WHAT_HELPS.get(each["name"], "")) if each["met"] is False else "",
                )
                for row, each in zip(written, found.items, strict=True)
            ],
        }
    except EvergroveError as error:
        content["refused"] = Refused.of(error, call.language)
    if request.headers.get("hx-request"):
        return fragment(call, request, "data/checks.html.j2", **content)
    return page(call, request, "data/readiness.html.j2", active="data", tabs=tabs(call), **content)


def _nothing() -> dict[str, Any]:
    return {"as_of": None, "verdict": "", "checks": [], "refused": None}
