"""
Do those called churned stay away? On half a year that neither models nor cuts had seen.

``python -m benchmarks.stage_cuts`` stands 180 days before the end of CDNOW, Online Retail and the simulated shop, fits,
chooses the cuts from what came before, places everybody, and counts who of the churned ordered in the 180 days that
followed: definitions ask for under 20 %. Beside it the same by the 95 % gap as it is and 180 days where there is none.
Prints one table and writes benchmarks/results/stage_cuts.{json,md}.
"""

from __future__ import annotations

import json
import tempfile
import warnings
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from benchmarks.back_tests import DATA, SEED
from benchmarks.machine import ROOT, commit, machine

import evergrove as eg
from evergrove.customers import left_truncation, summarise
from evergrove.ingest import ReadOptions, read_orders
from evergrove.scoring import Extras, value_customers
from evergrove.segments import Policy, Segments, Stage, StageRule, policy_of, realise
from evergrove.segments.measures.tables import shop_rhythm
from evergrove.segments.states.placement import Yardsticks
from evergrove.segments.types import SilenceCut, StageCuts
from evergrove.settings import Settings
from evergrove.simulation import ShopOptions, simulate_shop, write_orders
from evergrove.stats import Proportion, wilson
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from datetime import date

    from evergrove.models import Floats
    from evergrove.warehouse import Engine

RESULTS = ROOT / "benchmarks" / "results"
CUSTOMERS = 20_000
SHOPS: dict[str, tuple[str, ReadOptions]] = {
    "CDNOW": (
        "clv/cdnow_sample.csv",
        ReadOptions(mapping={"customer": "customer_id", "amount": "spend"}, currency="USD"),
    ),
    "Online Retail": ("online_retail/transactions.parquet", ReadOptions(currency="GBP")),
    "Simulated shop": ("", ReadOptions()),
}
SHORT = {"Online Retail": 90}
"""Shops too young for two half years, looked at over fewer days beside."""
AS_IT_IS = SilenceCut(1.0, "back_test")
"""A stretch of one, as if it had been tested: no silence is spared."""


def returned_of(engine: Engine, origin: date, days: int) -> Any:
    """Of the customers of ``customer_summary``, who ordered within some days after. Shape (n,)."""
    found = engine.arrays(
        "select coalesce(bool_or(o.order_date > $origin and o.order_date <= $until), false) as returned "
        "from customer_summary c left join orders o using (customer_id) group by c.customer_id order by c.customer_id",
        origin=origin,
        until=origin + timedelta(days=days),
    )
    return np.asarray(found["returned"], dtype=np.bool_)


def share(returned: Any, who: Any) -> dict[str, Any]:
    """How many they are, and what share came back, with its 95 % interval."""
    n, back = int(who.sum()), int((returned & who).sum())
    found = wilson(Proportion(n, back), 0.95)
    figures = {"returned": found.value, "low": found.low, "high": found.high}
    return {"customers": n} | {name: value if n else None for name, value in figures.items()}


def as_it_is(engine: Engine, base: Any, chance: Floats, policy: Policy, chosen: Segments) -> Segments:
    """The same customers by the gaps themselves, and a chance under 20 % for a cut."""
    cuts = StageCuts(policy.stages.return_share, shop_rhythm(engine), AS_IT_IS, AS_IT_IS)
    yardsticks = Yardsticks(chosen.tiering.bounds, cuts)
    return realise(engine, base, chance, policy, yardsticks=yardsticks)


def looked_at(name: str, path: Path, options: ReadOptions, days: int = 180) -> dict[str, Any]:
    """One shop, so many days before its end."""
    settings = Settings()
    settings = replace(settings, stages=replace(settings.stages, active_days=days))
    with open_engine() as engine, warnings.catch_warnings():
        warnings.simplefilter("ignore", eg.EvergroveWarning)
        intake = read_orders(engine, [path], options)
        assert intake.last_date is not None  # noqa: S101 - these files hold orders
        origin = intake.last_date - timedelta(days=days)
        settings = replace(settings, value=replace(settings.value, currency=intake.currency))
        base = summarise(engine, origin, settings.stages, has_amounts=intake.has_amounts)
        extras = Extras(
            complete_from=left_truncation(engine, base).fit_from,
            engine=engine,
            intervals=False,
            total_interval=False,
        )
        valuation = value_customers(base, settings.value, settings.stages, "auto", extras)
        chance, policy = valuation.scores.p_active_180d, policy_of(settings)
        segments = realise(engine, base, chance, policy, cut=valuation.cut.cut)
        plain = as_it_is(engine, base, chance, policy, segments)
        returned = returned_of(engine, origin, days)
    churned, rules = (
        segments.stage == Stage.CHURNED,
        np.unique(segments.stage_rule[segments.stage == Stage.CHURNED]),
    )
    cuts = segments.cuts
    return {
        "shop": name,
        "days": days,
        "origin": origin.isoformat(),
        "customers": len(base),
        "all": share(returned, np.ones(len(base), dtype=np.bool_)),
        "churned": share(returned, churned),
        "by_rule": {StageRule(int(r)).name.lower(): share(returned, segments.stage_rule == r) for r in rules},
        "gap_as_it_is": share(returned, plain.stage == Stage.CHURNED),
        "cuts": {
            "p_active": None if np.isnan(cuts.p_active) else cuts.p_active,
            "p_active_source": valuation.cut.source,
            "own": _cut(cuts.own_silence),
            "shop": _cut(cuts.shop_silence),
            "shop_p95": cuts.shop.p95,
        },
    }


def _cut(cut: SilenceCut) -> dict[str, Any]:
    stretch = cut.stretch if np.isfinite(cut.stretch) else None
    return {"stretch": stretch, "source": cut.source, "customers": cut.customers}


def _said(cut: dict[str, Any]) -> str:
    if cut["source"] == "none":
        return "180 days at least"
    return "never" if cut["stretch"] is None else f"x {cut['stretch']:g}"


def _share(found: dict[str, Any]) -> str:
    return "-" if found["returned"] is None else f"{found['returned']:.1%} of {found['customers']:,}"


def table_of(found: list[dict[str, Any]]) -> str:
    """One row a shop, and one a rule."""
    lines = [
        "| | seen until | days | all | churned | 95 % interval | by the gaps as they are | chance below | own gap | shop's gap |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for one in found:
        cuts, churned = one["cuts"], one["churned"]
        below = (
            "none"
            if cuts["p_active"] is None
            else f"{cuts['p_active']:.3f} ({cuts['p_active_source'].replace('_', '-')})"
        )
        lines.append(
            f"| {one['shop']} | {one['origin']} | {one['days']} | {_share(one['all'])} | {_share(churned)} | "
            f"{churned['low']:.1%} to {churned['high']:.1%} | {_share(one['gap_as_it_is'])} | {below} | "
            f"{_said(cuts['own'])} | {_said(cuts['shop'])} |"
        )
    lines += ["", "| | days | rule | came back |", "|---|---:|---|---:|"]
    lines += [
        f"| {one['shop']} | {one['days']} | {rule} | {_share(each)} |"
        for one in found
        for rule, each in one["by_rule"].items()
    ]
    return "\n".join(lines)


def main() -> None:
    """Look, print and write."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for name, (path, options) in SHOPS.items():
            orders = DATA / path
            if not path:
                orders = Path(folder) / "orders.parquet"
                write_orders(simulate_shop(ShopOptions(customers=CUSTOMERS, seed=SEED)), orders)
            found.append(looked_at(name, orders, options))
            if name in SHORT:
                found.append(looked_at(name, orders, options, SHORT[name]))
    text = table_of(found)
    print(text)
    document = {"found": found, "commit": commit(), "machine": machine()}
    (RESULTS / "stage_cuts.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    (RESULTS / "stage_cuts.md").write_text(f"# Who of the churned came back\n\n{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
