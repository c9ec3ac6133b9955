"""What the data can carry: which figures cannot be given, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.scoring.choose import holdout_days
from evergrove.scoring.errors import (
    EqualAmounts,
    FewCustomers,
    NoAmounts,
    NoPositiveAmounts,
    NoRepeat,
    NoTime,
    ShortHistory,
)
from evergrove.scoring.types import Limit, Readiness

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.models.types import Floats

FEWEST_CUSTOMERS = 30
FEWEST_REPEATERS = 10
SHORTEST_HISTORY_DAYS = 28

PROBABILITIES = ("p_alive", "p_active_180d")
DATES = ("next_order_date", "next_order_p25", "next_order_p75")
INTERVALS = ("clv_12m_low", "clv_12m_high")
LIFELONG = ("clv", "clv_total", "simple_clv")
FORECASTS = (*PROBABILITIES, "expected_purchases_12m", "clv_12m", *INTERVALS, *LIFELONG, *DATES)
MONEY = ("expected_spend", "historic_value", "clv_12m", *INTERVALS, *LIFELONG)
JUDGEMENTS = ("back_test", "choice_by_back_test", "log_spread")


def readiness(frequency: NDArray[Any], age_days: NDArray[Any], mean_day_spend: Floats | None) -> Readiness:
    """
    Decide what can be given.

    Args:
        frequency: x. Shape (n,), n >= 1.
        age_days: T in days. Shape (n,).
        mean_day_spend: Mean net amount per purchase day, NaN where unknown. Shape (n,); None without amounts.
    """
    history = int(age_days.max(initial=0)) + 1  # the first day counts: 1 January to 30 September are 39 weeks
    process_limits = _process_limits(frequency, history)
    amounts = mean_day_spend is not None and bool(np.isfinite(mean_day_spend).any())
    if amounts and mean_day_spend is not None:
        spend_limits, spend = _spend_limits(mean_day_spend, frequency)
    else:
        spend_limits, spend = (Limit(NoAmounts(), missing=MONEY),), False
    fitted = not process_limits
    holdout = holdout_days(history) if fitted else 0
    short = fitted and holdout == 0
    tail = (Limit(ShortHistory(weeks=history // 7), missing=JUDGEMENTS),) if short else ()
    return Readiness(
        limits=(*process_limits, *spend_limits, *tail),
        process=fitted,
        spend=spend,
        amounts=amounts,
        holdout_days=holdout,
    )


def _process_limits(frequency: NDArray[Any], history: int) -> tuple[Limit, ...]:
    """Why no transaction model may be fitted; empty where one may. The first reason is the one to mend."""
    customers, repeaters = len(frequency), int((frequency > 0).sum())
    if history < SHORTEST_HISTORY_DAYS:
        reason = NoTime(days=history, needed=SHORTEST_HISTORY_DAYS)
        return (Limit(reason, missing=FORECASTS + JUDGEMENTS),)
    if repeaters == 0:
        return (Limit(NoRepeat(customers=customers), missing=FORECASTS + JUDGEMENTS),)
    if customers < FEWEST_CUSTOMERS or repeaters < FEWEST_REPEATERS:
        few = FewCustomers(
            customers=customers,
            repeaters=repeaters,
            needed_customers=FEWEST_CUSTOMERS,
            needed_repeaters=FEWEST_REPEATERS,
        )
        missing = (*PROBABILITIES, *INTERVALS, *LIFELONG, *DATES, *JUDGEMENTS)
        return (Limit(few, missing=missing, instead=("expected_purchases_12m", "clv_12m")),)
    return ()


def _spend_limits(mean: Floats, frequency: NDArray[Any]) -> tuple[tuple[Limit, ...], bool]:
    """Limits of money, and whether a spend model may be fitted."""
    positive = mean[mean > 0]
    if len(positive) == 0:
        missing = tuple(name for name in MONEY if name not in {"historic_value", "simple_clv"})
        return (Limit(NoPositiveAmounts(), missing=missing),), False
    if len(positive) > 1 and np.ptp(positive) <= 1e-9 * positive.max():
        return (Limit(EqualAmounts(amount=f"{positive[0]:.2f}"), instead=("expected_spend",)),), False
    enough = len(positive) >= FEWEST_CUSTOMERS and int((frequency > 0).sum()) >= FEWEST_REPEATERS
    return (), enough
