"""What a world consists of: who its customers are, what may be done, and how they answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from evergrove.core import InputError, _

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

NOTHING = -1
WEEKS_A_YEAR = 365.25 / 7


class InvalidWorld(InputError):
    """A world's file says something that cannot be."""

    code = "simulation.invalid_world"
    message = _("In the world {world}, {field} must be {rule}; it is {value}.")
    hint = _("Correct {field} in the world's file.")


@dataclass(frozen=True)
class Pace:
    """
    How often customers buy while they are there, and how fast they leave.

    Attributes:
        orders: Expected a year.
        leaving: Rate a year.
    """

    orders: float
    leaving: float


@dataclass(frozen=True)
class Character:
    """
    How customers take being written to.

    Attributes:
        liking: Factor on what each action causes, one a action.
        deal: Liking of bargains, 0 to 1: who redeems a coupon for what would be bought anyway, and stocks up.
        annoyed: 0 to 1: whose next order a contact may cost.
    """

    liking: tuple[float, ...]
    deal: float
    annoyed: float


@dataclass(frozen=True)
class Source:
    """
    Where customers come from: all that is seen of them before they buy.

    Attributes:
        share: Of the customers.
        spend: Factor on the mean amount of an order.
        paces: Shares of the paces among its customers.
        characters: Shares of the characters.
    """

    share: float
    spend: float
    paces: tuple[float, ...]
    characters: tuple[float, ...]


@dataclass(frozen=True)
class Action:
    """
    One playbook: what it costs and what it does.

    Attributes:
        key: Its name.
        channel: By which it reaches customers.
        cost: Of a contact and of fulfilment, whether or not it is answered.
        planned: What the budget counts for one: the cost and what its coupon is planned to take off.
        off: Share that the coupon takes off the price, 0 without one.
        extra: Intensity of orders that would not have come.
        peak: Weeks since the last order at which it is best received.
        width: How sharp that peak is, in powers of e.
        half: Orders so far at which the frequency's part is one half.
        steep: Of that part: positive where regulars answer more, negative where they answer less, 0 for neither.
        small: Amount of an order below which customers answer less; 0 where it does not matter.
        pulled: Chance of an order that takes the place of a later one.
        deterred: Chance that the annoyed skip their next order.
        revival: Factor on ``extra`` for those who have left.
        unsubscribe: Chance that a contact ends the channel.
    """

    key: str
    channel: str
    cost: float
    planned: float
    off: float
    extra: float
    peak: float
    width: float
    half: float
    steep: float
    small: float
    pulled: float
    deterred: float
    revival: float
    unsubscribe: float


@dataclass(frozen=True)
class World:
    """
    A shop of which all is known.

    Attributes:
        name: Of its file.
        about: What is true in it, in one sentence.
        customers: Of whom some arrive later.
        later: Share that arrives after day 0.
        known: Weeks of history before day 0, without any contact.
        weeks: Simulated after day 0.
        cadence: Weeks between two decisions about one customer; outcomes are measured over as many.
        margin: Share of the full price that is gross margin.
        amount: Mean of an order.
        spread: Shape of the mean amounts between customers (inverse gamma), > 1.
        shape: Of the amounts of one customer (gamma).
        budget: A week, for each customer about whom is decided.
        control: Share of contacts that is held back, drawn anew for each.
        never: Share of customers that is never contacted at all.
        fatigue: By which an earlier contact lowers what the next one causes.
        forgetting: Share of that which is left a week later.
        expiry: Chance a week that an order made good for by an earlier one is bought after all.
        valid: Weeks for which coupons are, at most ``cadence``.
        loyalty: Power of a customer's pace in what contacts cause: 0 where it does not matter.
        paces: Of purchases.
        characters: Of customers.
        sources: Of customers.
        actions: What may be done.
        usual: What the shop's own rules do, by stage; ``nothing`` where they do not.
    """

    name: str
    about: str
    customers: int
    later: float
    known: int
    weeks: int
    cadence: int
    margin: float
    amount: float
    spread: float
    shape: float
    budget: float
    control: float
    never: float
    fatigue: float
    forgetting: float
    expiry: float
    valid: int
    loyalty: float
    paces: tuple[Pace, ...]
    characters: tuple[Character, ...]
    sources: tuple[Source, ...]
    actions: tuple[Action, ...]
    usual: dict[str, str]

    def __post_init__(self) -> None:
        shares = [
            (f"sources[{n}].{name}", sum(getattr(source, name)), len(getattr(source, name)) == len(kinds))
            for n, source in enumerate(self.sources)
            for name, kinds in (("paces", self.paces), ("characters", self.characters))
        ]
        shares.append(("sources.share", sum(source.share for source in self.sources), True))
        for field, total, complete in shares:
            if not complete or abs(total - 1) > 1e-9:
                raise InvalidWorld(
                    world=self.name, field=field, rule=_("shares that add up to 1"), value=total
                )
        keys = {action.key for action in self.actions} | {"nothing"}
        for stage, key in self.usual.items():
            if key not in keys:
                raise InvalidWorld(world=self.name, field=f"usual.{stage}", rule=_("an action"), value=key)
        if not 1 <= self.valid <= self.cadence:
            raise InvalidWorld(
                world=self.name, field="valid", rule=_("between 1 and the cadence"), value=self.valid
            )

    @property
    def span(self) -> int:
        """Weeks simulated, those before day 0 included."""
        return self.known + self.weeks

    @property
    def types(self) -> int:
        """Kinds of customers: every pace with every character, the pace first."""
        return len(self.paces) * len(self.characters)

    @cached_property
    def buying(self) -> Floats:
        """Chance of an order in a week of life, shape (types,)."""
        rates = np.array([pace.orders for pace in self.paces]) / WEEKS_A_YEAR
        return np.repeat(-np.expm1(-rates), len(self.characters))

    @cached_property
    def leaving(self) -> Floats:
        """Chance to leave at the end of a week, shape (types,)."""
        rates = np.array([pace.leaving for pace in self.paces]) / WEEKS_A_YEAR
        return np.repeat(-np.expm1(-rates), len(self.characters))

    def of_characters(self, name: str) -> Floats:
        """One trait of the characters, shape (types,); ``liking`` has shape (types, actions)."""
        values = np.array([getattr(character, name) for character in self.characters], dtype=np.float64)
        return np.concatenate([values] * len(self.paces))

    @cached_property
    def mixture(self) -> Floats:
        """Shares of the types by source, shape (sources, types)."""
        rows = [np.outer(source.paces, source.characters).ravel() for source in self.sources]
        return np.array(rows)
