"""Events that were read, stored, and what is answered to whoever sent them."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Annotated, Any, cast

from fastapi import Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from evergrove.api.event_bodies import LARGE, EventsTooLong, json_of
from evergrove.http import InvalidRequest, NamedError
from evergrove.http.answers import answer_of
from evergrove.http.errors import MalformedBody
from evergrove.ingest.events.errors import EventConflict
from evergrove.ingest.events.reading import LONGEST_EVENT, Desk
from evergrove.ingest.events.reasons import REASONS
from evergrove.ingest.events.segment import read_message
from evergrove.ingest.events.types import DIRTYING
from evergrove.ingest.events.values import Refused, moment_of
from evergrove.text import translator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from evergrove.http import Call
    from evergrove.ingest.events import Event, Outcome

STRICT = "x-strict-mode"
BATCH = "batch"
_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
Wait = Annotated[
    int,
    Query(
        ge=0,
        le=1,
        description="1: answer when the customers' values are those after these events, or after 5 seconds.",
    ),
]
"""Whether whoever tells of an order waits for what follows from it."""
Named = tuple[str, Refused]
"""Where in the body an event stands, and why it is refused."""


def call_of(request: Request) -> Call:
    """The request on its way to a verb; asked so, it costs no thread."""
    return cast("Call", request.state.call)


def desk_of(call: Call) -> Desk:
    """What reading needs."""
    return Desk.at(call.service.here.seal, call.actor.account_id or "", call.service.here.clock.now())


async def tell(request: Request, kind: str, wait: int = 0) -> Response:
    """
    Read the messages of a request in Segment's shape, store them, and answer when they are durable.

    Args:
        request: As it came in.
        kind: Of the path.
        wait: 1: answer when live values have caught up as well.
    """
    call, told = call_of(request), await json_of(request)
    headers = request.headers
    length = headers.get("content-length", "")
    is_large = "content-encoding" in headers or not length.isdecimal() or int(length) >= LARGE
    if is_large:
        events, refused = await run_in_threadpool(read_told, desk_of(call), told, kind)
    else:
        events, refused = read_told(desk_of(call), told, kind)
    is_strict = request.headers.get(STRICT) == "1"
    if refused and is_strict:
        return refusal(call, refused)
    outcomes = await stored(call, events)
    if is_strict and (count := sum(each.verdict == "conflict" for each in outcomes)):
        raise EventConflict(count=count)
    if not wait:
        return JSONResponse({"success": True})
    return JSONResponse({"success": True, "caught_up": await caught_up(call, events, outcomes)})


async def stored(call: Call, events: Sequence[Event]) -> list[Outcome]:
    """
    Store events; what became of each, once that is durable.

    Raises:
        EventsBusy: Too many wait.
        LedgerFailed: The disk is full, say. Nothing of this request was stored.
    """
    if not events:
        return []
    return await asyncio.wrap_future(call.service.events.put(events))


async def caught_up(call: Call, events: Sequence[Event], outcomes: Sequence[Outcome]) -> bool:
    """Wait until the values of whom the events tell are those after them; False when it takes too long."""
    marks: dict[str, int] = {}
    for event, outcome in zip(events, outcomes, strict=True):
        if event.kind in DIRTYING:
            marks[event.customer_id] = max(outcome.seq, marks.get(event.customer_id, 0))
    return not marks or await asyncio.wrap_future(call.service.live.put(marks))


def read_told(desk: Desk, told: Any, kind: str) -> tuple[list[Event], list[Named]]:
    """
    Read the messages of one request.

    Args:
        desk: Of the request.
        told: As JSON has it.
        kind: Of the path; in a batch each message says its own.

    Returns:
        Events to store, refused ones that can be named among them; and where each refused one stands.

    Raises:
        MalformedBody: It is no object.
        EventsTooLong: One of them is; nothing of the request is taken, as Segment answers.
    """
    if not isinstance(told, dict):
        raise MalformedBody(kind="JSON")
    if kind != BATCH:
        return _read(desk, [(told, kind, "body")], None)
    if not isinstance(told.get(BATCH), list):
        return [], [("body.batch", Refused("events.bad_list"))]
    try:
        sent_at = moment_of(told, "sentAt")
    except Refused:
        sent_at = None
    messages = [
        (each, each.get("type", "") if isinstance(each, dict) else "", f"body.batch[{nth}]")
        for nth, each in enumerate(told[BATCH])
    ]
    return _read(desk, messages, sent_at)


def _read(
    desk: Desk, messages: Sequence[tuple[Any, Any, str]], sent_at: Any
) -> tuple[list[Event], list[Named]]:
    events, refused = [], []
    for message, kind, place in messages:
        if _is_too_long(message):
            raise EventsTooLong(most=LONGEST_EVENT)
        event, why = read_message(desk, message, kind if isinstance(kind, str) else "", sent_at)
        if event is not None:
            events.append(event)
        if why is not None:
            refused.append((place, why))
    return events, refused


def _is_too_long(message: Any) -> bool:
    """Whether an event is longer than 32 KB, written without blanks."""
    return len(_COMPACT(message).encode()) > LONGEST_EVENT


def refusal(call: Call, refused: Sequence[Named]) -> Response:
    """Name every event that cannot be taken; nothing of the request was stored."""
    say = translator(call.language)
    named = [
        NamedError(
            path=f"{place}.{why.path}" if why.path else place, code=why.code, message=say(REASONS[why.code])
        )
        for place, why in refused[:100]
    ]
    return answer_of(InvalidRequest(count=len(refused)), call.language, call.id, named)
