"""Orders, refunds and cancellations, as Segment's events for shops and as our own endpoints tell them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from evergrove.ingest.events.content import order_content
from evergrove.ingest.events.reading import Told
from evergrove.ingest.events.redacting import redacted
from evergrove.ingest.events.values import Refused, amount_of, currency_of, id_of, text_of
from evergrove.ingest.values.amounts import LIMIT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

ORDER_EVENTS = {
    "order completed": "completed",
    "completed order": "completed",
    "order updated": "updated",
    "order refunded": "refunded",
    "order partially refunded": "refunded",
    "order cancelled": "cancelled",
    "order canceled": "cancelled",
}
"""Names of Segment's events, of its first specification too, in small letters."""
AMOUNTS = ("total", "revenue", "value")
"""What an order came to, the first that is told: Segment's total is what was paid, revenue is without tax and shipping."""
REFUNDED = ("refund_amount", *AMOUNTS)
MOST_LINES = 500
_LINE_IDS = (("line_id", "line_id"), ("product_id", "product_id"), ("sku", "sku"))
_LINE_TEXTS = (("product_name", "name"), ("category", "category"), ("brand", "brand"))
LINE_WORDS = frozenset(name for name, _told in _LINE_TEXTS)
"""What of an article is written by somebody."""
_LINE_AMOUNTS = ("price", "discount", "cost")


def order_told(kind: str, properties: Mapping[str, Any], at: datetime) -> Told:
    """
    What an event of an order says.

    Args:
        kind: completed, updated, refunded or cancelled.
        properties: As Segment's specification has them.
        at: When it happened.

    Raises:
        Refused: It names no order, or no amount where one is needed.
    """
    order_id = id_of(properties, "order_id", "ingest.bad_order_id", "properties.order_id")
    if not order_id:
        raise Refused("events.no_order_id", "properties.order_id")
    if kind == "cancelled":
        return Told("cancel", at, order_content(order_id, None))
    currency = currency_of(properties, path="properties.currency")
    if kind == "refunded":
        refund_id = id_of(properties, "refund_id", "ingest.bad_id", "properties.refund_id")
        amount = _first(properties, REFUNDED)
        if amount is None:
            amount = _sum_of(properties)
        return Told("refund", at, order_content(order_id, amount, currency=currency, refund_id=refund_id))
    amount = _first(properties, AMOUNTS)
    if amount is None:
        raise Refused("ingest.no_amount", "properties.total")
    lines = lines_of(properties, "products", "properties.products")
    is_amendment = kind == "updated"
    content = order_content(
        order_id,
        amount,
        currency=currency,
        is_amendment=is_amendment,
        lines=lines,
        coupon=redacted(text_of(properties, "coupon", "properties.coupon")),
        discount=amount_of(properties, "discount", "properties.discount"),
    )
    return Told("order", at, content)


def _first(properties: Mapping[str, Any], names: tuple[str, ...]) -> Decimal | None:
    for name in names:
        found = amount_of(properties, name, f"properties.{name}")
        if found is not None:
            return found
    return None


def _sum_of(properties: Mapping[str, Any]) -> Decimal | None:
    """What the articles of a partial refund come to; None: none is named, or not every one with a price."""
    lines = lines_of(properties, "products", "properties.products")
    total = None
    for line in lines or ():
        if "price" not in line:
            raise Refused("ingest.no_amount", "properties.products")
        part = Decimal(line["price"]) * Decimal(line.get("quantity", "1"))
        total = part if total is None else total + part
    if total is not None and total >= LIMIT:
        raise Refused("ingest.amount_too_large", "properties.products")
    return None if total is None else total.quantize(Decimal("0.0001"))


def lines_of(told: Mapping[str, Any], name: str, path: str) -> list[dict[str, str]]:
    """
    The articles of an order, under the names of the table ``order_lines``; amounts and numbers as exact texts.

    Raises:
        Refused: They are no list of objects, or one of their values cannot be used.
    """
    given = told.get(name)
    if given is None:
        return []
    if not isinstance(given, list) or len(given) > MOST_LINES:
        raise Refused("events.bad_list", path)
    return [_line(each, f"{path}[{nth}]") for nth, each in enumerate(given)]


def _line(given: Any, path: str) -> dict[str, str]:
    if not isinstance(given, dict):
        raise Refused("events.bad_list", path)
    line = {to: id_of(given, name, "ingest.bad_id", f"{path}.{name}") for to, name in _LINE_IDS}
    line |= {to: redacted(text_of(given, name, f"{path}.{name}")) for to, name in _LINE_TEXTS}
    for name in (*_LINE_AMOUNTS, "quantity"):
        found = amount_of(given, name, f"{path}.{name}")
        line[name] = "" if found is None else str(found)
    return {name: text for name, text in line.items() if text}
