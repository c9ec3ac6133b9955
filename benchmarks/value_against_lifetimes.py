"""
Our whole job against lifetimes', side by side: cold processes, alternately, the same logs.

``python -m benchmarks.value_against_lifetimes [--quick] [--rounds N]`` builds simulated logs of 10,000, 100,000
and a million customers in benchmarks/.cache, sets lifetimes up in an environment of its own, measures wall
time, processor time and peak memory, and writes benchmarks/results/value_against_lifetimes.{json,md}.

Standard library only: a measured child counts its parent's memory at its start.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.machine import ROOT, commit, machine
from benchmarks.peers import LIFETIMES, set_up
from benchmarks.processes import Run, installed, run_cold

HERE = ROOT / "benchmarks"
CACHE, RESULTS = HERE / ".cache", HERE / "results"
ROUNDS = {10_000: 5, 100_000: 5, 1_000_000: 3}
QUICK = (10_000, 100_000)
OURS = {
    "lean": ("--no-report", "--no-csv", "--no-xlsx", "--no-intervals"),
    "full without workbooks": ("--no-xlsx",),
}
FIT_AND_SCORE = "fit and score"
TARGETS = {
    "lean": {10_000: 3.0, 100_000: 6.0, 1_000_000: 12.0},
    "full without workbooks": {10_000: 2.0, 100_000: 4.0, 1_000_000: 5.0},
    FIT_AND_SCORE: {10_000: 50.0, 100_000: 50.0, 1_000_000: 50.0},
}
FIGURES = ("wall_s", "cpu_s", "peak_mb")


def our_job(log: Path, options: tuple[str, ...], folder: Path) -> Run:
    """``evergrove value`` on a log, into an empty folder."""
    out = folder / "ours"
    shutil.rmtree(out, ignore_errors=True)
    command = [sys.executable, "-m", "evergrove", "value", str(log), "-o", str(out)]
    return run_cold([*command, "--model", "bg-nbd", "--quiet", *options], folder)


def their_job(log: Path, folder: Path) -> Run:
    """The same with lifetimes."""
    return run_cold(LIFETIMES.command("whole", str(log), str(folder / "theirs.parquet")), folder)


def build_logs(sizes: tuple[int, ...], cache: Path) -> None:
    """Build the logs that are not there yet."""
    for customers in sizes:
        run_cold([sys.executable, str(HERE / "simulated_logs.py"), str(customers), str(cache)], ROOT)


def compile_bytecode() -> None:
    """Compile what either side imports, as pip does at installation: neither should be measured compiling."""
    for python, folder in ((Path(sys.executable), ROOT / "src"), (LIFETIMES.interpreter, HERE)):
        if python.exists():
            packages = subprocess.check_output(
                [python, "-c", "import site;print(site.getsitepackages()[0])"], text=True
            )
            compiling: list[str | Path] = [
                python,
                "-m",
                "compileall",
                "-q",
                "-j",
                "0",
                packages.strip(),
                folder,
            ]
            subprocess.run(
                compiling, check=False, env=installed(), stdout=subprocess.DEVNULL
            )  # some are templates


def whole_job(customers: int, rounds: int, cache: Path, *, ours_only: bool) -> list[dict[str, Any]]:
    """Compare the whole job: each round runs ours lean, theirs, ours full."""
    taken: dict[str, list[Run]] = {name: [] for name in (*OURS, "lifetimes")}
    agreement: dict[str, Any] = {}
    log = cache / f"log_{customers}.parquet"
    with tempfile.TemporaryDirectory(prefix="evergrove-benchmark-") as name:
        folder = Path(name)
        for _round in range(rounds):
            for kind, options in OURS.items():
                taken[kind].append(our_job(log, options, folder))
                if kind == "lean" and not ours_only:
                    taken["lifetimes"].append(their_job(log, folder))
        ours = bg_nbd_in_days(json.loads((folder / "ours" / "model.json").read_text(encoding="utf-8")))
    if not ours_only:
        agreement = agree(ours, json.loads(taken["lifetimes"][-1].output)["bg_nbd"])
    theirs = figures(taken["lifetimes"])
    return [compared(kind, customers, figures(taken[kind]), theirs, agreement) for kind in OURS]


def agree(ours: dict[str, float], theirs: dict[str, float]) -> dict[str, Any]:
    """Our parameters beside lifetimes' and the largest relative difference."""
    return {
        "ours": ours,
        "lifetimes": theirs,
        "largest_relative_difference": max(abs(ours[name] / theirs[name] - 1) for name in theirs),
    }


def bg_nbd_in_days(model: dict[str, Any]) -> dict[str, float]:
    """Parameters from model.json, with alpha as a number of days: lifetimes fits in days."""
    found = model["model"]
    days = {"day": 1.0, "week": 7.0, "month": 365.25 / 12}[model["unit"]]
    scale = {"r": 1.0, "alpha": days, "a": 1.0, "b": 1.0}
    return {name: found["parameters"][name] * factor for name, factor in scale.items()}


def fit_and_score(customers: int, rounds: int, cache: Path, *, ours_only: bool) -> dict[str, Any]:
    """Compare fit and score alone, in process, from a summary already computed."""
    summary = str(cache / f"summary_{customers}.npz")
    our_command = [sys.executable, str(HERE / "fit_and_score.py"), summary]
    their_command = LIFETIMES.command("fit_and_score", summary)
    ours, theirs = [], []
    for _round in range(rounds):
        ours.append(json.loads(run_cold(our_command, ROOT).output))
        if not ours_only:
            theirs.append(json.loads(run_cold(their_command, ROOT).output))
    agreement = {} if ours_only else agree(named_figures(ours[-1]), named_figures(theirs[-1]))
    return compared(FIT_AND_SCORE, customers, stage_figures(ours), stage_figures(theirs), agreement)


def named_figures(found: dict[str, Any]) -> dict[str, float]:
    """Parameters and totals of one run of fit and score, under one name each."""
    return {
        f"{group}.{name}": value
        for group in ("bg_nbd", "gamma_gamma", "totals")
        for name, value in found[group].items()
        if name != "clv_12m"  # by another definition of a month, see fit_and_score.py
    }


def figures(runs: list[Run]) -> dict[str, Any]:
    """Medians over rounds, and every round; nothing without a round."""
    return medians([{name: round(getattr(run, name), 4) for name in FIGURES} for run in runs])


def stage_figures(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Medians of the summed stages, and the last round's stages."""
    found = medians(
        [
            {name: round(sum(s[name] for s in run["stages"].values()), 5) for name in ("wall_s", "cpu_s")}
            for run in runs
        ]
    )
    return {**found, "stages": runs[-1]["stages"]} if runs else {}


def medians(rounds: list[dict[str, float]]) -> dict[str, Any]:
    """The median of each figure, and every round."""
    if not rounds:
        return {}
    return {**{name: median(r[name] for r in rounds) for name in rounds[0]}, "rounds": rounds}


def compared(
    kind: str, customers: int, ours: dict[str, Any], theirs: dict[str, Any], agreement: dict[str, Any]
) -> dict[str, Any]:
    """One comparison, with its target; without lifetimes, our figures alone."""
    found: dict[str, Any] = {"comparison": kind, "customers": customers, "ours": ours}
    if not theirs:
        return found
    ratios = {f"ratio_{name[:-2]}": round(theirs[name] / ours[name], 2) for name in ("wall_s", "cpu_s")}
    target = TARGETS[kind].get(customers)
    met = None if target is None else ratios["ratio_wall"] >= target
    return {**found, "lifetimes": theirs, **ratios, "target": target, "met": met, "agreement": agreement}


def table(comparisons: list[dict[str, Any]]) -> str:
    """The comparisons as a Markdown table."""
    lines = [
        "| comparison | customers | Evergrove | lifetimes 0.11.3 | times faster | target | peak MB |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for c in comparisons:
        sides = [c["ours"], c.get("lifetimes", {})]
        seconds = [f"{side['wall_s']:.3g} s" if side else "-" for side in sides]
        peaks = [f"{side['peak_mb']:,.0f}" if "peak_mb" in side else "-" for side in sides]
        ratio, target = (f"{c[name]:.1f}" if c.get(name) else "-" for name in ("ratio_wall", "target"))
        cells = (c["comparison"], f"{c['customers']:,}", *seconds, ratio, target, " / ".join(peaks))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def versions(*, ours_only: bool) -> dict[str, Any]:
    """What did the work on both sides."""
    script = "import sys,numpy,duckdb;print(sys.version.split()[0],numpy.__version__,duckdb.__version__)"
    python, numpy, duckdb = run_cold([sys.executable, "-c", script], ROOT).output.split()
    found: dict[str, Any] = {"ours": {"python": python, "numpy": numpy, "duckdb": duckdb}}
    if ours_only:
        return found
    theirs = run_cold(LIFETIMES.command("versions"), ROOT).output
    return {**found, "lifetimes": json.loads(theirs)}


def options() -> argparse.Namespace:
    """The command's options."""
    parser = argparse.ArgumentParser(
        prog="value_against_lifetimes",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=__doc__,
    )
    parser.add_argument("--quick", action="store_true", help="leave out the million customers")
    parser.add_argument("--sizes", type=int, nargs="+", help="numbers of customers instead of the usual ones")
    parser.add_argument("--rounds", type=int, help="rounds of each comparison")
    parser.add_argument("--ours-only", action="store_true", help="leave out lifetimes")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for the figures")
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder for the logs")
    return parser.parse_args()


def main() -> None:
    """Measure, print, write down."""
    chosen = options()
    sizes = tuple(chosen.sizes or (QUICK if chosen.quick else ROUNDS))
    where = machine()
    build_logs(sizes, chosen.cache)
    if not chosen.ours_only:
        set_up(LIFETIMES)
    compile_bytecode()
    comparisons: list[dict[str, Any]] = []
    for customers in sizes:
        rounds = chosen.rounds or ROUNDS.get(customers, 3)
        print(f"{customers:,} customers, {rounds} rounds ...", flush=True)
        comparisons += whole_job(customers, rounds, chosen.cache, ours_only=chosen.ours_only)
        comparisons.append(fit_and_score(customers, rounds, chosen.cache, ours_only=chosen.ours_only))
    result = {
        "format": "evergrove.benchmark/1",
        "commit": commit(),
        "machine": where,
        "versions": versions(ours_only=chosen.ours_only),
        "comparisons": comparisons,
    }
    chosen.results.mkdir(parents=True, exist_ok=True)
    stem = chosen.results / f"value_against_lifetimes{'' if sizes == tuple(ROUNDS) else '_partial'}"
    stem.with_suffix(".json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    stem.with_suffix(".md").write_text(table(comparisons), encoding="utf-8")
    print(table(comparisons), end="")


if __name__ == "__main__":
    os.environ.pop("PYTHONPATH", None)  # neither side sees what the other has installed
    main()
