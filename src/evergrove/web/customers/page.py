"""``/customers``: who there is; filtered by tier, stage and condition, sorted, found by exactly what is known of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.access.errors import FieldMasked
from evergrove.api import customer_search as searching
from evergrove.api import customers as routes
from evergrove.api import exports, segments
from evergrove.core import EvergroveError, InputError, _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.http.paging import Paging, ThisPage, first_page
from evergrove.http.statuses import status_of
from evergrove.report.definitions import DEFINITIONS
from evergrove.web.customers.asked import UNPLACED, Question, ThisQuestion, question_of
from evergrove.web.customers.columns import ALL
from evergrove.web.customers.exporting import shown_export
from evergrove.web.customers.shown import customer_path, table_of, words_of
from evergrove.web.frame import (
    Pages,
    Refused,
    ThisForm,
    Told,
    allowed,
    ask,
    fragment,
    page,
    query,
    reader_of,
    redirect,
)
from evergrove.web.overview.standing import NothingStands, nothing_yet

if TYPE_CHECKING:
    from starlette.responses import Response

    from evergrove.api.customers import Customers
    from evergrove.http import Call

pages = Pages()

TITLE = _("Customers")
NOTHING = "pipeline.nothing_published"
GONE = frozenset(("reading.snapshot_gone", "http.cursor_refused", "http.cursor_over"))
"""Codes of errors after which a list begins anew."""
ANEW = Told("customers.anew", _("A newer run was published meanwhile: the list begins anew."))
NOBODY = _("Nobody is known under exactly this.")
WHOLE = _("Names and addresses are stored sealed: only the whole of one finds somebody, a part does not.")
BOUGHT = _("{n} {n:has|have} bought, as the overview counts them.")
PROSPECTS = _("{n} {n:has|have} not bought yet.")
UNVALUED = _("{n} {n:is|are} not valued.")
MEANT = ("clv_12m", "interval", "p_alive", "spend_12m", "next_order_date", "tier", "stage")
"""Definitions of what the usual columns show."""


@pages.get("/customers", right="customers.read")
def customers(
    call: ThisCall, request: Request, paging: ThisPage, question: ThisQuestion, export: str = ""
) -> Response:
    """The page."""
    return _shown(call, request, paging, question, export=export)


@pages.post("/customer/count", right="customers.read")
def count(call: ThisCall, request: Request, form: ThisForm) -> Response:
    """Of how many the condition is true that is being written, or why it cannot be used yet."""
    question = question_of(form)
    try:
        found = ask(call, routes.count, where=question.condition).customers
        told = {"found": found, "refused": None}
    except (InputError, FieldMasked) as error:
        told = {"found": None, "refused": Refused.of(_in_place(call, question, error), call.language)}
    return fragment(call, request, "customers/count.html.j2", **told)


@pages.post("/customer/search", right="customers.read")
def search(call: ThisCall, request: Request, form: ThisForm) -> Response:
    """Go to whoever is known under exactly this; what was typed stands in no address."""
    text, first = form.text("text"), first_page(call, 50)
    try:
        found = ask(call, searching.search, wanted=form.body(searching.Wanted)).items
    except (InputError, ValidationError) as error:
        refused = Refused.of(error, call.language)
        return _shown(call, request, first, Question(), sought=text, not_found=refused, status=422)
    if len(found) == 1:
        return redirect(customer_path(found[0].customer_id))
    formats = reader_of(call).formats
    nobody = Refused(fields={"text": formats.sentences(formats.say(NOBODY), formats.say(WHOLE))})
    return _shown(
        call, request, first, Question(), sought=text, not_found=None if found else nobody, matches=found
    )


def _shown(
    call: Call,
    request: Request,
    paging: Paging,
    question: Question,
    *,
    status: int = 200,
    export: str = "",
    **told: object,
) -> Response:
    found: Customers | None = None
    refused: Refused | None = None
    try:
        everybody = ask(call, routes.count)
        found, matching = _found(call, paging, question, everybody.customers)
    except (InputError, FieldMasked) as error:
        if error.code == NOTHING:
            return nothing_yet(call, request, "customers", TITLE, NothingStands(error))
        if error.code in GONE:
            return redirect(question.link(), ANEW)
        in_place = _in_place(call, question, error)
        refused, status, matching = Refused.of(in_place, call.language), status_of(in_place), 0
        everybody = ask(call, routes.count)
    content = {
        "question": question,
        "as_of": everybody.as_of,
        "everybody": everybody.customers,
        "parts": _parts(call, everybody.customers) if question.is_everybody else "",
        "matching": matching,
        "refused": refused and Refused(fields={"where": _sentence(call, refused)}),
        "table": found and table_of(call, found.items, question),
        "further": found and found.next_cursor and question.link(cursor=found.next_cursor),
        "first": question.link() if paging.after is not None else None,
        "columns": ALL,
        "meant": [DEFINITIONS[name] for name in MEANT],
        **_choices(call),
        "may_export": allowed(call, exports.ask),
        "may_store": allowed(call, segments.define),
        "segment_link": f"/segments/new{query(where=question.condition)}",
        "export": shown_export(call, export) if export else None,
        "sought": "",
        "not_found": None,
        "matches": (),
        "customer_path": customer_path,
        **told,
    }
    answer = page(call, request, "customers/customers.html.j2", active="customers", **content)
    answer.status_code = status
    return answer


def _found(call: Call, paging: Paging, question: Question, everybody: int) -> tuple[Customers, int]:
    """A page of the list, and how many there are in all."""
    where = question.condition
    found = ask(call, routes.customers, page=paging, where=where, sort=question.sort, order=question.order)
    return found, everybody if not where else ask(call, routes.count, where=where).customers


def _parts(call: Call, everybody: int) -> str:
    """How many of all have bought, whom alone the overview counts; empty where everybody has."""
    formats = reader_of(call).formats
    prospects, unvalued = (
        ask(call, routes.count, where=where).customers for where in ("stage = 'prospect'", "stage is null")
    )
    said = [
        formats.say(text, n=formats.number(count))
        for text, count in (
            (BOUGHT, everybody - prospects - unvalued),
            (PROSPECTS, prospects),
            (UNVALUED, unvalued),
        )
        if count
    ]
    return formats.sentences(*said) if prospects or unvalued else ""


def _in_place(call: Call, question: Question, error: EvergroveError) -> EvergroveError:
    """What is wrong with what somebody has written, by its place there and not in the whole condition."""
    if question.where and question.condition != question.where:
        try:
            ask(call, routes.count, where=question.where)
        except (InputError, FieldMasked) as own:
            return own
    return error


def _choices(call: Call) -> dict[str, list[tuple[str, str]]]:
    """Tiers and stages that one can choose, with their names."""
    words = words_of(call)
    tiers = [(code or UNPLACED, word) for code, word in reversed(list(words["tier"].items()))]
    return {
        "tiers": sorted(tiers, key=lambda each: each[0] == UNPLACED),
        "stages": list(words["stage"].items()),
    }


def _sentence(call: Call, refused: Refused) -> str:
    return reader_of(call).formats.sentences(refused.message, refused.hint)
