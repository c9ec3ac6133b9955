"""Customers and transitions written down by hand, as campaigns see them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from evergrove.campaigns.types import Earlier, Situation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
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
    first_order: date | None = None
    spend: float = float("nan")
    health: float = float("nan")
    holds: tuple[str, ...] = ()
    events: Mapping[str, date] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class SetMoves:
    """Transitions as arrays."""

    customer_id: Texts
    axis: Texts
    from_: Texts
    to_: Texts
    cause: Texts


def situation(
    shoppers: Sequence[Shopper],
    first_gap_p50_days: float = float("nan"),
    *,
    earlier: Earlier | None = None,
    asked: Sequence[str] = (),
) -> Situation:
    """
    The arrays of some customers, in the order given.

    Args:
        shoppers: The customers.
        first_gap_p50_days: The shop's median first gap.
        earlier: The night before, as ``before`` makes it.
        asked: Conditions that were asked of nobody's; those that somebody ``holds`` are asked anyway.
    """

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
        first_order=np.array([each.first_order for each in shoppers], dtype="datetime64[D]"),
        spend=numbers("spend"),
        health=numbers("health"),
        earlier=earlier,
        holding={
            text: np.array([text in each.holds for each in shoppers], dtype=np.bool_)
            for text in {*asked, *(text for each in shoppers for text in each.holds)}
        },
        latest_event={
            name: np.array([each.events.get(name) for each in shoppers], dtype="datetime64[D]")
            for name in {name for each in shoppers for name in each.events}
        },
    )


def before(shoppers: Sequence[Shopper | None], as_of: date, ours: str = "", late_days: int = 7) -> Earlier:
    """The night before, in tonight's order; None for customers whom it did not know."""
    return Earlier(
        as_of=as_of,
        orders=np.array([-1 if each is None else each.orders for each in shoppers], dtype=np.int64),
        spend=np.array([np.nan if each is None else each.spend for each in shoppers], dtype=np.float64),
        health=np.array([np.nan if each is None else each.health for each in shoppers], dtype=np.float64),
        ours=ours,
        late_days=late_days,
    )


def moves(*changes: tuple[str, str, str], axis: str = "stage", left: str = "") -> SetMoves:
    """Transitions of one axis: (customer, where to, cause) of each; all from the same place."""
    columns = [np.array([change[k] for change in changes], dtype=object) for k in range(3)]
    customer_id, to_, cause = columns
    placed = np.full(len(changes), axis, dtype=object), np.full(len(changes), left, dtype=object)
    return SetMoves(customer_id, placed[0], placed[1], to_, cause)
