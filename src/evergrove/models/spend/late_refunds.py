"""Refunds that are still to come: recent spend looks too high until they have."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from evergrove.core import EvergroveWarning, InputError, _
from evergrove.models.spend.refund_counts import GROUPS, cut_to_orders, standing_until

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from evergrove.models.distinct import Codes
    from evergrove.models.types import Floats

THIN = 0.2  # of all amounts: fewer that are old enough say little of the longest delay


class InvalidRefunds(InputError):
    """Refunds that cannot be of these orders."""

    code = "models.invalid_refunds"
    message = _("{rule} fails for {broken} of {total} {total:refund|refunds} (first: {example}).")
    hint = _(
        "Only refunds that name their order tell a delay, and only those dated by the last day of the data were known."
    )


class RefundTailUnseen(EvergroveWarning):
    """The history is hardly longer than refunds take."""

    code = "models.refund_tail_unseen"
    message = _(
        "Refunds come up to {longest} {longest:day|days} after their order, and only {share} of all amounts are that old. Later ones are not foreseen."
    )
    hint = _("Take the refunds still to come as a lower bound until there is more history.")


@dataclass(frozen=True)
class RefundsToCome:
    """
    What will be taken back of amounts that stand today.

    Attributes:
        standing: The amounts, net of the refunds so far.
        expected: Refunds expected on them.
        low: Lower bound of these refunds.
        high: Upper bound.
        level: The chance that they lie between, by default 0.80.
    """

    standing: float
    expected: float
    low: float
    high: float
    level: float

    @property
    def factor(self) -> float:
        """What the amounts are worth: multiply them by it; 1 where nothing stands."""
        return 1 - self.expected / self.standing if self.standing > 0 else 1.0

    @property
    def factor_low(self) -> float:
        """Lower bound of ``factor``."""
        return 1 - self.high / self.standing if self.standing > 0 else 1.0

    @property
    def factor_high(self) -> float:
        """Upper bound of ``factor``."""
        return 1 - self.low / self.standing if self.standing > 0 else 1.0


@dataclass(frozen=True, eq=False)
class RefundDelays:
    r"""
    How long after an order its money goes back: the product-limit estimate over amounts.

    Every unit of money is followed from its order until it is refunded or the data end (right-censored). With
    R_d refunded d days after the order, of Y_d that stood until then on orders at least d days old,

    .. math::

        h_d = \frac{R_d}{Y_d} \qquad S(d) = \prod_{j \le d} (1 - h_j)

    so that what stands d days after its order will be worth S(D) / S(d) of itself, D being the longest delay
    seen. These are the development factors of the chain ladder. Money of one customer goes back together, so
    errors come from a jackknife over groups of customers.

    Attributes:
        refunded: R_d by group. Shape (groups, D + 1).
        standing: Y_d by group. Shape (groups, D + 1).

    Source:
        Kaplan and Meier (1958), JASA 53, 457-481; Mack (1993), Distribution-free Calculation of the Standard
        Error of Chain Ladder Reserve Estimates, ASTIN Bulletin 23(2), 213-225.
    """

    refunded: Floats
    standing: Floats

    @classmethod
    def fit(
        cls,
        amount: ArrayLike,
        age: ArrayLike,
        order: ArrayLike,
        delay: ArrayLike,
        refund: ArrayLike,
        customer: ArrayLike | None = None,
    ) -> RefundDelays:
        """
        Follow orders until their refunds.

        Args:
            amount: Gross amount of each order, > 0. Shape (n,).
            age: Whole days from each order to the last day of the data. Shape (n,).
            order: Which order each refund is of, its position among them. Shape (m,).
            delay: Whole days from that order to the refund, at most the order's age. Shape (m,).
            refund: Amount of each refund, > 0; what goes beyond its order's amount is left out. Shape (m,).
            customer: A whole number per order, the same for orders of one customer; None: each its own.

        Raises:
            InvalidRefunds: A refund of no order, before its order, or after the data.
        """
        paid, old = np.asarray(amount, dtype=np.float64), np.asarray(age, dtype=np.int64)
        of, after = np.asarray(order, dtype=np.int64), np.asarray(delay, dtype=np.int64)
        back = np.asarray(refund, dtype=np.float64)
        _check("the order exists", (of >= 0) & (of < len(paid)), of)
        _check("0 <= delay <= age of the order", (after >= 0) & (after <= old[of]), after)
        back = cut_to_orders(paid, of, after, back)
        group = (np.arange(len(paid)) if customer is None else np.asarray(customer, dtype=np.int64)) % GROUPS
        found = cls._of_groups(paid, old, group, of, after, back)
        of_longest, whole = float(found.standing[:, -1].sum()), float(paid.sum())
        if len(back) and of_longest < THIN * whole:
            share = f"{of_longest / whole:.0%}"
            warnings.warn(RefundTailUnseen(longest=found.longest, share=share), stacklevel=2)
        return found

    @classmethod
    def of_ages(
        cls, age: ArrayLike, paid: ArrayLike, order: ArrayLike, delay: ArrayLike, refund: ArrayLike
    ) -> RefundDelays:
        """
        The same from sums over orders of one age; nothing tells customers apart, so ``to_come`` has no error of it.

        Args:
            age: Whole days from some orders to the last day of the data, each once. Shape (n,).
            paid: Gross amount of the orders of that age, > 0. Shape (n,).
            order: Which of them some refunds are of, a position among them. Shape (m,).
            delay: Whole days from those orders to the refunds. Shape (m,).
            refund: Amount of the refunds, none beyond its own order. Shape (m,).
        """
        gross, old = np.asarray(paid, dtype=np.float64), np.asarray(age, dtype=np.int64)
        of, after = np.asarray(order, dtype=np.int64), np.asarray(delay, dtype=np.int64)
        group = np.zeros(len(gross), dtype=np.int64)
        return cls._of_groups(gross, old, group, of, after, np.asarray(refund, dtype=np.float64))

    @classmethod
    def _of_groups(
        cls, paid: Floats, old: Codes, group: Codes, of: Codes, after: Codes, back: Floats
    ) -> RefundDelays:
        """R_d and Y_d of groups of customers."""
        longest = int(after.max(initial=0))
        cells = np.bincount(group[of] * (longest + 1) + after, weights=back, minlength=GROUPS * (longest + 1))
        return cls(
            np.asarray(cells.reshape(GROUPS, longest + 1), dtype=np.float64),
            standing_until(paid, old, group, of, after, back, longest),
        )

    @property
    def longest(self) -> int:
        """D, the longest delay seen, in days."""
        return int(self.refunded.shape[1]) - 1

    @cached_property
    def left(self) -> Floats:
        """S(d), the share that stands d days after the order, d = 0..D. Shape (D + 1,)."""
        return self._left(self.refunded.sum(axis=0), self.standing.sum(axis=0))

    @cached_property
    def _left_without(self) -> Floats:
        """S(d) without each group in turn. Shape (groups, D + 1)."""
        refunded, standing = self.refunded.sum(axis=0), self.standing.sum(axis=0)
        return self._left(refunded - self.refunded, standing - self.standing)

    @staticmethod
    def _left(refunded: Floats, standing: Floats) -> Floats:
        hazard = np.divide(refunded, standing, out=np.zeros_like(refunded), where=standing > 0)
        return np.asarray(np.cumprod(1 - np.clip(hazard, 0.0, 1.0), axis=-1))

    @property
    def refund_share(self) -> float:
        """The share of all money that goes back in the end."""
        return 1 - float(self.left[-1])

    def worth(self, age: ArrayLike) -> Floats:
        """
        What an amount that stands ``age`` whole days after its order will be worth, S(D) / S(age), shape (n,).

        From the longest delay on it is 1. An order of today may be refunded today: its age is 0, and refunds of
        day 0 are taken as known.
        """
        at = np.clip(np.asarray(age, dtype=np.int64), 0, self.longest)
        return np.asarray(self._worth(self.left)[at])

    @staticmethod
    def _worth(left: Floats) -> Floats:
        last = left[..., -1:]
        return np.divide(last, left, out=np.ones_like(left), where=left > 0)

    def to_come(self, standing: ArrayLike, age: ArrayLike, level: float = 0.80) -> RefundsToCome:
        """
        Refunds still to come on amounts that stand today.

        The interval holds the error of the delays and the chance of each order, which is taken to go back whole
        or not at all: where parts go back it is somewhat too wide.

        Args:
            standing: Net amount of each order, >= 0. Shape (n,).
            age: Whole days since each order. Shape (n,).
            level: Of the interval.
        """
        net, old = np.asarray(standing, dtype=np.float64), np.asarray(age, dtype=np.int64)
        at = np.clip(old, 0, self.longest)
        by_age = np.bincount(at, weights=net, minlength=self.longest + 1)
        squares = np.bincount(at, weights=net**2, minlength=self.longest + 1)
        worth = self._worth(self.left)
        expected = float(by_age @ (1 - worth))
        without = (1 - self._worth(self._left_without)) @ by_age
        groups = len(without)
        of_delays = (groups - 1) / groups * float(((without - without.mean()) ** 2).sum())
        of_chance = float(squares @ (worth * (1 - worth)))
        reach = NormalDist().inv_cdf((1 + level) / 2) * sqrt(of_delays + of_chance)
        low, high = max(expected - reach, 0.0), min(expected + reach, float(net.sum()))
        return RefundsToCome(float(net.sum()), expected, low, high, level)


def _check(rule: str, holds: NDArray[np.bool_], values: Codes) -> None:
    if not holds.all():
        i = int(np.argmin(holds))
        raise InvalidRefunds(rule=rule, broken=int((~holds).sum()), total=len(holds), example=values[i])
