"""Customers written by hand, and shops in an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evergrove.segments.types import Histories
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from evergrove.warehouse import Engine

UNKNOWN: dict[str, float] = {
    "p_active": np.nan,
    "gap_p80": np.nan,
    "gap_p95": np.nan,
    "returned_gap": np.nan,
}
STEADY_BUYER: dict[str, float] = {
    "orders": 3,
    "frequency": 2,
    "age": 400,
    "silence": 10,
    "recent_orders": 1,
    "previous_orders": 1,
}


@pytest.fixture
def histories() -> Callable[..., Histories]:
    """Histories from rows of what is unusual; the rest is a buyer of three orders, the last 10 days ago."""

    def made(*rows: dict[str, float]) -> Histories:
        full = [UNKNOWN | STEADY_BUYER | row for row in rows]
        columns: dict[str, Any] = {name: np.array([row[name] for row in full]) for name in full[0]}
        return Histories(**columns)

    return made


@pytest.fixture
def engine() -> Iterator[Engine]:
    """An engine without refunds."""
    with open_engine() as opened:
        opened.run(
            "create table refunds (order_id varchar, customer_id bigint, refund_date date, amount decimal(18, 4))"
        )
        yield opened
