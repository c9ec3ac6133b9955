"""The rooms of outreach: their tabs, and the head in which everything can be stopped from each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from evergrove.access import may
from evergrove.api import outreach
from evergrove.core import InputError, _
from evergrove.http.statuses import status_of
from evergrove.web.frame import Refused, allowed, ask, page, reader_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from evergrove.http import Call

Mistake = (InputError, ValidationError)
"""What a form can get wrong."""

TABS: tuple[tuple[str, str, str, str], ...] = (
    ("playbooks", "/playbooks", _("Playbooks"), "figures.read"),
    ("outbox", "/outbox", _("Messages"), "outreach.read"),
    ("tasks", "/tasks", _("Staff tasks"), "tasks.read"),
    ("letters", "/letters", _("Letters"), "letters.read"),
    ("coupons", "/coupons", _("Coupons"), "coupons.read"),
    ("guards", "/guards", _("Limits"), "figures.read"),
    ("budgets", "/budgets", _("Budgets"), "figures.read"),
)
"""Key, path, name, and the right without which the room is not shown."""


def room(
    call: Call,
    request: Request,
    key: str,
    template: str,
    mistake: InputError | ValidationError | None = None,
    **content: Any,
) -> Response:
    """
    A room of outreach; its template extends ``outreach/base.html.j2`` and fills the block ``room``.

    Args:
        call: Of the request.
        request: Same.
        key: Of the tab.
        template: Its path from ``evergrove/web``.
        mistake: Why a form was not taken; the answer has its status.
        content: What the template writes down.
    """
    formats = reader_of(call).formats
    known = {
        "active": "outreach",
        "rooms": [
            (path, formats.say(name), tab) for tab, path, name, right in TABS if may(call.actor, right)
        ],
        "tab": key,
        "outreach": ask(call, outreach.state),
        "may_stop": allowed(call, outreach.stop),
        "refused": None if mistake is None else Refused.of(mistake, call.language),
    }
    answer = page(call, request, template, **{**known, **content})
    if mistake is not None:
        answer.status_code = status_of(mistake) if isinstance(mistake, InputError) else 422
    return answer
