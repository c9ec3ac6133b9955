"""Are newer customers like older ones: the model's parameters by month or quarter of the first order."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from evergrove.core import EvergroveError, EvergroveWarning
from evergrove.models import Summary
from evergrove.models.pooled import fit_cohorts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.customers import CustomerBase
    from evergrove.models import Fit, TransactionModel
    from evergrove.models.pooled import CohortFit

MOST_MONTHS = 13  # a year and the month that has begun; a longer history goes by quarter
MOST_QUARTERS = 12
MOST_CUSTOMERS = 2000  # of a cohort that are looked at: so many know their own parameters well
QUARTER = 3


@dataclass(frozen=True, eq=False)
class Acquisition:
    """
    Customers by the time of their first order, each group with a model of its own.

    Attributes:
        period: What groups are formed by.
        starts: First day of each group's period, oldest first, where somebody came. Length c.
        customers: Who came in it. Shape (c,), int64.
        earlier: Customers of earlier times, who are left out.
        fit: The groups' models, named by ``starts`` in ISO form; None where there is none.
        why: Why there is none, or why it does not tell groups apart; None where it does.
    """

    period: Literal["month", "quarter"]
    starts: tuple[date, ...]
    customers: NDArray[np.int64]
    earlier: int
    fit: CohortFit[Any] | None
    why: EvergroveError | EvergroveWarning | None


def by_acquisition(
    base: CustomerBase, chosen: Fit[TransactionModel], complete_from: date | None = None
) -> Acquisition:
    """
    Fit the chosen model to the customers of each month, or of each quarter where there are more than 13 months.

    Of a large group 2,000 customers speak for all of it. A refund, a tier or money plays no part.

    Args:
        base: The customers.
        chosen: The fit that scores rest on: which model, in which unit.
        complete_from: Customers first seen before it are left out: their history starts mid-life.
    """
    # Customers first seen within a month that began mid-life are left out as a whole: half a month is no month.
    months = base.first_order_date.astype("datetime64[M]").astype(np.int64) + 12 * 1970
    begin = months.min() if complete_from is None else _months(complete_from, round_up=True)
    end = 12 * base.observation_end.year + base.observation_end.month - 1
    size = 1 if end - begin < MOST_MONTHS else QUARTER
    oldest = max(-(-int(begin) // size), end // size - MOST_QUARTERS + 1 if size == QUARTER else 0)
    of = months // size
    periods, customers = np.unique(of[of >= oldest], return_counts=True)
    starts = tuple(date(int(p) * size // 12, int(p) * size % 12 + 1, 1) for p in periods)
    summary = base.summary(chosen.model.unit)
    cohorts = {
        start.isoformat(): _some(summary, np.flatnonzero(of == p))
        for start, p in zip(starts, periods, strict=True)
    }
    fit, why = _fitted(chosen.model, cohorts)
    earlier = int((of < oldest).sum())
    return Acquisition("month" if size == 1 else "quarter", starts, customers, earlier, fit, why)


def _months(day: date, *, round_up: bool) -> int:
    """Months since the year 0; of a day within a month, the next one's."""
    return 12 * day.year + day.month - 1 + (round_up and day.day > 1)


def _some(summary: Summary, rows: NDArray[np.intp]) -> Summary:
    """At most ``MOST_CUSTOMERS`` of some rows, evenly spaced, without spend."""
    rows = rows[:: -(-len(rows) // MOST_CUSTOMERS)]
    logs = summary.log_intervals
    return Summary(
        frequency=summary.frequency[rows],
        recency=summary.recency[rows],
        T=summary.T[rows],
        unit=summary.unit,
        observation_end=summary.observation_end,
        log_intervals=None if logs is None else logs[rows],
    )


def _fitted(
    model: TransactionModel, cohorts: dict[str, Summary]
) -> tuple[CohortFit[Any] | None, EvergroveError | EvergroveWarning | None]:
    """The groups' models, and what keeps them from being told apart."""
    constants: dict[str, Any] = {name: getattr(model, name) for name in model.constants}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EvergroveWarning)
        try:
            fit = fit_cohorts(type(model), cohorts, **constants)
        except EvergroveError as error:
            return None, error
    return fit, None if fit.identified else fit.warnings[-1]
