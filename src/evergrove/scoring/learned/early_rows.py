"""What is known of a customer thirty days after the first order, and what came after that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.warehouse import statement

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from evergrove.models.types import Floats
    from evergrove.warehouse import Engine

STATION = "evergrove.scoring"
EARLY_DAYS = 30
COLUMNS = ("first_amount", "early_orders", "early_spend", "later_early_spend", "second_day")


@dataclass(frozen=True, eq=False)
class EarlyRows:
    """
    New customers of some age, in the order of their numbers; arrays have shape (n,).

    Attributes:
        customer_id: As the orders write it.
        first_date: Day of the first order, datetime64[D].
        first_amount: Orders of that day.
        early_orders: Days with an order in the 30 days after it.
        early_spend: Net amount by then, the first order included.
        second_day: Days from the first order to the next, if among them; else NaN.
        last_day: Days from the first order to the last among them; 0 without one.
        late_purchases: Days with an order after them and within the horizon, as far as the data reach.
        late_spend: Net amount of these days.
    """

    customer_id: NDArray[Any]
    first_date: NDArray[np.datetime64]
    first_amount: Floats
    early_orders: Floats
    early_spend: Floats
    second_day: Floats
    last_day: Floats
    late_purchases: Floats
    late_spend: Floats

    def __len__(self) -> int:
        return len(self.first_amount)

    @property
    def features(self) -> Floats:
        """The columns of ``COLUMNS``. Shape (n, 5)."""
        later = self.early_spend - self.first_amount
        return np.column_stack(
            [self.first_amount, self.early_orders, self.early_spend, later, self.second_day]
        )

    def rows(self, chosen: NDArray[Any]) -> EarlyRows:
        """Some of them."""
        return EarlyRows(**{name: values[chosen] for name, values in vars(self).items()})


def early_rows(
    engine: Engine, observation_end: date, horizon_days: int, early_days: int = EARLY_DAYS
) -> EarlyRows:
    """
    Read them from the orders.

    Args:
        engine: Holds orders and refunds.
        observation_end: The last day that counts.
        horizon_days: Counted from the first order.
        early_days: How long a customer is looked at before anything is said.
    """
    found = engine.arrays(
        statement(STATION, "first_days"),
        observation_end=observation_end,
        early_days=early_days,
        horizon_days=horizon_days,
    )
    return EarlyRows(**found | {"first_date": found["first_date"].view("datetime64[D]")})
