"""
The job as done with lifetimes 0.11.3, in its own environment: it knows nothing of Evergrove.

``whole LOG OUT``: read Parquet, summarise by day, fit BG/NBD and Gamma-Gamma, score every customer, write
Parquet. ``fit_and_score SUMMARY OUT``: the same from a summary already computed (.npz). Both print one JSON
line with the parameters, a total, and seconds by stage.
"""

from __future__ import annotations

import json
import sys
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from benchmarks.stages import Stages

warnings.simplefilter("ignore")  # of lifetimes about its own dependencies

from lifetimes import BetaGeoFitter, GammaGammaFitter  # type: ignore[import-not-found]  # noqa: E402
from lifetimes.utils import summary_data_from_transaction_data  # type: ignore[import-not-found]  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

HORIZON_DAYS = 364  # 52 weeks
MONTHS, MONTHLY_RATE = 12, 0.01


def fit_and_score(summary: pd.DataFrame, stages: Stages) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Fit both models and score every customer, as lifetimes' documentation shows."""
    purchases = BetaGeoFitter(penalizer_coef=0.0)
    purchases.fit(summary["frequency"], summary["recency"], summary["T"])
    stages.end("fit_bg_nbd")
    spenders = summary[summary["monetary_value"] > 0]
    spend = GammaGammaFitter(penalizer_coef=0.0)
    spend.fit(spenders["frequency"], spenders["monetary_value"])
    stages.end("fit_gamma_gamma")
    x, t_x, T, m = (summary[name] for name in ("frequency", "recency", "T", "monetary_value"))
    scores = pd.DataFrame(
        {
            "p_alive": np.asarray(purchases.conditional_probability_alive(x, t_x, T)),
            "expected_purchases": np.asarray(
                purchases.conditional_expected_number_of_purchases_up_to_time(HORIZON_DAYS, x, t_x, T)
            ),
            "expected_spend": np.asarray(spend.conditional_expected_average_profit(x, m)),
        },
        index=summary.index,
    )
    stages.end("score")
    scores["clv_12m"] = np.asarray(
        spend.customer_lifetime_value(
            purchases, x, t_x, T, m, time=MONTHS, discount_rate=MONTHLY_RATE, freq="D"
        )
    )
    stages.end("clv")
    found = {
        "bg_nbd": {name: float(purchases.params_[name]) for name in ("r", "alpha", "a", "b")},
        "gamma_gamma": {
            name: float(spend.params_[old]) for name, old in (("p", "p"), ("q", "q"), ("gamma", "v"))
        },
        "customers": len(summary),
        "totals": {name: float(scores[name].sum()) for name in scores},
    }
    return scores, found


def whole(log: str, out: str) -> dict[str, Any]:
    """From order log to written scores."""
    stages = Stages()
    orders = pd.read_parquet(log)
    stages.end("read")
    summary = summary_data_from_transaction_data(
        orders, "customer_id", "order_date", monetary_value_col="amount", freq="D"
    )
    stages.end("summarise")
    scores, found = fit_and_score(summary, stages)
    summary.join(scores).reset_index().to_parquet(out)
    stages.end("write")
    return {**found, "stages": stages.seconds}


def from_summary(path: str) -> dict[str, Any]:
    """From a summary in days to scores in memory."""
    with np.load(path) as arrays:
        summary = pd.DataFrame({name: arrays[name] for name in arrays})
    stages = Stages()
    _scores, found = fit_and_score(summary, stages)
    return {**found, "stages": stages.seconds}


def versions() -> dict[str, str]:
    """What does the work."""
    from importlib.metadata import version  # noqa: PLC0415 - only asked for once a run

    names = ("lifetimes", "numpy", "pandas", "scipy", "autograd", "pyarrow")
    return {"python": sys.version.split()[0], **{name: version(name) for name in names}}


JOBS: dict[str, Callable[..., dict[str, Any]]] = {
    "whole": whole,
    "fit_and_score": from_summary,
    "versions": versions,
}

if __name__ == "__main__":
    job, *arguments = sys.argv[1:]
    print(json.dumps(JOBS[job](*arguments)))
