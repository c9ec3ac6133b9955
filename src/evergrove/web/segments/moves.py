"""``/segments/moves``: who moved between tiers and stages, when, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import Query
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import transitions
from evergrove.core import InputError
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.http.paging import ThisPage  # noqa: TC001 - same
from evergrove.segments.codes import Axis, Cause
from evergrove.segments.sentences.words import AXIS_WORDS, CAUSE_WORDS
from evergrove.web.frame import Pages, allowed, ask, downloads, page, query, reader_of
from evergrove.web.segments.flows import GONE, flows_block, placed
from evergrove.web.segments.words import PATH, tabs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.responses import Response

    from evergrove.api.transitions import Flows
    from evergrove.http import Call
    from evergrove.http.paging import Paging
    from evergrove.web.frame import Block

pages = Pages()

HERE = f"{PATH}/moves"
USUALLY_DAYS, SHOWN = 30, 25
AXES = {each.name.lower(): AXIS_WORDS[each] for each in Axis}
CAUSES = {each.name.lower(): CAUSE_WORDS[each] for each in Cause if each in CAUSE_WORDS}
OnAxis = Annotated[str, Query(max_length=20)]
Why = Annotated[str, Query(max_length=20)]
Written = Annotated[str, Query(max_length=20)]


@dataclass(frozen=True)
class Asked:
    """
    Which moves are looked at.

    Attributes:
        axis: What changed.
        cause: Why; empty: whyever.
        since: Runs of this day and later.
        until: Runs of this day and earlier.
    """

    axis: Literal["tier", "stage", "own_tier"]
    cause: Any
    since: date
    until: date

    @property
    def query(self) -> str:
        """As it stands in an address."""
        return query(axis=self.axis, cause=self.cause, since=self.since, until=self.until)


@pages.get(HERE, right="figures.read")
def moves(
    call: ThisCall,
    request: Request,
    paging: ThisPage,
    axis: OnAxis = "tier",
    cause: Why = "",
    since: Written = "",
    until: Written = "",
) -> Response:
    """The page."""
    reader = reader_of(call)
    content: dict[str, Any] = {"tabs": tabs(reader.formats), "asked": None}
    content |= {"axes": _named(call, AXES), "causes": _named(call, CAUSES)}
    try:
        newest = ask(call, transitions.flows)
    except InputError:  # nothing is published yet: the page says so
        return page(call, request, "segments/moves.html.j2", active="segments", **content)
    asked = asked_of(newest, axis, cause, since, until)
    content |= {"asked": asked, "newest": newest.until, "block": _block(call, asked)}
    content |= _listed(call, asked, replace(paging, limit=SHOWN))
    return page(call, request, "segments/moves.html.j2", active="segments", **content)


def asked_of(newest: Flows, axis: str, cause: str, since: str, until: str) -> Asked:
    """What the address asks; what cannot be read in it is as usual: tiers, for whatever reason, the last 30 days."""
    end = _day(until) or newest.until
    begin = _day(since) or end - timedelta(days=USUALLY_DAYS - 1)
    on: Any = axis if axis in AXES else "tier"
    return Asked(on, cause if cause in CAUSES else "", min(begin, end), end)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _named(call: Call, several: dict[str, Any]) -> list[tuple[str, str]]:
    say = reader_of(call).formats.say
    return [(code, say(word)) for code, word in several.items()]


def _block(call: Call, asked: Asked) -> Block:
    found = ask(call, transitions.flows, since=asked.since, until=asked.until)
    rows = [each for each in found.items if each.axis == asked.axis and asked.cause in {"", each.cause}]
    return flows_block(rows, asked.axis, reader_of(call), f"{HERE}/files/flows{asked.query}")


def _listed(call: Call, asked: Asked, paging: Paging) -> dict[str, Any]:
    """A page of single moves, for those who may see customers."""
    if not allowed(call, transitions.transitions):
        return {"moves": None, "onward": None, "first": None}
    found = ask(
        call,
        transitions.transitions,
        page=paging,
        since=asked.since,
        until=asked.until,
        axis=asked.axis,
        cause=asked.cause or None,
        from_="",
        to="",
    )
    reader = reader_of(call)
    return {
        "moves": [
            (each, placed(each.from_, asked.axis, reader), placed(each.to, asked.axis, reader, GONE))
            for each in found.items
        ],
        "onward": f"{HERE}{asked.query}&cursor={found.next_cursor}" if found.next_cursor else None,
        "first": f"{HERE}{asked.query}" if paging.after is not None else None,
    }


def _files(call: Call, request: Request) -> Iterable[Block]:
    told = {name: request.query_params.get(name, "") for name in ("axis", "cause", "since", "until")}
    return (_block(call, asked_of(ask(call, transitions.flows), **told)),)


downloads(pages, HERE, "figures.read", _files)
