"""What the models of a past run foretold for the days after it, beside what came."""

from __future__ import annotations

from math import exp, isfinite, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import DAYS_PER
from evergrove.pipeline.last_night import yesterday_of
from evergrove.pipeline.standings import Known, show_known, summarised_then
from evergrove.scoring import score_with
from evergrove.scoring.kept import read_kept
from evergrove.scoring.score import purchase_chance
from evergrove.stats.normal import quantile
from evergrove.warehouse import open_engine, statement

if TYPE_CHECKING:
    from evergrove.ledger import Ledger
    from evergrove.settings import Settings
    from evergrove.warehouse import Snapshot, Warehouse

LEVEL = 0.8


def forecasts_checked(
    ledger: Ledger,
    warehouse: Warehouse,
    settings: Settings,
    start: Snapshot,
    end: Known,
) -> dict[str, Any] | None:
    """
    Buyers, purchase days and revenue of customers who were there at the start: foretold and actual.

    Args:
        ledger: Of the workspace.
        warehouse: Of the workspace.
        settings: Terms of value.
        start: The run whose models speak, with the facts that it knew.
        end: What is known of the days since.

    Returns:
        None where that run had no model.
    """
    assert start.as_of is not None  # noqa: S101 - runs have a day
    assert end.run.as_of is not None  # noqa: S101 - same
    days = (end.run.as_of - start.as_of).days
    with ledger.reading() as connection:
        then = yesterday_of(connection, start)
    kept = read_kept(then.models)
    if kept.process is None or days <= 0:
        return None
    with open_engine() as engine:
        seen, knew = warehouse.newest(), Known(start, then.persons)
        base = summarised_then(engine, warehouse, seen, settings, start.as_of, knew)
        scores = score_with(base, then.models, settings.value, settings.stages, intervals=False).scores
        horizon = days / DAYS_PER[kept.process.unit]
        summary = base.summary(kept.unit)
        engine.register(
            "foretold",
            {
                "customer_id": engine.arrays(
                    "select cast(customer_id as varchar) as id from customer_summary"
                )["id"],
                "buys": purchase_chance(kept.process, base, days),
                "purchases": kept.process.expected_purchases(
                    horizon, summary.frequency, summary.recency, summary.T
                ),
                "spend": scores.expected_spend,
            },
        )
        engine.create("foretold_then", "select * from foretold")
        engine.unregister("foretold")
        warehouse.show(engine, start, "tiers", "stood_then")
        show_known(engine, warehouse, seen, settings, end)
        rows = engine.run(
            statement("evergrove.measurement", "foretold_and_actual"), start=start.as_of, end=end.run.as_of
        )
    spread = kept.log_spread if isfinite(kept.log_spread) else 0.0
    return {
        "from_day": start.as_of.isoformat(),
        "to_day": end.run.as_of.isoformat(),
        "days": days,
        "model": kept.fits.choice.name,
        "level": LEVEL,
        "rows": [_row(row, spread, has_amounts=base.has_amounts) for row in rows],
    }


def _row(row: tuple[Any, ...], spread: float, *, has_amounts: bool) -> dict[str, Any]:
    """One tier, or everybody (tier None): a count's own chance and what totals were off in the past make the bounds."""
    tier, customers, buyers, buyers_spread, bought, purchases, came, revenue, earned = row
    z = quantile(LEVEL)
    half = z * sqrt(buyers_spread + (spread * buyers) ** 2)
    wide = exp(z * sqrt(spread**2 + (1.0 / purchases if purchases else 0.0)))
    return {
        "tier": tier,
        "customers": int(customers),
        "buyers": float(buyers),
        "buyers_low": max(buyers - half, 0.0),
        "buyers_high": min(buyers + half, float(customers)),
        "buyers_actual": int(bought),
        "purchases": float(purchases),
        "purchases_low": float(purchases) / wide,
        "purchases_high": float(purchases) * wide,
        "purchases_actual": int(came),
        "revenue": float(revenue) if has_amounts and revenue is not None and np.isfinite(revenue) else None,
        "revenue_actual": float(earned) if has_amounts and earned is not None else None,
    }
