"""The six measures of one month, from facts and from where everybody stood before and after it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

from evergrove.core import Sentence
from evergrove.measurement.targets.rules import (
    NO_AMOUNTS,
    NO_LINES,
    NO_REGISTRATIONS,
    part,
    share,
    times,
)
from evergrove.measurement.targets.types import Reading
from evergrove.stats import Proportion
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from collections.abc import Collection

    from evergrove.warehouse import Engine

PACKAGE = "evergrove.measurement"
BEFORE, AFTER = "stood_before", "stood_after"
"""Tables with customer_id, tier, stage and spend_12m: at the end of the day before the quarter, and at its end."""
YEAR_DAYS = 365
LEVEL = 0.8


def quarter_start(end: date) -> date:
    """
    The last day before the three months that end with a day.

    The end of a month gives the end of the month three months before: quarters are whole months.
    """
    after = end + timedelta(days=1)
    months = 12 * after.year + after.month - 1 - 3
    year, month = divmod(months, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(after.day, last)) - timedelta(days=1)


def read_measures(
    engine: Engine, end: date, told: Collection[str], *, has_amounts: bool, level: float = LEVEL
) -> dict[str, Reading]:
    """
    All six as of a day.

    Args:
        engine: Shows orders, order_lines, products, events, tickets and surveys as known then, and holds
            ``stood_before`` and ``stood_after``.
        end: The last day that counts.
        told: Tables beside orders that hold rows.
        has_amounts: Whether the orders have amounts.
        level: Probability between the bounds.
    """
    start = quarter_start(end)
    quarter = (start + timedelta(days=1), end)
    engine.create("done_days", statement(PACKAGE, "done_days"))
    early = (end - timedelta(days=180), end - timedelta(days=90))
    year = (end - timedelta(days=YEAR_DAYS - 1), end)
    return {
        "early_churn": share("early_churn", early, _counted(engine, "early_churn", end=end), level),
        "quarterly_repurchase": share(
            "quarterly_repurchase",
            quarter,
            _counted(engine, "quarterly_repurchase", start=start, end=end),
            level,
        ),
        "cross_sell_share": part(
            "cross_sell_share", quarter, *_parts(engine, "new_ground", start=start, end=end), level
        )
        if "order_lines" in told
        else Reading("cross_sell_share", *quarter, 0, reason=NO_LINES),
        "mature_share": part("mature_share", year, *_parts(engine, "mature_share"), level)
        if has_amounts
        else Reading("mature_share", *year, 0, reason=NO_AMOUNTS),
        "mature_churn": share("mature_churn", quarter, _counted(engine, "mature_churn"), level),
        "referral_conversion": _referrals(engine, start, end, told, level),
    }


def share_of_members(key: str, days: tuple[date, date], of: Any, who: Any, level: float = LEVEL) -> Reading:
    """
    The share of some customers who are some others, too.

    Args:
        key: Of the target.
        days: The first and the last of its month.
        of: Arrow array of customer ids; or the ``Sentence`` that says why they are not known.
        who: The same.
        level: Probability between the bounds.
    """
    for each in (of, who):
        if isinstance(each, Sentence):
            return Reading(key, *days, 0, reason=each)
    both = pc.sum(pc.is_in(of, value_set=who)).as_py() or 0
    return share(key, days, Proportion(len(of), both), level)


def _counted(engine: Engine, name: str, **days: date) -> Proportion:
    ((customers, successes),) = engine.run(statement(PACKAGE, f"target_{name}"), **days)
    return Proportion(int(customers), int(successes))


def _parts(engine: Engine, name: str, **days: date) -> tuple[Any, Any]:
    found = engine.arrays(statement(PACKAGE, f"target_{name}"), **days)
    return found["above"].astype(np.float64), found["below"].astype(np.float64)


def _referrals(engine: Engine, start: date, end: date, told: Collection[str], level: float) -> Reading:
    month = timedelta(days=30)
    days = (start + timedelta(days=1) - month, end - month)
    if "events" not in told:
        return Reading("referral_conversion", *days, 0, reason=NO_REGISTRATIONS)
    ((referred, bought, others, others_bought),) = engine.run(
        statement(PACKAGE, "target_referral_conversion"), start=start, end=end
    )
    return times(
        days, Proportion(int(referred), int(bought)), Proportion(int(others), int(others_bought)), level
    )
