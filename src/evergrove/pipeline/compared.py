"""The scores of about 90 days ago, beside which tonight's are put."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.export.health import SCORES_THEN
from evergrove.ingest.facts.persons import as_persons

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from evergrove.warehouse import Engine, Snapshot, Warehouse

BACK_DAYS = 90
FROM_DAYS, TO_DAYS = 76, 104
"""Runs so many days back will do, the nearest to 90 first."""
MONTH = (30, 21, 44)
"""The same for what changed within a month."""
STORED = "stored_scores_then"


def run_then(
    runs: Sequence[Snapshot], as_of: date, days_back: tuple[int, int, int] = (BACK_DAYS, FROM_DAYS, TO_DAYS)
) -> Snapshot | None:
    """
    The run whose day is nearest to 90 days before ``as_of``; of two days as near the earlier, of two runs the later.

    Args:
        runs: Published before tonight's, in their order.
        as_of: Tonight's day.
        days_back: How many days before are best, and which ones will do.
    """
    best, least, most = days_back
    back = [((as_of - run.as_of).days, run) for run in runs if run.as_of is not None]
    near = [(abs(days - best), -days, -run.id, run) for days, run in back if least <= days <= most]
    return min(near, key=lambda each: each[:3])[-1] if near else None


def show_then(engine: Engine, warehouse: Warehouse, then: Snapshot | None) -> date | None:
    """
    Leave what a run said of clv in ``SCORES_THEN``, under the names that persons have today.

    Customers who were joined since then count together; of what was left out then nothing is known.

    Args:
        engine: As ``show_facts`` left it.
        warehouse: Where the run's files are.
        then: The run; None: there is none to compare with.

    Returns:
        The day of the run.
    """
    engine.drop(SCORES_THEN)
    if then is None or not warehouse.show(engine, then, "scores", STORED):
        nobody = "select null::varchar as customer_id, null::double as clv, '' as basis, '' as currency, '' as model"
        engine.create(SCORES_THEN, f"{nobody} where false")
        return None
    told = f"select customer_id, clv, basis, currency, model from {STORED} where first_order_date is not null"
    engine.create(
        SCORES_THEN,
        "select customer_id, case when count(*) = 1 then max(clv) else cast(sum(cast(clv as decimal(30, 6))) as double)"
        " end as clv, min(basis) as basis,"
        f" min(currency) as currency, min(model) as model from ({as_persons(engine, told)}) group by customer_id",
    )
    engine.drop(STORED)
    return then.as_of
