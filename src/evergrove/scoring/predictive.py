"""What a model foretold of a window: the distribution function of each customer's count and spend, at what came."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.scoring.counts import count_chances
from evergrove.scoring.distinct_histories import histories_of
from evergrove.scoring.intervals import spend_distribution
from evergrove.scoring.spend import evidence
from evergrove.scoring.splits import rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.models.process import TransactionModel
    from evergrove.models.types import Fit, Floats
    from evergrove.scoring.intervals import SpendDistribution
    from evergrove.scoring.types import SpendConvention, Split


@dataclass(frozen=True, eq=False)
class Foretold:
    """
    Where what came lies in what was foretold; see ``evergrove.stats.pit``.

    Attributes:
        below: F(y-), the chance of less than what came. Shape (n,), in the order of the split.
        upto: F(y), of as much at most. Shape (n,).
    """

    below: Floats
    upto: Floats


def counts_foretold(models: Sequence[TransactionModel], split: Split) -> Foretold:
    """
    F(n - 1) and F(n) of each customer's purchase days in the window, from the exact probabilities of counts.

    Args:
        models: One, or draws of it from its posterior, which count equally.
        split: The origin, and what came.
    """
    unit, came = models[0].unit, split.purchases
    at, horizon = split.calibration.in_unit(unit), split.horizon(unit)
    each = [
        count_chances(model, at, model.alive(at.frequency, at.recency, at.T), came, horizon)
        for model in models
    ]
    below, upto = (np.mean([getattr(one, name) for one in each], axis=0) for name in ("below", "upto"))
    return Foretold(below, upto)


def thinned(split: Split, most: int) -> Split:
    """At most so many customers of a split, evenly spaced; of what came, purchases and spend alone."""
    step = -(-len(split.purchases) // most)
    if step < 2:
        return split
    chosen = np.arange(len(split.purchases)) % step == 0
    return replace(
        split,
        calibration=rows_of(split.calibration, chosen),
        purchases=split.purchases[chosen],
        spend=None if split.spend is None else split.spend[chosen],
        last_purchases=split.last_purchases[chosen],
        last_spend=None if split.last_spend is None else split.last_spend[chosen],
        first_order_date=None,
        next_days=None,
        last_next_days=None,
        last_silence=None,
    )


def spend_foretold(
    process: Fit[TransactionModel],
    spend_fit: Fit[Any] | None,
    split: Split,
    convention: SpendConvention = "all_days",
    *,
    seed: int,
    draws: int | None = None,
) -> Foretold | None:
    """
    F(y-) and F(y) of each customer's net amount in the window, undiscounted; None without amounts.

    Who ends the window with more refunds than purchases was not foretold: both are 0.

    Args:
        process: Fitted on what was known at the origin.
        spend_fit: Likewise.
        split: The origin, and what came.
        convention: Which days the spend model reads.
        seed: Of the draws.
        draws: Per cell; None decides by the number of cells.
    """
    if split.spend is None or split.calibration.mean_day_spend is None:
        return None
    at = split.calibration.in_unit(process.model.unit)
    found = spend_distribution(
        process,
        spend_fit,
        histories_of(split.calibration),
        process.model.alive(at.frequency, at.recency, at.T),
        evidence(spend_fit, split.calibration, convention),
        0.0,
        seed,
        draws=draws,
        days=split.days,
    )
    return placed(found, split.spend)


def placed(found: SpendDistribution, spend: Floats) -> Foretold:
    """
    F(y-) and F(y) of net amounts that came.

    Args:
        found: What was foretold of each customer.
        spend: What came. Shape (n,).
    """
    upto = found.at_most(spend)
    return Foretold(np.where(spend > 0, upto, 0.0), upto)
