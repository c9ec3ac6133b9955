"""``/outreach/stop`` and ``/outreach/resume``: one button stops everything, a channel or a playbook, from every room of outreach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import outreach
from evergrove.api.outreach import Scope, ScopeToStop
from evergrove.core import _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.outbox.stopping import EVERYTHING
from evergrove.web.frame import Pages, ThisForm, Told, ask, redirect
from evergrove.web.frame.choices import local
from evergrove.web.outreach.rooms import Mistake, room

if TYPE_CHECKING:
    from starlette.responses import Response

    from evergrove.web.frame import Form

pages = Pages()

STOPPED = Told(
    "outreach.page_stopped", _("Stopped: nothing of it leaves any more. What waits keeps its place.")
)
RESUMED = Told("outreach.page_resumed", _("It goes on. What has become useless meanwhile does not leave."))
HOME = "/outbox"


@pages.post("/outreach/stop", right="outreach.stop")
def stop(call: ThisCall, request: Request, form: ThisForm) -> Response:
    """Stop what the form names; without a name everything."""
    try:
        asked = ScopeToStop(scope=_scope(form), reason=form.text("reason"))
        ask(call, outreach.stop, asked=asked)
    except Mistake as mistake:
        return room(call, request, "", "outreach/refused.html.j2", mistake)
    return redirect(local(form.text("back", HOME)), STOPPED)


@pages.post("/outreach/resume", right="outreach.stop")
def resume(call: ThisCall, request: Request, form: ThisForm) -> Response:
    """Let what the form names go on."""
    try:
        ask(call, outreach.resume, asked=Scope(scope=_scope(form)))
    except Mistake as mistake:
        return room(call, request, "", "outreach/refused.html.j2", mistake)
    return redirect(local(form.text("back", HOME)), RESUMED)


def _scope(form: Form) -> str:
    return form.text("scope") or EVERYTHING
