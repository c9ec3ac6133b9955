"""What segments read of the tables of purchase days: the shop's rhythm, and how silences ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from evergrove.segments.measures import around
from evergrove.segments.measures.silence import silence_cuts
from evergrove.segments.types import Rhythm, StageCuts
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from datetime import date

    from evergrove.segments.types import Numbers
    from evergrove.settings import StageSettings
    from evergrove.warehouse import Engine

STATION = around.STATION
OTHERS = "not_summarised"
SAMPLE = 20_000
"""Customers whose silences are looked at; the standard error of a share of 20 % among them is 0.3 points."""


def without_purchase(engine: Engine, observation_end: date) -> int:
    """
    Put the known customers without a purchase, with what holds for them, in a table of that name; count them.

    Args:
        engine: Holds known_customers, customer_summary, orders and refunds.
        observation_end: The last day whose orders count.
    """
    engine.create(
        OTHERS, "select customer_id from known_customers anti join customer_summary using (customer_id)"
    )
    sql = statement(STATION, "without_purchase")
    engine.derive("without_purchase", sql, OTHERS, observation_end=observation_end)
    engine.drop(OTHERS)
    return int(engine.value("select count(*) from without_purchase"))


def shop_rhythm(engine: Engine) -> Rhythm:
    """The rhythm of the whole shop, from all gaps between purchase days."""
    columns = engine.arrays(statement("evergrove.customers", "gap_counts"))
    return rhythm_of(columns["gap"], columns["occurrences"])


def rhythm_of(gap: Numbers, occurrences: Numbers) -> Rhythm:
    """
    The rhythm behind a table of gaps: the least gap that the share does not exceed.

    Args:
        gap: Distinct gaps in days, ascending. Shape (m,).
        occurrences: How many there are of each. Shape (m,).
    """
    upto = np.cumsum(occurrences)
    if len(upto) == 0:
        return Rhythm(0, float("nan"), float("nan"))
    p80, p95 = (float(gap[np.searchsorted(upto, share * upto[-1])]) for share in (0.80, 0.95))
    return Rhythm(int(upto[-1]), p80, p95)


def stage_cuts(
    engine: Engine,
    customers: int,
    observation_end: date,
    p_active_cut: float,
    settings: StageSettings,
    *,
    beside: bool = True,
) -> StageCuts:
    """
    Where churn and decline begin in this shop, with silence judged by how earlier silences ended.

    The test stands ``active_days`` before the observation's end: of those who were silent then for so long,
    how many came back since? Reads purchases and customer_summary, order lines and subscriptions where they are.

    Args:
        engine: Holds both.
        customers: Rows of customer_summary.
        observation_end: The last day whose orders count.
        p_active_cut: As scoring chose it; NaN where it could not.
        settings: Of stages.
        beside: Whether categories and subscriptions may count.
    """
    cuts = StageCuts(
        p_active_cut,
        shop_rhythm(engine),
        categories=around.category_rhythms(engine, observation_end, settings, wanted=beside),
        subscriptions=beside and around.has_subscriptions(engine),
    )
    origin = observation_end - timedelta(days=settings.active_days)
    tested = engine.arrays(
        statement(STATION, "silence_at_origin"),
        origin=origin,
        until=observation_end,
        step=max(1, customers // SAMPLE),
    )
    own, category, shop = silence_cuts(
        tested["silence"],
        tested["gaps"],
        np.asarray(tested["gap_p95"], dtype=np.float64),
        tested["returned"] == 1,
        cuts.shop,
        settings,
        np.asarray(tested["category_p95"], dtype=np.float64),
    )
    return replace(cuts, own_silence=own, category_silence=category, shop_silence=shop)
