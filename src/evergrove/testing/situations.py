"""Customers and transitions written down by hand, as campaigns see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.campaigns.types import Situation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from evergrove.campaigns.types import Texts


@dataclass
class Shopper:
    """One customer, in the words of ``Situation``; what is None is not known."""

    customer_id: str
    tier: str = "medium"
    stage: str = "growth"
    orders: int = 3
    last_order: date | None = None
    next_order: tuple[date, date, date] | None = None
    p_purchase_7d: float = float("nan")
    average_order: float = float("nan")


@dataclass(frozen=True, eq=False)
class SetMoves:
    """Transitions as arrays."""

    customer_id: Texts
    axis: Texts
    to_: Texts
    cause: Texts


def situation(shoppers: Sequence[Shopper], first_gap_p50_days: float = float("nan")) -> Situation:
    """The arrays of some customers, in the order given."""

    def texts(name: str) -> Texts:
        return np.array([getattr(each, name) for each in shoppers], dtype=object)

    def numbers(name: str) -> Texts:
        return np.array([getattr(each, name) for each in shoppers], dtype=np.float64)

    quantiles = [each.next_order or (None, None, None) for each in shoppers]
    p25, p50, p75 = (np.array([days[k] for days in quantiles], dtype="datetime64[D]") for k in range(3))
    return Situation(
        customer_id=texts("customer_id"),
        tier=texts("tier"),
        stage=texts("stage"),
        orders=np.array([each.orders for each in shoppers], dtype=np.int64),
        last_order=np.array([each.last_order for each in shoppers], dtype="datetime64[D]"),
        next_order_p25=p25,
        next_order_p50=p50,
        next_order_p75=p75,
        p_purchase_7d=numbers("p_purchase_7d"),
        average_order=numbers("average_order"),
        first_gap_p50_days=first_gap_p50_days,
    )


def moves(*changes: tuple[str, str, str], axis: str = "stage") -> SetMoves:
    """Transitions of one axis: (customer, where to, cause) of each."""
    columns = [np.array([change[k] for change in changes], dtype=object) for k in range(3)]
    customer_id, to_, cause = columns
    return SetMoves(customer_id, np.full(len(changes), axis, dtype=object), to_, cause)
