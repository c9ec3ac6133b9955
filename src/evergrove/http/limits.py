"""How much of a request is read, and for how long one waits for it."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException

from evergrove.http import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.types import Message, Receive, Scope

HEAD_BYTES = 32 * 1024
"""All headers and the address together: browsers send a tenth of it."""
PARAMETERS = 100
DEPTH = 64
"""How deep objects and lists of a JSON body may lie in each other."""
MOST_BYTES = "most_bytes"
"""Of a request's state: how long its body may be, set by the route before the body is read."""

_NESTING = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


def check_head(scope: Scope) -> None:
    """
    Refuse an address or headers beyond all use, before anything is made of them.

    Raises:
        HeadTooLarge: They are.
    """
    query = scope.get("query_string", b"")
    size = sum(len(name) + len(value) for name, value in scope["headers"])
    size += len(scope.get("raw_path") or b"") + len(query)
    if size > HEAD_BYTES or query.count(b"&") >= PARAMETERS:
        raise errors.HeadTooLarge(most=HEAD_BYTES, parameters=PARAMETERS)


class Metered:
    """
    A body that is counted and timed while it comes in.

    Both limits end as an HTTPException: FastAPI takes every other error of reading for a malformed body.

    Args:
        receive: Where it comes from.
        state: Of the request; holds ``MOST_BYTES``.
        seconds: In which it must have come.
    """

    def __init__(self, receive: Receive, state: Mapping[str, Any], seconds: float) -> None:
        self._receive, self._state, self._left_s = receive, state, seconds
        self._bytes, self._is_in = 0, False

    async def __call__(self) -> Message:
        """The next part."""
        if self._is_in:
            return await self._receive()
        begun = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self._left_s):
                message = await self._receive()
        except TimeoutError as error:
            raise HTTPException(408) from error
        self._left_s -= asyncio.get_running_loop().time() - begun
        self._bytes += len(message.get("body", b""))
        self._is_in = not message.get("more_body", False)
        if self._bytes > self._state[MOST_BYTES]:
            raise HTTPException(413)
        return message


def check_length(request: Request) -> None:
    """
    Refuse a body that says itself that it is too long, before a byte of it is read.

    Raises:
        BodyTooLarge: It does.
    """
    most, said = getattr(request.state, MOST_BYTES), request.headers.get("content-length", "")
    if said.isascii() and said.isdigit() and int(said) > most:
        raise errors.BodyTooLarge(most=most)


async def check_json(request: Request) -> None:
    """
    Refuse JSON that lies too deep, or holds a NUL, which no database keeps.

    Raises:
        MalformedBody: It does.
    """
    if "json" not in request.headers.get("content-type", ""):
        return
    body = await request.body()
    if depth_of(body) > DEPTH or b"\\u0000" in body:
        raise errors.MalformedBody(kind="JSON")


def depth_of(body: bytes) -> int:
    """How deep a JSON text lies; brackets in its strings do not count."""
    if body.count(b"[") + body.count(b"{") <= DEPTH:
        return 0  # it cannot be deeper than it has brackets: nothing to look for
    depth = deepest = 0
    for each in _NESTING.finditer(body):
        sign = each.group()
        if sign in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif sign in b"]}":
            depth -= 1
    return deepest
