"""
Which trees are grown, chosen on windows of the past that nothing is ever judged by.

``python -m benchmarks.learned_settings`` grows every forest of a small grid on simulated shops of other seeds than
the judged one, and on the window of Online Retail that ends where the judged one begins; it prints both tables and
writes benchmarks/results/learned_settings.{json,md}. The product's defaults (``Growth``, ``early.GROWTH``) are the
forests with the least mean rank; a test holds them to the file.
"""

from __future__ import annotations

import json
import tempfile
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from benchmarks.back_tests import DATA
from benchmarks.machine import ROOT, commit, machine

from evergrove.customers import left_truncation, summarise
from evergrove.ingest import ReadOptions, read_orders
from evergrove.models.learned import Growth
from evergrove.scoring.learned import Features, LearnedContender
from evergrove.scoring.learned.early import early_back_test
from evergrove.scoring.learned.early_rows import early_rows
from evergrove.scoring.rolling.measures import measure
from evergrove.scoring.rolling.origins import Views
from evergrove.scoring.sample import Past
from evergrove.scoring.splits import Histories
from evergrove.settings import StageSettings
from evergrove.simulation import ShopOptions, simulate_shop, write_orders
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evergrove.customers import CustomerBase
    from evergrove.scoring.types import Split
    from evergrove.warehouse import Engine

RESULTS = ROOT / "benchmarks" / "results"
SEEDS = range(101, 113)
"""Of shops that are looked at here and nowhere else; the judged one has seed 7."""
CUSTOMERS = 8000
WINDOW = 90
RETAIL_UNTIL = date(2011, 9, 9)
"""The judged window of Online Retail begins on the day after."""
FORESTS = tuple(Growth(trees=t, leaves=n) for t, n in product((50, 100, 200), (2, 4, 8)))
EARLY_FORESTS = tuple(
    Growth(trees=t, leaves=n, least_leaf=m) for t, n, m in product((25, 50, 100), (2, 4), (25, 50))
)
EARLY_HORIZONS = (180, 365)
RETAIL_HORIZON = 60
"""By then few customers of Online Retail have been seen for longer."""


@contextmanager
def simulated(seed: int, customers: int = CUSTOMERS) -> Iterator[tuple[CustomerBase, Engine]]:
    """A shop of the simulator."""
    with tempfile.TemporaryDirectory() as folder, open_engine(threads=1) as engine:
        path = Path(folder) / "orders.parquet"
        write_orders(simulate_shop(ShopOptions(customers=customers, seed=seed)), path)
        read_orders(engine, [path], ReadOptions())
        yield summarise(engine, ShopOptions().as_of, StageSettings(), has_amounts=True), engine


@contextmanager
def retail() -> Iterator[tuple[CustomerBase, Engine]]:
    """Online Retail up to the day before the judged window: nothing later is read at all."""
    with open_engine(threads=1) as engine:
        read_orders(engine, [DATA / "online_retail" / "transactions.parquet"], ReadOptions())
        yield summarise(engine, RETAIL_UNTIL, StageSettings(), has_amounts=True), engine


def splits(base: CustomerBase, engine: Engine, windows: int) -> tuple[Split, ...]:
    """Windows up to the last day, earliest first."""
    views = Views(
        Histories(base, Past(base.split), "week"), lambda day: left_truncation(engine, base, day).fit_from
    )
    days = [base.observation_end - timedelta(days=WINDOW * k) for k in range(windows, 0, -1)]
    return tuple(views.split(day, day + timedelta(days=WINDOW)) for day in days)


def contenders(windows: Sequence[Split]) -> list[dict[str, float]]:
    """Losses of each forest on the last window, learned from the others; features are worked out once."""
    *earlier, last = windows
    features, found = Features(), []
    for growth in FORESTS:
        said = LearnedContender(features, growth, intervals=False).forecast(last, tuple(earlier))
        came = measure(last, said)
        losses = {
            "1 - Gini": 1 - (came.gini or 0.0),
            "log loss": came.log_loss,
            "next order, days": came.next_mae,
        }
        found.append({name: float(loss or np.nan) for name, loss in losses.items()})
    return found


def early(base: CustomerBase, engine: Engine, horizon: int) -> list[dict[str, float]]:
    """What each forest's ranking loses against the first days' spend: of Gini and of rank correlation."""
    rows = early_rows(engine, base.observation_end, horizon)
    rows = rows.rows(left_truncation(engine, base).complete(rows.first_date))
    found = []
    for growth in EARLY_FORESTS:
        back = early_back_test(rows, base.observation_end, horizon, growth)
        if back is None:
            return []
        by = {one.name: one for one in back.judged}
        ours, naive = by["learned"], by["first_days"]
        found.append({"Gini": naive.gini - ours.gini, "Spearman": naive.spearman - ours.spearman})
    return found


def ranked(cases: Sequence[Sequence[dict[str, float]]]) -> list[dict[str, float]]:
    """Means over cases of every loss, and of the forests' ranks over all losses."""
    table = np.array([[list(forest.values()) for forest in case] for case in cases])
    ranks = table.argsort(axis=1).argsort(axis=1) + 1
    means = table.mean(axis=0)
    names = [*cases[0][0], "mean rank"]
    rank = ranks.mean(axis=(0, 2))
    return [dict(zip(names, [*row, of], strict=True)) for row, of in zip(means.tolist(), rank, strict=True)]


def chosen(table: Sequence[dict[str, float]]) -> int:
    """The least mean rank; of equals the smaller forest."""
    return int(np.argmin([round(row["mean rank"], 9) for row in table]))


def written(title: str, forests: Sequence[Growth], table: Sequence[dict[str, float]], cases: int) -> str:
    """One table as Markdown."""
    names = list(table[0])
    lines = [
        f"## {title}: means over {cases} windows",
        "",
        "| trees | leaves | least leaf | " + " | ".join(names) + " |",
        "|---:|---:|---:|" + "---:|" * len(names),
    ]
    for i, (forest, row) in enumerate(zip(forests, table, strict=True)):
        mark = " (chosen)" if i == chosen(table) else ""
        figures = " | ".join(f"{row[name]:.4f}" for name in names)
        lines.append(f"| {forest.trees} | {forest.leaves} | {forest.least_leaf} | {figures}{mark} |")
    return "\n".join(lines)


def main() -> None:
    """Try everything, print and write."""
    windows: list[list[dict[str, float]]] = []
    firsts: list[list[dict[str, float]]] = []
    with retail() as shop:
        windows.append(contenders(splits(*shop, 2)))
        firsts += [found for found in [early(*shop, RETAIL_HORIZON)] if found]
    for seed in SEEDS:
        with simulated(seed) as shop:
            windows.append(contenders(splits(*shop, 3)))
            firsts += [early(*shop, horizon) for horizon in EARLY_HORIZONS]
    tables = {
        "Learned contender": (FORESTS, ranked(windows), len(windows)),
        "Early value": (EARLY_FORESTS, ranked(firsts), len(firsts)),
    }
    text = "\n\n".join(written(title, *table) for title, table in tables.items())
    print(text)
    RESULTS.mkdir(exist_ok=True)
    found: dict[str, Any] = {
        title: {
            "chosen": asdict(forests[chosen(table)]),
            "windows": cases,
            "tried": [asdict(forest) | row for forest, row in zip(forests, table, strict=True)],
        }
        for title, (forests, table, cases) in tables.items()
    }
    found |= {"commit": commit(), "machine": machine()}
    (RESULTS / "learned_settings.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    (RESULTS / "learned_settings.md").write_text(f"# Learned settings\n\n{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
