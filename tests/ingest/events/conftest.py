"""Events to store."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.ingest.events import Event

if TYPE_CHECKING:
    from collections.abc import Callable

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def told() -> Callable[..., Event]:
    """An order event, as it would be read; its digest is of its amount."""

    def make(message_id: str, customer_id: str = "C1", amount: str = "10", **other: Any) -> Event:
        values = {"source": "shop", "digest": amount.rjust(64, "0"), "kind": "order", "at": NOON}
        content = {"order_id": message_id, "amount": amount}
        return Event(
            **{
                **values,
                "message_id": message_id,
                "customer_id": customer_id,
                "received_at": NOON,
                "content": content,
                **other,
            }
        )

    return make
