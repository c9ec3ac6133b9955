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
from benchmarks.processes import Run, run_cold

HERE = ROOT / "benchmarks"
CACHE, RESULTS, THEIR_HOME = HERE / ".cache", HERE / "results", HERE / ".venv-lifetimes"
THEIR_PYTHON = THEIR_HOME / "bin" / "python"
UV = ROOT / ".tools" / "bin" / "uv"
PINS = (
    "lifetimes==0.11.3",
    "numpy==1.26.4",
    "pandas==1.5.3",
    "scipy==1.11.4",
    "autograd==1.9.1",
    "pyarrow<17",
    "setuptools<80",
)
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


def our_job(customers: int, options: tuple[str, ...], folder: Path) -> Run:
    """``evergrove value`` on a log, into an empty folder."""
    out = folder / "ours"
    shutil.rmtree(out, ignore_errors=True)
    command = [sys.executable, "-m", "evergrove", "value", str(log_of(customers)), "-o", str(out)]
    return run_cold([*command, "--model", "bg-nbd", "--quiet", *options], folder)


def their_job(customers: int, folder: Path) -> Run:
    """The same with lifetimes."""
    script = str(HERE / "lifetimes_job.py")
    out = str(folder / "theirs.parquet")
    return run_cold([str(THEIR_PYTHON), script, "whole", str(log_of(customers)), out], folder)


def log_of(customers: int) -> Path:
    """Where the log of so many customers lies."""
    return CACHE / f"log_{customers}.parquet"


def prepare(sizes: tuple[int, ...]) -> None:
    """Build what is not there yet: the logs, and the environment of lifetimes."""
    for customers in sizes:
        run_cold([sys.executable, str(HERE / "simulated_logs.py"), str(customers), str(CACHE)], ROOT)
    if THEIR_PYTHON.exists():
        return
    print("Setting up lifetimes in an environment of its own ...", flush=True)
    subprocess.run([UV, "venv", "-q", "-p", "3.11", THEIR_HOME], check=True)
    subprocess.run([UV, "pip", "install", "-q", "--python", THEIR_PYTHON, *PINS], check=True)


def whole_job(customers: int, rounds: int) -> list[dict[str, Any]]:
    """Compare the whole job: each round runs ours lean, theirs, ours full."""
    taken: dict[str, list[Run]] = {name: [] for name in (*OURS, "lifetimes")}
    with tempfile.TemporaryDirectory(prefix="evergrove-benchmark-") as name:
        folder = Path(name)
        for _round in range(rounds):
            for kind, options in OURS.items():
                taken[kind].append(our_job(customers, options, folder))
                if kind == "lean":
                    taken["lifetimes"].append(their_job(customers, folder))
        agreement = agree(folder, json.loads(taken["lifetimes"][-1].output))
    theirs = figures(taken["lifetimes"])
    return [
        compared(kind, customers, figures(taken[kind]), theirs, agreement=agreement if kind == "lean" else {})
        for kind in OURS
    ]


def agree(folder: Path, theirs: dict[str, Any]) -> dict[str, Any]:
    """Our parameters of BG/NBD beside lifetimes', which fits in days."""
    model = json.loads((folder / "ours" / "model.json").read_text(encoding="utf-8"))
    ours = bg_nbd_in_days(model)
    return {
        "ours": ours,
        "lifetimes": theirs["bg_nbd"],
        "largest_relative_difference": max(abs(ours[n] / theirs["bg_nbd"][n] - 1) for n in ours),
    }


def bg_nbd_in_days(model: dict[str, Any]) -> dict[str, float]:
    """Parameters from model.json, with alpha as a number of days."""
    found = model["transactions"]
    days = {"day": 1.0, "week": 7.0, "month": 365.25 / 12}[found["unit"]]
    scale = {"r": 1.0, "alpha": days, "a": 1.0, "b": 1.0}
    return {name: found["parameters"][name] * factor for name, factor in scale.items()}


def fit_and_score(customers: int, rounds: int) -> dict[str, Any]:
    """Compare fit and score alone, in process, from a summary already computed."""
    summary = str(CACHE / f"summary_{customers}.npz")
    ours, theirs = [], []
    for _round in range(rounds):
        ours.append(
            json.loads(run_cold([sys.executable, str(HERE / "fit_and_score.py"), summary], ROOT).output)
        )
        command = [str(THEIR_PYTHON), str(HERE / "lifetimes_job.py"), "fit_and_score", summary]
        theirs.append(json.loads(run_cold(command, ROOT).output))
    found = ours[-1], theirs[-1]
    differences = {
        f"{model}.{name}": found[0][model][name] / found[1][model][name] - 1
        for model in ("bg_nbd", "gamma_gamma")
        for name in found[1][model]
    } | {f"sum of {name}": found[0]["totals"][name] / total - 1 for name, total in found[1]["totals"].items()}
    return compared(
        FIT_AND_SCORE, customers, stage_figures(ours), stage_figures(theirs), agreement=differences
    )


def figures(runs: list[Run]) -> dict[str, Any]:
    """Medians over rounds, and every round."""
    rounds = [{name: round(getattr(run, name), 4) for name in FIGURES} for run in runs]
    return {**{name: round(median(r[name] for r in rounds), 4) for name in FIGURES}, "rounds": rounds}


def stage_figures(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Medians of the summed stages."""
    rounds = [
        {name: round(sum(s[name] for s in run["stages"].values()), 5) for name in ("wall_s", "cpu_s")}
        for run in runs
    ]
    medians = {name: round(median(r[name] for r in rounds), 5) for name in ("wall_s", "cpu_s")}
    return {**medians, "rounds": rounds, "stages": runs[-1]["stages"]}


def compared(
    kind: str, customers: int, ours: dict[str, Any], theirs: dict[str, Any], *, agreement: dict[str, Any]
) -> dict[str, Any]:
    """One comparison, with its target."""
    wall, cpu = theirs["wall_s"] / ours["wall_s"], theirs["cpu_s"] / ours["cpu_s"]
    target = TARGETS[kind][customers]
    return {
        "comparison": kind,
        "customers": customers,
        "ours": ours,
        "lifetimes": theirs,
        "ratio_wall": round(wall, 2),
        "ratio_cpu": round(cpu, 2),
        "target": target,
        "met": wall >= target,
        **({"agreement": agreement} if agreement else {}),
    }


def table(comparisons: list[dict[str, Any]]) -> str:
    """The comparisons as a Markdown table."""
    lines = [
        "| comparison | customers | Evergrove | lifetimes 0.11.3 | ratio | target | peak MB, ours / theirs |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for c in comparisons:
        peaks = [
            f"{side['peak_mb']:,.0f}" if "peak_mb" in side else "-" for side in (c["ours"], c["lifetimes"])
        ]
        lines.append(
            f"| {c['comparison']} | {c['customers']:,} | {c['ours']['wall_s']:.2f} s | "
            f"{c['lifetimes']['wall_s']:.2f} s | {c['ratio_wall']:.1f} | {c['target']:.0f} | {' / '.join(peaks)} |"
        )
    return "\n".join(lines) + "\n"


def versions() -> dict[str, Any]:
    """What did the work on both sides."""
    script = "import sys,numpy,duckdb;print(sys.version.split()[0],numpy.__version__,duckdb.__version__)"
    python, numpy, duckdb = run_cold([sys.executable, "-c", script], ROOT).output.split()
    theirs = run_cold([str(THEIR_PYTHON), str(HERE / "lifetimes_job.py"), "versions"], ROOT).output
    return {"ours": {"python": python, "numpy": numpy, "duckdb": duckdb}, "lifetimes": json.loads(theirs)}


def main() -> None:
    """Measure, print, write down."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="leave out the million customers")
    parser.add_argument("--rounds", type=int, help="rounds of each comparison")
    options = parser.parse_args()
    sizes = QUICK if options.quick else tuple(ROUNDS)
    where = machine()
    prepare(sizes)
    comparisons: list[dict[str, Any]] = []
    for customers in sizes:
        rounds = options.rounds or ROUNDS[customers]
        print(f"{customers:,} customers, {rounds} rounds ...", flush=True)
        comparisons += [*whole_job(customers, rounds), fit_and_score(customers, rounds)]
    result = {
        "format": "evergrove.benchmark/1",
        "commit": commit(),
        "machine": where,
        "versions": versions(),
        "comparisons": comparisons,
    }
    RESULTS.mkdir(exist_ok=True)
    stem = RESULTS / f"value_against_lifetimes{'_quick' if options.quick else ''}"
    stem.with_suffix(".json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    stem.with_suffix(".md").write_text(table(comparisons), encoding="utf-8")
    print(table(comparisons), end="")


if __name__ == "__main__":
    os.environ.pop("PYTHONPATH", None)  # neither side sees what the other has installed
    main()
