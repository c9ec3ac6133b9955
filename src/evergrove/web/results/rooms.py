"""The rooms of results: their tabs, names of playbooks, and what a room says before anything was run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.api import playbooks
from evergrove.core import _
from evergrove.web.frame import ask, page, reader_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from evergrove.http import Call

LEDGER, EXPERIMENTS, BELIEFS = "/value-ledger", "/experiments", "/beliefs"
TABS = (
    (LEDGER, _("Value ledger"), "ledger"),
    (EXPERIMENTS, _("Experiments"), "experiments"),
    (BELIEFS, _("What is believed"), "beliefs"),
)
TITLE = _("Results")
WHOLE = _("All playbooks together")
ANY_PLAYBOOK = _("All playbooks that give it")


def room(call: Call, request: Request, key: str, template: str, **content: Any) -> Response:
    """
    A room of results; its template extends ``results/base.html.j2`` and fills the block ``room``.

    Args:
        call: Of the request.
        request: Same.
        key: Of the tab.
        template: Its path from ``evergrove/web``.
        content: What the template writes down.
    """
    formats = reader_of(call).formats
    tabs = [(path, formats.say(name), tab) for path, name, tab in TABS]
    return page(call, request, template, active="results", rooms=tabs, tab=key, **content)


def playbook_names(call: Call) -> Mapping[str, str]:
    """What each playbook is called, by its key; also the programme, and all that give one coupon."""
    say = reader_of(call).formats.say
    own = {each.key: each.name for each in ask(call, playbooks.playbooks).items}
    return {"global": say(WHOLE), "": say(ANY_PLAYBOOK), **own}
