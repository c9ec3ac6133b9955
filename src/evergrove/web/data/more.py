"""``/data/rates``, ``/data/events`` and ``/data/formats``: currencies, what programs have told, and what is understood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import events, files, freshness, imports
from evergrove.core import InputError, _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.http.paging import Paging, ThisPage
from evergrove.http.statuses import status_of
from evergrove.text import Formats
from evergrove.web.data.page import tabs
from evergrove.web.data.words import TABLES, column_name, table_name
from evergrove.web.frame import Pages, Refused, ThisForm, Told, allowed, ask, page, query, reader_of, redirect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

    from evergrove.api.freshness import WaitingAmount
    from evergrove.http import Call

pages = Pages()

STATES: Mapping[str, str] = {
    "waiting": _("Waiting"),
    "taken": _("Taken"),
    "refused": _("Refused"),
    "conflict": _("Contradicting"),
}
TAGS: Mapping[str, str] = {"waiting": "", "taken": "good", "refused": "bad", "conflict": "warn"}
KINDS: Mapping[str, str] = {
    "order": _("Order"),
    "refund": _("Refund"),
    "cancel": _("Cancelled order"),
    "customer": _("Customer told"),
    "alias": _("Same person"),
    "track": _("Something done"),
    "page": _("Page seen"),
    "screen": _("Screen seen"),
    "group": _("Group joined"),
}
WHAT: Mapping[str, str] = {"orders": _("Orders"), "refunds": _("Refunds"), "costs": _("Costs and the like")}
AGAIN = Told("data.event_again", _("Event {number} is looked at again."))
SHOWN_HEADERS = 8


@pages.get("/data/rates", right="imports.read")
def rates(call: ThisCall, request: Request) -> Response:
    """Exchange rates, and what waits for one."""
    formats, found = reader_of(call).formats, ask(call, freshness.rates)
    content = {
        "tabs": tabs(call),
        "rates": found,
        "waiting": [
            (formats.say(WHAT.get(each.what, each.what)), each, _amount(each, formats))
            for each in found.waiting
        ],
        "may_send": allowed(call, imports.upload),
    }
    return page(call, request, "data/rates.html.j2", active="data", **content)


def _amount(each: WaitingAmount, formats: Formats) -> str:
    """In its own currency, by its code."""
    own = Formats(formats.language, each.currency or "", codes=True)
    return own.money(each.amount) if each.amount is not None else ""


@pages.get("/data/events", right="imports.read")
def told(call: ThisCall, request: Request, paging: ThisPage, state: str = "") -> Response:
    """Events, the newest first."""
    return _told(call, request, paging, state if state in STATES else "")


@pages.post("/data/events/{number:int}/retry", right="imports.write")
def again(call: ThisCall, request: Request, number: int, form: ThisForm) -> Response:
    """Have a refused event looked at again."""
    del form  # its token was looked at before
    try:
        ask(call, events.retry, number=number)
    except InputError as error:
        first = Paging(50, None, None, call.here.seal, "")
        answer = _told(call, request, first, "refused", Refused.of(error, call.language))
        answer.status_code = status_of(error)
        return answer
    return redirect("/data/events", AGAIN, number=number)


def _told(
    call: Call, request: Request, paging: Paging, state: str, refused: Refused | None = None
) -> Response:
    formats = reader_of(call).formats
    found = ask(call, events.list_told, page=paging, state=state or None, source="", message_id="")
    path = "/data/events"
    content = {
        "tabs": tabs(call),
        "states": [("", formats.say(_("All")))]
        + [(code, formats.say(word)) for code, word in STATES.items()],
        "state": state,
        "rows": [
            (
                each,
                formats.say(KINDS.get(each.kind, each.kind)),
                formats.say(STATES[each.state]),
                TAGS[each.state],
            )
            for each in found.items
        ],
        "fresh": ask(call, freshness.fresh),
        "may_retry": allowed(call, events.retry),
        "base": call.service.here.settings.access.base_url or str(request.base_url).rstrip("/"),
        "onward": f"{path}{query(state=state, cursor=found.next_cursor)}" if found.next_cursor else None,
        "first": f"{path}{query(state=state)}" if paging.after is not None else None,
        "refused": refused,
    }
    return page(call, request, "data/events.html.j2", active="data", **content)


@pages.get("/data/formats", right="imports.read")
def formats(call: ThisCall, request: Request) -> Response:
    """Which files are understood, and which columns each kind may have."""
    reader = reader_of(call).formats
    known, columns = ask(call, files.formats).items, ask(call, files.columns)
    tables: list[dict[str, Any]] = [
        {
            "name": name,
            "title": table_name(name, reader),
            "needed": [column_name(each.name, name, reader) for each in columns[name] if each.is_required],
            "more": [column_name(each.name, name, reader) for each in columns[name] if not each.is_required],
        }
        for name in TABLES
        if name in columns
    ]
    content = {
        "tabs": tabs(call),
        "own": [each for each in known if each.is_own],
        "shipped": [(each, table_name(each.table, reader)) for each in known if not each.is_own],
        "shown": SHOWN_HEADERS,
        "tables": tables,
        "may_send": allowed(call, imports.upload),
    }
    return page(call, request, "data/formats.html.j2", active="data", **content)
