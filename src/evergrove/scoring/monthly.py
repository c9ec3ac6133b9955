"""How the purchases of the next year are spread over its months: what comes soon, and what late."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.core import DAYS_PER, DAYS_PER_YEAR
from evergrove.models.process import weighed
from evergrove.scoring.cells import cells_of, smallest_scale
from evergrove.scoring.kept import read_kept
from evergrove.scoring.score import discounted_year

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.models.process import TransactionModel
    from evergrove.models.types import Floats
    from evergrove.scoring.score import Histories
    from evergrove.scoring.scored import Scored
    from evergrove.scoring.terms import Terms

MONTHS = 12


def revenue_by_month(scored: Scored, base: Histories, months: int = MONTHS) -> Iterator[Floats]:
    """
    Expected net revenue of every customer within 1, 2, ... months of as_of, not discounted.

    That of all 12 is ``expected_purchases_12m`` x ``expected_spend``, times what past windows make of the model's money
    where a back-test is heard, as in ``clv_12m``; the model says how much of it comes by the end of each month.

    Args:
        scored: Of the same customers.
        base: The customers.
        months: How many.

    Yields:
        Shape (n,), month by month; NaN where no value is known.
    """
    kept = read_kept(scored.document)
    year = scored.scores.expected_purchases_12m * scored.scores.expected_spend
    if kept.fits.recalibration.changes and kept.process is not None:
        year = year * _righted(kept.process, scored, base)
    for share in shares_by_month(kept.process, base, months):
        yield share * year


def shares_by_month(
    model: TransactionModel | None, base: Histories, months: int = MONTHS
) -> Iterator[Floats]:
    """
    Of the purchases that are expected within 12 months, the part within 1, 2, ... of them. Shape (n,) each.

    Whether a customer is alive plays no part in it. Without a model purchases come evenly.
    """
    if model is None:
        yield from (np.full(len(base.frequency), month / MONTHS) for month in range(1, months + 1))
        return
    day = 1 / DAYS_PER[model.unit]
    x, t_x, T = base.frequency.astype(np.float64), base.recency * day, base.T * day
    cells = cells_of(base.frequency, base.T, model.unit, smallest_scale(model), model.phases)
    phase = model.phase_weights(x, t_x, T)

    def within(days: float) -> Floats:
        return weighed(cells.spread(lambda x, T: model.expected_if_alive(days * day, x, T)), phase)

    year = within(DAYS_PER_YEAR)
    some = np.where(year > 0, year, 1.0)
    for month in range(1, months + 1):
        yield within(DAYS_PER_YEAR * month / MONTHS) / some


def _righted(model: TransactionModel, scored: Scored, base: Histories) -> Floats:
    """By what past windows multiply each customer's money; 1 where there is none. Shape (n,)."""
    terms: Terms = scored.terms
    said = terms.expected(
        discounted_year(model, base, terms.delta(model.unit)) * scored.scores.expected_spend
    )
    factors: Floats = np.divide(scored.scores.clv_12m, said, out=np.ones_like(said), where=said > 0)
    return factors
