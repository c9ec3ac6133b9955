"""Let customers answer messages: draw how each ends, and write what follows into the order book."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaincinv

from evergrove.simulation.coming import Coming, products
from evergrove.simulation.draws import keyed_uniforms, names_as_keys
from evergrove.simulation.effects import Sent
from evergrove.simulation.fates import fates_of
from evergrove.simulation.purchases import CENT, CHEAPEST
from evergrove.simulation.response import LONGEST_LAG, Responses, Traits, chances, lags
from evergrove.simulation.types import TEN_THOUSANDTHS
from evergrove.simulation.world import CATEGORIES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.models.types import Floats
    from evergrove.simulation.book import OrderBook
    from evergrove.simulation.lives import Lives
    from evergrove.simulation.types import Flags, Integers

SPEND_SHAPE = 4.0  # of the amounts of one customer, as in ``purchases``
LATEST, EARLIEST = 84_600, 37_800  # seconds of the day between which caused orders come


@dataclass(frozen=True, eq=False)
class Batch:
    """
    Messages of one day, at most one a customer; shape (k,) each.

    Attributes:
        customer: Row in ``People``.
        playbook: Key of the playbook.
        step: Of the playbook.
        nth: How often the customer has received this step before.
        percent: Of the coupon, 0 without one.
        last_day: On which the coupon is valid.
    """

    customer: Integers
    playbook: NDArray[np.str_]
    step: Integers
    nth: Integers
    percent: Floats
    last_day: Integers


class Answers:
    """
    The customers, as far as they answer.

    Attributes:
        book: In which their orders stand.
    """

    def __init__(
        self, book: OrderBook, lives: Lives, traits: Traits, responses: Responses, seed: int
    ) -> None:
        """Customers with these lives and traits; ``seed`` decides their draws."""
        self.book = book
        self._lives = lives
        self._traits = traits
        self._responses = responses
        self._seed = seed

    def receive(self, batch: Batch, day: int) -> Sent:
        """Let customers answer the messages of a day; returns what was to be expected of them."""
        sent = self._met(batch, day)
        draws = _Draws(self._seed, batch)
        way = draws.uniform("way")
        lag = lags(sent.longest_lag, draws.uniform("lag"))
        ways = sent.chances
        extra = way < ways.extra
        pulled = ~extra & (way < ways.extra + ways.pulled)
        deterred = ~extra & ~pulled & (way < ways.extra + ways.pulled + ways.deterred)
        redeemed = ~extra & ~pulled & ~deterred & (draws.uniform("redeemed") < ways.redeemed)
        row, coming = sent.next.row, sent.next.day
        moved = pulled & sent.may_pull
        self.book.pull(row[moved], np.minimum(coming, day + lag)[moved], day, sent.off[moved])
        self.book.lose(row[deterred & sent.may_deter])
        subsidised = redeemed & sent.may_redeem
        self.book.discount(row[subsidised], sent.off[subsidised])
        self.book.add(_caused(sent, day + lag, draws, extra))
        return sent

    def _met(self, batch: Batch, day: int) -> Sent:
        """The messages, and the state in which they meet their customers."""
        who, traits = batch.customer, self._traits
        alive = day <= (self._lives.first_day + self._lives.days)[who]
        own = Traits(contact=traits.contact[who], annoyed=traits.annoyed[who], deal=traits.deal[who])
        off = batch.percent / 100
        valid_days = np.where(batch.percent > 0, np.maximum(batch.last_day - day, 0), LONGEST_LAG)
        return Sent(
            customer=who,
            day=np.full(len(who), day, dtype=np.int64),
            playbook=batch.playbook,
            step=batch.step,
            off=off,
            last_day=batch.last_day,
            longest_lag=np.minimum(valid_days, LONGEST_LAG),
            worth=self._lives.mean_spend[who] * (1 - off),
            chances=chances(self._responses, batch.playbook, own, alive, batch.percent),
            next=self.book.next_orders(who, day),
        )


class _Draws:
    """The random numbers of messages: each has its own, whatever else is sent."""

    def __init__(self, seed: int, batch: Batch) -> None:
        self._seed = seed
        self._keys = (batch.customer, names_as_keys(batch.playbook), batch.step, batch.nth)

    def uniform(self, purpose: str) -> Floats:
        """Numbers in (0, 1) for one purpose, shape (k,)."""
        return keyed_uniforms(self._seed, purpose, *self._keys)


def _caused(sent: Sent, placed: Integers, draws: _Draws, extra: Flags) -> Coming:
    """The extra orders: amounts of each customer's own spread, fates by the shop's rates."""
    size = gammaincinv(SPEND_SHAPE, draws.uniform("amount")) / SPEND_SHAPE
    amount = np.maximum(np.rint(sent.worth * size * 100).astype(np.int64) * CENT, CHEAPEST)
    fates = fates_of(draws.uniform)
    category = (draws.uniform("category") * len(CATEGORIES)).astype(np.int64)
    caused = Coming(
        customer=sent.customer,
        day=placed,
        second=(EARLIEST + (LATEST - EARLIEST) * draws.uniform("second")).astype(np.int64),
        amount=amount,
        refund=_share_of(amount, fates.refund),
        refund_delay=fates.refund_delay,
        cancelled=fates.cancelled,
        loose=_share_of(amount, fates.loose),
        loose_delay=fates.loose_delay,
        category=category,
        product=products(category, draws.uniform("product")),
    )
    return Coming(**{name: values[extra] for name, values in vars(caused).items()})


def _share_of(amount: Integers, share: Floats) -> Integers:
    """In whole cents."""
    return np.rint(amount * share / TEN_THOUSANDTHS * 100).astype(np.int64) * CENT
