"""``/data/upload``: files that a form sends, streamed into the inbox as those of /v1/imports are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import imports as routes
from evergrove.core import InputError, _
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
MOST_FILES = 20
"""Files of one form."""


class TooManyFiles(InputError):
    """One form holds more files than are taken from one."""

    code = "web.too_many_files"
    message = _("One form takes up to {most} files. The first {most} have arrived; the others were not read.")
    hint = _("Send the others in another form, or all of them together as one ZIP file.")


@pages.post("/data/upload", right="imports.write", base=IncomingRoute, most_bytes=routes.UPLOADED, once=False)
async def upload(call: ThisCall, request: Request) -> Response:
    """Take every file of the form, one after the other, and go where one sees what becomes of them."""
    incoming: Incoming = request.state.incoming
    taken: list[Taken] = []
    name = await incoming.next_file()
    while name is not None:
        if not name:
            raise NotAForm
        if len(taken) == MOST_FILES:
            raise TooManyFiles(most=MOST_FILES)
        with routes.coming_in(call, name) as one:
            await run_in_threadpool(one.begin)
            async for part in incoming.data():
                await run_in_threadpool(one.add, part)
            name = await incoming.next_file()  # fields that follow a file say what becomes of it
            taken.append(await run_in_threadpool(routes.settled, one, hold="hold" in incoming.fields))
    if not taken:
        raise NotAForm
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
