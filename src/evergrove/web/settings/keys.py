"""``/settings/keys``: keys of programs, shown once when they are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.access import RIGHTS
from evergrove.api import keys as routes
from evergrove.api.keys import Prefix  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.core import _
from evergrove.http import ThisCall  # noqa: TC001 - same
from evergrove.http.paging import Paging, ThisPage, first_page
from evergrove.web.frame import Pages, ThisForm, Told, ask, redirect
from evergrove.web.settings.shown import Mistake, room

if TYPE_CHECKING:
    from pydantic import ValidationError
    from starlette.responses import Response

    from evergrove.core import InputError
    from evergrove.http import Call

pages = Pages()

PATH = "/settings/keys"
MOST = 200
DAYS = ("30", "90", "365")
USUAL_SCOPE = "events.write"
REVOKED = Told("settings.key_revoked", _("The key {prefix} opens nothing any more."))


@pages.get(PATH, right="keys.own")
def keys(call: ThisCall, request: Request, paging: ThisPage) -> Response:
    """The page."""
    return _shown(call, request, paging)


@pages.post(PATH, right="keys.own")
def create(call: ThisCall, request: Request, form: ThisForm) -> Response:
    """Make a key; its text is shown once."""
    scopes = list(form.texts("scopes"))
    try:
        made = ask(call, routes.create, form.body(routes.NewKey, scopes=scopes))
    except Mistake as mistake:
        return _shown(call, request, None, mistake, name=form.text("name"), chosen=scopes)
    return _shown(call, request, None, made=made, chosen=scopes)


@pages.post(f"{PATH}/{{prefix}}/revoke", right="keys.own")
def revoke(call: ThisCall, request: Request, prefix: Prefix) -> Response:
    """Let a key open nothing any more."""
    try:
        ask(call, routes.revoke, prefix)
    except Mistake as mistake:
        return _shown(call, request, None, mistake)
    return redirect(PATH, REVOKED, prefix=prefix)


def _shown(
    call: Call,
    request: Request,
    paging: Paging | None,
    mistake: InputError | ValidationError | None = None,
    **content: Any,
) -> Response:
    found = ask(call, routes.keys, page=paging or first_page(call, MOST))
    known = {
        "keys": found.items,
        "next": found.next_cursor,
        "scopes": [(name, RIGHTS[name].sentence) for name in RIGHTS if name in call.actor.rights],
        "days": DAYS,
        "chosen": [USUAL_SCOPE],
        "name": "",
        "made": None,
        "now": call.here.clock.now(),
        "base_url": call.here.settings.access.base_url.rstrip("/"),
    }
    return room(call, request, "keys", mistake, **{**known, **content})
