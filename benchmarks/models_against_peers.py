"""
Fits and posteriors of ours beside lifetimes', clvkit's and pymc-marketing's, in turn, from the same summaries.

``python -m benchmarks.models_against_peers [--quick]`` sets each peer up in an environment of its own, fits
BG/NBD and Gamma-Gamma at 10,000 and 100,000 customers, draws posteriors with bands of P(alive) for every customer
at 10,000 (``--posterior-sizes`` asks for more: pymc-marketing samples 100,000 for five minutes or longer), and
writes benchmarks/results/models_against_peers.{json,md}. Every peer's run is time-boxed; one that does not come
to its end in time is recorded so. Times are in process, without imports.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.machine import ROOT, commit, machine
from benchmarks.peers import CLVKIT, LIFETIMES, PYMC_MARKETING, set_up
from benchmarks.processes import installed

HERE = ROOT / "benchmarks"
CACHE, RESULTS = HERE / ".cache", HERE / "results"
OURS = [sys.executable, str(HERE / "models_job.py")]
SIZES, POSTERIOR_SIZES = (10_000, 100_000), (10_000,)
BOX_S = 900.0
ROUNDS = 3
NAMES = ("bg_nbd", "gamma_gamma")


def timed(command: list[str], box_s: float) -> dict[str, Any]:
    """One run's JSON line; ``unfinished`` where it did not end in time."""
    started = time.perf_counter()
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            timeout=box_s,
            check=True,
            env=installed(),
        )
    except subprocess.TimeoutExpired:
        return {"unfinished": True, "after_s": round(time.perf_counter() - started, 1)}
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def total(found: dict[str, Any], figure: str, stages: tuple[str, ...]) -> float:
    """Seconds of some stages together."""
    return sum(float(found["stages"][name][figure]) for name in stages if name in found["stages"])


def fits(customers: int, rounds: int, cache: Path, box_s: float) -> dict[str, Any]:
    """Both fits by everybody, in turn; medians over the rounds, and the parameters."""
    summary = str(cache / f"summary_{customers}.npz")
    commands = {
        "evergrove": [*OURS, "fit", summary],
        "lifetimes": LIFETIMES.command("fit_and_score", summary),
        "clvkit": CLVKIT.command("fit", summary),
        "pymc-marketing (MAP)": PYMC_MARKETING.command("fit", summary),
    }
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in commands}
    for _round in range(rounds):
        for name, command in commands.items():
            if not any("unfinished" in run for run in runs[name]):
                runs[name].append(timed(command, box_s))
    stages = tuple(f"fit_{name}" for name in NAMES)
    return {"customers": customers, "of": "fits", "sides": {n: _side(r, stages) for n, r in runs.items()}}


def posteriors(customers: int, rounds: int, cache: Path, box_s: float) -> dict[str, Any]:
    """Draws and bands of P(alive) of everybody."""
    summary = str(cache / f"summary_{customers}.npz")
    ours = [timed([*OURS, "posterior", summary], box_s) for _round in range(rounds)]
    theirs = [timed(PYMC_MARKETING.command("posterior", summary), box_s)]
    sides = {
        "evergrove": _side(ours, ("fit", "draws", "bands")),
        "pymc-marketing (NUTS)": _side(theirs, ("sample", "bands")),
    }
    return {"customers": customers, "of": "posterior with bands", "sides": sides}


def _side(runs: list[dict[str, Any]], stages: tuple[str, ...]) -> dict[str, Any]:
    """Medians of one side, and what its last run found."""
    if "unfinished" in runs[-1]:
        return runs[-1]
    figures = {f: median(total(run, f, stages) for run in runs) for f in ("wall_s", "cpu_s")}
    kept = ("bg_nbd", "gamma_gamma", "mean", "sd", "effective_draws", "mean_band_width", "stages")
    return figures | {"rounds": len(runs)} | {name: runs[-1][name] for name in kept if name in runs[-1]}


def table(comparisons: list[dict[str, Any]]) -> str:
    """Seconds by side and how many times faster ours is, by processor time."""
    lines = [
        "| comparison | customers | side | wall s | processor s | times ours (processor) |",
        "|---|---:|---|---:|---:|---:|",
    ]
    for each in comparisons:
        ours = each["sides"]["evergrove"]
        for name, side in each["sides"].items():
            if "unfinished" in side:
                cells = (f"over {side['after_s']:,.0f}", "", "")
            else:
                ratio = side["cpu_s"] / ours["cpu_s"]
                cells = (f"{side['wall_s']:.3g}", f"{side['cpu_s']:.3g}", f"{ratio:,.0f}")
            lines.append(f"| {each['of']} | {each['customers']:,} | {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def options() -> argparse.Namespace:
    """The command's options."""
    parser = argparse.ArgumentParser(description="Fits and posteriors beside the peers'.")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--posterior-sizes", type=int, nargs="*", default=POSTERIOR_SIZES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--quick", action="store_true", help="one round at 10,000 customers")
    parser.add_argument("--box", type=float, default=BOX_S, help="seconds that one run of a peer may take")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--cache", type=Path, default=CACHE)
    return parser.parse_args()


def main() -> None:
    """Measure, print, write down."""
    chosen, where = options(), machine()
    sizes, rounds = ((10_000,), 1) if chosen.quick else (tuple(chosen.sizes), chosen.rounds)
    peers = (LIFETIMES, CLVKIT, PYMC_MARKETING)
    for peer in peers:
        set_up(peer)
    for customers in {*sizes, *chosen.posterior_sizes}:
        building = [sys.executable, str(HERE / "simulated_logs.py"), str(customers), str(chosen.cache)]
        subprocess.run(building, cwd=ROOT, check=True)
    comparisons = [fits(n, rounds, chosen.cache, chosen.box) for n in sizes]
    comparisons += [posteriors(n, rounds, chosen.cache, chosen.box) for n in chosen.posterior_sizes]
    result = {
        "format": "evergrove.benchmark/1",
        "commit": commit(),
        "machine": where,
        "versions": {peer.name: timed(peer.command("versions"), chosen.box) for peer in peers},
        "comparisons": comparisons,
    }
    usual = (sizes, tuple(chosen.posterior_sizes)) == (SIZES, POSTERIOR_SIZES)
    chosen.results.mkdir(parents=True, exist_ok=True)
    stem = chosen.results / f"models_against_peers{'' if usual else '_partial'}"
    stem.with_suffix(".json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    stem.with_suffix(".md").write_text(table(comparisons), encoding="utf-8")
    print(table(comparisons), end="")


if __name__ == "__main__":
    os.environ.pop("PYTHONPATH", None)  # no side sees what another has installed
    main()
