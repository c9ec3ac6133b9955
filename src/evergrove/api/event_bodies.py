"""Bodies with events: their length, their compression, their JSON, and the write key that may stand in them."""

from __future__ import annotations

import base64
import json
import re
import zlib
from typing import TYPE_CHECKING, Any, cast

from starlette.concurrency import run_in_threadpool

from evergrove.core import _
from evergrove.http import GuardedRoute
from evergrove.http.acting import refuse_key_in_address
from evergrove.http.errors import MalformedBody
from evergrove.http.limits import DEPTH, depth_of
from evergrove.http.places import address

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from starlette.requests import Request
    from starlette.responses import Response

    from evergrove.app.service import Service

LONGEST_BATCH = 500 * 1024
LARGE = 64 * 1024
"""Longer bodies are read in a thread: reading them would hold up all other requests."""
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class EventsTooLong(MalformedBody):
    """A request with events is longer than is taken; 400, as Segment answers."""

    code = "api.events_too_long"
    message = _("The request is longer than {most} bytes.")
    hint = _("A batch may have 500 KB, and each event in it 32 KB. Send fewer events at once.")


class KeyedRoute(GuardedRoute):
    """
    A route whose key may stand in the body, as ``writeKey``: some of Segment's libraries send it there.

    Whoever says in the head who they are is asked and counted before a byte of the body is read, as everywhere. Of all
    others the body must be read first: so many for each address, and no more while none of them shows a right key.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers: the key of the body, where the head has none, stands as if it were the head's."""
        handle = super().get_route_handler()

        async def keyed(request: Request) -> Response:
            if "authorization" in request.headers or "cookie" in request.headers:
                return await handle(request)
            service, here = cast("Service", request.app.state.service), address(request)
            service.unread.take(here)
            refuse_key_in_address(request)
            _check_said_length(request)
            key = _key_in(await json_of(request))
            if key:
                told = b"Basic " + base64.b64encode(f"{key}:".encode())
                request.scope["headers"] = [*request.scope["headers"], (b"authorization", told)]
                del request._headers  # noqa: SLF001 - starlette keeps them; made anew from the scope
            try:
                return await handle(request)
            finally:
                if getattr(request.state, "call", None) is not None:  # it is known who asked
                    service.unread.give_back(here)

        return keyed


def _check_said_length(request: Request) -> None:
    """Refuse what says itself that it is too long, before a byte of it is read."""
    said = request.headers.get("content-length", "")
    if said.isascii() and said.isdigit() and int(said) > LONGEST_BATCH:
        raise EventsTooLong(most=LONGEST_BATCH)


def _key_in(told: Any) -> str:
    key = told.get("writeKey") if isinstance(told, dict) else None
    return key if isinstance(key, str) else ""


async def json_of(request: Request) -> Any:
    """
    The JSON of a body, read once.

    Raises:
        EventsTooLong: It is longer than a batch may be, packed or unpacked.
        MalformedBody: It is no JSON, or in a compression other than gzip.
    """
    if not hasattr(request.state, "told"):
        body = await request.body()
        encoding = request.headers.get("content-encoding", "").strip().lower()
        large = len(body) > LARGE or bool(encoding)
        request.state.told = await run_in_threadpool(read_json, body, encoding) if large else read_json(body)
    return request.state.told


def read_json(body: bytes, encoding: str = "") -> Any:
    """
    The JSON of a body.

    Args:
        body: As it came in.
        encoding: Content-Encoding; empty, ``identity`` or ``gzip``.

    Raises:
        EventsTooLong, MalformedBody: As ``json_of``.
    """
    if len(body) > LONGEST_BATCH:
        raise EventsTooLong(most=LONGEST_BATCH)
    if encoding not in ("", "identity"):
        body = _unpacked(body, encoding)
        if depth_of(body) > DEPTH or b"\\u0000" in body:  # as packed, nobody could see it
            raise MalformedBody(kind="JSON")
    try:
        told = json.loads(body.decode("utf-8-sig"), parse_constant=_no_constant)
        if _SURROGATE.search(body):
            json.dumps(told, ensure_ascii=False).encode()  # half a character is no text
    except (ValueError, RecursionError) as error:
        raise MalformedBody(kind="JSON") from error
    return told


def _unpacked(body: bytes, encoding: str) -> bytes:
    """What gzip has packed, but never more than may be sent unpacked: a bomb does not go off."""
    if encoding != "gzip":
        raise MalformedBody(kind=encoding[:40])
    unpacking = zlib.decompressobj(wbits=31)
    try:
        found = unpacking.decompress(body, LONGEST_BATCH + 1)
    except zlib.error as error:
        raise MalformedBody(kind="gzip") from error
    if len(found) > LONGEST_BATCH:
        raise EventsTooLong(most=LONGEST_BATCH)
    if not unpacking.eof:
        raise MalformedBody(kind="gzip")
    return found


def _no_constant(name: str) -> float:
    raise ValueError(name)
