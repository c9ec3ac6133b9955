"""``/settings/privacy``: what is kept of people, where, for how long, and how somebody is let go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import audit, settings
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.http.paging import first_page
from evergrove.web.frame import Pages, allowed, ask
from evergrove.web.settings.shown import room

if TYPE_CHECKING:
    from starlette.responses import Response

pages = Pages()

KEPT = ("keep_days", "proof_days")
NEWEST = 10


@pages.get("/settings/privacy", right="settings.read")
def privacy(call: ThisCall, request: Request) -> Response:
    """The page: nothing is changed here but by the settings and by a customer's own page."""
    known = {each.name: each for each in ask(call, settings.settings).items if each.section == "workspace"}
    erased = []
    if allowed(call, audit.acts):
        erased = ask(call, audit.acts, page=first_page(call, NEWEST), act="people.erased").items
    return room(call, request, "privacy", kept=[known[name] for name in KEPT], erased=erased)
