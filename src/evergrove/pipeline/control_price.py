"""What a control share would cost a playbook, from what customers of its kind have brought lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import sqrt
from typing import TYPE_CHECKING

from evergrove.ingest import show_facts
from evergrove.measurement.planning import (
    ASSUMED_LIFT,
    SHARES,
    ControlPrices,
    NobodyThen,
    past_outcome,
    priced,
)
from evergrove.measurement.rules import window_needed
from evergrove.measurement.types import PACKAGE
from evergrove.people.identity import persons_now
from evergrove.pipeline.export import NothingPublished
from evergrove.pipeline.standings import Known, Looking, run_of
from evergrove.stats import Foreseen
from evergrove.warehouse import open_engine, statement

if TYPE_CHECKING:
    from evergrove.ledger import Ledger
    from evergrove.settings import Settings
    from evergrove.warehouse import Warehouse

USUAL_DAYS = 90
"""The window while nobody has bought twice."""


@dataclass(frozen=True)
class PriceAsked:
    """
    Whose control share is to be chosen.

    Attributes:
        tiers: Whom the playbook takes in; empty: of any tier.
        stages: The same.
        effect: What it is expected to bring a person over the window, in the workspace's currency; None: a tenth of
            what a person brings anyway.
        per_month: People it takes in within 30 days; None: not known.
        shares: That are to be compared.
        days: How long one would wait; None: that is not asked.
    """

    tiers: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    effect: float | None = None
    per_month: float | None = None
    shares: tuple[float, ...] = SHARES
    days: int | None = None


def control_prices(
    ledger: Ledger, warehouse: Warehouse, settings: Settings, asked: PriceAsked
) -> ControlPrices:
    """
    The price of some control shares: people, time and profit until an effect is seen.

    A person's outcome is what those have brought over the last window who stood in the same tiers and stages when it
    began; a playbook that was at work meanwhile is in it.

    Args:
        ledger: Of the workspace.
        warehouse: Of the workspace.
        settings: Margin; rules of tiers and stages for a day that is looked back upon.
        asked: Whose.

    Raises:
        NothingPublished: There is no run.
        NobodyThen: Nobody stood there.
        NoDifferenceToFind: The effect is 0, or nobody brought anything.
        InvalidLevel: A share is not between 0 and 1.
    """
    runs, seen = warehouse.snapshots("run"), warehouse.newest()
    if not runs or seen is None or runs[-1].as_of is None:
        raise NothingPublished
    last, as_of = runs[-1], runs[-1].as_of
    margin = settings.value.margin
    with ledger.reading() as connection:
        persons = persons_now(connection)
    with open_engine() as engine:
        show_facts(engine, warehouse, seen, persons=persons)
        days = window_needed(engine.value(statement(PACKAGE, "purchase_gap"), as_of=as_of)) or USUAL_DAYS
        day = as_of - timedelta(days=days)
        looking = Looking(warehouse, seen, settings)
        looking.show(engine, run_of(runs, day), day, Known(last, persons), "stood")
        found = past_outcome(
            engine,
            "stood",
            day,
            as_of,
            margin=1.0 if margin is None else margin,
            tiers=asked.tiers,
            stages=asked.stages,
        )
    if found.n < 2:
        raise NobodyThen(day=day, days=days)
    effect = ASSUMED_LIFT * found.mean if asked.effect is None else asked.effect
    unit = Foreseen(found.mean, found.variance)
    return ControlPrices(
        as_of=as_of,
        window_days=days,
        basis="revenue" if margin is None else "margin",
        people=found.n,
        mean=found.mean,
        sd=sqrt(found.variance),
        effect=effect,
        is_assumed=asked.effect is None,
        per_month=asked.per_month,
        prices=priced(unit, effect, days, asked.per_month, asked.shares, asked.days),
    )
