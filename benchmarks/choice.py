"""
A choice for a million customers and five offers, and what other ways of choosing bring on the same budget.

``python -m benchmarks.choice [CUSTOMERS]`` lets cold processes choose under one budget and under six limits, each with
its processor time, time passed and peak memory, imports and arrays included; then, for fewer customers in this process,
holds the choice against HiGHS (the linear relaxation, whose value no choice can pass), against ranking by effect alone
and against the greedy choice without a fill. It writes benchmarks/results/choice.{json,md}.
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse
from benchmarks.machine import ROOT, commit, machine
from benchmarks.processes import run_cold
from scipy.optimize import linprog

from evergrove.decisions.choice import choose

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

RESULTS = ROOT / "benchmarks" / "results"
CHANNELS = ["email", "email", "sms", "sms", "call"]
OFFERS = np.array([0.02, 0.5, 0.8, 3.0, 6.0])
"""Usual cost of each offer; one customer's is half to one and a half of it."""
PER_CUSTOMER = 0.3
"""Budget, for which a fifth of what is worth it can be bought."""
PEER = 20_000
"""Customers whom HiGHS is asked about: more take it minutes."""
CASES = ("budget", "limits")


def shop(customers: int, seed: int = 1) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Effects and costs: half of the customers are reached by nothing, the others more by dearer offers."""
    rng = np.random.default_rng(seed)
    costs = OFFERS * rng.uniform(0.5, 1.5, (customers, len(OFFERS)))
    reach = rng.gamma(0.5, 2.0, (customers, 1)) - 0.5
    return reach * np.sqrt(OFFERS) * rng.uniform(0.0, 3.0, costs.shape), costs


def limits_for(case: str, customers: int) -> dict[str, Any]:
    """One budget, or besides it one for two channels, and caps on contacts in all, by SMS and by call."""
    if case == "budget":
        return {"budget": PER_CUSTOMER * customers}
    return {
        "budget": PER_CUSTOMER * customers,
        "channels": CHANNELS,
        "channel_budgets": {"sms": 0.12 * customers, "call": 0.1 * customers},
        "most_contacts": 0.25 * customers,
        "most_by_channel": {"sms": 0.1 * customers, "call": 0.02 * customers},
    }


def job(case: str, customers: int) -> None:
    """What a cold process does: make the arrays, choose, and say what the choice alone took."""
    values, costs = shop(customers)
    wall, processor = time.perf_counter(), time.process_time()
    choice = choose(values, costs, **limits_for(case, customers))
    print(
        json.dumps(
            {
                "choice_wall_s": round(time.perf_counter() - wall, 3),
                "choice_cpu_s": round(time.process_time() - processor, 3),
                "value": choice.value,
                "bound": choice.bound,
                "missed": 1.0 - choice.value / choice.bound,
                "spent": choice.spent,
                "contacts": choice.contacts,
                "price": choice.price,
            }
        )
    )


def measured(case: str, customers: int) -> dict[str, Any]:
    """One cold process."""
    command = [sys.executable, "-m", "benchmarks.choice", str(customers), case]
    run = run_cold(command, ROOT)
    said: dict[str, Any] = json.loads(run.output)
    return said | {
        "case": case,
        "customers": customers,
        "process_wall_s": round(run.wall_s, 2),
        "process_cpu_s": round(run.cpu_s, 2),
        "peak_mb": round(run.peak_mb),
    }


def by_effect(worth: NDArray[np.float64], costs: NDArray[np.float64], budget: float) -> float:
    """The value of ranking by effect: everybody's best offer, the best first, as long as it fits."""
    action = np.nanargmax(worth, axis=1)
    rows = np.arange(len(worth))
    best, cost = worth[rows, action], costs[rows, action]
    total = 0.0
    for row in np.argsort(-best, kind="stable"):
        if best[row] > 0.0 and cost[row] <= budget:
            budget -= cost[row]
            total += best[row]
    return float(total)


def relaxed(worth: NDArray[np.float64], costs: NDArray[np.float64], budget: float) -> float:
    """HiGHS's optimum where customers may have parts of actions."""
    customers, actions = worth.shape
    one_each = scipy.sparse.kron(scipy.sparse.eye(customers), np.ones((1, actions)))
    rows = scipy.sparse.vstack([one_each, scipy.sparse.csr_matrix(costs.reshape(1, -1))]).tocsr()
    limits = np.append(np.ones(customers), budget)
    found = linprog(-worth.ravel(), A_ub=rows, b_ub=limits, bounds=(0, 1), method="highs")
    return -float(found.fun)


def beside_peers(customers: int) -> list[dict[str, Any]]:
    """Value and processor time of every way to choose, for the same customers and budget."""
    values, costs = shop(customers, seed=2)
    worth, budget = values - costs, PER_CUSTOMER * customers
    ways: dict[str, Callable[[], float]] = {
        "evergrove": lambda: choose(values, costs, budget).value,
        "HiGHS, linear relaxation (parts of actions)": lambda: relaxed(worth, costs, budget),
        "ranking by effect": lambda: by_effect(worth, costs, budget),
    }
    found: list[dict[str, Any]] = []
    for name, way in ways.items():
        began = time.process_time()
        value = way()
        found.append({"way": name, "value": value, "cpu_s": round(time.process_time() - began, 3)})
    return [row | {"share": row["value"] / found[1]["value"]} for row in found]


def table(found: dict[str, Any]) -> str:
    """What docs/choice.md shows."""
    lines = [
        "| customers x 5 offers | limits | choice: processor | choice: passed | whole process: memory | below the bound |",
        "|---|---|---|---|---|---|",
        *(
            f"| {row['customers']:,} | {'one budget' if row['case'] == 'budget' else 'six'} | {row['choice_cpu_s']:.1f} s "
            f"| {row['choice_wall_s']:.1f} s | {row['peak_mb']:,} MB | {100 * row['missed']:.5f} % |"
            for row in found["choices"]
        ),
        "",
        f"| {found['peer_customers']:,} customers, one budget | value | of the relaxation | processor |",
        "|---|---|---|---|",
        *(
            f"| {row['way']} | {row['value']:,.1f} | {100 * row['share']:.3f} % | {row['cpu_s']:.2f} s |"
            for row in found["peers"]
        ),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print and write; with a case, be one measured process."""
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    if len(sys.argv) > 2:
        job(sys.argv[2], customers)
        return
    found: dict[str, Any] = {"commit": commit(), "machine": machine()}
    found["choices"] = [measured(case, customers) for case in CASES]
    found["peer_customers"] = min(PEER, customers)
    found["peers"] = beside_peers(found["peer_customers"])
    ending = "" if customers == 1_000_000 else "_partial"
    (RESULTS / f"choice{ending}.json").write_text(f"{json.dumps(found, indent=1)}\n", encoding="utf-8")
    (RESULTS / f"choice{ending}.md").write_text(table(found), encoding="utf-8")
    print(table(found))


if __name__ == "__main__":
    main()
