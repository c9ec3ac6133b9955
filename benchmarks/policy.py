"""
Which policy earns most in worlds whose responses are known?

``python -m benchmarks.policy`` lets every policy live 39 weeks in six worlds with the same customers and the same chance,
so that policies differ by their decisions only, and adds up what each contact was truly to be expected to bring, less what
it cost. It writes benchmarks/results/policy.json and the table in docs/policy-benchmark.md. ``--short`` takes two seeds of
small worlds and writes nothing; ``--develop`` takes seeds 1 to 10, on which the loop's plan was chosen. The exit status
is 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from benchmarks.covered import covered
from benchmarks.machine import ROOT, commit, machine
from benchmarks.policy_coverage import intervals
from benchmarks.policy_headline import Headline, headlines, over_seeds
from benchmarks.policy_learner import Learner, Ranked
from benchmarks.policy_play import QUARTER, play
from benchmarks.policy_report import judged, page, printed
from benchmarks.policy_rules import Oracle, Predicted, Rule, by_chance, cheapest, nothing, rfm

from evergrove.simulation.worlds import SHIPPED, Belief, Life, draw_cast, nobody, read_world

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.covered import Interval
    from benchmarks.policy_play import Played, Policy

RESULTS = ROOT / "benchmarks" / "results" / "policy.json"
PAGE = ROOT / "docs" / "policy-benchmark.md"
DEVELOPED, SCORED = range(1, 11), range(101, 111)
COVERED = range(1001, 1401)
SHORT_CUSTOMERS = 1500
HEADLINES = "heterogeneous"


def lived(world_name: str, seed: int, customers: int | None = None) -> dict[str, Any]:
    """All policies in one world: a row each, and the headline figures of ours."""
    world = read_world(world_name, **({} if customers is None else {"customers": customers}))
    life = Life(world, draw_cast(world, seed))
    belief = Belief(life)
    for _week in range(world.known):
        belief.see(life.live(nobody()))
    predicted = Predicted(life)
    ours = Learner(world, predicted=predicted)
    policies: dict[str, Policy] = {
        "oracle": Oracle(belief),
        "latent oracle": Oracle(None),
        "nothing": Rule(by_chance, nothing),
        "everybody": Rule(by_chance, cheapest),
        "random": Rule(by_chance),
        "RFM": Rule(rfm),
        "CLV": Rule(predicted.value),
        "churn": Rule(predicted.risk),
        "ours": ours,
        "uplift": Ranked(ours, predicted),
    }
    played = {name: play(policy, life.copy()) for name, policy in policies.items()}
    rows = [_row(world_name, seed, name, each, played["oracle"]) for name, each in played.items()]
    return {"rows": rows, "headlines": [vars(each) for each in headlines(played["ours"], life)]}


def _row(world: str, seed: int, policy: str, played: Played, oracle: Played) -> dict[str, Any]:
    """One policy in one world; profits in currency for each customer of the world."""
    n = len(played.life.cast)
    share = {
        f"share_{name}": getattr(played, name) / best if (best := getattr(oracle, name)) > 0 else None
        for name in ("third_quarter", "cumulative")
    }
    return {
        "world": world,
        "seed": seed,
        "policy": policy,
        "profit": played.third_quarter / n,
        "cumulative": played.cumulative / n,
        **share,
        "exploration_loss": -played.exploration[2 * QUARTER :].sum() / n,
        "cost": played.cost.sum() / n,
        "contacts": played.contacts.sum() / n,
    }


def _lived(task: tuple[str, int, int | None]) -> dict[str, Any]:
    started = time.monotonic()
    found = lived(*task)
    print(f"{task[0]}, seed {task[1]}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    return found


def measured(
    worlds: Sequence[str],
    seeds: Sequence[int],
    covered_seeds: Sequence[int],
    customers: int | None,
    workers: int,
) -> dict[str, Any]:
    """Everything: rows by world, seed and policy, coverage, headlines, and whether the targets are met."""
    tasks = [(world, seed, customers) for world in worlds for seed in seeds]
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        found = pool.map(_lived, tasks, chunksize=1)
        held: list[Interval] = [
            each for part in pool.map(intervals, covered_seeds, chunksize=1) for each in part
        ]
    told = [
        [Headline(**one) for one in each["headlines"]]
        for task, each in zip(tasks, found, strict=True)
        if task[0] == HEADLINES
    ]
    result: dict[str, Any] = {
        "commit": commit(),
        "machine": machine(),
        "seeds": [int(seed) for seed in seeds],
        "rows": [row for each in found for row in each["rows"]],
        "coverage": covered(held).as_json() if held else None,
        "headlines": over_seeds(told) if told else [],
    }
    for row in result["rows"]:
        row["coverage"] = result["coverage"]["share"]["mean"] if held and row["policy"] == "ours" else None
    result["judged"] = judged(result)
    return result


def main() -> int:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--short", action="store_true", help="two seeds of small worlds; writes nothing")
    parser.add_argument("--develop", action="store_true", help="seeds 1 to 10; writes nothing")
    parser.add_argument("--worlds", nargs="*", default=list(SHIPPED), help="names or paths of worlds")
    parser.add_argument("--seeds", type=int, nargs="*", help="other seeds; writes nothing")
    parser.add_argument(
        "--covered", type=int, default=len(COVERED), help="worlds in which coverage is counted"
    )
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    given = parser.parse_args()
    # One thread a worker: more would only wait for each other on small matrices.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    seeds = given.seeds or (DEVELOPED if given.develop else [11, 12] if given.short else SCORED)
    partial = bool(given.seeds or given.short or given.develop or set(given.worlds) != set(SHIPPED))
    result = measured(
        given.worlds,
        list(seeds),
        [] if partial else list(COVERED)[: given.covered],
        SHORT_CUSTOMERS if given.short else None,
        given.workers,
    )
    print(printed(result))
    if not partial:
        RESULTS.write_text(f"{json.dumps(result, indent=1, default=float)}\n", encoding="utf-8")
        _write_page(PAGE, result)
    missed = [each["target"] for each in result["judged"] if not each["met"]]
    return 0 if given.short or not missed else 1


def _write_page(path: Path, result: dict[str, Any]) -> None:
    path.write_text(page(path.read_text(encoding="utf-8"), result), encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
