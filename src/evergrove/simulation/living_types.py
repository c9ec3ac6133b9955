"""What may be chosen about a living shop, what reaches its customers, and what it refuses."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from evergrove.core import EvergroveError, InputError, _
from evergrove.simulation.response import Responses
from evergrove.simulation.types import FUTURE_DAYS, InvalidOption, ShopOptions

MOST_DAYS = FUTURE_DAYS - 65  # purchases are drawn beyond the last day: some are pulled forward


class UnknownRecipient(InputError):
    """A message was delivered to somebody whom the shop does not know."""

    code = "simulation.unknown_recipient"
    message = _("Nobody in the simulated shop is called {recipient}.")
    hint = _("Deliver to the ids and addresses of the shop's own files.")


class DayIsOver(EvergroveError):
    """Messages reach customers on a day whose orders were handed out already."""

    code = "simulation.day_is_over"
    message = _(
        "The orders of {day} were handed out already; nobody can answer messages of that day any more."
    )
    hint = _("Deliver a day's messages before asking for its orders.")


class NoSuchDay(InputError):
    """The shop is asked about a day on which it does not live."""

    code = "simulation.no_such_day"
    message = _("The simulated shop lives from {first} to {last}; {day} is not one of its days.")
    hint = _("Ask for a day in between, or simulate more days.")


@dataclass(frozen=True)
class LivingOptions:
    """
    What may be chosen about a living shop.

    Attributes:
        customers: Of the history.
        seed: Of the random numbers: the same seed and the same messages give the same orders.
        years: Of history.
        as_of: The last day of the history.
        days: Which the shop lives after it.
        responses: How strongly customers answer messages, by the kind of answer.
    """

    customers: int = 20_000
    seed: int = 7
    years: int = 3
    as_of: date = date(2026, 6, 30)
    days: int = 28
    responses: Responses = field(default_factory=Responses)

    def __post_init__(self) -> None:
        if not 1 <= self.days <= MOST_DAYS:
            raise InvalidOption(name="days", value=self.days, rule=_("1 to 300 days"))

    @property
    def shop(self) -> ShopOptions:
        """Of the history."""
        return ShopOptions(customers=self.customers, years=self.years, seed=self.seed, as_of=self.as_of)


@dataclass(frozen=True)
class Coupon:
    """
    Money off the next order.

    Attributes:
        percent: Of its price.
        valid_until: Last day.
    """

    percent: float
    valid_until: date


@dataclass(frozen=True)
class Delivery:
    """
    A message that reached a customer.

    Attributes:
        customer: Id or e-mail address, as in the shop's files.
        playbook: Key of the playbook.
        step: Of the playbook.
        coupon: That it brought.
    """

    customer: str
    playbook: str
    step: int
    coupon: Coupon | None = None
