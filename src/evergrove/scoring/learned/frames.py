"""``eg.learned_values`` and ``eg.early_value``: an Arrow, pandas or polars table, or a file, in; forecasts out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.customers import base_of
from evergrove.models.learned import NeedsMl, ml_here
from evergrove.scoring.learned.early import YEAR_DAYS, learn_early_value
from evergrove.scoring.learned.horizons import MONTHS, learn_values
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from evergrove.scoring.learned.early import EarlyValue
    from evergrove.scoring.learned.horizons import LearnedValues


def learned_values(
    orders: Any,
    *,
    months: Sequence[int] = MONTHS,
    observation_end: dt.date | str | None = None,
    customer: str | None = None,
    date: str | None = None,
    amount: str | None = None,
) -> LearnedValues:
    """
    What customers will bring in 3, 6, 12 and 24 months, learned from what earlier ones brought.

    Boosted trees in two parts (whether anything comes, and how much) on each customer's history and on a
    process's opinion of it; taught by origins of the past for which the horizon is over. Net amounts, not
    discounted; no longer horizon brings less than a shorter one. It takes the extra ``ml``.

    Args:
        orders: As in ``summarize``: a table with one row per order, or the path of a file.
        months: Horizons, growing.
        observation_end: The last day whose orders count; default: the last order day.
        customer: Name of the column; guessed from its header when not given, as are the next two.
        date: Likewise.
        amount: Likewise; without one, purchases are told instead of money.

    Returns:
        One row per customer, sorted by customer id; ``.table`` is an Arrow table, ``.missing`` the horizons that
        nobody has been seen for long enough.

    Raises:
        NeedsMl: scikit-learn is not installed.
        BadHorizons: The months do not grow.
        TooLittlePast: Not even the shortest horizon is over for enough customers.
        InputError: As ``summarize``.
    """
    if not ml_here():
        raise NeedsMl
    named = {"customer": customer, "date": date, "amount": amount}
    with open_engine() as engine:
        return learn_values(base_of(engine, orders, observation_end, named), engine, months=months)


def early_value(
    orders: Any,
    *,
    horizon_days: int = YEAR_DAYS,
    observation_end: dt.date | str | None = None,
    customer: str | None = None,
    date: str | None = None,
    amount: str | None = None,
) -> EarlyValue:
    """
    What new customers will bring within a year of their first order, from it and the thirty days after it.

    Args:
        orders: As in ``summarize``.
        horizon_days: Counted from the first order; longer than the thirty days.
        observation_end: The last day whose orders count; default: the last order day.
        customer: Name of the column; guessed from its header when not given, as are the next two.
        date: Likewise.
        amount: Likewise; it takes amounts.

    Returns:
        Customers known for thirty days but not for the horizon; ``.back_test`` says how well an earlier quarter
        was told beside its spend so far, ``.table`` is an Arrow table.

    Raises:
        NeedsMl: scikit-learn is not installed.
        NoEarlyValue: There are no amounts, or the horizon is no longer than thirty days.
        NoCohortOver: Too few customers have been seen for the horizon.
        InputError: As ``summarize``.
    """
    if not ml_here():
        raise NeedsMl
    named = {"customer": customer, "date": date, "amount": amount}
    with open_engine() as engine:
        base = base_of(engine, orders, observation_end, named)
        return learn_early_value(base, engine, horizon_days=horizon_days)
