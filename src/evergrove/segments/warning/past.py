"""A sample of the shop as it stood on earlier days: from where people stood then, and from what came of it, is learned."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.customers import summarise
from evergrove.segments.health.tables import BEYOND_ORDERS
from evergrove.segments.measures.around import LINES, STATION, SUBSCRIPTIONS
from evergrove.segments.warning.hearing import condition_of
from evergrove.segments.warning.signs import HORIZONS, Leaving, Standing
from evergrove.warehouse import open_engine, statement

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import date

    from evergrove.customers import CustomerBase
    from evergrove.segments.types import Bools, Segments
    from evergrove.settings import StageSettings
    from evergrove.warehouse import Engine

    Placing = Callable[[Engine, CustomerBase], Segments]
    Placed = tuple[Any, Any, Any]  # ids of a day's customers, codes of their tiers and of their stages

ENOUGH = 10_000
"""Customers to learn from; the chance of an event of 10 % is known to 0.3 points from so many."""
ORIGINS = 3
"""Earlier days that are looked at; the newest judges, and all of them teach in the end."""
BACK_DAYS = 90
"""Between two of them, and between the newest and today: the longest horizon, so that outcomes do not overlap."""


@dataclass(frozen=True, eq=False)
class Then:
    """
    An earlier day, and what came after it.

    Attributes:
        origin: The day.
        standing: Of the sample's customers who had bought by then.
        later: Horizon in days -> where the same customers stood so many days later: tier and stage codes.
        ordered: Whether they ordered within ``BACK_DAYS``.
    """

    origin: date
    standing: Standing
    later: dict[int, tuple[Any, Any]]
    ordered: Bools


def standing_of(
    engine: Engine, base: CustomerBase, segments: Segments, settings: StageSettings, told: Collection[str]
) -> Standing:
    """
    What is known of every customer of ``customer_summary`` on the day of the summary.

    Args:
        engine: Holds what ``summarise`` left, refunds, events, tickets and surveys.
        base: The customers.
        segments: Of the same day.
        settings: Of stages.
        told: Names of the tables that hold rows.
    """
    end = base.observation_end
    condition, _signs = condition_of(engine, base, segments.cuts, settings, told, segments.histories.around)
    leaving = {
        days: Leaving(**engine.arrays(statement(STATION, "leaving_window"), observation_end=end, days=days))
        for days in HORIZONS
    }
    return Standing(condition.base, condition.limits, condition.points, segments, leaving)


def look_back(
    engine: Engine, base: CustomerBase, placing: Placing, settings: StageSettings, told: Collection[str]
) -> list[Then]:
    """
    Earlier days, the oldest first; those on which fewer than a half of today's customers had bought are left out.

    Nothing dated after an origin is seen of it. Where somebody stands, then and later, is judged by today's rules.

    Args:
        engine: Of the night.
        base: Today's customers.
        placing: Tiers and stages of customers of any day, by today's rules, from an engine as of that day.
        settings: Of stages.
        told: Names of the tables that hold rows.
    """
    with _sampled(engine, base, told) as sample:
        days = [base.observation_end - timedelta(days=BACK_DAYS * k) for k in range(ORIGINS, 0, -1)]
        first = base.first_order_date
        origins = [day for day in days if np.mean(first <= np.datetime64(day, "D")) >= 0.5]
        return seen_from(sample, origins, base, placing, settings, told)


def seen_from(
    engine: Engine,
    origins: Sequence[date],
    today: CustomerBase,
    placing: Placing,
    settings: StageSettings,
    told: Collection[str],
) -> list[Then]:
    """
    Earlier days and what came of their customers; a day that several of them look at is summarised once.

    Args:
        engine: Holds orders, refunds, events, tickets and surveys; its summary is of another day afterwards.
        origins: The days.
        today: Customers of a later day: whether there are amounts.
        placing: As for ``look_back``.
        settings: Of stages.
        told: As for ``look_back``.
    """
    placed: dict[date, Placed] = {}
    known: dict[date, tuple[Standing, Bools]] = {}
    for day in sorted({day + timedelta(days=ahead) for day in origins for ahead in (0, *HORIZONS)}):
        base = summarise(engine, day, settings, has_amounts=today.has_amounts)
        segments = placing(engine, base)
        placed[day] = _ids(engine), segments.tier, segments.stage
        if day in origins:
            standing = standing_of(engine, base, segments, settings, told)
            known[day] = standing, _ordered_after(engine, day)
    return [
        Then(day, standing, {days: _later(placed, day, days) for days in HORIZONS}, ordered)
        for day, (standing, ordered) in known.items()
    ]


def _ordered_after(engine: Engine, day: date) -> Bools:
    """Who of the customers known on a day ordered within ``BACK_DAYS``."""
    until = day + timedelta(days=BACK_DAYS)
    ordered: Bools = (
        engine.arrays(statement(STATION, "ordered_after"), origin=day, until=until)["ordered"] == 1
    )
    return ordered


def _later(placed: Mapping[date, Placed], day: date, days: int) -> tuple[Any, Any]:
    """Where the customers known on a day stood so many days later."""
    known, _tier, _stage = placed[day]
    return _lined_up(known, *placed[day + timedelta(days=days)])


def _ids(engine: Engine) -> Any:
    return engine.arrays(
        "select cast(customer_id as varchar) as id from customer_summary order by customer_id"
    )["id"].astype(str)


def _lined_up(known: Any, ids: Any, tier: Any, stage: Any) -> tuple[Any, Any]:
    """Codes of the customers known at the origin; NO_CODE for one who is gone, because everything was refunded."""
    order = np.argsort(ids, kind="stable")
    place = np.minimum(np.searchsorted(ids, known, sorter=order), len(ids) - 1)
    row = order[place]
    there = ids[row] == known
    return np.where(there, tier[row], np.int8(-1)), np.where(there, stage[row], np.int8(-1))


@contextmanager
def _sampled(engine: Engine, base: CustomerBase, told: Collection[str]) -> Iterator[Engine]:
    """Every so-many-th customer with all that is told of them, in an engine of their own."""
    every = max(1, len(base) // ENOUGH)
    end = base.observation_end
    with open_engine() as sample:
        for table in ("orders", "refunds"):
            sql = statement("evergrove.scoring", f"sampled_{table}")
            _copy(engine, sample, table, sql, every=every, observation_end=end)
        buyers = engine.arrow(
            "select distinct customer_id from (" + statement("evergrove.scoring", "sampled_orders") + ")",
            every=every,
            observation_end=end,
        )
        engine.register("sampled_buyers", buyers)
        for table in BEYOND_ORDERS:
            rows = f"select * from {table} semi join sampled_buyers using (customer_id)"
            empty = f"select * from {table} where false"
            _copy(engine, sample, table, rows if table in told else empty)
        if SUBSCRIPTIONS in told:
            sql = f"select * from {SUBSCRIPTIONS} semi join sampled_buyers using (customer_id)"
            _copy(engine, sample, SUBSCRIPTIONS, sql)
        engine.unregister("sampled_buyers")
        if LINES[0] in told:
            lines, products = LINES
            engine.register("sampled_ids", sample.arrow("select order_id from orders"))
            _copy(engine, sample, lines, f"select * from {lines} semi join sampled_ids using (order_id)")
            engine.unregister("sampled_ids")
            _copy(engine, sample, products, f"select * from {products}")
        yield sample


def _copy(engine: Engine, sample: Engine, table: str, sql: str, **values: Any) -> None:
    sample.register("copied", engine.arrow(sql, **values))
    sample.create(table, "select * from copied")
    sample.unregister("copied")
