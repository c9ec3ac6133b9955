"""
Build the order logs that the benchmarks run on: BG/NBD purchases with Gamma-Gamma spend.

``python benchmarks/simulated_logs.py 10000 benchmarks/.cache`` writes ``log_10000.parquet``: 104 weeks, some 7
orders a customer, in time order, customer ids permuted, typed columns (BIGINT, TIMESTAMP at midnight, DOUBLE);
and ``summary_10000.npz``, its summary in days, for the comparison of fit and score alone.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from evergrove.simulation import simulate_bg_nbd, simulate_spend
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from evergrove.core import Unit

SUMMARY = """
with
purchase_days as (
    select customer_id, order_date, sum(amount) as amount
    from log
    group by customer_id, order_date
),
numbered as (
    select *, row_number() over (partition by customer_id order by order_date) as nth
    from purchase_days
)
select
    count(*)::double - 1                                                                as frequency,
    date_diff('day', min(order_date), max(order_date))::double                          as recency,
    date_diff('day', min(order_date), (select max(order_date) from log))::double        as "T",
    coalesce(avg(amount) filter (where nth > 1), 0)                                     as monetary_value
from numbered
group by customer_id
order by customer_id
"""

WEEKS, ENTRY_DAYS, FIRST_DAY = 104, 240, "2024-01-01"
SEED = 7


@dataclass(frozen=True)
class Purchases:
    """BG/NBD as simulated; near what online shops show."""

    r: float = 0.82
    alpha: float = 6.20
    a: float = 0.57
    b: float = 3.85
    unit: Unit = "week"


@dataclass(frozen=True)
class Spend:
    """Gamma-Gamma as simulated."""

    p: float = 6.0
    q: float = 3.75
    gamma: float = 16.2


def build_log(customers: int, folder: Path) -> Path:
    """Write the log and the summary of so many customers, unless they are there; returns the log's path."""
    path, summary = folder / f"log_{customers}.parquet", folder / f"summary_{customers}.npz"
    if path.exists() and summary.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    histories = simulate_bg_nbd(Purchases(), customers, WEEKS, SEED, entry_weeks=ENTRY_DAYS / 7)
    amount, _means = simulate_spend(Spend(), histories.customer, customers, SEED + 1)
    order = np.argsort(histories.time, kind="stable")
    ids = np.random.default_rng(SEED + 2).permutation(customers) + 1
    days = np.floor(histories.time[order] * 7).astype("timedelta64[D]")
    columns = {
        "customer_id": ids[histories.customer[order]],
        "order_date": (np.datetime64(FIRST_DAY, "D") + days).astype("datetime64[us]"),
        "amount": np.maximum(np.round(amount[order], 2), 0.01),
    }
    partial = path.with_suffix(".tmp")
    with open_engine() as engine:
        engine.register("log", columns)
        engine.copy_to("select * from log", partial, "format parquet, compression zstd")
        np.savez(summary, allow_pickle=False, **engine.arrays(SUMMARY))
    partial.rename(path)
    return path


if __name__ == "__main__":
    print(build_log(int(sys.argv[1]), Path(sys.argv[2])))
