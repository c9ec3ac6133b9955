"""``/settings/health``: is the workspace sound, when was it saved, and may anything leave it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import backups, doctor
from evergrove.core import _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.web.frame import Pages, Told, allowed, ask, redirect
from evergrove.web.frame.ways_out import WAYS_OUT
from evergrove.web.settings.shown import Mistake, room

if TYPE_CHECKING:
    from pydantic import ValidationError
    from starlette.responses import Response

    from evergrove.core import InputError
    from evergrove.http import Call

pages = Pages()

PATH = "/settings/health"
RESUMED = Told("settings.resumed", _("Messages may leave this workspace again."))


@pages.get(PATH, right="workspace.check")
def health(call: ThisCall, request: Request) -> Response:
    """The page."""
    return _shown(call, request)


@pages.post(f"{PATH}/backup", right="workspace.back_up")
def back_up(call: ThisCall, request: Request) -> Response:
    """Have the workspace saved, and see how far that is."""
    try:
        queued = ask(call, backups.back_up)
    except Mistake as mistake:
        return _shown(call, request, mistake)
    return redirect(f"/settings/jobs/{queued.job}")


@pages.post(f"{PATH}/resume", right="settings.write")
def resume(call: ThisCall, request: Request) -> Response:
    """Confirm that this copy is the one at work."""
    try:
        ask(call, doctor.resume)
    except Mistake as mistake:
        return _shown(call, request, mistake)
    return redirect(PATH, RESUMED)


def _shown(call: Call, request: Request, mistake: InputError | ValidationError | None = None) -> Response:
    content = {
        "diagnosis": ask(call, doctor.doctor),
        "ways_out": WAYS_OUT,
        "outbound": ask(call, doctor.outbound),
        "newest": ask(call, backups.newest) if allowed(call, backups.newest) else None,
        "may_back_up": allowed(call, backups.back_up),
        "may_resume": allowed(call, doctor.resume),
    }
    return room(call, request, "health", mistake, **content)
