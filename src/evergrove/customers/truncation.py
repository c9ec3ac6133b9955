"""Did the shop's history begin before the data do?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from evergrove.core import EvergroveWarning, _
from evergrove.customers.origins import STATION, as_known, refunded_since
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.customers.types import CustomerBase, Dates, Days
    from evergrove.warehouse import Engine

BURN_IN_SHARE = 0.75  # of repeat gaps are shorter than the burn-in
LEAST_RATIO = 1.5
LEAST_SURPRISE = 3.0  # standard errors
FEWEST_LATER = 30
"""
A pile-up is a daily rate of first-seen customers, in the burn-in, of at least ``LEAST_RATIO`` times the rate
after it, and more above it than ``LEAST_SURPRISE`` standard errors of the two counts. Half as many again is no
season or growth that a model would mind; it is what a shop looks like in which every third early "new" customer
was one before. Fewer than ``FEWEST_LATER`` customers after the burn-in say nothing about a rate.
"""


class HistoryStartsMidLife(EvergroveWarning):
    """Many customers of the first weeks were customers before the data began."""

    code = "customers.history_starts_mid_life"
    message = _(
        "{early} {early:customer is|customers are} first seen in the first {burn_in_days} {burn_in_days:day|days}, where {expected} would be at the later "
        "rate of {later_rate} a day: many of them had bought before the data begin."
    )
    hint = _(
        "Models are fitted on the {fitted} {fitted:customer|customers} first seen from {fit_from} on; all are scored, and the others' "
        "history starts mid-life. Data that reach further back would settle it."
    )


@dataclass(frozen=True)
class Truncation:
    """
    Whether first-seen customers pile up at the start of the data, and whom to fit on then.

    Attributes:
        piled_up: Whether they do.
        first_day: The first purchase day in the data.
        burn_in_days: p75 of all repeat gaps; 0 without a repeat.
        early: Customers first seen in the burn-in.
        expected: How many there would be at the later rate; NaN where there is none to compare with.
        later: Customers first seen after the burn-in.
        later_rate: Of them a day, up to the day the last of them was first seen; NaN likewise.
    """

    piled_up: bool
    first_day: date
    burn_in_days: int
    early: int
    expected: float
    later: int
    later_rate: float

    @property
    def fit_from(self) -> date | None:
        """Fit on customers first seen on or after this day; None: on all."""
        return self.first_day + timedelta(days=self.burn_in_days) if self.piled_up else None

    def complete(self, first_order_date: Dates) -> NDArray[np.bool_]:
        """Whose history is whole, so that models may be fitted on it. Shape (n,)."""
        if not self.piled_up:
            return np.ones(len(first_order_date), dtype=np.bool_)
        whole: NDArray[np.bool_] = first_order_date >= np.datetime64(self.fit_from)
        return whole

    @property
    def warning(self) -> HistoryStartsMidLife | None:
        """What to tell the reader; None without a pile-up."""
        if not self.piled_up:
            return None
        return HistoryStartsMidLife(
            early=self.early,
            burn_in_days=self.burn_in_days,
            expected=round(self.expected),
            later_rate=f"{self.later_rate:.1f}",
            fitted=self.later,
            fit_from=self.fit_from,
        )


def left_truncation(engine: Engine, base: CustomerBase, until: date | None = None) -> Truncation:
    """
    Look for a pile-up of first-seen customers at the start of the data.

    Args:
        engine: Holds orders, refunds and purchases (see ``summarise``).
        base: The customers; at least one.
        until: Look with the eyes of that day, not before the first purchase; None: with today's.
    """
    if until is None or not refunded_since(engine, until, base.observation_end):
        return _found(engine, base.first_order_date, until or base.observation_end)
    with as_known(engine, until, has_amounts=False):  # gaps and first days ask for no money
        seen = engine.arrays(statement(STATION, "first_seen"))["first_order_date"].view("datetime64[D]")
        return _found(engine, seen, until)


def _found(engine: Engine, first_seen: Dates, until: date) -> Truncation:
    """What ``purchases`` tell of customers first seen by ``until``."""
    gaps = engine.arrays(statement(STATION, "gap_counts_until"), until=until)
    seen = first_seen[first_seen <= np.datetime64(until)]
    first_day = seen.min()
    return truncation_of(
        (seen - first_day).astype(np.int64),
        date.fromisoformat(str(first_day)),
        burn_in_of(gaps["gap"], gaps["occurrences"]),
    )


def burn_in_of(gap: Days, occurrences: Days) -> int:
    """The least gap that three quarters of all repeat gaps do not exceed; 0 without any."""
    if len(gap) == 0:
        return 0
    upto = np.cumsum(occurrences)
    return int(gap[np.searchsorted(upto, BURN_IN_SHARE * upto[-1])])


def truncation_of(first_seen: Days, first_day: date, burn_in_days: int) -> Truncation:
    """
    Compare the rate of first-seen customers in the burn-in with the rate after it.

    The rate after it runs to the last first-seen customer, not to the end of the data: in a cohort won within
    some weeks and followed for years (CDNOW), nobody new comes later, and nothing has piled up.

    Args:
        first_seen: Days from ``first_day`` to each customer's first purchase. Shape (n,), n > 0.
        first_day: The first purchase day in the data.
        burn_in_days: The window at the start that is looked at.
    """
    early = int((first_seen < burn_in_days).sum())
    later = len(first_seen) - early
    later_days = int(first_seen.max()) + 1 - burn_in_days
    if burn_in_days == 0 or later < FEWEST_LATER or later_days < burn_in_days:
        nan = float("nan")
        return Truncation(
            piled_up=False,
            first_day=first_day,
            burn_in_days=burn_in_days,
            early=early,
            expected=nan,
            later=later,
            later_rate=nan,
        )
    ratio = burn_in_days / later_days
    expected = later * ratio
    # Both counts are Poisson: the variance of early - later x ratio is early + later x ratio^2.
    surprise = (early - expected) / sqrt(early + expected * ratio)
    return Truncation(
        piled_up=early >= LEAST_RATIO * expected and surprise > LEAST_SURPRISE,
        first_day=first_day,
        burn_in_days=burn_in_days,
        early=early,
        expected=expected,
        later=later,
        later_rate=later / later_days,
    )
