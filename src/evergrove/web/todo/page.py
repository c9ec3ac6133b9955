"""``/todo``: the page of the week."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import Query
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import overview as figures
from evergrove.api import playbooks as routes
from evergrove.api.playbooks import Key  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.core import _
from evergrove.http import ThisCall  # noqa: TC001 - same
from evergrove.web.frame import Pages, allowed, ask, downloads, page, redirect
from evergrove.web.overview.standing import NothingStands, nothing_yet, standing
from evergrove.web.playbooks.acting import PAUSED, STARTED, WAITS
from evergrove.web.todo.first import first_block
from evergrove.web.todo.plays import plays_of
from evergrove.web.todo.ranking import week_of

if TYPE_CHECKING:
    from starlette.responses import Response

    from evergrove.http import Call
    from evergrove.web.frame import Block
    from evergrove.web.overview.standing import Standing

pages = Pages()

TITLE = _("What to do")


@pages.get("/todo", right="figures.read")
def todo(
    call: ThisCall, request: Request, by: Annotated[Literal["all", "customer"], Query()] = "all"
) -> Response:
    """The page; ``by``: in which order the groups stand."""
    try:
        base = standing(call)
    except NothingStands as error:
        return nothing_yet(call, request, "todo", TITLE, error)
    plays, together = plays_of(call, base)
    content = {
        "base": base.told,
        "words": base.words,
        "week": week_of(base, plays, by),
        "by": by,
        "plays": plays,
        "together": together,
        "first": _first(call, base),
    }
    return page(call, request, "todo/todo.html.j2", active="todo", **content)


@pages.post("/todo/playbooks/{key}/start", right="playbooks.write")
def start(call: ThisCall, key: Key) -> Response:
    """Let a playbook work."""
    line = ask(call, routes.begin, key=key)
    if line.asked is not None:
        return redirect("/todo", WAITS, name=line.name, people=line.asked.people)
    return redirect("/todo", STARTED, name=line.name)


@pages.post("/todo/playbooks/{key}/pause", right="playbooks.write")
def pause(call: ThisCall, key: Key) -> Response:
    """Let a playbook rest."""
    name = ask(call, routes.one, key=key).name
    rested = ask(call, routes.pause, key=key)
    return redirect("/todo", PAUSED, name=name, messages=rested.taken_back)


def _first(call: Call, base: Standing) -> list[Block]:
    """Whom to look at first; nobody for those who may not see customers."""
    if not allowed(call, figures.needs_attention):
        return []
    return [first_block(ask(call, figures.needs_attention), base)]


def _blocks(call: Call, _request: Request) -> list[Block]:
    return _first(call, standing(call))


downloads(pages, "/todo", "customers.read", _blocks)
