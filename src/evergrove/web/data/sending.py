"""``/data/upload``: files that a form sends, streamed into the inbox as those of /v1/imports are."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import imports as routes
from evergrove.core import _
from evergrove.http import ThisCall  # noqa: TC001 - same
from evergrove.web.frame import Pages, Told, redirect
from evergrove.web.frame.incoming import IncomingRoute, NotAForm

if TYPE_CHECKING:
    from starlette.responses import Response

    from evergrove.api.imports import Taken
    from evergrove.http import Call
    from evergrove.web.frame.incoming import Incoming

pages = Pages()

SENT = Told("data.sent", _("{n} {n:file has|files have} arrived and {n:is|are} being taken in."))
KNOWN = Told("data.known", _("This very file came in before. Nothing changed."))
HELD = Told("data.held", _("The file waits until you have looked at it."))
WIZARD = "begin"


@pages.post("/data/upload", right="imports.write", base=IncomingRoute, most_bytes=routes.UPLOADED, once=False)
async def upload(call: ThisCall, request: Request) -> Response:
    """Take every file of the form, and go where one sees what becomes of them."""
    incoming: Incoming = request.state.incoming
    async with AsyncExitStack() as open_files:
        coming = []
        while (name := await incoming.next_file()) is not None:
            if not name:
                raise NotAForm
            one = open_files.enter_context(routes.coming_in(call, name))
            async for part in incoming.data():
                await run_in_threadpool(one.add, part)
            coming.append(one)
        if not coming:
            raise NotAForm
        hold = "hold" in incoming.fields
        taken = [await run_in_threadpool(routes.settled, each, hold=hold) for each in coming]
    return _onward(call, taken, incoming.fields.get("next", ""))


def _onward(_call: Call, taken: list[Taken], onward: str) -> Response:
    one = taken[0]
    if onward == WIZARD:
        return redirect(f"/begin/wait?then=check&job={one.job}" if one.job else "/begin/check")
    if len(taken) == 1 and one.imports:
        return redirect(f"/data/imports/{one.imports[0]}", KNOWN)
    if len(taken) == 1 and one.waits:
        return redirect(f"/data/waiting/{one.waits}", HELD)
    return redirect("/data", SENT, n=len(taken))
