"""``/models/back-tests``: who would have been right in the past, one back-test in full, and a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Path
from pydantic import ValidationError
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import backtests as routes
from evergrove.core import InputError, _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.http.paging import Paging, ThisPage
from evergrove.http.statuses import status_of
from evergrove.report.back_test.blocks import blocks_of
from evergrove.report.back_test.champions import champion_cards
from evergrove.report.back_test.words import PURPOSES, capital, spoken_title
from evergrove.report.back_test.write import PARTS, facts_of, headline_of
from evergrove.text import Formats
from evergrove.web.frame import (
    Form,
    Pages,
    Refused,
    ThisForm,
    Told,
    allowed,
    ask,
    downloads,
    number_in,
    page,
    query,
    reader_of,
    redirect,
)
from evergrove.web.models.shown import shown
from evergrove.web.models.tabs import BACK_TESTS, tabs

if TYPE_CHECKING:
    from starlette.responses import Response

    from evergrove.http import Call
    from evergrove.web.frame import Block

pages = Pages()

STARTED = Told(
    "models.back_test_started",
    _("The back-test waits for a worker as job {number}. It takes a minute or more."),
)
TITLES = {
    "value": _("Value: who ranks customers, who knows the totals"),
    "certainty": _("Certainty: do intervals and chances come true"),
    "groups": _("For whom it worked"),
    "cost": _("What else to know"),
}
"""Of the parts of a back-test, as its report has them."""
USUAL = {"origins": "3", "window_days": "91", "season": "on"}
"""As the route has it, and as the form begins."""
Number = Annotated[int, Path(ge=1, le=2**53)]


@pages.get(BACK_TESTS, right="figures.read")
def back_tests(call: ThisCall, request: Request, paging: ThisPage) -> Response:
    """The list, and the form."""
    return _listed(call, request, paging, USUAL)


@pages.post(BACK_TESTS, right="backtests.run")
def begin(call: ThisCall, request: Request, form: ThisForm) -> Response:
    """Have one made."""
    try:
        asked = form.body(routes.Asked, season=form.has("season"))
        queued = ask(call, routes.begin, asked=asked)
    except (InputError, ValidationError) as error:
        refused = Refused.of(error, call.language)
        answer = _listed(call, request, _first(call), _kept(form), refused)
        answer.status_code = status_of(error) if isinstance(error, InputError) else 422
        return answer
    return redirect(f"{BACK_TESTS}{query(job=queued.job)}", STARTED, number=queued.job)


@pages.get(f"{BACK_TESTS}/{{snapshot:int}}", right="figures.read")
def back_test(call: ThisCall, request: Request, snapshot: Number) -> Response:
    """One back-test in full."""
    told = ask(call, routes.back_test, snapshot=snapshot)
    content: dict[str, Any] = {"told": told, "found": told.found, "headline": ""}
    if told.found is not None:
        formats = _formats(call, told.found)
        content |= {
            "headline": headline_of(told.found, formats),
            "facts": facts_of(told.found, formats),
            "cards": champion_cards(told.found, formats),
            "parts": _parts(_of(told.found, snapshot, formats), formats),
            "notes": [note["says"] for note in told.found["warnings"]],
        }
    return page(call, request, "models/back_test.html.j2", active="models", **content)


def _listed(
    call: Call, request: Request, paging: Paging, values: dict[str, str], refused: Refused | None = None
) -> Response:
    found = ask(call, routes.back_tests, page=paging)
    formats = reader_of(call).formats
    job = request.query_params.get("job", "")
    content = {
        "items": [(each, _in_short(each, formats)) for each in found.items],
        "onward": f"{BACK_TESTS}{query(cursor=found.next_cursor)}" if found.next_cursor else None,
        "first": BACK_TESTS if paging.after is not None else None,
        "may_begin": allowed(call, routes.begin),
        "values": values,
        "refused": refused,
        "job": int(job) if job.isascii() and job.isdigit() and len(job) < 10 else None,
        "tabs": tabs(formats),
    }
    return page(call, request, "models/back_tests.html.j2", active="models", **content)


def _in_short(told: routes.BackTest, formats: Formats) -> list[tuple[str, str]]:
    """Each purpose and its champion."""
    return [
        (
            capital(formats.say(PURPOSES[each["purpose"]])),
            capital(spoken_title(each["name"], each["parts"], formats)),
        )
        for each in told.champions["champions"]
    ]


def _first(call: Call) -> Paging:
    return Paging(50, None, None, call.here.seal, "")


def _kept(form: Form) -> dict[str, str]:
    """What was typed, to be typed no second time."""
    return {
        name: form.text(name) for name in ("origins", "window_days", "as_of", "season") if form.text(name)
    }


def _formats(call: Call, found: dict[str, Any]) -> Formats:
    """The reader's, with the currency in which the back-test counted."""
    return Formats(call.language, found["currency"] or "")


def _of(found: dict[str, Any], snapshot: int, formats: Formats) -> list[Block]:
    return [shown(block, f"{BACK_TESTS}/{snapshot}/files") for block in blocks_of(found, formats)]


def _parts(blocks: list[Block], formats: Formats) -> list[tuple[str, list[Block]]]:
    """Title and blocks of each part that has any."""
    by_key = {block.key.replace("-", "_"): block for block in blocks}
    parts = [(title, [by_key[key] for key in PARTS[part] if key in by_key]) for part, title in TITLES.items()]
    return [(formats.say(title), found) for title, found in parts if found]


def _blocks(call: Call, request: Request) -> list[Block]:
    snapshot = number_in(request, "snapshot")
    found = ask(call, routes.back_test, snapshot=snapshot).found
    return [] if found is None else _of(found, snapshot, _formats(call, found))


downloads(pages, f"{BACK_TESTS}/{{snapshot:int}}", "figures.read", _blocks)
