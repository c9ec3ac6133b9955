"""``/guards``: the guards in their order, addresses that nothing is sent to, and open matters of customers."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Path
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import cases, guards, suppressions
from evergrove.api.cases import NewCase
from evergrove.core import _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.http.paging import ThisPage, first_page
from evergrove.web.customers.shown import customer_path
from evergrove.web.frame import Pages, ThisForm, Told, allowed, ask, query, reader_of, redirect
from evergrove.web.guards.words import CASES, GUARDS, settings_said
from evergrove.web.outbox.one import NotADay
from evergrove.web.outbox.words import channel_name
from evergrove.web.outreach.rooms import Mistake, room

if TYPE_CHECKING:
    from pydantic import ValidationError
    from starlette.responses import Response

    from evergrove.core import InputError
    from evergrove.http import Call
    from evergrove.http.paging import Paging
    from evergrove.web.frame import Form

pages = Pages()

PATH = "/guards"
RELEASED = Told(
    "guards.page_released", _("Released: the address may be written to again, if its owner agrees.")
)
OPENED = Told("guards.page_opened", _("Opened: nothing is advertised to the customer while it is."))
CLOSED = Told("guards.page_closed", _("Closed: what waited for it and is still of use leaves."))
SHOWN = 20
NUMBER = Annotated[int, Path(ge=1, le=2**53)]
CASE = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]


@pages.get(PATH, right="figures.read")
def limits(call: ThisCall, request: Request, paging: ThisPage) -> Response:
    """The page."""
    return _shown(call, request, paging)


@pages.post(f"{PATH}/suppressions/{{number}}/release", right="suppressions.write")
def release(call: ThisCall, request: Request, number: NUMBER) -> Response:
    """Let an address be written to again."""
    try:
        ask(call, suppressions.released, number=number)
    except Mistake as mistake:
        return _shown(call, request, first_page(call, SHOWN), mistake)
    return redirect(f"{PATH}#suppressions", RELEASED)


@pages.post(f"{PATH}/cases", right="cases.write")
def begin(call: ThisCall, request: Request, form: ThisForm) -> Response:
    """Open a matter with a customer."""
    try:
        ask(call, cases.begin, asked=form.body(NewCase, until=_until(call, form)))
    except Mistake as mistake:
        filled = {name: form.text(name) for name in ("customer_id", "kind", "ref", "until")}
        return _shown(call, request, first_page(call, SHOWN), mistake, filled)
    return redirect(f"{PATH}#cases", OPENED)


@pages.post(f"{PATH}/cases/{{case_id}}/close", right="cases.write")
def close(call: ThisCall, request: Request, case_id: CASE) -> Response:
    """Close one."""
    try:
        ask(call, cases.close, case_id=case_id)
    except Mistake as mistake:
        return _shown(call, request, first_page(call, SHOWN), mistake)
    return redirect(f"{PATH}#cases", CLOSED)


def _until(call: Call, form: Form) -> datetime | None:
    text = form.text("until")
    if not text:
        return None
    try:
        day = date.fromisoformat(text) + timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise NotADay(text=text[:40]) from error
    return datetime.combine(day, datetime.min.time(), reader_of(call).zone)


def _shown(
    call: Call,
    request: Request,
    paging: Paging,
    mistake: InputError | ValidationError | None = None,
    filled: dict[str, str] | None = None,
) -> Response:
    formats = reader_of(call).formats
    found = ask(call, guards.guards)
    content: dict[str, Any] = {
        "days": found.days,
        "guards": [
            {
                "it": each,
                "asks": GUARDS[each.name],
                "set": settings_said(each.settings, formats),
            }
            for each in found.items
        ],
        "suppressions": _suppressions(call, paging) if allowed(call, suppressions.listed) else None,
        "may_release": allowed(call, suppressions.released),
        "cases": _cases(call) if allowed(call, cases.cases) else None,
        "may_open": allowed(call, cases.begin),
        "kinds": [(code, formats.say(name)) for code, name in CASES.items()],
        "filled": filled or {"customer_id": "", "kind": "complaint", "ref": "", "until": ""},
    }
    return room(call, request, "guards", "guards/guards.html.j2", mistake, **content)


def _suppressions(call: Call, paging: Paging) -> dict[str, Any]:
    formats = reader_of(call).formats
    found = ask(call, suppressions.listed, page=paging)
    return {
        "items": [
            {
                "it": each,
                "channel": channel_name(formats, each.channel),
                "customers": [(name, customer_path(name)) for name in each.customer_ids],
            }
            for each in found.items
        ],
        "onward": f"{PATH}{query(cursor=found.next_cursor)}#suppressions" if found.next_cursor else None,
        "first": f"{PATH}#suppressions" if paging.after is not None else None,
    }


def _cases(call: Call) -> list[dict[str, Any]]:
    say = reader_of(call).formats.say
    return [
        {"it": each, "kind": say(CASES[each.kind]), "path": customer_path(each.customer_id)}
        for each in ask(call, cases.cases).items
    ]
