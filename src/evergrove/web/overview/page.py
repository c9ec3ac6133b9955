"""``/``: how the customer base stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import policies
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.web.frame import Pages, ask, page

if TYPE_CHECKING:
    from starlette.responses import Response

pages = Pages()


@pages.get("/", right="figures.read")
def overview(call: ThisCall, request: Request) -> Response:
    """The page."""
    tiers = ask(call, policies.tiers)
    return page(call, request, "overview/overview.html.j2", active="overview", tiers=tiers)
