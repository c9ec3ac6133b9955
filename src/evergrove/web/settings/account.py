"""``/settings/account``: one's own password; what one may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.access import RIGHTS
from evergrove.api import me, sign_in
from evergrove.core import _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.web.frame import Pages, ThisForm, Told, ask, redirect
from evergrove.web.settings.shown import Mistake, room

if TYPE_CHECKING:
    from pydantic import ValidationError
    from starlette.responses import Response

    from evergrove.core import InputError
    from evergrove.http import Call

pages = Pages()

OWN = "Everybody may look after their own account."
CHANGED = Told("settings.password_changed", _("Your password is another one. All other log-ins have ended."))


@pages.get("/settings", known=OWN)
def settings(call: ThisCall, request: Request) -> Response:
    """The first room."""
    return _shown(call, request)


@pages.get("/settings/account", known=OWN)
def account(call: ThisCall, request: Request) -> Response:
    """The page."""
    return _shown(call, request)


@pages.post("/settings/account", known=OWN)
def change_password(call: ThisCall, request: Request, form: ThisForm) -> Response:
    """Another password."""
    answer = redirect("/settings/account", CHANGED)
    try:
        ask(call, sign_in.change_password, form.body(sign_in.Change), request=request, response=answer)
    except Mistake as mistake:
        return _shown(call, request, mistake)
    return answer


def _shown(call: Call, request: Request, mistake: InputError | ValidationError | None = None) -> Response:
    known = ask(call, me.me)
    rights = [(name, RIGHTS[name].sentence) for name in known.rights]
    return room(call, request, "account", mistake, me=known, rights=rights)
