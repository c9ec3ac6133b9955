"""Orders, refunds and customers as our own endpoints take them: every field is named, and none is guessed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

from evergrove.ingest.events.content import order_content
from evergrove.ingest.events.customers import TRAITS, identify_told
from evergrove.ingest.events.reading import Desk, Told, Who, digest_of, made_event
from evergrove.ingest.events.redacting import redacted
from evergrove.ingest.events.shopping import lines_of
from evergrove.ingest.events.types import Event
from evergrove.ingest.events.values import (
    Refused,
    amount_of,
    believable,
    currency_of,
    day_of,
    id_of,
    moment_of,
    text_of,
)

if TYPE_CHECKING:
    from datetime import date

MOST = 1000
"""Rows of one request."""
STATUSES = ("paid", "unpaid", "cancelled")
ORDER_FIELDS = frozenset(
    {
        "order_id",
        "customer_id",
        "ordered_at",
        "amount",
        "currency",
        "status",
        "updated_at",
        "lines",
        "coupon",
        "discount",
    }
)
REFUND_FIELDS = frozenset({"refund_id", "order_id", "customer_id", "refunded_at", "amount", "currency"})
CUSTOMER_FIELDS = frozenset({"customer_id", "updated_at", *TRAITS}) - {
    "locale",
    "marketing_consent",
    "subscribed",
}

Row = Mapping[str, Any]
Read = Callable[[Desk, Row], Event]


def read_rows(desk: Desk, rows: list[Any], read: Read) -> tuple[list[Event], list[tuple[int, Refused]]]:
    """
    Read the rows of one request.

    Args:
        desk: Of the request.
        rows: As JSON has them.
        read: ``read_order``, ``read_refund`` or ``read_customer``.

    Returns:
        The events; and the place of each row that is refused, with why.
    """
    events, refused = [], []
    for nth, row in enumerate(rows):
        try:
            if not isinstance(row, dict):
                raise Refused("events.not_an_object")  # noqa: TRY301 - told with its place, as the others are
            events.append(read(desk, row))
        except Refused as error:
            refused.append((nth, error))
    return events, refused


def read_order(desk: Desk, row: Row) -> Event:
    """
    An order: a later ``updated_at`` makes a newer version of it.

    Raises:
        Refused: A field cannot be used.
    """
    _check_names(row, ORDER_FIELDS)
    order_id, who = _needed_id(row, "order_id", "ingest.bad_order_id", "events.no_order_id"), _who(row)
    status = text_of(row, "status") or "paid"
    if status not in STATUSES:
        raise Refused("ingest.bad_word", "status")
    day, ordered_at = _day_and_moment(row, "ordered_at", desk.received_at)
    updated_at = moment_of(row, "updated_at")
    if updated_at is not None:
        believable(updated_at, desk.received_at, "updated_at")
    if status != "paid" and updated_at is None:
        raise Refused("events.no_update_time", "updated_at")
    name = f"order:{order_id}:{updated_at.isoformat() if updated_at else ''}"
    at = updated_at or ordered_at
    if status != "paid":
        return made_event(desk, row, name, who, Told("cancel", at, order_content(order_id, None, day=day)))
    amount = amount_of(row, "amount")
    if amount is None:
        raise Refused("ingest.no_amount", "amount")
    content = order_content(
        order_id,
        amount,
        currency=currency_of(row),
        day=day,
        ordered_at=None if day or updated_at is None else ordered_at,
        lines=lines_of(row, "lines", "lines"),
        coupon=redacted(text_of(row, "coupon")),
        discount=amount_of(row, "discount"),
    )
    return made_event(desk, row, name, who, Told("order", at, content))


def read_refund(desk: Desk, row: Row) -> Event:
    """
    Money given back of an order; without an amount all that is left of it.

    Raises:
        Refused: A field cannot be used.
    """
    _check_names(row, REFUND_FIELDS)
    order_id, who = _needed_id(row, "order_id", "ingest.bad_order_id", "events.no_order_id"), _who(row)
    refund_id = id_of(row, "refund_id", "ingest.bad_id")
    day, at = _day_and_moment(row, "refunded_at", desk.received_at)
    amount = amount_of(row, "amount")
    content = order_content(order_id, amount, currency=currency_of(row), day=day, refund_id=refund_id)
    name = f"refund:{refund_id}" if refund_id else f"refund:{order_id}:{row['refunded_at']}:{amount}"
    return made_event(desk, row, name, who, Told("refund", at, content))


def read_customer(desk: Desk, row: Row) -> Event:
    """
    What is told of a customer; what a row leaves out stays as it is known.

    Raises:
        Refused: A field cannot be used.
    """
    _check_names(row, CUSTOMER_FIELDS)
    who, at = _who(row), moment_of(row, "updated_at")
    told = identify_told(row, believable(at, desk.received_at, "updated_at") if at else desk.received_at)
    return made_event(desk, row, f"customer:{who.customer_id}:{digest_of(desk, row)[:32]}", who, told)


def _check_names(row: Row, known: frozenset[str]) -> None:
    for name in row:
        if name not in known:
            raise Refused("events.unknown_field", name[:40] if name.isidentifier() else "")


def _who(row: Row) -> Who:
    return Who(_needed_id(row, "customer_id", "ingest.bad_customer", "ingest.no_customer"), None)


def _needed_id(row: Row, name: str, bad: str, missing: str) -> str:
    found = id_of(row, name, bad)
    if not found:
        raise Refused(missing, name)
    return found


def _day_and_moment(row: Row, name: str, received_at: datetime) -> tuple[date | None, datetime]:
    """A plain day and its beginning, or no day and a moment with its zone."""
    day, at = day_of(row, name), moment_of(row, name)
    if at is None:
        raise Refused("ingest.no_date", name)
    if day is not None:
        return day, believable(datetime.combine(day, time(), UTC), received_at, name)
    return None, believable(at, received_at, name)
