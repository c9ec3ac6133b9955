"""``POST /v1/orders``, ``/v1/refunds`` and ``/v1/customers``: one row, or a list of up to 1,000."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from evergrove.api.event_bodies import json_of
from evergrove.api.told import Wait, call_of, caught_up, desk_of, refusal, stored
from evergrove.http import Answer, Routes
from evergrove.ingest.events.errors import EventConflict
from evergrove.ingest.events.typed import (
    CUSTOMER_FIELDS,
    MOST,
    STATUSES,
    read_customer,
    read_order,
    read_refund,
    read_rows,
)
from evergrove.ingest.events.values import Refused

if TYPE_CHECKING:
    from evergrove.ingest.events.typed import Read

routes = Routes(tag="events")

_ID = {"type": ["string", "integer"], "description": "1 to 256 characters.", "examples": ["A-1001"]}
_MAYBE = {"type": ["string", "null"]}
_TEXT = {"type": ["string", "number", "boolean", "null"]}
_AMOUNT = {
    "type": ["string", "number", "null"],
    "description": "Exact, at most four decimals.",
    "examples": ["128.50"],
}
_MOMENT = {
    "type": "string",
    "description": "A moment with its zone, or a day.",
    "examples": ["2026-07-01T09:30:00Z"],
}
_LINE = {
    "type": "object",
    "properties": {
        **{name: {"type": ["string", "integer", "null"]} for name in ("line_id", "product_id", "sku")},
        **dict.fromkeys(("name", "category", "brand"), _TEXT),
        **dict.fromkeys(("quantity", "price", "discount", "cost"), _AMOUNT),
    },
}
SCHEMAS: dict[str, dict[str, Any]] = {
    "orders": {
        "required": ["order_id", "customer_id", "ordered_at"],
        "properties": {
            "order_id": _ID,
            "customer_id": _ID,
            "ordered_at": _MOMENT,
            "amount": _AMOUNT,
            "currency": _MAYBE,
            "status": {"enum": [*STATUSES, None], "default": "paid"},
            "updated_at": {"type": ["string", "null"], "description": "Of two versions the later one holds."},
            "lines": {"type": ["array", "null"], "items": _LINE, "maxItems": 500},
            "coupon": {
                **_TEXT,
                "maxLength": 1024,
                "description": "The coupon codes that were used on it, apart by commas.",
                "examples": ["SPRING26"],
            },
            "discount": {**_AMOUNT, "description": "What the coupon took off.", "examples": ["30.00"]},
        },
    },
    "refunds": {
        "required": ["order_id", "customer_id", "refunded_at"],
        "properties": {
            "refund_id": {"type": ["string", "integer", "null"]},
            "order_id": _ID,
            "customer_id": _ID,
            "refunded_at": _MOMENT,
            "amount": {**_AMOUNT, "description": "Without one, all that is left of the order."},
            "currency": _MAYBE,
        },
    },
    "customers": {
        "required": ["customer_id"],
        "properties": {
            **dict.fromkeys(sorted(CUSTOMER_FIELDS), _TEXT),
            "customer_id": _ID,
            "updated_at": _MAYBE,
        },
    },
}
EXAMPLES: dict[str, dict[str, Any]] = {
    "orders": {
        "order_id": "A-1001",
        "customer_id": "C-1042",
        "ordered_at": "2026-07-01T09:30:00Z",
        "amount": "128.50",
        "currency": "CNY",
        "lines": [{"product_id": "P-7", "quantity": 2, "price": "64.25"}],
    },
    "refunds": {
        "refund_id": "R-9",
        "order_id": "A-1001",
        "customer_id": "C-1042",
        "refunded_at": "2026-07-02T08:00:00Z",
        "amount": "20",
    },
    "customers": {"customer_id": "C-1042", "email": "ann@shop.example", "name": "Ann", "consent": "yes"},
}


class StoredRow(Answer):
    """What became of one row."""

    message_id: str = Field(description="By which it is known again.", examples=["order:A-1001:"])
    state: Literal["new", "duplicate", "conflict"] = Field(
        description="conflict: something else was told under this name; that one holds."
    )
    event: int = Field(description="Its number in /v1/events.", examples=[417])


class StoredRows(Answer):
    """What became of the rows, in the order in which they were sent."""

    items: list[StoredRow]
    caught_up: bool | None = Field(
        default=None, description="With wait=1: whether the customers' values are those after these rows."
    )


def _options(name: str) -> dict[str, Any]:
    one = {"type": "object", "additionalProperties": False, **SCHEMAS[name]}
    schema = {"oneOf": [one, {"type": "array", "items": one, "minItems": 1, "maxItems": MOST}]}
    body = {"required": True, "content": {"application/json": {"schema": schema, "example": EXAMPLES[name]}}}
    return {
        "right": "events.write",
        "bucket": "events",
        "once": False,
        "response_model": StoredRows,
        "openapi_extra": {"requestBody": body},
    }


@routes.post("/orders", **_options("orders"))
async def orders(request: Request, wait: Wait = 0) -> Response:
    """
    Tell orders. Sent again they change nothing; a later `updated_at` tells a newer version.

    Where a row cannot be used, nothing of the request is stored. One row that contradicts an earlier one is a 409; in
    a list it says so, and the others are stored.
    """
    return await _take(request, read_order, wait)


@routes.post("/refunds", **_options("refunds"))
async def refunds(request: Request, wait: Wait = 0) -> Response:
    """Tell what was given back of orders; without an amount, all that is left."""
    return await _take(request, read_refund, wait)


@routes.post("/customers", **_options("customers"))
async def customers(request: Request) -> Response:
    """Tell who customers are, and what they agreed to. What a row leaves out stays as it is known."""
    return await _take(request, read_customer)


async def _take(request: Request, read: Read, wait: int = 0) -> Response:
    call, told = call_of(request), await json_of(request)
    rows = told if isinstance(told, list) else [told]
    if not 1 <= len(rows) <= MOST:
        return refusal(call, [("body", Refused("events.bad_list"))])
    events, refused = await run_in_threadpool(read_rows, desk_of(call), rows, read)
    if refused:
        is_list = isinstance(told, list)
        return refusal(call, [(f"body[{nth}]" if is_list else "body", why) for nth, why in refused])
    outcomes = await stored(call, events)
    if not isinstance(told, list) and outcomes[0].verdict == "conflict":
        raise EventConflict(count=1)
    items = [
        StoredRow(message_id=event.message_id, state=outcome.verdict, event=outcome.seq)
        for event, outcome in zip(events, outcomes, strict=True)
    ]
    values = await caught_up(call, events, outcomes) if wait else None
    return JSONResponse(StoredRows(items=items, caught_up=values).model_dump(exclude_none=True))
