"""
Early warning and health judged on 90 days that nobody had seen, beside recency.

``python -m benchmarks.early_warning`` stands 90 days before the end of the simulated shop, CDNOW and Online Retail, fits
and learns from what came before, and asks of everybody: will he leave his tier or stage within 30 or 90 days, will he
order within 90? Then it looks. The rule beside is recency: days since the last order, turned into chances on the same
earlier days; for orders also health by rule. Prints one table and writes benchmarks/results/early_warning.{json,md}.
"""

from __future__ import annotations

import json
import tempfile
import warnings
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from benchmarks.back_tests import DATA, SEED
from benchmarks.machine import ROOT, commit, machine
from benchmarks.stage_cuts import CUSTOMERS, SHOPS

import evergrove as eg
from evergrove.customers import left_truncation, summarise
from evergrove.ingest import ReadOptions, read_orders
from evergrove.pipeline.vitals import placed_then
from evergrove.scoring import Extras, scored_by, value_customers
from evergrove.segments import policy_of, realise
from evergrove.segments.health.tables import BEYOND_ORDERS
from evergrove.segments.measures.chances import Frame, apart, auc, calibrated, calibration
from evergrove.segments.warning.past import BACK_DAYS, look_back, seen_from
from evergrove.segments.warning.service import HEALTH, SIGNS_OF, frames_of, learn_warnings
from evergrove.settings import Settings
from evergrove.simulation import ShopOptions, simulate_shop, write_orders
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.models import Floats
    from evergrove.segments.warning.past import Then
    from evergrove.segments.warning.service import Learned
    from evergrove.warehouse import Engine

RESULTS = ROOT / "benchmarks" / "results"
FEWEST = 30
"""Of each kind; of fewer nothing is judged."""
TITLES = {
    HEALTH: "no order in 90 days (health)",
    "tier_30": "leaves the tier in 30 days",
    "tier_90": "leaves the tier in 90 days",
    "stage_30": "leaves the stage in 30 days",
    "stage_90": "leaves the stage in 90 days",
}
TELLING = {
    "events": "kind varchar, happened_at timestamp",
    "tickets": "opened_at timestamp, closed_at timestamp",
    "surveys": "kind varchar, score double, answered_at timestamp",
}


@dataclass(frozen=True)
class Told:
    """
    How well chances told what came.

    Attributes:
        auc: Chance that of one of each kind the greater chance was given to the right one.
        brier: Mean squared distance of chance and outcome.
        apart: Mean distance of chance and share in ten groups of equal size.
        said: Sum of the chances over what came true.
    """

    auc: float
    brier: float
    apart: float
    said: float

    @classmethod
    def of(cls, chance: Floats, came: Any) -> Told:
        """Judge them."""
        brier = float(np.mean((chance - came) ** 2))
        return cls(auc(chance, came), brier, apart(chance, came), float(chance.sum() / came.sum()))


def judged(
    name: str, learned: Learned, before: Sequence[Frame], now: Frame, silence: Sequence[Floats]
) -> dict[str, Any] | None:
    """
    One question of one shop; None where too few came true or did not.

    Args:
        name: One of ``SIGNS_OF``.
        learned: Before that day.
        before: Earlier days.
        now: The day, and what came.
        silence: Days since the last order, of the earlier days and then of the day itself; what recency ranks by.
    """
    came = now.came
    if min(came.sum(), len(came) - came.sum()) < FEWEST or not before:
        return None
    rules: dict[str, Sequence[Floats]] = {"recency": silence}
    if name == HEALTH:
        rules["health by rule"] = [frame.rule for frame in (*before, now)]
    past = np.concatenate([frame.came for frame in before])
    said = {
        rule: Told.of(calibrated(ranks[-1], *calibration(np.concatenate(ranks[:-1]), past)), came)
        for rule, ranks in rules.items()
    }
    curve = learned.chances.get(name)
    ours = None if curve is None else Told.of(curve(now.signs, SIGNS_OF[name]), came)
    return {
        "question": name,
        "customers": len(came),
        "came": int(came.sum()),
        "ours": None if ours is None else vars(ours),
        "rules": {rule: vars(told) for rule, told in said.items()},
    }


def silences(past: Sequence[Then], frames: Sequence[Frame], name: str) -> list[Floats]:
    """What recency ranks by: of health the days since the last order, of the others what the frames hold."""
    return [then.standing.silence for then in past] if name == HEALTH else [frame.rule for frame in frames]


def looked_at(path: Path, options: ReadOptions) -> tuple[str, list[dict[str, Any]]]:
    """One shop: the day from which it was seen, and every question."""
    settings = Settings()
    with open_engine() as engine, warnings.catch_warnings():
        warnings.simplefilter("ignore", eg.EvergroveWarning)
        intake = read_orders(engine, [path], options)
        assert intake.last_date is not None  # noqa: S101 - these files hold orders
        settings = replace(settings, value=replace(settings.value, currency=intake.currency))
        for table in BEYOND_ORDERS:
            engine.create(table, _empty(engine, TELLING[table]))
        today, stages = intake.last_date - timedelta(days=BACK_DAYS), settings.stages
        base = summarise(engine, today, stages, has_amounts=intake.has_amounts)
        extras = Extras(
            complete_from=left_truncation(engine, base).fit_from,
            engine=engine,
            intervals=False,
            total_interval=False,
        )
        scored = scored_by(value_customers(base, settings.value, stages, "auto", extras), base, stages)
        policy = policy_of(settings)
        segments = realise(engine, base, scored.scores.p_active_180d, policy, cut=scored.cut.cut)
        placing = partial(placed_then, segments=segments, policy=policy, scored=scored)
        past = look_back(engine, base, placing, stages, ())
        learned = learn_warnings(past, policy.rules)
        [now] = seen_from(engine, [today], base, placing, stages, ())
    frames: Mapping[str, list[Frame]] = frames_of([*past, now], policy.rules)
    found = [
        judged(name, learned, each[:-1], each[-1], silences([*past, now], each, name))
        for name, each in frames.items()
    ]
    return today.isoformat(), [one for one in found if one is not None]


def _empty(engine: Engine, columns: str) -> str:
    """A table of which the shop holds no row."""
    id_type = engine.value("select typeof(customer_id) from orders limit 1")
    chosen = ", ".join(
        f"cast(null as {each.split()[1]}) as {each.split()[0]}" for each in columns.split(", ")
    )
    return f"select cast(null as {id_type}) as customer_id, {chosen} where false"


def table_of(found: dict[str, tuple[str, list[dict[str, Any]]]]) -> str:
    """One row a question and rule."""
    lines = [
        "| | customers | came true | AUC | Brier | apart | said / came | beside | AUC | Brier | apart |",
        "|---|---:|---:|---:|---:|---:|---:|---|---:|---:|---:|",
    ]
    for shop, (_day, questions) in found.items():
        for one in questions:
            ours = one["ours"]
            head = f"| {shop}: {TITLES[one['question']]} | {one['customers']:,} | {one['came']:,} | "
            head += "not learned | | | | " if ours is None else f"{_figures(ours)} | {ours['said']:.2f} | "
            lines += [f"{head}{rule} | {_figures(told)} |" for rule, told in one["rules"].items()]
    seen = ", ".join(f"{shop} {day}" for shop, (day, _questions) in found.items())
    return "\n".join([*lines, "", f"Seen from: {seen}."])


def _figures(told: dict[str, float]) -> str:
    return f"{told['auc']:.3f} | {told['brier']:.3f} | {told['apart']:.3f}"


def main() -> None:
    """Look, print and write."""
    found: dict[str, tuple[str, list[dict[str, Any]]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, (path, options) in reversed(SHOPS.items()):
            orders = DATA / path
            if not path:
                orders = Path(folder) / "orders.parquet"
                write_orders(simulate_shop(ShopOptions(customers=CUSTOMERS, seed=SEED)), orders)
            found[name] = looked_at(orders, options)
    text = table_of(found)
    print(text)
    shops = [{"shop": shop, "seen_from": day, "questions": each} for shop, (day, each) in found.items()]
    document = {"found": shops, "commit": commit(), "machine": machine()}
    (RESULTS / "early_warning.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    (RESULTS / "early_warning.md").write_text(f"# Early warning and health\n\n{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
