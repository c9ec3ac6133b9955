"""Each request as a line of the log, and as one in flight while it is answered."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

import structlog

from evergrove.core import watching
from evergrove.http.envelope import route_of

if TYPE_CHECKING:
    from prometheus_client import Gauge
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from evergrove.core.watching import Level

BROKEN_OFF = 500
"""What a request is told with that ended in an error which the layer around this one answers."""


class NotedRequests:
    """
    Stands just inside of ``http.Envelope``, which names the request.

    Lines that are written while a request is answered, such as those of slow statements, have its id too.

    Args:
        app: What answers.
        in_flight: Counts requests that are being answered.
    """

    def __init__(self, app: ASGIApp, in_flight: Gauge) -> None:
        self._app, self._in_flight = app, in_flight

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and note what became of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told: dict[str, int] = {"status": BROKEN_OFF, "bytes": 0}

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                told["status"] = message["status"]
            else:
                told["bytes"] += len(message.get("body", b""))
            await send(message)

        begun = perf_counter()
        with (
            self._in_flight.track_inprogress(),
            structlog.contextvars.bound_contextvars(request_id=scope["state"]["request_id"]),
        ):
            try:
                await self._app(scope, receive, noted)
            finally:
                ms = round(1000 * (perf_counter() - begun), 1)
                watching.said("request", level=_level(told["status"]), ms=ms, **told, **_said_of(scope))


def _level(status: int) -> Level:
    return "error" if status >= 500 else "info"


def _said_of(scope: Scope) -> dict[str, Any]:
    """Who asked what; the route by its template, and nothing of what stood in its place."""
    state, call = scope["state"], scope["state"].get("call")
    said = {"method": scope["method"], "route": route_of(scope), "code": state.get("code")}
    said["actor"] = None if call is None else call.by
    return {name: value for name, value in said.items() if value is not None}
