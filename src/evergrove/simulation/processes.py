"""Customers simulated from the published processes, with their true fate: for tests and benchmarks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from evergrove.core import DAYS_PER, Unit
from evergrove.models import Summary

if TYPE_CHECKING:
    from evergrove.models.types import Floats

Integers = NDArray[np.int64]


class PurchaseRates(Protocol):
    """Rates of purchase ~ Gamma(shape r, rate alpha), in a unit of time."""

    @property
    def r(self) -> float:
        """Shape of the rates of purchase."""

    @property
    def alpha(self) -> float:
        """Rate of the rates of purchase: a time."""

    @property
    def unit(self) -> Unit:
        """The unit of that time."""


class ParetoNbdParameters(PurchaseRates, Protocol):
    """And rates of dropout ~ Gamma(shape s, rate beta)."""

    @property
    def s(self) -> float:
        """Shape of the rates of dropout."""

    @property
    def beta(self) -> float:
        """Rate of the rates of dropout: a time."""


class BgNbdParameters(PurchaseRates, Protocol):
    """And a chance of dropout after a purchase ~ Beta(a, b)."""

    @property
    def a(self) -> float:
        """First shape of the chance of dropout."""

    @property
    def b(self) -> float:
        """Second shape of the chance of dropout."""


class GammaGammaParameters(Protocol):
    """Spend ~ Gamma(shape p, rate nu) with nu ~ Gamma(shape q, rate gamma)."""

    @property
    def p(self) -> float:
        """Shape of the spend."""

    @property
    def q(self) -> float:
        """Shape of the rates of spend."""

    @property
    def gamma(self) -> float:
        """Rate of the rates of spend: an amount."""


@dataclass(frozen=True, eq=False)
class Histories:
    """
    A simulated transaction log in continuous time, and what only the simulator knows.

    Attributes:
        customer: Whose transaction, 0..n-1, ascending. Shape (m,).
        age: Age of the customer at the transaction, in ``unit``; 0 for the first one. Shape (m,), ascending
            within a customer.
        birth: Time of the first transaction since the simulation began. Shape (n,).
        end: Time at which the simulation ends.
        rate: True purchase rate while alive. Shape (n,).
        lifetime: Age at dropout; infinite where it lies behind the end. Shape (n,).
        unit: The unit of every time.
    """

    customer: Integers
    age: Floats
    birth: Floats
    end: float
    rate: Floats
    lifetime: Floats
    unit: Unit

    def __len__(self) -> int:
        return len(self.birth)

    @cached_property
    def time(self) -> Floats:
        """Time of each transaction since the simulation began, shape (m,)."""
        return self.birth[self.customer] + self.age

    @cached_property
    def summary(self) -> Summary:
        """The summary at the end, without the merging of days."""
        return self.summary_at(self.end)

    def summary_at(self, time: float) -> Summary:
        """The summary of everybody born by ``time``, shape (customers born,); see ``born_by``."""
        seen = self.time <= time
        transactions = np.bincount(self.customer[seen], minlength=len(self))
        last = np.zeros(len(self))
        last[self.customer[seen]] = self.age[seen]  # ascending ages: the last one stays
        born = self.born_by(time)
        return Summary(
            frequency=(transactions[born] - 1).astype(np.float64),
            recency=last[born],
            T=np.maximum(time - self.birth[born], last[born]),  # the difference rounds
            unit=self.unit,
        )

    def born_by(self, time: float) -> NDArray[np.bool_]:
        """Who had bought by ``time``: the rows that ``summary_at`` keeps. Shape (n,)."""
        return self.birth <= time

    def purchases_between(self, after: float, until: float) -> Integers:
        """Transactions of each customer in (after, until], shape (n,)."""
        inside = (self.time > after) & (self.time <= until)
        return np.bincount(self.customer[inside], minlength=len(self))

    def alive_at(self, time: float) -> NDArray[np.bool_]:
        """Who had not dropped out by ``time``, shape (n,)."""
        return self.birth + self.lifetime > time

    @property
    def frequency(self) -> Floats:
        """Repeat transactions by the end, shape (n,)."""
        return self.summary.frequency

    @property
    def recency(self) -> Floats:
        """Age at the last transaction, shape (n,)."""
        return self.summary.recency

    @property
    def T(self) -> Floats:  # noqa: N802 - the model's own letter
        """Age at the end, shape (n,)."""
        return self.summary.T

    @property
    def alive(self) -> NDArray[np.bool_]:
        """Who is alive at the end, shape (n,)."""
        return self.alive_at(self.end)


def simulate_pareto_nbd(
    model: ParetoNbdParameters, customers: int, weeks: float, seed: int, *, entry_weeks: float = 0.0
) -> Histories:
    """
    Simulate Pareto/NBD: Poisson purchases until an exponential lifetime is over.

    Args:
        model: Population parameters, in ``model.unit``.
        customers: How many.
        weeks: Length of the observation.
        seed: Of the random numbers.
        entry_weeks: First purchases spread evenly over so many weeks; 0: all on the first day.

    Source:
        Schmittlein, Morrison and Colombo (1987), Management Science 33(1), 1-24.
    """
    random = np.random.default_rng(seed)
    birth, end, rate = _population(model, customers, weeks, entry_weeks, random)
    dropout = random.gamma(model.s, 1 / model.beta, customers)
    lifetime = random.exponential(size=customers) / np.maximum(dropout, 1e-300)
    customer, age = _poisson_times(rate, np.minimum(lifetime, end - birth), random)
    return Histories(customer, age, birth, end, rate, lifetime, model.unit)


def simulate_bg_nbd(
    model: BgNbdParameters, customers: int, weeks: float, seed: int, *, entry_weeks: float = 0.0
) -> Histories:
    """
    Simulate BG/NBD: after each repeat purchase a coin decides whether the customer stays.

    Arguments as in ``simulate_pareto_nbd``.

    Source:
        Fader, Hardie and Lee (2005), "Counting Your Customers" the Easy Way, Marketing Science 24(2).
    """
    return _coins(model, customers, weeks, seed, entry_weeks, first_coin=1)


def simulate_mbg_nbd(
    model: BgNbdParameters, customers: int, weeks: float, seed: int, *, entry_weeks: float = 0.0
) -> Histories:
    """
    Simulate MBG/NBD: as BG/NBD, with a coin after the first purchase too.

    Arguments as in ``simulate_pareto_nbd``.

    Source:
        Batislam, Denizel and Filiztekin (2007), International Journal of Research in Marketing 24(3).
    """
    return _coins(model, customers, weeks, seed, entry_weeks, first_coin=0)


def simulate_spend(
    model: GammaGammaParameters, customer: Integers, customers: int, seed: int
) -> tuple[Floats, Floats]:
    """
    Simulate Gamma-Gamma spend for given transactions.

    Args:
        model: Population parameters.
        customer: Whose transaction, shape (m,).
        customers: How many customers there are.
        seed: Of the random numbers.

    Returns:
        The amount of each transaction (m,), and each customer's true mean p / nu (n,).

    Source:
        Fader and Hardie (2013), brucehardie.com/notes/025.
    """
    random = np.random.default_rng(seed)
    nu = random.gamma(model.q, 1 / model.gamma, customers)
    mean = model.p / nu
    return random.standard_gamma(model.p, len(customer)) * (mean / model.p)[customer], mean


def _population(
    model: PurchaseRates, customers: int, weeks: float, entry_weeks: float, random: np.random.Generator
) -> tuple[Floats, float, Floats]:
    """Births (n,), the end, and purchase rates (n,), in the model's unit."""
    week = DAYS_PER["week"] / DAYS_PER[model.unit]
    birth = random.uniform(0.0, entry_weeks * week, customers) if entry_weeks else np.zeros(customers)
    return birth, weeks * week, random.gamma(model.r, 1 / model.alpha, customers)


def _poisson_times(rate: Floats, window: Floats, random: np.random.Generator) -> tuple[Integers, Floats]:
    """
    Poisson arrivals in (0, window] behind a transaction at 0: customer and age of each, ascending.

    Given their number, arrivals are evenly scattered; partial sums of exponentials scatter them in order,
    so that nothing need be sorted.
    """
    repeats = random.poisson(rate * window)
    steps = (
        repeats + 2
    )  # the transaction at 0, the repeats, and the gap from the last one to the window's end
    last = np.cumsum(steps) - 1
    gaps = random.standard_exponential(int(steps.sum()))
    first = last - repeats - 1
    gaps[first] = 0.0
    walk = np.cumsum(gaps)
    start = walk[first]
    length = np.maximum(walk[last] - start, 1e-300)
    customer = np.repeat(np.arange(len(rate)), repeats + 1)
    kept = np.ones(len(gaps), dtype=bool)
    kept[last] = False
    return customer, (walk[kept] - start[customer]) / length[customer] * window[customer]


def _coins(
    model: BgNbdParameters, customers: int, weeks: float, seed: int, entry_weeks: float, *, first_coin: int
) -> Histories:
    """Coins are thrown after purchase number ``first_coin`` (0 is the first ever) and all later ones."""
    random = np.random.default_rng(seed)
    birth, end, rate = _population(model, customers, weeks, entry_weeks, random)
    chance = np.clip(random.beta(model.a, model.b, customers), 1e-15, 1.0)
    fatal = (
        random.geometric(chance) + first_coin - 1
    )  # number of the purchase after which the customer leaves
    customer, age = _poisson_times(rate, end - birth, random)
    starts = np.flatnonzero(np.diff(customer, prepend=-1))
    number = np.arange(len(customer)) - starts[customer]
    lifetime = np.full(customers, np.inf)
    last = number == fatal[customer]
    lifetime[customer[last]] = age[last]
    kept = number <= fatal[customer]
    return Histories(customer[kept], age[kept], birth, end, rate, lifetime, model.unit)
