"""What the next 30 days should bring, and whether the last ones brought what was foretold a month ago."""

from __future__ import annotations

from datetime import date
from math import exp, sqrt
from typing import TYPE_CHECKING, Any

from evergrove.report.numbers import rounded, share
from evergrove.scoring.kept import read_kept
from evergrove.scoring.score import alive_and_purchases
from evergrove.stats.normal import quantile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.pipeline.nights import Night
    from evergrove.warehouse import Engine

DAYS = 30
LEVEL = 0.95
"""Of the bounds beyond which forecasts are said to drift: what happens by chance once in 20 months is worth a look."""


MATERIAL = 0.05
"""Share of what was foretold below which no decision would be another: in a large shop every model is off by more than chance."""


def purchases_ahead(found: Night) -> dict[str, Any] | None:
    """Purchase days of tonight's customers within 30 days; None without a model."""
    kept = read_kept(found.scored.document)
    if kept.process is None:
        return None
    alive, purchases = alive_and_purchases(kept.process, found.base, DAYS)
    return {
        "days": DAYS,
        "purchases": rounded(float((alive * purchases).sum()), 1),
        "log_spread": share(kept.log_spread),
        "model": found.scored.model,
    }


def drift(engine: Engine, found: Night, earlier: Mapping[str, Any]) -> dict[str, Any] | None:
    """
    Purchase days since an earlier run by whoever had bought by then, beside what that run foretold.

    The bounds are those of the monthly review: a count's own chance, and what totals were off in the past.

    Args:
        engine: Holds purchase_days and customer_summary of tonight.
        found: The night.
        earlier: The overview that the run published.

    Returns:
        None where it foretold nothing.
    """
    ahead = earlier.get("ahead")
    if not ahead or not ahead["purchases"]:
        return None
    then = date.fromisoformat(earlier["as_of"])
    expected = ahead["purchases"] * (found.as_of - then).days / ahead["days"]
    spread = ahead["log_spread"] or 0.0
    wide = exp(quantile(LEVEL) * sqrt(spread**2 + 1.0 / expected))
    came = engine.value(
        "select count(*) from purchase_days d join customer_summary c on c.customer_id = d.customer_id"
        " where d.order_date > $then and c.first_order_date <= $then",
        then=then,
    )
    low, high = expected / wide, expected * wide
    return {
        "since": then.isoformat(),
        "until": found.as_of.isoformat(),
        "model": ahead["model"],
        "level": LEVEL,
        "expected": rounded(expected, 1),
        "low": rounded(low, 1),
        "high": rounded(high, 1),
        "actual": int(came),
        "is_outside": not low <= came <= high and abs(came - expected) >= MATERIAL * expected,
    }
