"""
The index of due days: what it costs a night, how much it leaves out, and whether it is ever late.

``python -m benchmarks.due_days [CUSTOMERS...]`` prints the seconds of finding the due days of so many customers
(20,000 and a million) beside those of placing them, then watches 90 nights of a simulated shop, the last 20 of them
without any order, and writes benchmarks/results/due_days.json.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from unittest.mock import patch

from benchmarks.due_nights import Nights, watch
from benchmarks.due_shop import load as load_shop
from benchmarks.machine import ROOT, commit, machine
from benchmarks.nightly_states import FIRST, load
from benchmarks.stages import Stages
from benchmarks.tiers import PROCESS, SPEND

from evergrove.customers import summarise
from evergrove.export import tiers_query
from evergrove.export.due import due_query
from evergrove.scoring import purchase_chance
from evergrove.segments import draw_up, place, placement_of, policy_of, realise, states_before
from evergrove.segments.clock import service
from evergrove.segments.clock.types import BECAUSE
from evergrove.segments.tiers.outlook import Outlook
from evergrove.settings import Settings
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from evergrove.models import Floats

RESULTS = ROOT / "benchmarks" / "results" / "due_days.json"
SIZES = (20_000, 1_000_000)
BESIDE = {"events": 15_000, "tickets": 5_000, "surveys": 3_000}
"""Rows of what is told beside orders, for a shop of 1,500 customers."""
KEPT = SimpleNamespace(
    process=PROCESS,
    fits=SimpleNamespace(spend=SimpleNamespace(model=SPEND)),
    unit="week",
    convention="all_days",
)


def timed(customers: int) -> dict[str, Any]:
    """Seconds of one night's due days, after a night a month before in which all stood."""
    settings, today = Settings(), FIRST + timedelta(days=31)
    policy = policy_of(settings)

    def chance(base: object) -> Floats:
        return purchase_chance(PROCESS, base, 180.0)  # type: ignore[arg-type]

    with open_engine() as engine:
        load(engine, customers)
        base = summarise(engine, FIRST, settings.stages)
        segments = realise(engine, base, chance(base), policy, cut=0.2)
        first = place(segments, draw_up(engine, base), policy)
        engine.create("earlier", f"{tiers_query(engine, first)} order by customer_id")
        yardsticks = placement_of(policy, segments).yardsticks
        base = summarise(engine, today, settings.stages)
        active, outlook = chance(base), Outlook(base, cast("Any", KEPT))
        stages = Stages()
        segments = realise(engine, base, active, policy, yardsticks=yardsticks, outlook=outlook)
        roster = draw_up(engine, base)
        earlier = states_before(engine, "earlier", roster, FIRST, policy.rules)
        states = place(segments, roster, policy, earlier)
        stages.end("placing")
        with patch.object(service, "read_kept", return_value=KEPT):
            dues = service.find_dues(engine, base, segments, states, policy, {})
        stages.end("due_days")
        engine.create("due", due_query(engine, dues))
        stages.end("table")
    because = {code: int((dues.because == k).sum()) for k, code in enumerate(BECAUSE)}
    return {
        "customers": customers,
        "seconds": {name: round(each["wall_s"], 3) for name, each in stages.seconds.items()},
        "share_due_tomorrow": round(float((dues.days <= 1).mean()), 4),
        "share_due_in_30_days": round(float((dues.days <= 30).mean()), 4),
        "because": {code: n for code, n in because.items() if n},
    }


def watched(model: str, *, beside: bool) -> dict[str, Any]:
    """Ninety nights of 1,500 customers, the last twenty without an order."""
    began = time.monotonic()
    with open_engine() as engine:
        end = load_shop(engine, 1500, 21, BESIDE if beside else {})
        nights = Nights(engine, tuple(BESIDE) if beside else (), model, hears=beside)
        found = watch(nights, end - timedelta(days=70), 91)
    return {
        "model": model,
        "hears_health": beside,
        **found.figures(),
        "s": round(time.monotonic() - began, 1),
    }


def main() -> None:
    """Measure, print and write."""
    sizes = [int(size) for size in sys.argv[1:]] or list(SIZES)
    found = {
        "commit": commit(),
        "machine": machine(),
        "nights": [timed(size) for size in sizes],
        "watched": [watched("pareto-nbd", beside=False), watched("mbg-nbd", beside=True)],
    }
    text = json.dumps(found, indent=1)
    RESULTS.write_text(f"{text}\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
