"""What tables beside orders tell stages: the rhythm of a customer's category, and how his subscription stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.segments.codes import NO_CODE
from evergrove.segments.types import CategoryRhythm, Surroundings
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from datetime import date

    from evergrove.models import Floats
    from evergrove.segments.types import Codes, StageCuts
    from evergrove.settings import StageSettings
    from evergrove.warehouse import Engine

STATION = "evergrove.segments"
LINES, SUBSCRIPTIONS = ("order_lines", "products"), "subscriptions"
CATEGORY, RHYTHM, GAPS = "customer_category", "category_rhythm", "category_gaps"
MOST_CATEGORIES = 200
"""Further ones have few customers; these go by the shop."""
EVERYBODY = 2**31 - 1
APART_DAYS = 30
"""A subscription that begins so long after the last one ended is a return; sooner it is a change of plan."""


def category_rhythms(
    engine: Engine, observation_end: date, settings: StageSettings, *, wanted: bool = True
) -> tuple[CategoryRhythm, ...]:
    """
    Rhythms of all categories that have ``shop_gaps`` gaps; none without order lines.

    Leaves the table category_gaps(customer_id, p80, p95), empty without any.

    Args:
        engine: Holds purchases and customer_summary; order_lines, products and orders where lines are told.
        observation_end: The last day whose orders count.
        settings: How many gaps make a rhythm.
        wanted: False leaves them out though there may be some.
    """
    found: tuple[CategoryRhythm, ...] = ()
    if wanted and _has_lines(engine):
        _categorise(engine, observation_end, EVERYBODY)
        rows = engine.run(
            statement(STATION, "category_rhythms"),
            least_gaps=settings.shop_gaps,
            most_categories=MOST_CATEGORIES,
        )
        found = tuple(CategoryRhythm(*row) for row in rows)
    _spread(engine, found)
    return found


def has_subscriptions(engine: Engine) -> bool:
    """Whether any subscription is told."""
    return SUBSCRIPTIONS in engine.names and engine.value("select 1 from subscriptions limit 1") is not None


def surroundings(
    engine: Engine, observation_end: date, customers: int, cuts: StageCuts, settings: StageSettings
) -> Surroundings | None:
    """
    What is known of every customer of ``customer_summary``; None where nothing was told when the cuts were found.

    Args:
        engine: As for ``category_rhythms``; subscriptions where they are told.
        observation_end: The last day that is seen.
        customers: How many there are, n.
        cuts: Rhythms of categories, and whether subscriptions count.
        settings: From how many gaps on the own rhythm is used.
    """
    by_category = cuts.categories and _has_lines(engine)
    if not by_category and not (cuts.subscriptions and SUBSCRIPTIONS in engine.names):
        return None
    p80 = p95 = np.full(customers, np.nan)
    if by_category:
        p80, p95 = _gaps(engine, observation_end, cuts, settings)
    state = np.full(customers, NO_CODE, dtype=np.int8)
    if cuts.subscriptions and SUBSCRIPTIONS in engine.names:
        state = _states(engine, observation_end, settings)
    return Surroundings(p80, p95, state)


def _has_lines(engine: Engine) -> bool:
    return {*LINES} <= {*engine.names} and engine.value("select 1 from order_lines limit 1") is not None


def _categorise(engine: Engine, observation_end: date, most_gaps: int) -> None:
    sql = statement(STATION, "customer_category")
    engine.create(CATEGORY, sql, observation_end=observation_end, most_gaps=most_gaps)


def _spread(engine: Engine, rhythms: tuple[CategoryRhythm, ...]) -> None:
    """Leave the rhythm of each customer's category."""
    if not rhythms:
        empty = "select customer_id, cast(null as double) as p80, cast(null as double) as p95 from customer_summary"
        engine.create(GAPS, f"{empty} where false")
        return
    columns = {
        "category": np.array([each.category for each in rhythms], dtype=object),
        "p80": np.array([each.p80 for each in rhythms]),
        "p95": np.array([each.p95 for each in rhythms]),
    }
    engine.register(RHYTHM, columns)
    engine.create(GAPS, statement(STATION, "category_gaps"))
    engine.unregister(RHYTHM)


def _gaps(
    engine: Engine, observation_end: date, cuts: StageCuts, settings: StageSettings
) -> tuple[Floats, Floats]:
    # With exactly own_gaps gaps a return is still measured by others' rhythm: one of the gaps is the return itself.
    _categorise(engine, observation_end, settings.own_gaps)
    _spread(engine, cuts.categories)
    found = engine.arrays(
        "select p80, p95 from customer_summary left join category_gaps"
        " on customer_summary.customer_id = category_gaps.customer_id order by customer_summary.customer_id"
    )
    return np.asarray(found["p80"], dtype=np.float64), np.asarray(found["p95"], dtype=np.float64)


def _states(engine: Engine, observation_end: date, settings: StageSettings) -> Codes:
    sql = statement(STATION, "subscription_states")
    found = engine.arrays(
        sql,
        observation_end=observation_end,
        won_back_days=settings.won_back_days,
        apart_days=APART_DAYS,
    )
    return np.asarray(found["state"], dtype=np.int8)
