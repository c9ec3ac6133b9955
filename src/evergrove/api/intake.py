"""``/v1/identify``, ``track``, ``page``, ``screen``, ``group``, ``alias`` and ``batch``: events in Segment's shape."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from evergrove.api.event_bodies import KeyedRoute
from evergrove.api.told import BATCH, Wait, tell
from evergrove.http import Answer, Routes

routes = Routes(tag="events")

_AT = "2026-07-01T09:30:00Z"
_ORDER = {
    "order_id": "A-1001",
    "total": 128.5,
    "currency": "CNY",
    "products": [{"product_id": "P-7", "price": 64.25, "quantity": 2}],
}
EXAMPLES: dict[str, dict[str, Any]] = {
    "identify": {
        "userId": "C-1042",
        "messageId": "m-1",
        "traits": {"email": "ann@shop.example", "firstName": "Ann"},
    },
    "track": {
        "userId": "C-1042",
        "messageId": "m-2",
        "event": "Order Completed",
        "timestamp": _AT,
        "properties": _ORDER,
    },
    "page": {"userId": "C-1042", "messageId": "m-3", "name": "Home", "properties": {"path": "/"}},
    "screen": {"anonymousId": "a-77", "messageId": "m-4", "name": "Cart"},
    "group": {"userId": "C-1042", "messageId": "m-5", "groupId": "club"},
    "alias": {"userId": "C-1042", "previousId": "a-77", "messageId": "m-6"},
}
EXAMPLES[BATCH] = {"batch": [{"type": "track", **EXAMPLES["track"]}, {"type": "page", **EXAMPLES["page"]}]}


class Accepted(Answer):
    """It is on the disk, or was before."""

    success: Literal[True]
    caught_up: bool | None = Field(
        default=None, description="With wait=1: whether the customers' values are those after these events."
    )


def _options(kind: str) -> dict[str, Any]:
    """Of a route: its body, by example, as it takes whatever Segment's libraries send."""
    schema: dict[str, Any] = {"type": "object", "additionalProperties": True}
    strict = {
        "name": "X-Strict-Mode",
        "in": "header",
        "description": "1: what cannot be used is answered with 422 and its place, and nothing is stored.",
        "schema": {"type": "string"},
        "example": "1",
    }
    body = {"required": True, "content": {"application/json": {"schema": schema, "example": EXAMPLES[kind]}}}
    return {
        "right": "events.write",
        "bucket": "events",
        "once": False,
        "base": KeyedRoute,
        "response_model": Accepted,
        "openapi_extra": {"requestBody": body, "parameters": [strict]},
    }


@routes.post("/identify", **_options("identify"))
async def identify(request: Request, wait: Wait = 0) -> Response:
    """Tell who somebody is: traits such as email, name, phone, language, consent. They are sealed."""
    return await tell(request, "identify", wait)


@routes.post("/track", **_options("track"))
async def track(request: Request, wait: Wait = 0) -> Response:
    """Tell what somebody did. `Order Completed`, `Updated`, `Refunded` and `Cancelled` are orders."""
    return await tell(request, "track", wait)


@routes.post("/page", **_options("page"))
async def page(request: Request, wait: Wait = 0) -> Response:
    """Tell that somebody looked at a page."""
    return await tell(request, "page", wait)


@routes.post("/screen", **_options("screen"))
async def screen(request: Request, wait: Wait = 0) -> Response:
    """Tell that somebody looked at a screen of an app."""
    return await tell(request, "screen", wait)


@routes.post("/group", **_options("group"))
async def group(request: Request, wait: Wait = 0) -> Response:
    """Tell that somebody belongs to a group."""
    return await tell(request, "group", wait)


@routes.post("/alias", **_options("alias"))
async def alias(request: Request, wait: Wait = 0) -> Response:
    """Tell that an earlier id, or an anonymous one, is the same person."""
    return await tell(request, "alias", wait)


@routes.post("/batch", **_options(BATCH))
async def batch(request: Request, wait: Wait = 0) -> Response:
    """Tell several of these at once, each with its `type`: up to 500 KB, and 32 KB each."""
    return await tell(request, BATCH, wait)
