"""The shop's order book: what comes anyway, as messages have changed it, and what they caused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.simulation.coming import Coming, together
from evergrove.simulation.purchases import CENT

if TYPE_CHECKING:
    from evergrove.models.types import Floats
    from evergrove.simulation.types import Flags, Integers

NOBODY = -1
FIRST_REPLY = 37_800  # seconds: nobody answers the day's messages before half past ten
MONEY = ("amount", "refund", "loose")


@dataclass(frozen=True, eq=False)
class Next:
    """
    The next order of each message's customer, shape (k,) each.

    Attributes:
        row: In the book; -1 where no order is left that a message may act on.
        day: On which it would come; meaningless without one.
    """

    row: Integers
    day: Integers

    def within(self, last_day: Integers) -> Flags:
        """Whether there is one, on this day at the latest."""
        return np.asarray((self.row != NOBODY) & (self.day <= last_day))


class OrderBook:
    """
    Orders of the days after the history, as they stand now.

    The rows of ``anyway`` come first and keep their places; what messages caused is added behind them. An
    order is acted on by one message at most.

    Attributes:
        anyway: The orders as they would come without any message.
        now: All orders as they stand; its arrays change in place.
        lost: Which of them do not come, shape (m,).
    """

    def __init__(self, anyway: Coming, span: int) -> None:
        """
        Open the book.

        Args:
            anyway: Ascending by customer, then day.
            span: More than any day.
        """
        self.anyway = anyway
        self.now = together(anyway)
        self.lost = np.zeros(len(anyway), dtype=np.bool_)
        self._touched = np.zeros(len(anyway) + 1, dtype=np.bool_)  # the last stands for nobody's
        self._span = span
        self._key = anyway.customer * span + anyway.day

    def next_orders(self, customer: Integers, day: int) -> Next:
        """The first order of each customer from a day on that no message has acted on; shape (k,)."""
        row = np.searchsorted(self._key, customer * self._span + day)
        last = np.searchsorted(self._key, (customer + 1) * self._span)
        while (taken := (row < last) & self._touched[row]).any():
            row = row + taken
        found = np.where(row < last, row, NOBODY)
        return Next(row=found, day=np.append(self.anyway.day, NOBODY)[found])

    def pull(self, row: Integers, day: Integers, message_day: int, off: Floats) -> None:
        """Let orders come on another day, less a share of their price."""
        self.now.day[row] = day
        answers = row[day == message_day]
        self.now.second[answers] = np.maximum(self.now.second[answers], FIRST_REPLY)
        self.discount(row, off)

    def discount(self, row: Integers, off: Floats) -> None:
        """Take a share off the price of orders; what is paid back falls with it."""
        for name in MONEY:
            values = getattr(self.now, name)
            values[row] = np.rint(values[row] * (1 - off) / CENT).astype(np.int64) * CENT
        self._touched[row] = True

    def lose(self, row: Integers) -> None:
        """Let orders not come."""
        self.lost[row] = True
        self._touched[row] = True

    def add(self, orders: Coming) -> None:
        """Add orders that messages caused."""
        self.now = together(self.now, orders)
        self.lost = np.append(self.lost, np.zeros(len(orders), dtype=np.bool_))
