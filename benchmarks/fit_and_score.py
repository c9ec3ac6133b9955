"""
Fit and score alone, in process, from a summary already computed: our side of the comparison.

``python -m benchmarks.fit_and_score SUMMARY.npz`` prints one JSON line with the parameters, totals, and seconds
by stage. Gamma-Gamma takes repeat days here, as lifetimes does, so that the parameters can be compared;
clv_12m is by our definition (365.25 days, 10 % a year, discounted continuously), so that its totals cannot.
"""

from __future__ import annotations

import json
import sys

import numpy as np
from benchmarks.stages import Stages

from evergrove.core import DAYS_PER, DAYS_PER_YEAR, per_unit_rate
from evergrove.models import BgNbd, GammaGamma, Summary
from evergrove.scoring.cells import cells_of, smallest_scale

WEEK = DAYS_PER["week"]
ANNUAL_RATE = 0.10


def fit_and_score(path: str) -> dict[str, object]:
    """From a summary in days to scores in memory."""
    with np.load(path) as arrays:
        x, recency, age, money = (arrays[name] for name in ("frequency", "recency", "T", "monetary_value"))
    stages = Stages()
    money = np.where(x > 0, money, np.nan)
    summary = Summary(x, recency / WEEK, age / WEEK, "week", monetary_value=money)
    model = BgNbd.fit(summary).model
    stages.end("fit_bg_nbd")
    spend = GammaGamma.fit(summary, "repeat_days").model
    stages.end("fit_gamma_gamma")
    cells = cells_of(x, age, model.unit, smallest_scale(model))
    alive = model.alive(x, summary.recency, summary.T)
    scores = {
        "p_alive": alive,
        "expected_purchases": alive * cells.spread(lambda x, T: model.expected_if_alive(52.0, x, T)),
        "expected_spend": spend.expected_spend(x, money),
    }
    stages.end("score")
    year, delta = DAYS_PER_YEAR / WEEK, per_unit_rate(ANNUAL_RATE, model.unit)
    discounted = cells.spread(lambda x, T: model.discounted_if_alive(year, delta, x, T))
    scores["clv_12m"] = alive * discounted * scores["expected_spend"]
    stages.end("clv")
    return {
        "bg_nbd": {**model.as_dict(), "alpha": model.alpha * WEEK},  # lifetimes fits in days
        "gamma_gamma": {"p": spend.p, "q": spend.q, "gamma": spend.gamma},
        "customers": len(x),
        "totals": {name: float(values.sum()) for name, values in scores.items()},
        "stages": stages.seconds,
    }


if __name__ == "__main__":
    print(json.dumps(fit_and_score(sys.argv[1])))
