"""What stands in the ledger of an event, and what of it the facts take: the one place that knows the names in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from evergrove.ingest.events.facts import FactRow
from evergrove.ingest.events.types import CONTENT_FORMAT, Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FACT_KINDS = ("order", "refund", "cancel")


@dataclass(frozen=True)
class Money:
    """In which currencies amounts may be: the shop's, and others where rates are known."""

    currency: str
    has_rates: bool


def order_content(
    order_id: str,
    amount: Decimal | None,
    *,
    currency: str = "",
    day: date | None = None,
    ordered_at: datetime | None = None,
    refund_id: str = "",
    is_amendment: bool = False,
    lines: list[dict[str, Any]] | None = None,
    coupon: str = "",
    discount: Decimal | None = None,
) -> dict[str, Any]:
    """
    What is kept of an order, a refund or a cancellation; what is empty is left away.

    Args:
        order_id: The order.
        amount: Exact; None: all that is left of it is given back, or it is a cancellation.
        currency: ISO 4217 code; empty: the shop's.
        day: The day that counts, where no moment is told.
        ordered_at: When the order was placed, where that is not when the event happened.
        refund_id: The refund's own number.
        is_amendment: It tells of an order that was placed earlier.
        lines: Its articles, under the names of the table ``order_lines``.
        coupon: The codes that it names, as they were told.
        discount: What the shop says that they took off.
    """
    told = {
        "amount": None if amount is None else str(amount),
        "currency": currency,
        "day": day.isoformat() if day else "",
        "ordered_at": ordered_at.isoformat() if ordered_at else "",
        "refund_id": refund_id,
        "is_amendment": is_amendment,
        "lines": lines,
        "coupon": coupon,
        "discount": str(discount) if coupon and discount is not None else "",
    }
    return {"format": CONTENT_FORMAT, "order_id": order_id, **{k: v for k, v in told.items() if v}}


def fact_rows(events: Iterable[Mapping[str, Any]], money: Money) -> tuple[list[FactRow], dict[int, Reason]]:
    """
    What waiting events tell of orders, ready for ``facts.stage``; and those whose amount nobody can count.

    Args:
        events: Rows of the table ``event``, by column; other kinds are passed over.
        money: Which currencies can be counted.

    Returns:
        The rows; and the reason of each that is refused, by number.
    """
    rows, refused = [], {}
    for event in events:
        if event["kind"] not in FACT_KINDS:
            continue
        currency = event["content"].get("currency", "")
        foreign = currency if money.currency and currency != money.currency else ""
        if foreign and not money.has_rates:
            refused[event["seq"]] = Reason("currency.mixed", {"currency": foreign})
        else:
            rows.append(_row(event, foreign or None))
    return rows, refused


def _row(event: Mapping[str, Any], foreign: str | None) -> FactRow:
    content = event["content"]
    ordered_at, day = content.get("ordered_at"), content.get("day")
    return FactRow(
        line=event["seq"],
        kind=event["kind"],
        order_id=content["order_id"],
        customer_id=event["customer_id"],
        happened_at=datetime.fromisoformat(ordered_at) if ordered_at else event["at"],
        version_at=event["at"],
        amount=Decimal(content["amount"]) if content.get("amount") else None,
        day=date.fromisoformat(day) if day else None,
        refund_id=content.get("refund_id"),
        foreign_currency=foreign,
        is_amendment=content.get("is_amendment", False),
    )
