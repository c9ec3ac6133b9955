"""
Every contender on five shops: CDNOW, the grocery, the apparel retailer, Online Retail and the simulated shop.

``python -m benchmarks.back_tests [--learned]`` looks back on each from up to four days of its past over windows of
13 weeks, prints one table and writes benchmarks/results/back_tests.{json,md}. The data are those of
EVERGROVE_SHARED (by default ../shared); the simulated shop is made here.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.machine import ROOT, commit, machine

import evergrove as eg
from evergrove.scoring.learned import LearnedContender
from evergrove.simulation import ShopOptions, simulate_shop, write_orders

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.scoring.rolling import RollingBackTest

RESULTS = ROOT / "benchmarks" / "results"
DATA = Path(os.environ.get("EVERGROVE_SHARED", ROOT.parent / "shared")) / "data"
ORIGINS, WINDOW = 4, "13 weeks"
MODELS = ("pareto-nbd", "mbg-nbd", "mbg-cnbd", "bg-nbd", "nbd")
DEMO_CUSTOMERS, SEED = 8000, 7


@dataclass(frozen=True)
class Shop:
    """
    A shop to look back on.

    Attributes:
        name: In the table.
        path: Its orders, below the data folder; "" is the simulated shop.
        customer: Name of the column; None lets it be guessed.
        amount: Likewise.
        origins: At most.
    """

    name: str
    path: str
    customer: str | None = None
    amount: str | None = None
    origins: int = ORIGINS


SHOPS = (
    Shop("CDNOW", "clv/cdnow_sample.csv", "customer_id", "spend"),
    Shop("Grocery", "clv/grocery_2006.csv", "customer_id", origins=3),
    Shop("Apparel", "clv/apparel_transactions.csv", "customer_id", "spend"),
    Shop("Online Retail", "online_retail/transactions.parquet", origins=2),
    Shop("Simulated shop", ""),
)
COLUMNS = (
    "shop",
    "contender",
    "Gini",
    "Spearman",
    "total",
    "MAE",
    "log score",
    "PIT",
    "log loss",
    "next order, days",
    "s",
)


def looked_back(shop: Shop, folder: Path, *, learned: bool) -> RollingBackTest:
    """One shop's back-test."""
    orders = DATA / shop.path if shop.path else _simulated(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", eg.EvergroveWarning)
        return eg.backtest(
            orders,
            origins=shop.origins,
            window=WINDOW,
            models=MODELS,
            contenders=(LearnedContender(),) if learned else (),
            customer=shop.customer,
            amount=shop.amount,
        )


def _simulated(folder: Path) -> Path:
    path = folder / "orders.csv"
    write_orders(simulate_shop(ShopOptions(customers=DEMO_CUSTOMERS, seed=SEED)), path)
    return path


def rows_of(shop: Shop, found: RollingBackTest) -> list[dict[str, Any]]:
    """One row per contender, all origins together."""
    rows = []
    for record in found.records:
        pooled = record.pooled
        if pooled is None:
            continue
        total = pooled.spend_bias if pooled.spend_bias is not None else pooled.bias
        figures = (
            pooled.gini,
            pooled.spearman,
            total,
            pooled.mae,
            pooled.log_score,
            pooled.pit_share,
            pooled.log_loss,
            pooled.next_mae,
            sum(turn.seconds for turn in record.turns),
        )
        rows.append(
            {"shop": shop.name, "contender": record.name, **dict(zip(COLUMNS[2:], figures, strict=True))}
        )
    return rows


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Markdown; totals as a share off."""
    lines = [f"| {' | '.join(COLUMNS)} |", f"|{'---|' * 2}{'---:|' * (len(COLUMNS) - 2)}"]
    for row in rows:
        cells = [row["shop"], row["contender"], *(_cell(name, row[name]) for name in COLUMNS[2:])]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cell(name: str, value: float | None) -> str:
    if value is None or value != value:  # noqa: PLR0124 - NaN is not itself
        return ""
    if name == "total":
        return f"{value:+.1%}"
    digits = {"log score": 4, "next order, days": 1, "s": 2}.get(name, 3)
    return f"{value:.{digits}f}"


def main() -> None:
    """Look back, print, write down."""
    parser = argparse.ArgumentParser(description="Every contender on five shops.")
    parser.add_argument("--learned", action="store_true", help="the learned contender too")
    parser.add_argument("--results", type=Path, default=RESULTS)
    chosen, where = parser.parse_args(), machine()
    rows: list[dict[str, Any]] = []
    verdicts: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="evergrove-back-tests-") as name:
        for shop in SHOPS:
            found = looked_back(shop, Path(name), learned=chosen.learned)
            rows += rows_of(shop, found)
            verdicts[shop.name] = str(found)
            print(f"{shop.name}: {found}", flush=True)
    result = {
        "format": "evergrove.back_tests/1",
        "commit": commit(),
        "machine": where,
        "window": WINDOW,
        "verdicts": verdicts,
        "rows": rows,
    }
    chosen.results.mkdir(parents=True, exist_ok=True)
    stem = chosen.results / "back_tests"
    stem.with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    said = "".join(f"- **{shop}**: {verdict}\n" for shop, verdict in verdicts.items())
    stem.with_suffix(".md").write_text(f"{table(rows)}\n{said}", encoding="utf-8")
    print(table(rows), end="")


if __name__ == "__main__":
    main()
