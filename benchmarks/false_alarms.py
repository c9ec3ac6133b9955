"""
How often does a test alarm where there is nothing to find, if somebody looks forty times?

``python -m benchmarks.false_alarms`` draws 4,000 experiments without any effect, looks at each forty times on the way
to 20,000 people through the functions of ``evergrove.stats``, and writes benchmarks/results/false_alarms.{json,md}:
of standard normal figures, and of the spend of the customers who got none of Hillstrom's mails (0.6 % bought), with half
and with a tenth of the people in control. Then 4,000 experiments whose shares follow what the arms have shown. The data are those of EVERGROVE_SHARED. The exit
status is 1 where a confidence sequence alarms in more than 5.7 % of the runs (Welch's standard error with a tenth in
control is shown because it does), or the adaptive estimate is biased.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from benchmarks.machine import ROOT, commit, machine
from scipy.special import ndtr

from evergrove.stats import Batch, NoComparison, Sums, aipw, always_valid, sparse_difference, welch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from evergrove.stats import Difference

    Floats: TypeAlias = NDArray[np.float64]

RESULTS = ROOT / "benchmarks" / "results"
DATA = Path(os.environ.get("EVERGROVE_SHARED", ROOT.parent / "shared")) / "data"
RUNS, LOOKS, PEOPLE, LEVEL = 4000, 40, 20_000, 0.95
MOST = 0.057
"""Of the runs: 5 % and two standard errors of 4,000."""
SHOWN_FAILING = "spend, a tenth in control, Welch"
AT_ONCE = 100
"""Runs that are drawn together."""
Compare: TypeAlias = Callable[[Sums, Sums, float], "Difference"]
Draw: TypeAlias = Callable[[np.random.Generator, tuple[int, ...]], "Floats"]


@dataclass(frozen=True)
class Alarms:
    """
    Share of the runs in which each way of looking found something.

    Attributes:
        runs: Experiments without any effect.
        at_the_end: The test for one look, once, when everybody was in.
        at_any_look: The same test at every look, stopped when p < 5 %.
        watched: The confidence sequence, both sides, tuned to the planned number of people.
        watched_usual: The same, tuned to 5,000.
        stopped: The upper bound alone below 0: what stops a campaign that seems to harm.
    """

    runs: int
    at_the_end: float
    at_any_look: float
    watched: float
    watched_usual: float
    stopped: float


@dataclass(frozen=True)
class Adaptive:
    """
    Experiments whose shares followed the results, without any effect.

    Attributes:
        runs: Experiments.
        bias: Mean of the weighed differences.
        se: Standard error of that mean.
        naive_bias: Mean of the plain differences of means.
        naive_se: Standard error of that mean.
        held: Share of the 95 % intervals that hold 0.
    """

    runs: int
    bias: float
    se: float
    naive_bias: float
    naive_se: float
    held: float


def normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Standard normal figures."""
    return rng.standard_normal(shape)


def resampled(figures: Floats) -> Draw:
    """Figures drawn from those of real people, with replacement."""
    return lambda rng, shape: figures[rng.integers(0, len(figures), shape)]


def hillstrom_control() -> Floats:
    """Two weeks' spend of everybody who was sent nothing. Shape (21306,)."""
    from evergrove.warehouse import literal, open_engine  # noqa: PLC0415 - normal figures need no engine

    path = DATA / "hillstrom" / "hillstrom.parquet"
    with open_engine() as engine:
        rows = engine.run(
            f"select spend from read_parquet({literal(str(path))}) where segment = 'No E-Mail' order by customer_id"
        )
    return np.array([float(spend) for (spend,) in rows])


def looked_at(
    draw: Draw,
    seed: int,
    runs: int = RUNS,
    looks: int = LOOKS,
    people: int = PEOPLE,
    control_share: float = 0.5,
) -> Iterator[list[tuple[Sums, Sums]]]:
    """Each run as what control and treated add up to at every look."""
    rng, each = np.random.default_rng(seed), people // looks
    sizes = round(control_share * each), each - round(control_share * each)
    for start in range(0, runs, AT_ONCE):
        arms = [_added_up(draw(rng, (min(AT_ONCE, runs - start), looks, size))) for size in sizes]
        for control, treated in zip(*arms, strict=True):
            yield list(zip(control, treated, strict=True))


def _added_up(drawn: Floats) -> list[list[Sums]]:
    """Sums of one arm until each look, by run."""
    totals = drawn.sum(axis=2).cumsum(axis=1).tolist()
    squares = np.einsum("rln,rln->rl", drawn, drawn).cumsum(axis=1).tolist()
    return [
        [Sums((k + 1) * drawn.shape[2], t, s) for k, (t, s) in enumerate(zip(total, square, strict=True))]
        for total, square in zip(totals, squares, strict=True)
    ]


def sparse(control: Sums, treated: Sums, level: float) -> Difference:
    """For figures that are mostly nought: events of one size, and the standard error at the pooled mean."""
    return sparse_difference([(control, treated)], level)[0]


def alarms(runs: Iterator[list[tuple[Sums, Sums]]], people: int = PEOPLE, compare: Compare = welch) -> Alarms:
    """How often each way of looking alarms; a look at which there is no variance yet says nothing."""
    found = [_alarmed(run, people, compare) for run in runs]
    return Alarms(len(found), *(float(share) for share in np.mean(found, axis=0)))


def _alarmed(
    run: list[tuple[Sums, Sums]], people: int, compare: Compare
) -> tuple[bool, bool, bool, bool, bool]:
    once = ever = watched = usual = stopped = False
    for control, treated in run:
        try:
            found = compare(control, treated, LEVEL)
        except NoComparison:
            continue
        n = control.n + treated.n
        once = found.p < 1.0 - LEVEL
        ever = ever or once
        watched = watched or always_valid(found, n, planned=people).p < 1.0 - LEVEL
        usual = usual or always_valid(found, n).p < 1.0 - LEVEL
        stopped = stopped or always_valid(found, n, planned=people, side="less").high < 0.0
    return once, ever, watched, usual, stopped


def adaptive(seed: int, runs: int = RUNS, batches: int = 20, people: int = 200) -> Adaptive:
    """
    Three arms without an effect: control keeps 20 %, and the other two share the rest by their chance to be better.

    Neither falls below 8 % of the people. The second arm is compared with control.
    """
    rng = np.random.default_rng(seed)
    n, total, squares = (np.zeros((runs, 3)) for _each in range(3))
    chances, parts = np.tile([0.2, 0.4, 0.4], (runs, 1)), []
    for _batch in range(batches):
        came = rng.multinomial(people, chances)
        sums = rng.standard_normal((runs, 3)) * np.sqrt(came)
        # of normal figures the squares about their mean do not depend on it
        square = rng.chisquare(np.maximum(came - 1, 1)) * (came > 1) + sums**2 / np.maximum(came, 1)
        parts.append((came, sums, square, chances))
        n, total, squares = n + came, total + sums, squares + square
        apart = (total[:, 1] / n[:, 1] - total[:, 2] / n[:, 2]) / np.sqrt(1 / n[:, 1] + 1 / n[:, 2])
        first = 0.08 + 0.64 * ndtr(apart)
        chances = np.column_stack([np.full(runs, 0.2), first, 0.8 - first])
    found = [aipw([_batch_of(part, run, people) for part in parts]) for run in range(runs)]
    effects = np.array([each.effect for each in found])
    naive = total[:, 1] / n[:, 1] - total[:, 0] / n[:, 0]
    held = float(np.mean([each.low <= 0.0 <= each.high for each in found]))
    return Adaptive(runs, *_mean(effects), *_mean(naive), held)


def _batch_of(part: tuple[Any, ...], run: int, people: int) -> Batch:
    came, sums, square, chances = (figures[run] for figures in part)
    control, treated = (Sums(int(came[k]), float(sums[k]), float(square[k])) for k in (0, 1))
    return Batch(people, control, treated, float(chances[0]), float(chances[1]))


def _mean(values: Floats) -> tuple[float, float]:
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))


def table(result: dict[str, Any]) -> str:
    """What is printed and shown in docs/statistics.md."""
    heads = "| figures without an effect | one look, at the end | the same test at any of 40 looks | sequence, planned 20,000 | sequence, planned 5,000 | stopped for harm |"
    lines = [heads, "|---|---:|---:|---:|---:|---:|"]
    for name, found in result["alarms"].items():
        shares = [found[k] for k in ("at_the_end", "at_any_look", "watched", "watched_usual", "stopped")]
        lines.append(f"| {name} | " + " | ".join(f"{share:.1%}" for share in shares) + " |")
    moved = result["adaptive"]
    lines += [
        "",
        "| shares that follow results, no effect | mean error | its standard error | 95 % intervals that hold 0 |",
        "|---|---:|---:|---:|",
        f"| weighed by logged chances | {moved['bias']:+.5f} | {moved['se']:.5f} | {moved['held']:.1%} |",
        f"| plain difference of means | {moved['naive_bias']:+.5f} | {moved['naive_se']:.5f} | |",
        "",
        f"{result['runs']:,} runs each, {result['seconds']:.0f} s.",
        "",
    ]
    return "\n".join(lines)


def main() -> int:
    """Draw, print, write down."""
    parser = argparse.ArgumentParser(description="False alarms of tests that are looked at again and again.")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--results", type=Path, default=RESULTS)
    chosen, where, started = parser.parse_args(), machine(), time.perf_counter()
    spend = resampled(hillstrom_control())
    kinds: dict[str, tuple[Draw, float, Compare]] = {
        "standard normal, Welch": (normal, 0.5, welch),
        "spend of Hillstrom's control group, Welch": (spend, 0.5, welch),
        SHOWN_FAILING: (spend, 0.1, welch),
        "spend, a tenth in control, sparse": (spend, 0.1, sparse),
    }
    found = {
        name: alarms(looked_at(draw, 19, chosen.runs, control_share=share), compare=compare)
        for name, (draw, share, compare) in kinds.items()
    }
    moved = adaptive(20, chosen.runs)
    result = {
        "format": "evergrove.false_alarms/1",
        "commit": commit(),
        "machine": where,
        "runs": chosen.runs,
        "looks": LOOKS,
        "people": PEOPLE,
        "seconds": round(time.perf_counter() - started, 1),
        "alarms": {name: asdict(each) for name, each in found.items()},
        "adaptive": asdict(moved),
    }
    chosen.results.mkdir(parents=True, exist_ok=True)
    stem = chosen.results / f"false_alarms{'' if chosen.runs == RUNS else '_partial'}"
    stem.with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    stem.with_suffix(".md").write_text(table(result), encoding="utf-8")
    print(table(result), end="")
    judged = [each for name, each in found.items() if name != SHOWN_FAILING]
    quiet = all(max(each.watched, each.watched_usual, each.stopped) <= MOST for each in judged)
    return 0 if quiet and abs(moved.bias) <= 2.0 * moved.se else 1


if __name__ == "__main__":
    sys.exit(main())
