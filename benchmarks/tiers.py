"""
Tiers of a million customers in one night, and how often they flap over years of nights.

``python -m benchmarks.tiers [CUSTOMERS]`` prints the seconds of re-tiering customers who were placed the night before
(their bands read back, figures in the engine), and then, for the simulated shop, for constant true rates and for Online
Retail, moves, flaps and agreement with the true tier beside those of the naive rule (the figures of the night, nothing
held), of the realised policy and of a predicted one, and writes benchmarks/results/tiers.json. How slowly tiers fall was
chosen on seeds 1 to 3; seeds 21 to 25 are told.
"""

from __future__ import annotations

import json
import sys
import warnings
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from benchmarks.machine import ROOT, commit, machine
from benchmarks.nightly_states import FIRST, load
from benchmarks.stages import Stages
from benchmarks.tier_nights import PREDICTED, REALISED, constant_nights, live, shop_nights
from benchmarks.tier_shops import Bought

from evergrove.customers import summarise
from evergrove.export import tiers_query
from evergrove.models import FlatRidge, GammaGamma, ParetoNbd
from evergrove.scoring import purchase_chance
from evergrove.segments import draw_up, place, placement_of, policy_of, realise, states_before
from evergrove.segments.tiers.outlook import Outlook
from evergrove.segments.tiers.policy import policy_from
from evergrove.settings import Settings, TierSettings
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from evergrove.models import Floats

RESULTS = ROOT / "benchmarks" / "results" / "tiers.json"
PROCESS = ParetoNbd(r=0.6, alpha=9.0, s=0.6, beta=12.0, unit="week")
SPEND = GammaGamma(p=4.0, q=4.0, gamma=600.0)
SEEDS = range(21, 26)
SHOP, CONSTANT = 2500, 1500


def retiered(customers: int) -> dict[str, Any]:
    """Seconds of one night's tiers, after a night a month before in which all stood."""
    settings, today = Settings(), FIRST + timedelta(days=31)
    policy = policy_of(settings)
    kept = SimpleNamespace(
        process=PROCESS,
        fits=SimpleNamespace(spend=SimpleNamespace(model=SPEND)),
        unit="week",
        convention="all_days",
    )

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
        active = chance(base)

        stages = Stages()
        outlook = Outlook(base, cast("Any", kept))
        segments = realise(engine, base, active, policy, yardsticks=yardsticks, outlook=outlook)
        stages.end("realise")
        roster = draw_up(engine, base)
        stages.end("roster")
        earlier = states_before(engine, "earlier", roster, FIRST, policy.rules)
        stages.end("states_before")
        states = place(segments, roster, policy, earlier)
        stages.end("place")
        engine.create("tiers", tiers_query(engine, states))
        stages.end("table")
    spent = {name: round(each["wall_s"], 3) for name, each in stages.seconds.items()}
    lower = int((states.realised_tier < states.tier).sum())
    return {
        "customers": len(states),
        "held_above": lower,
        "seconds": spent,
        "total_s": round(sum(spent.values()), 3),
    }


def online_retail() -> dict[str, Any] | None:
    """The nights of the second half of Online Retail; nobody knows its true tiers. None where the data are not."""
    from benchmarks.back_tests import DATA  # noqa: PLC0415 - who has no data needs no reader

    from evergrove.ingest import ReadOptions, read_orders  # noqa: PLC0415

    path = DATA / "online_retail" / "transactions.parquet"
    if not path.exists():
        return None
    with open_engine() as engine:
        read_orders(engine, [path], ReadOptions(currency="GBP"))
        found = engine.arrays(
            "select dense_rank() over (order by customer_id) - 1 as customer, "
            "order_date - (select min(order_date) from orders) as day, cast(sum(amount) as double) as amount "
            "from orders group by customer_id, order_date"
        )
    bought, _order = Bought.of(found["customer"], found["day"], found["amount"])
    last = int(bought.day.max())
    return live(bought, last // 2, last, policy=policy_from(TierSettings()), currency="GBP").figures()


def simulated() -> dict[str, dict[str, Any]]:
    """Every seed of the shops whose truth is known, by name and seed."""
    found: dict[str, dict[str, Any]] = {}
    for seed in SEEDS:
        for name, policy in (("realised", REALISED), ("predicted", PREDICTED)):
            nights = {
                "simulated shop": shop_nights(SHOP, 4, seed, policy=policy),
                "constant rates": constant_nights(CONSTANT, 3, seed, policy=policy),
                "constant rates, 6 years known": constant_nights(
                    CONSTANT, 3, seed, known_years=6, policy=policy
                ),
            }
            for shop, figures in nights.items():
                print(line(shop, name, seed, figures), flush=True)
                found.setdefault(f"{shop}, {name}", {})[str(seed)] = figures
    return found


def line(shop: str, policy: str, seed: int | str, figures: dict[str, Any]) -> str:
    """One row of the table: flaps, moves and agreement held and naive, and the widest gap to a true share."""
    held, naive, true = figures["held"], figures["naive"], figures["true_shares"]
    gap = max(abs(a - b) for a, b in zip(held["shares"], true, strict=True)) if true else float("nan")
    agreement = [100 * each["agreement"] if true else float("nan") for each in (held, naive)]
    moves = [3 * each["moves_per_customer_year"] for each in (held, naive)]
    return (
        f"{shop:30} {policy:9} {seed:>4}  flaps left {figures['flap_ratio']:.3f}"
        f"  true tier {agreement[0]:.1f} % / {agreement[1]:.1f} %"
        f"  moves in 3 years {moves[0]:.2f} / {moves[1]:.2f}  share off by {100 * gap:.1f}"
    )


def main() -> None:
    """Measure, print and write."""
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FlatRidge)  # nobody leaves the constant shop, and the fit says so
        found: dict[str, Any] = {
            "commit": commit(),
            "machine": machine(),
            "night": retiered(customers),
            "simulated": simulated(),
            "online_retail": online_retail(),
        }
    if found["online_retail"] is not None:
        print(line("Online Retail", "realised", "", found["online_retail"]))
    RESULTS.write_text(f"{json.dumps(found, indent=1)}\n", encoding="utf-8")
    print(json.dumps(found["night"]))


if __name__ == "__main__":
    main()
