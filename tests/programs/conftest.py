"""A ledger with campaigns in it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

import evergrove.app.tables  # noqa: F401 - every station's tables
from evergrove.programs.coupons import Order, put_campaign
from evergrove.programs.coupons.types import FORMAT

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.ledger import Ledger
    from evergrove.programs.coupons import Campaign

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
USUAL: dict[str, Any] = {
    "format": FORMAT,
    "key": "welcome",
    "version": 1,
    "name": "Welcome",
    "kind": "amount",
    "value": "30.00",
    "currency": "CNY",
    "timezone": "Asia/Shanghai",
    "prefix": "WEL",
}


def document(**changes: Any) -> dict[str, Any]:
    """The usual campaign, but for some entries; None leaves one out."""
    return {name: value for name, value in {**USUAL, **changes}.items() if value is not None}


def order(
    name: str = "A-1", amount: str = "300.00", customer: str | None = None, cost: str | None = None
) -> Order:
    """An order in yuan."""
    return Order(name, Decimal(amount), "CNY", customer, None if cost is None else Decimal(cost))


@pytest.fixture
def noon() -> datetime:
    """When everything happens that has no other time."""
    return NOON


@pytest.fixture
def put(ledger: Ledger) -> Callable[..., Campaign]:
    """Puts the usual campaign into the ledger, but for some entries."""

    def put_one(**changes: Any) -> Campaign:
        with ledger.writing() as connection:
            return put_campaign(connection, document(**changes), "UTC", NOON)

    return put_one
