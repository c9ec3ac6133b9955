"""``/customers/{id}``: one customer; figures and why, what happened, how it changed, where it comes from, the person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import Query
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import customer_lineage, persons
from evergrove.api import customers as routes
from evergrove.api.customers import CustomerId  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.core import InputError, _
from evergrove.http import ThisCall  # noqa: TC001 - same
from evergrove.http.paging import ThisPage, first_page
from evergrove.report.definitions import DEFINITIONS
from evergrove.report.words import BASES
from evergrove.web.customer.decided import decided
from evergrove.web.customer.happened import happened
from evergrove.web.customer.past import FILES, alive_block, past_block
from evergrove.web.customer.person import person_content
from evergrove.web.customer.why import health, reasons, written
from evergrove.web.customer.words import HAPPENED, PERSONS, UNITS
from evergrove.web.customers.shown import customer_path, words_of
from evergrove.web.frame import (
    Pages,
    Refused,
    allowed,
    ask,
    downloads,
    fragment,
    page,
    query,
    reader_of,
)
from evergrove.web.frame.render import IS_PART

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.responses import Response

    from evergrove.api.customers import Customer
    from evergrove.http import Call
    from evergrove.web.frame import Block

pages = Pages()

UNKNOWN = frozenset(("reading.unknown_customer", "pipeline.nothing_published"))
"""Codes of errors after which there is no card, and perhaps a person all the same."""
VIEWS = {
    "": _("Overview"),
    "timeline": _("Timeline"),
    "past": _("Over time"),
    "decisions": _("Decisions"),
    "lineage": _("Where it comes from"),
    "person": _("Person and consent"),
}
MEANT = ("clv_12m", "interval", "historic_value", "p_alive", "next_order_date", "tier", "stage")
FULL = ("", "lineage")
"""Views that need every published column."""
FIRST = 8
"""Entries of the timeline on the first view."""
View = Literal["", "timeline", "past", "decisions", "lineage", "person"]


@pages.get("/customers/{customer_id:path}", right="customers.read")
def customer(
    call: ThisCall,
    request: Request,
    customer_id: CustomerId,
    paging: ThisPage,
    view: View = "",
    kind: Annotated[str, Query(max_length=20)] = "",
    only: Literal["", "alive"] = "",
) -> Response:
    """The page; where a part is asked for, one chart, or the newest lines of the timeline."""
    if request.headers.get(IS_PART):
        if only:
            return fragment(call, request, "customer/block.html.j2", block=alive_block(call, customer_id))
        lines, _cursor = happened(call, customer_id, first_page(call, FIRST))
        return fragment(call, request, "customer/lines.html.j2", lines=lines)
    content: dict[str, Any] = {"alive": alive_block(call, customer_id), "past": None} if only else {}
    if view == "timeline":
        lines, cursor = happened(call, customer_id, paging, kind)
        own = customer_path(customer_id)
        content = {
            "lines": lines,
            "kind": kind,
            "kinds": [(each, reader_of(call).formats.say(word)) for each, word in HAPPENED.items()],
            "further": f"{own}{query(view=view, kind=kind, cursor=cursor)}" if cursor else None,
            "first": f"{own}{query(view=view, kind=kind)}" if paging.after is not None else None,
        }
    return shown(call, request, customer_id, view, **content)


def shown(
    call: Call, request: Request, customer_id: str, view: View, *, status: int = 200, **content: Any
) -> Response:
    """One view of the page, with what else a form has to say."""
    try:
        told: Customer | None = ask(call, routes.customer, customer_id=customer_id, full=view in FULL)
        unknown = None
    except InputError as error:
        if error.code not in UNKNOWN:
            raise
        told, unknown = None, Refused.of(error, call.language)
        if view != "person" or not allowed(call, persons.person):
            return _nobody(call, request, customer_id, unknown)
    frame = {
        "customer_id": customer_id,
        "told": told,
        "own": customer_path(customer_id),
        "view": view,
        "tabs": _tabs(call, customer_id, is_valued=told is not None),
        "words": words_of(call),
        "person_words": PERSONS,
        "unknown": unknown,
    }
    made = content or _CONTENT[view](call, customer_id, told)
    answer = page(
        call, request, f"customer/{view or 'overview'}.html.j2", active="customers", **frame, **made
    )
    answer.status_code = status
    return answer


def _tabs(call: Call, customer_id: str, *, is_valued: bool) -> list[tuple[str, str, str]]:
    formats, own = reader_of(call).formats, customer_path(customer_id)
    return [
        (f"{own}{query(view=view)}", formats.say(name), view)
        for view, name in VIEWS.items()
        if (allowed(call, persons.person) if view == "person" else is_valued)
    ]


def _nobody(call: Call, request: Request, customer_id: str, unknown: Refused) -> Response:
    content = {
        "refused": unknown,
        "person": f"{customer_path(customer_id)}{query(view='person')}"
        if allowed(call, persons.person)
        else "",
    }
    answer = page(call, request, "customer/nobody.html.j2", active="customers", **content)
    answer.status_code = 404
    return answer


def _overview(call: Call, _customer_id: str, told: Customer | None) -> dict[str, Any]:
    assert told is not None  # noqa: S101 - without a card there is the person's view only
    sentence, parts = health(call, told)
    basis = told.lineage.basis or ""
    return {
        "reasons": reasons(call, told),
        "health": sentence,
        "parts": parts,
        "meant": [DEFINITIONS[name] for name in MEANT],
        "basis": BASES.get(basis, basis),
    }


def _past(call: Call, customer_id: str, _told: Customer | None) -> dict[str, Any]:
    return {"past": past_block(call, customer_id), "alive": None}  # the other one is fetched after the page


def _lineage(call: Call, _customer_id: str, told: Customer | None) -> dict[str, Any]:
    behind, formats = ask(call, customer_lineage.lineage), reader_of(call).formats
    values = {} if told is None else told.figures
    figures = [
        {"told": each, "value": written(each.key, values.get(each.key), formats)} for each in behind.figures
    ]
    unit = formats.say(UNITS[behind.unit]) if behind.unit in UNITS else behind.unit
    basis = "" if told is None else told.lineage.basis or ""
    return {"behind": behind, "figures": figures, "unit": unit, "basis": BASES.get(basis, basis)}


def _timeline(_call: Call, _customer_id: str, _told: Customer | None) -> dict[str, Any]:
    return {}


def _person(call: Call, customer_id: str, _told: Customer | None) -> dict[str, Any]:
    return person_content(call, customer_id)


def _decisions(call: Call, customer_id: str, _told: Customer | None) -> dict[str, Any]:
    return decided(call, customer_id)


_CONTENT = {
    "": _overview,
    "timeline": _timeline,
    "past": _past,
    "decisions": _decisions,
    "lineage": _lineage,
    "person": _person,
}


def _blocks(call: Call, request: Request) -> Iterable[Block]:
    customer_id = request.query_params.get("customer", "")[:200]
    yield past_block(call, customer_id)
    yield alive_block(call, customer_id)


downloads(pages, FILES, "customers.read", _blocks)
