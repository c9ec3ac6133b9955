"""Orders of the last year by customer and day, in the order in which they leave a window."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from evergrove.segments.measures.tables import STATION
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from evergrove.segments.types import Numbers
    from evergrove.warehouse import Engine

YEAR = 365


@dataclass(frozen=True, eq=False)
class Dated:
    """
    Orders and credits, by customer and then by day. Shape (m,) each.

    Attributes:
        customers: How many, n.
        span: Days are later than minus so many.
        row: Of the customer.
        day: Days from as_of, 0 or less.
        orders: 1 of an order, 0 of a credit.
        repeats: 1 of an order that is not the customer's first ever.
        amount: Net, of a credit negative, in ten-thousandths.
    """

    customers: int
    span: int
    row: NDArray[np.int64]
    day: NDArray[np.int64]
    orders: NDArray[np.int64]
    repeats: NDArray[np.int64]
    amount: NDArray[np.int64]

    @cached_property
    def ends(self) -> NDArray[np.int64]:
        """Where the days of each customer end. Shape (n,)."""
        return np.cumsum(np.bincount(self.row, minlength=self.customers))

    @cached_property
    def sums(self) -> dict[str, NDArray[np.int64]]:
        """Sums of all days before a position, by column. Shape (m + 1,) each."""
        return {
            name: np.concatenate([[0], np.cumsum(getattr(self, name))])
            for name in ("orders", "repeats", "amount")
        }

    @cached_property
    def _keys(self) -> NDArray[np.int64]:
        return self.row * self._width + self.day + self.span

    @cached_property
    def closing(self) -> NDArray[np.int64]:
        """The positions of the last row of each customer's days: what lies behind them is of later days. Shape (k,)."""
        keys = self._keys
        return np.flatnonzero(np.append(keys[1:] != keys[:-1], np.ones(min(1, len(keys)), dtype=np.bool_)))

    @property
    def _width(self) -> int:
        return 4 * self.span

    def after(self, row: Numbers, day: Numbers) -> NDArray[np.int64]:
        """The position of the first day of a customer that is later than one given, of any number of pairs."""
        wanted = row.astype(np.int64) * self._width + np.clip(day, -self.span, self.span) + self.span
        found: NDArray[np.int64] = np.searchsorted(self._keys, wanted, side="right")
        return found


def read_dated(engine: Engine, observation_end: date, buyers: int, window_days: int) -> Dated:
    """
    The days of every customer.

    Args:
        engine: Holds purchases, credits and the roster.
        observation_end: The last day that is seen.
        buyers: Rows of customer_summary.
        window_days: Length of a trend window.
    """
    span = max(YEAR, 2 * window_days)
    sql = statement(STATION, "clock_days")
    found = engine.arrays(sql, observation_end=observation_end, span=span, buyers=buyers)
    columns = {name: np.asarray(each, dtype=np.int64) for name, each in found.items()}
    order = np.argsort(columns["row"] * span + columns["day"] + span - 1, kind="stable")
    return Dated(buyers, span, **{name: each[order] for name, each in columns.items()})
