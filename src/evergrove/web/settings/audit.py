"""``/settings/audit``: who did what, and whether any of it was changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Query
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import audit as routes
from evergrove.api import users
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.http.paging import ThisPage, first_page
from evergrove.web.frame import Pages, allowed, ask
from evergrove.web.settings.shown import room

if TYPE_CHECKING:
    from starlette.responses import Response

    from evergrove.http import Call

pages = Pages()

MOST = 500
Named = Annotated[str, Query(max_length=300)]


@pages.get("/settings/audit", right="audit.read")
def audit(
    call: ThisCall, request: Request, page: ThisPage, act: Named = "", by: Named = "", verify: Named = ""
) -> Response:
    """The newest acts first; with ``verify`` the whole chain is walked along."""
    found = ask(call, routes.acts, page=page, act=act, by=by)
    verdict = ask(call, routes.verdict) if verify else None
    content = {
        "acts": found.items,
        "next": found.next_cursor,
        "act": act,
        "by": by,
        "verdict": verdict,
        "called": _names(call),
    }
    return room(call, request, "audit", **content)


def _names(call: Call) -> dict[str, str]:
    """What people are called by whom the trail knows as numbers, for those who may know it."""
    if not allowed(call, users.users):
        return {}
    return {
        f"user:{each.id}": each.email for each in ask(call, users.users, page=first_page(call, MOST)).items
    }
