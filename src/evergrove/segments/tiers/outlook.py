"""How likely a customer's expected annual value keeps a bound, by the fitted models."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import betainc, gammainc, gammaincc

from evergrove.core import DAYS_PER_YEAR
from evergrove.scoring.kept import read_kept
from evergrove.scoring.score import alive_and_purchases
from evergrove.scoring.shop import orders_per_day
from evergrove.scoring.spend import evidence
from evergrove.segments.codes import Criterion

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from evergrove.customers import CustomerBase
    from evergrove.models import Floats
    from evergrove.scoring.kept import Kept
    from evergrove.scoring.types import Scores
    from evergrove.segments.types import Numbers

SURE = 1e6
"""Shape of a spend that no model describes: a customer's own mean, taken as known."""


@dataclass(frozen=True, eq=False)
class Rows:
    """The histories of some customers, times in days; shape (m,) each."""

    frequency: Numbers
    recency: Numbers
    T: Numbers
    orders: Numbers
    historic_value: Floats


@dataclass(frozen=True, eq=False)
class Outlook:
    r"""
    What fitted models say of the coming year of any customers that one asks about.

    Given that the customer is alive, purchases of a year are Gamma distributed around their conditional
    expectation M with the shape r + k x that x purchases leave of the population's r (Pareto/NBD, BG/NBD,
    MBG/NBD and NBD alike; k = 1 but for regular timing), and spend per purchase day is inverse Gamma around its
    expectation with the shape q + p n of Gamma-Gamma. Both are independent, so that

    .. math::

        P(A Z \ge B) = P(\text{alive}) \, I_{1 / (1 + t)}(c, a), \quad t = \frac{B a}{M (c - 1)}

    with a, c the two shapes, M the mean of the product A Z and I the regularised incomplete beta function. It
    tells how much is known of the customer's expected value; what chance adds to the outcome is not in it.

    Attributes:
        base: The customers.
        kept: The models.
        scores: Tonight's, for predicted criteria; None where no policy asks for these.

    Source:
        Fader, Hardie and Lee (2005), Marketing Science 24(2), 275-284, and Journal of Marketing Research 42(4),
        415-430, for the two posteriors; their quotient is a beta prime variable.
    """

    base: CustomerBase
    kept: Kept
    scores: Scores | None = None

    @classmethod
    def of(
        cls, base: CustomerBase, document: Mapping[str, Any], scores: Scores | None = None
    ) -> Outlook | None:
        """The outlook of kept models; None where they have no posterior."""
        kept = read_kept(document)
        return cls(base, kept, scores) if getattr(kept.process, "r", None) is not None else None

    def keeps(self, criterion: Criterion, bound: Floats, rows: Numbers, after: Numbers | int = 0) -> Floats:
        """
        P(the customer's expected annual figure is at least the bound), shape (m,); NaN where nothing is known.

        Args:
            criterion: Which figure.
            bound: One a customer. Shape (m,).
            rows: Of the customers. Shape (m,).
            after: Days from today, as if nothing came until then. Shape (m,).
        """
        if len(rows) == 0:
            return np.zeros(0)
        alive, purchases, a = self._purchases(rows, after)
        spend, c = self._spend[0][rows], self._spend[1][rows]
        if criterion == Criterion.FREQUENCY:
            mean = purchases * self._orders_per_day
            return np.asarray(alive * gammaincc(a, a * _positive(bound) / mean))
        if criterion == Criterion.AVERAGE_ORDER:
            mean = spend / self._orders_per_day
            with np.errstate(over="ignore"):
                return np.asarray(alive * gammainc(c, (c - 1) * mean / _positive(bound)))
        if criterion == Criterion.SPEND:
            return alive * _product_reaches(bound, purchases * spend, a, c)
        return self._predicted(criterion, bound, rows, alive, a, c)

    def _predicted(
        self, criterion: Criterion, bound: Floats, rows: Numbers, alive: Floats, a: Floats, c: Floats
    ) -> Floats:
        if self.scores is None:
            return np.full(len(rows), np.nan)
        sure = np.zeros(len(rows))
        mean = self.scores.clv_12m[rows]
        if criterion == Criterion.CLV_TOTAL:
            mean = self.scores.clv[rows]
            sure = self.scores.clv_total[rows] - mean
        with np.errstate(divide="ignore", invalid="ignore"):
            chance = alive * _product_reaches(bound - sure, mean / alive, a, c)
        return np.where(sure >= bound, 1.0, chance)

    def _purchases(self, rows: Numbers, after: Numbers | int) -> tuple[Floats, Floats, Floats]:
        """P(alive), purchases of a year given alive, and the shape of what is known of them. Shape (m,) each."""
        process, base = self.kept.process, self.base
        assert process is not None  # noqa: S101 - `of` has asked
        some = Rows(
            base.frequency[rows],
            base.recency[rows],
            base.T[rows] + after,
            base.orders[rows],
            base.historic_value[rows],
        )
        alive, purchases = alive_and_purchases(process, some, DAYS_PER_YEAR)
        shape = process.r + getattr(process, "k", 1) * some.frequency  # type: ignore[attr-defined]
        return alive, purchases, shape

    @cached_property
    def _spend(self) -> tuple[Floats, Floats]:
        """Expected net amount of a purchase day, and the shape of what is known of it. Shape (n,) each."""
        fit, n = self.kept.fits.spend, len(self.base)
        if not self.base.has_amounts:
            return np.full(n, np.nan), np.full(n, SURE)
        shop = self.kept.shop
        of_all = None if shop is None else shop.mean_spend
        known = evidence(fit, self.base.summary(self.kept.unit), self.kept.convention, of_all)
        if fit is None:
            return known.expected, np.full(n, SURE)
        return known.expected, fit.model.q + fit.model.p * known.days

    @cached_property
    def _orders_per_day(self) -> float:
        """Orders on one purchase day, over all customers: models count days, criteria count orders."""
        shop = self.kept.shop
        return orders_per_day(self.base) if shop is None else shop.orders_per_day


def _product_reaches(bound: Floats, mean: Floats, a: Floats, c: Floats) -> Floats:
    """P(a Gamma variable of shape a times an inverse Gamma one of shape c, of that mean, is at least the bound)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.maximum(bound, 0.0) * a / (np.maximum(mean, 0.0) * (c - 1))
        return np.asarray(betainc(c, a, 1 / (1 + np.where(bound > 0, t, 0.0))))


def _positive(bound: Floats) -> Floats:
    return np.maximum(bound, np.finfo(np.float64).tiny)
