"""
Early value judged: what new customers bring, foretold from thirty days, beside their spend in these days.

``python -m benchmarks.early_value`` looks at the judged shop and at twelve of seeds that chose no setting, prints one
table and writes benchmarks/results/early_value.{json,md}.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
from benchmarks.back_tests import SEED
from benchmarks.learned_settings import EARLY_HORIZONS, RESULTS, simulated
from benchmarks.machine import commit, machine

from evergrove.customers import left_truncation
from evergrove.scoring.learned.early import early_back_test
from evergrove.scoring.learned.early_rows import early_rows

FRESH = range(201, 213)
"""Seeds that neither chose a setting nor make the demo shop."""
NAIVE = "first_days"


@dataclass(frozen=True)
class Found:
    """One shop over one horizon: Gini and rank correlation of the learned ranking and of the first days' spend."""

    seed: int
    horizon_days: int
    learned: int
    customers: int
    gini: float
    naive_gini: float
    gini_error: float
    spearman: float
    naive_spearman: float
    ratio: float


def looked_at(seed: int) -> list[Found]:
    """A shop over each horizon."""
    found = []
    with simulated(seed) as (base, engine):
        for horizon in EARLY_HORIZONS:
            rows = early_rows(engine, base.observation_end, horizon)
            rows = rows.rows(left_truncation(engine, base).complete(rows.first_date))
            back = early_back_test(rows, base.observation_end, horizon)
            if back is None:
                continue
            by = {one.name: one for one in back.judged}
            ours, naive = by["learned"], by[NAIVE]
            found.append(
                Found(
                    seed=seed,
                    horizon_days=horizon,
                    learned=back.learned,
                    customers=back.customers,
                    gini=ours.gini,
                    naive_gini=naive.gini,
                    gini_error=back.gain.standard_error,
                    spearman=ours.spearman,
                    naive_spearman=naive.spearman,
                    ratio=ours.ratio,
                )
            )
    return found


def written(found: list[Found]) -> str:
    """One row a shop and horizon, and what the fresh shops come to."""
    lines = [
        "| seed | days | learned from | judged | Gini | of first days | se of gain | Spearman | of first days | total |",
        "|" + "---:|" * 10,
    ]
    lines += [
        f"| {one.seed} | {one.horizon_days} | {one.learned} | {one.customers} | {one.gini:.3f} | {one.naive_gini:.3f} | "
        f"{one.gini_error:.3f} | {one.spearman:.3f} | {one.naive_spearman:.3f} | {one.ratio:.2f} |"
        for one in found
    ]
    sums = []
    for horizon in EARLY_HORIZONS:
        fresh = [one for one in found if one.seed in FRESH and one.horizon_days == horizon]
        gains = np.array([one.gini - one.naive_gini for one in fresh])
        ranks = np.array([one.spearman - one.naive_spearman for one in fresh])
        sums.append(
            f"- {horizon} days, {len(fresh)} fresh shops: Gini {np.mean([one.gini for one in fresh]):.3f} against "
            f"{np.mean([one.naive_gini for one in fresh]):.3f} (gain {gains.mean():.4f}, standard error "
            f"{gains.std(ddof=1) / len(fresh) ** 0.5:.4f}, {(gains > 0).sum()} of {len(fresh)} ahead), Spearman "
            f"{np.mean([one.spearman for one in fresh]):.3f} against {np.mean([one.naive_spearman for one in fresh]):.3f} "
            f"({(ranks > 0).sum()} of {len(fresh)} ahead)"
        )
    return "\n".join([*lines, "", *sums])


def main() -> None:
    """Look, print and write."""
    found = [one for seed in (SEED, *FRESH) for one in looked_at(seed)]
    text = written(found)
    print(text)
    RESULTS.mkdir(exist_ok=True)
    document = {"found": [vars(one) for one in found], "commit": commit(), "machine": machine()}
    (RESULTS / "early_value.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    (RESULTS / "early_value.md").write_text(f"# Early value\n\n{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
