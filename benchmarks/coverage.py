"""
Do the intervals of ``evergrove measure`` hold the true effect as often as they say?

``python -m benchmarks.coverage`` lets 200 simulated shops of 3,000 customers live 28 days with a workspace each,
through the verbs that the commands call, with mails kept in memory; then compares the 80 % interval of every
playbook with the simulator's true effect, and writes benchmarks/results/coverage.{json,md}. ``--seeds`` and the
other options are for a closer look; with other values than the usual ones the files end in ``_partial``. The
exit status is 1 where the coverage lies further than three standard errors from 80 %.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.covered import LEVEL, Interval, covered, table
from benchmarks.machine import ROOT, commit, machine

from evergrove.measurement import PROGRAMME
from evergrove.simulation import LivingOptions, Responses
from evergrove.testing.workspaces import MemoryPost, living, silent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evergrove.app.weeks import Life

RESULTS = ROOT / "benchmarks" / "results"
IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a ledger waits for the disk at every commit, which proves nothing here
SEEDS, BESIDE = 200, 8
WORKERS = 2


@dataclass(frozen=True)
class Design:
    """
    How the shops of a proof are set up.

    Attributes:
        name: In the results.
        control: Share of a playbook's customers who are left alone.
        years: Of history before the first day.
        customers: Of the history.
        days: Which a shop lives.
        responses: How strongly customers answer.
        refit_days: Age at which models are fitted again: in a life of these days they never are. Which model placed
            a customer decides who is written to, not how the two arms then differ; fitting every week, as shops do,
            would be a fifth of the time.
    """

    name: str
    control: float
    years: int
    customers: int = 3000
    days: int = 28
    responses: Responses = field(default_factory=Responses)
    refit_days: int = 29


EVEN = Design("half in control, 1 year", control=0.5, years=1)
AS_SHIPPED = Design("10 % in control, 3 years", control=0.1, years=3)


def lived(design: Design, seed: int) -> list[Interval]:
    """
    One shop's whole life, and what was measured at its end beside the truth.

    The arms are drawn from the seed alone, and nobody is held out of all playbooks: the programme as a whole has
    no interval.
    """
    options = LivingOptions(
        design.customers, seed, design.years, days=design.days, responses=design.responses
    )
    home = IN_MEMORY if IN_MEMORY.is_dir() else None
    with (
        tempfile.TemporaryDirectory(prefix="evergrove-coverage-", dir=home) as name,
        living(Path(name), options) as opened,
    ):
        life, post = _set_up(opened, design, seed), MemoryPost()
        life.begin(silent)
        for day in life.days:
            life.day(day, post)
        return list(_measured(life, seed))


def _set_up(life: Life, design: Design, seed: int) -> Life:
    settings = life.workspace.settings
    outreach = replace(
        settings.outreach, playbook_control=design.control, global_control=0.0, salt=f"seed {seed}"
    )
    fitted_once = replace(settings.workspace, refit_days=design.refit_days)
    chosen = replace(settings, outreach=outreach, workspace=fitted_once)
    return replace(life, workspace=replace(life.workspace, settings=chosen))


def _measured(life: Life, seed: int) -> Iterator[Interval]:
    for each in life.workspace.measure():
        if each.playbook == PROGRAMME:
            continue
        found, truth = each.margin, life.truth(each.playbook).effect
        yield Interval(
            seed=seed,
            playbook=each.playbook,
            treated=each.people_treated,
            control=each.people_control,
            truth=truth,
            effect=None if found is None else found.effect,
            low=None if found is None else found.low,
            high=None if found is None else found.high,
            se=None if found is None else found.se,
        )


def all_lived(design: Design, seeds: Sequence[int], workers: int) -> tuple[list[Interval], float]:
    """Many shops, so many at a time, each worker on a processor of its own; and their processor time in s."""
    context = multiprocessing.get_context("spawn")
    started, found, busy_s = time.perf_counter(), list[Interval](), 0.0
    jobs = [(design, seed) for seed in seeds]
    with context.Pool(workers, _take_processor, (context.Value("i", 0),)) as pool:
        for nth, (intervals, cpu_s) in enumerate(pool.imap_unordered(_job, jobs), start=1):
            found += intervals
            busy_s += cpu_s
            if nth % 10 == 0 or nth == len(jobs):
                took = time.perf_counter() - started
                print(f"{design.name}: {nth} of {len(jobs)} shops, {took:.0f} s", flush=True)
    return sorted(found, key=lambda each: (each.seed, each.playbook)), busy_s


def _job(job: tuple[Design, int]) -> tuple[list[Interval], float]:
    before = time.process_time()
    return lived(*job), time.process_time() - before


def _take_processor(counter: Any) -> None:
    """Pin this worker; an engine starts as many threads as there are processors for it."""
    if not hasattr(os, "sched_setaffinity"):
        return
    with counter.get_lock():
        nth, counter.value = counter.value, counter.value + 1
    mine = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {mine[nth % len(mine)]})


def options() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description="Coverage of the intervals of evergrove measure.")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--beside", type=int, default=BESIDE, help="shops with 10 %% control")
    parser.add_argument("--days", type=int, default=EVEN.days)
    parser.add_argument("--customers", type=int, default=EVEN.customers)
    parser.add_argument("--workers", type=int, default=WORKERS)
    parser.add_argument("--results", type=Path, default=RESULTS)
    return parser.parse_args()


def main() -> int:
    """Live, print, write down."""
    chosen, where = options(), machine()
    usual = (chosen.seeds, chosen.beside, chosen.days, chosen.customers)
    is_whole = usual == (SEEDS, BESIDE, EVEN.days, EVEN.customers)
    parts: list[dict[str, Any]] = []
    for plan, seeds in ((EVEN, chosen.seeds), (AS_SHIPPED, chosen.beside)):
        if not seeds:
            continue
        design, started = replace(plan, days=chosen.days, customers=chosen.customers), time.perf_counter()
        intervals, busy_s = all_lived(design, range(1, seeds + 1), chosen.workers)
        parts.append(
            {
                "design": asdict(design),
                "seeds": seeds,
                "seconds": round(time.perf_counter() - started, 1),
                "processor_seconds_per_shop": round(busy_s / seeds, 1),
                "found": covered(intervals).as_json(),
                "intervals": [asdict(each) for each in intervals],
            }
        )
    result = {"format": "evergrove.coverage/1", "commit": commit(), "machine": where, "level": LEVEL}
    result |= {"workers": chosen.workers, "parts": parts}
    chosen.results.mkdir(parents=True, exist_ok=True)
    stem = chosen.results / f"coverage{'' if is_whole else '_partial'}"
    stem.with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    stem.with_suffix(".md").write_text(table(result), encoding="utf-8")
    print(table(result), end="")
    return 0 if parts[0]["found"]["holds"] else 1


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before the workers import numpy
    sys.exit(main())
