"""
Around every request: its id, its language, the headers of its answer, and a last net for what nobody foresaw.

Plain ASGI, because it stands in the way of every request: no task and no copy of the body is added.
"""

from __future__ import annotations

import re
import traceback
from time import perf_counter
from typing import TYPE_CHECKING
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request

from evergrove.core import EvergroveError, InputError, watching
from evergrove.http.answers import NamedError, answer_of, shown
from evergrove.http.errors import OurMistake
from evergrove.http.languages import chosen
from evergrove.http.limits import MOST_BYTES, Metered, check_head
from evergrove.http.slashes import keep_slashes

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # not "no-referrer": a browser would then send forms with "Origin: null"
    "Cross-Origin-Resource-Policy": "same-origin",
}
UNLESS_SAID = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
"""What holds where a handler says nothing else: nothing is kept, and nothing of an answer is run."""

UNREAD = frozenset({408, 413, 431})
"""Statuses under which the rest of a request is not read, so that the connection cannot be used again."""


class Envelope:
    """
    The outermost layer of our own.

    Args:
        app: What answers.
        usual_language: Of answers to those who ask for none.
        most_bytes: How long a body may be where its route does not say.
        body_s: Seconds in which it must have come.
        debug: Whether the answer to a mistake of ours holds its traceback.
    """

    def __init__(
        self, app: ASGIApp, usual_language: str, most_bytes: int, body_s: float, *, debug: bool = False
    ) -> None:
        self.app, self.usual_language, self.debug = app, usual_language, debug
        self.most_bytes, self.body_s = most_bytes, body_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await _Letter(self, scope, receive, send).go()


class _Letter:
    """One request on its way through."""

    def __init__(self, around: Envelope, scope: Scope, receive: Receive, send: Send) -> None:
        self._app, self._scope, self._send, self._debug = around.app, scope, send, around.debug
        headers, state = Headers(scope=scope), scope.setdefault("state", {})
        given = headers.get("x-request-id", "")
        self._id = given if _ID.fullmatch(given) else uuid4().hex
        self._language = chosen(
            headers.get("cookie", ""), headers.get("accept-language", ""), around.usual_language
        )
        state["request_id"], state["language"] = self._id, self._language
        state[MOST_BYTES] = around.most_bytes
        self._receive = Metered(receive, state, around.body_s)
        self._status = 0

    async def go(self) -> None:
        """Have it answered."""
        begun = perf_counter()
        try:
            check_head(self._scope)
            keep_slashes(self._scope)
            await self._app(self._scope, self._receive, self._told)
        except ClientDisconnect:
            return  # whoever asked has gone while sending: there is nobody to answer
        except Exception as error:  # the last net: no stack trace leaves
            if not isinstance(error, InputError):
                watching.said("request failed", level="error", request_id=self._id, exc_info=error)
            if self._status:  # half an answer is out: the connection breaks off, which the client sees
                raise
            ours = error if isinstance(error, EvergroveError) else OurMistake()
            named = []
            if self._debug:
                lines = "".join(traceback.format_exception(error))
                named = [NamedError(path="traceback", code=type(error).__name__, message=lines)]
            answer = self._page(ours) or answer_of(ours, self._language, self._id, named)
            await answer(self._scope, self._receive, self._told)
        finally:
            self._noted(perf_counter() - begun)

    def _page(self, error: EvergroveError) -> Response | None:
        """The error as a page; None where that is not asked for, or where pages are what is broken."""
        try:
            return shown(Request(self._scope), error)
        except Exception as broken:  # noqa: BLE001 - the net below the net: JSON is told instead
            watching.said("request failed", level="error", request_id=self._id, exc_info=broken)
            return None

    async def _told(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-Id"] = self._id
            if self._status in UNREAD:
                headers["Connection"] = "close"
            for name, value in ALWAYS.items():
                headers[name] = value
            for name, value in UNLESS_SAID.items():
                headers.setdefault(name, value)
        await self._send(message)

    def _noted(self, seconds: float) -> None:
        method = self._scope["method"]
        watching.took("http.request", seconds, method, route_of(self._scope), str(self._status))


def route_of(scope: Scope) -> str:
    """The template of the route that answered, never what stood in its place; empty where there was none."""
    route = scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")
    return getattr(route, "path_format", "")
