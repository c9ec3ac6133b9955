"""
Fits and posteriors of ours, in process, from a summary already computed: the counterpart of the peers' jobs.

``fit SUMMARY.npz`` fits BG/NBD and Gamma-Gamma (repeat days, as the peers do); ``posterior SUMMARY.npz`` draws
BG/NBD's parameters and gives a band of P(alive) for every customer. Each prints one JSON line with the
parameters, in weeks, and seconds by stage.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
from benchmarks.stages import Stages

from evergrove.models import BgNbd, GammaGamma, Summary
from evergrove.models.distinct import levels
from evergrove.models.posterior import draws

if TYPE_CHECKING:
    from collections.abc import Callable

DAYS_PER_WEEK = 7
DRAWS = 200
LOW, HIGH = 0.1, 0.9
CHUNK = 4096  # histories at a time: their draws stay in the processor's cache
LETTERS = ("r", "alpha", "a", "b")


def read(path: str) -> Summary:
    """The summary, in weeks."""
    with np.load(path) as arrays:
        x, recency, age, money = (arrays[name] for name in ("frequency", "recency", "T", "monetary_value"))
    money = np.where(x > 0, money, np.nan)
    return Summary(x, recency / DAYS_PER_WEEK, age / DAYS_PER_WEEK, "week", monetary_value=money)


def fit(path: str) -> dict[str, Any]:
    """BG/NBD and Gamma-Gamma."""
    summary, stages = read(path), Stages()
    purchases = BgNbd.fit(summary).model
    stages.end("fit_bg_nbd")
    spend = GammaGamma.fit(summary, "repeat_days").model
    stages.end("fit_gamma_gamma")
    return {
        "customers": len(summary),
        "bg_nbd": purchases.as_dict(),
        "gamma_gamma": {"p": spend.p, "q": spend.q, "gamma": spend.gamma},
        "stages": stages.seconds,
    }


def posterior(path: str) -> dict[str, Any]:
    """Draws of the parameters, and bands of P(alive) of everybody."""
    summary, stages = read(path), Stages()
    fitted = BgNbd.fit(summary)
    stages.end("fit")
    found = draws(fitted, summary, DRAWS, rng=np.random.default_rng(1))
    stages.end("draws")
    low, high = _bands(list(found.models()), summary)
    stages.end("bands")
    return {
        "customers": len(summary),
        "mean": {name: float(values.mean()) for name, values in found.at.items()},
        "sd": {name: float(values.std()) for name, values in found.at.items()},
        "effective_draws": dict.fromkeys(LETTERS, found.effective),
        "mean_band_width": float((high - low).mean()),
        "stages": stages.seconds,
    }


def _bands(models: list[BgNbd], summary: Summary) -> tuple[Any, Any]:
    """10 % and 90 % quantile of P(alive) under the draws, worked out once per distinct history."""
    columns = (levels(summary.frequency), levels(summary.recency, 7.0), levels(summary.T, 7.0))
    key = np.zeros(len(summary), dtype=np.int64)
    for values, codes in columns:
        key = key * len(values) + codes
    _keys, first, of = np.unique(key, return_index=True, return_inverse=True)
    x, t_x, T = summary.frequency[first], summary.recency[first], summary.T[first]
    low, high = np.empty(len(first)), np.empty(len(first))
    place = (LOW * (DRAWS - 1), HIGH * (DRAWS - 1))
    for start in range(0, len(first), CHUNK):
        rows = slice(start, start + CHUNK)
        alive = np.stack([model.alive(x[rows], t_x[rows], T[rows]) for model in models])
        alive.partition([int(place[0]), int(place[0]) + 1, int(place[1]), int(place[1]) + 1], axis=0)
        for out, at in ((low, place[0]), (high, place[1])):
            k, share = int(at), at - int(at)
            out[rows] = alive[k] * (1 - share) + alive[k + 1] * share
    return low[of], high[of]


JOBS: dict[str, Callable[..., dict[str, Any]]] = {"fit": fit, "posterior": posterior}

if __name__ == "__main__":
    job, *arguments = sys.argv[1:]
    print(json.dumps(JOBS[job](*arguments)))
