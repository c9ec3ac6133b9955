"""What the simulated shop consists of: its options, its records, and the truth kept aside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from evergrove.core import InputError, _

if TYPE_CHECKING:
    from evergrove.models.types import Floats

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

FUTURE_DAYS = 365  # how far the truth looks ahead
TEN_THOUSANDTHS = 10_000


class InvalidOption(InputError):
    """A shop cannot be simulated as asked."""

    code = "simulation.invalid_option"
    message = _("A shop needs {rule}; {name} is {value}.")
    hint = _("Choose another value for {name}.")


@dataclass(frozen=True)
class ShopOptions:
    """
    What may be chosen about the shop.

    Attributes:
        customers: Who bought at least once.
        years: Of history.
        seed: Of the random numbers: the same seed gives the same shop.
        as_of: The last day of the history.
        annual_rate: Effective annual rate at which the true value of the next 12 months is discounted.
    """

    customers: int = 20_000
    years: int = 3
    seed: int = 7
    as_of: date = date(2026, 6, 30)
    annual_rate: float = 0.10

    def __post_init__(self) -> None:
        rules = (
            ("customers", 1 <= self.customers <= 999_999, _("1 to 999,999 customers")),
            ("years", 1 <= self.years <= 20, _("1 to 20 years")),
            ("annual_rate", self.annual_rate > -1.0, _("a discount rate above -1")),
        )
        for name, holds, rule in rules:
            if not holds:
                raise InvalidOption(name=name, value=getattr(self, name), rule=rule)

    @property
    def first_day(self) -> date:
        """The day on which the shop opens."""
        return self.as_of - timedelta(days=self.days - 1)

    @property
    def days(self) -> int:
        """Days of history."""
        return round(self.years * 365.25)


@dataclass(frozen=True, eq=False)
class Orders:
    """
    The rows of the shop's order export, in time order.

    Attributes:
        number: Of the order, 0, 1, ...; a repeated row repeats it. Shape (m,).
        customer: Who ordered; the row in ``People``. Shape (m,).
        ordered_at: Local time, datetime64[s], shape (m,).
        amount: Paid, in ten-thousandths of the currency; negative for a refund that names no order. (m,).
        refund: Paid back later for this very order, in ten-thousandths. Shape (m,).
        status: Position in ``world.STATUSES``. Shape (m,).
        category: Position in ``world.CATEGORIES``. Shape (m,).
        product: Number of the product within its category. Shape (m,).
    """

    number: Integers
    customer: Integers
    ordered_at: NDArray[np.datetime64]
    amount: Integers
    refund: Integers
    status: Integers
    category: Integers
    product: Integers

    def __len__(self) -> int:
        return len(self.number)


@dataclass(frozen=True, eq=False)
class People:
    """
    Whom the shop knows; those who never paid stand behind the buyers.

    Attributes:
        channel: Where the customer came from; position in ``world.CHANNELS``. Shape (n,).
        name: Position in ``world.NAMES``. Shape (n,).
    """

    channel: Integers
    name: Integers

    def __len__(self) -> int:
        return len(self.channel)


@dataclass(frozen=True, eq=False)
class Truth:
    """
    What only the simulator knows of each customer who bought, shape (n,) each.

    Expectations are analytic, given the true parameters and whether the customer is alive at as_of. A
    refund counts on the day of its order. The 12 months are the 365 days after as_of.

    Attributes:
        rate: True purchase days per day while alive, averaged over the seasons.
        dropout: True chance per day of leaving; 1 for those who left right after the first order.
        mean_spend: True mean net spend of a purchase day.
        death_day: Last day alive, counted from as_of; negative in the past.
        alive: Whether alive at as_of.
        expected_purchases_12m: Purchase days to be expected in the next 12 months.
        expected_spend_12m: Net spend to be expected in them.
        expected_value_12m: The same, discounted to as_of.
        realised_purchases_12m: Purchase days that came.
        realised_spend_12m: Net spend that came.
        realised_value_12m: The same, discounted.
        realised_active_180d: Whether a purchase came within 180 days.
    """

    rate: Floats
    dropout: Floats
    mean_spend: Floats
    death_day: Integers
    alive: Flags
    expected_purchases_12m: Floats
    expected_spend_12m: Floats
    expected_value_12m: Floats
    realised_purchases_12m: Floats
    realised_spend_12m: Floats
    realised_value_12m: Floats
    realised_active_180d: Flags

    def __len__(self) -> int:
        return len(self.rate)

    @cached_property
    def customer_id(self) -> NDArray[np.str_]:
        """The ids by which the export names the customers, ascending."""
        return customer_ids(np.arange(len(self)))


@dataclass(frozen=True, eq=False)
class Shop:
    """A simulated shop: what its order export shows, and the truth behind it."""

    options: ShopOptions
    orders: Orders
    people: People
    truth: Truth


def customer_ids(customer: Integers) -> NDArray[np.str_]:
    """C000000, C000001, ... for positions in ``People``."""
    return np.char.mod("C%06d", customer)
