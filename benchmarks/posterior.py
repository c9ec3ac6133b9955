"""
What certainty costs: draws of the parameters and the bands of every customer, in seconds of processor time.

``python -m benchmarks.posterior`` takes the simulated logs of ``simulated_logs.py`` (10,000 and 100,000
customers), fits BG/NBD, Pareto/NBD and Gamma-Gamma, draws their parameters, and bounds what every customer will
spend in 12 months; it prints the median of the rounds and writes benchmarks/results/posterior.{json,md}. With
other ``--sizes`` or ``--rounds`` than the usual ones the files end in ``_partial``.

A peer's sampler has its place in ``SIDES``: a function that measures the same stages, or calls a job in an
environment of its own that does.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
from benchmarks.machine import ROOT, commit, machine
from benchmarks.simulated_logs import build_log

from evergrove.core import DAYS_PER, EvergroveWarning, per_unit_rate
from evergrove.models import BgNbd, GammaGamma, ParetoNbd, Summary
from evergrove.models.posterior import draws
from evergrove.scoring.bands import intervals
from evergrove.scoring.distinct_histories import DistinctHistories, histories_of
from evergrove.scoring.intervals import HIGH, LOW, spend_distribution
from evergrove.scoring.sensitivity import sensitivity
from evergrove.scoring.spend import evidence
from evergrove.scoring.total_interval import relative_totals, total_bounds

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Measured = dict[str, float]

CACHE, RESULTS = ROOT / "benchmarks" / ".cache", ROOT / "benchmarks" / "results"
SIZES, ROUNDS, DRAWS = (10_000, 100_000), 5, 200
MODELS = {"bg-nbd": BgNbd, "pareto-nbd": ParetoNbd}
STAGES = {
    "fit": "fit the process and Gamma-Gamma",
    "draws": f"{DRAWS} draws of the process's parameters, weighted and resampled",
    "spend": f"{DRAWS} draws of Gamma-Gamma's",
    "p_alive": "P(alive) of every customer under the draws: mean and slopes",
    "bounds": "10 % and 90 % of every customer's 12-month value (clv_12m_low, clv_12m_high)",
    "total": "the same of the total",
    "published": "draws, bounds and total: what `evergrove value` takes for its intervals",
    "notebook": "eg.intervals: parameters, outcomes and both, apart",
}


class Clock:
    """Seconds of processor time by stage."""

    def __init__(self) -> None:
        self.seconds: Measured = {}
        self._last = time.process_time()

    def end(self, stage: str) -> None:
        """Close the stage that has been running since the last one ended."""
        now = time.process_time()
        self.seconds[stage], self._last = now - self._last, time.process_time()


def summary_of(customers: int, cache: Path) -> Summary:
    """The simulated customers, in weeks; of their spend the mean of repeat days is known."""
    build_log(customers, cache)
    with np.load(cache / f"summary_{customers}.npz") as arrays:
        x, recency, age, money = (arrays[name] for name in ("frequency", "recency", "T", "monetary_value"))
    week = DAYS_PER["week"]
    return Summary(x, recency / week, age / week, mean_day_spend=np.where(x > 0, money, np.nan))


def ours(model: Any, summary: Summary) -> Measured:
    """One round of ours; ``effective`` is what the draws are worth."""
    clock, rng = Clock(), np.random.default_rng(1)
    fit, bare = model.fit(summary), GammaGamma.fit(summary)
    clock.end("fit")
    process = replace(fit, posterior=draws(fit, summary, DRAWS, rng=rng))
    clock.end("draws")
    spend = replace(bare, posterior=draws(bare, summary, DRAWS, rng=rng))
    clock.end("spend")
    base = histories_of(summary)
    histories = DistinctHistories.among(base, fit.model.unit)
    varied = sensitivity(process, len(histories), rng)
    asked = varied.asked(histories.alive)
    varied.mean(asked), varied.slope(asked)
    clock.end("p_alive")
    alive = fit.model.alive(summary.frequency, summary.recency, summary.T)
    known = evidence(spend, summary, "all_days")
    found = spend_distribution(process, spend, base, alive, known, per_unit_rate(0.10, "week"), 1)
    found.quantile(LOW), found.quantile(HIGH)
    clock.end("bounds")
    relative = relative_totals(process, spend, base, known, 1)
    total_bounds(1.0, relative, float(found.variance().sum()), 0.1, 1)
    clock.end("total")
    intervals(process, summary, spend)
    clock.end("notebook")
    seconds = clock.seconds
    seconds["published"] = seconds["draws"] + seconds["spend"] + seconds["bounds"] + seconds["total"]
    return {**seconds, "effective": process.posterior.effective if process.posterior else 0.0}


SIDES: dict[str, Callable[[Any, Summary], Measured]] = {"evergrove": ours}


def measured(side: str, name: str, customers: int, rounds: int, cache: Path) -> dict[str, Any]:
    """Medians of some rounds, after one that warms up."""
    summary = summary_of(customers, cache)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EvergroveWarning)
        taken = [SIDES[side](MODELS[name], summary) for _round in range(rounds + 1)][1:]
    seconds = {stage: round(median(each[stage] for each in taken), 4) for stage in taken[0]}
    return {"side": side, "model": name, "customers": customers, **seconds}


def table(result: dict[str, Any]) -> str:
    """The results as Markdown."""
    where, rows = result["machine"], result["rows"]
    heads = [f"{row['side']} {row['model']} {row['customers']:,}" for row in rows]
    lines = [
        f"Seconds of processor time, medians of {result['rounds']} rounds in a warm process. Commit {result['commit']}.",
        f"{where['processor']}, {where['cores']} cores, load {where['load_average'][0]} at the beginning.",
        "",
        f"| | {' | '.join(heads)} |",
        f"|---|{'---:|' * len(heads)}",
        *(f"| {said} | {' | '.join(f'{row[key]:.3f}' for row in rows)} |" for key, said in STAGES.items()),
        f"| effective draws of {DRAWS} | {' | '.join(format(row['effective'], '.0f') for row in rows)} |",
    ]
    return "\n".join(lines) + "\n"


def options() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description="Draws and bands of every customer.")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    return parser.parse_args()


def main() -> None:
    """Measure, print, write."""
    asked, where = options(), machine()
    rows = [
        measured(side, name, customers, asked.rounds, CACHE)
        for customers in asked.sizes
        for side in SIDES
        for name in MODELS
    ]
    result = {"commit": commit(), "machine": where, "rounds": asked.rounds, "rows": rows}
    print(table(result))
    usual = (tuple(asked.sizes), asked.rounds) == (SIZES, ROUNDS)
    path = RESULTS / ("posterior" if usual else "posterior_partial")
    RESULTS.mkdir(exist_ok=True)
    path.with_suffix(".json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    path.with_suffix(".md").write_text(table(result), encoding="utf-8")


if __name__ == "__main__":
    main()
