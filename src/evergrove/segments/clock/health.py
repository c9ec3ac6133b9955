"""When health may cross the limit of decline: by silence day by day, and where something told leaves its window."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from evergrove.segments.clock.search import COARSE, first_day
from evergrove.segments.clock.types import clipped, never
from evergrove.segments.codes import StageRule
from evergrove.segments.health.rules import points_of
from evergrove.segments.measures.tables import STATION
from evergrove.segments.stages.rules import HEALTH_LIMIT
from evergrove.segments.warning.hearing import condition_of
from evergrove.segments.warning.service import health_now
from evergrove.segments.warning.signs import Condition
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from datetime import date

    from evergrove.customers import CustomerBase
    from evergrove.models import Floats
    from evergrove.segments.clock.dated import Dated
    from evergrove.segments.clock.types import Ahead
    from evergrove.segments.health.types import Signs
    from evergrove.segments.stages.rules import SilenceLimits
    from evergrove.segments.types import Bools, Codes, Numbers, Segments
    from evergrove.segments.warning.hearing import Hearing
    from evergrove.segments.warning.service import Learned
    from evergrove.settings import StageSettings
    from evergrove.warehouse import Engine

CLOSE = 1e-6
"""Points of health that rounding may cost."""
HELD = (StageRule.DECLINE_HEALTH, StageRule.DECLINE_HEALTH_HELD)


@dataclass(frozen=True, eq=False)
class _Some:
    """Columns of some customers that health reads, as if nothing came for some days; shape (m,) each."""

    orders: Numbers
    frequency: Numbers
    recency: Numbers
    T: Numbers
    orders_12m: Numbers


@dataclass(frozen=True, eq=False)
class Foreseen:
    """
    Health on later days, if nothing comes.

    Attributes:
        base: The customers.
        limits: Of their silence.
        signs: What is told of them beside buying.
        learned: Of health.
        settings: Of stages.
    """

    base: CustomerBase
    limits: SilenceLimits
    signs: Signs
    learned: Learned
    settings: StageSettings

    def at(self, rows: Numbers, days: Ahead) -> Floats:
        """As long as nothing that was told leaves a window. Shape (m,)."""
        return self._told(rows, days, self._signs(rows, days), self.base.orders_12m[rows])

    def worst(self, rows: Numbers, days: Ahead) -> Floats:
        """
        Whatever of it leaves its window by then. Shape (m,).

        Fewer interactions than before, or none; the answer forgotten; orders gone of which refunds are a share.
        """
        signs, none = self._signs(rows, days), np.zeros(len(rows))
        lowest = np.full(len(rows), np.inf)
        ever = np.nan_to_num(signs.interactions + signs.interactions_before) > 0
        for silent, forgotten in product((False, True), (False, True)):
            changed = replace(
                signs,
                interactions=none,
                interactions_before=np.where(ever & ~np.bool_(silent), 1.0, 0.0),
                nps=np.full(len(rows), np.nan) if forgotten else signs.nps,
            )
            lowest = np.minimum(lowest, self._told(rows, days, changed, np.ones(len(rows), dtype=np.int64)))
        return lowest

    def _signs(self, rows: Numbers, days: Ahead) -> Signs:
        told = self.signs
        names = ("interactions", "interactions_before", "complaints", "open_complaints", "nps", "refunds_12m")
        some: dict[str, Any] = {name: getattr(told, name)[rows] for name in names}
        return replace(told, login_silence=told.login_silence[rows] + days, **some)

    def _told(self, rows: Numbers, days: Ahead, signs: Signs, orders_12m: Numbers) -> Floats:
        base, limits = self.base, self.limits
        some = _Some(
            base.orders[rows], base.frequency[rows], base.recency[rows], base.T[rows] + days, orders_12m
        )
        decline, churn = limits.decline[rows], limits.churn[rows]
        points = points_of(signs, some.T - some.recency, decline, churn, orders_12m, self.settings)
        narrow = replace(
            limits, decline=decline, churn=churn, own=limits.own[rows], category=limits.category[rows]
        )
        return health_now(self.learned, Condition(cast("Any", some), narrow, points)).score


def until_health_crosses(
    engine: Engine,
    base: CustomerBase,
    segments: Segments,
    reason: Codes,
    asked: Bools,
    dated: Dated,
    hearing: Hearing,
    settings: StageSettings,
) -> Ahead:
    """
    Days until health may be on the other side of its limit, if nothing comes; early, never late. Shape (n,).

    Args:
        engine: Holds the roster, events, tickets, surveys and refunds.
        base: The customers.
        segments: Of today's figures; stages hear health.
        reason: ``StageRule`` codes in force. Shape (n,).
        asked: Whom no rule that comes before health has placed. Shape (n,).
        dated: Of the last year.
        hearing: How health is told.
        settings: Of stages.
    """
    cuts, around = segments.cuts, segments.histories.around
    condition, signs = condition_of(engine, base, cuts, settings, hearing.told, around)
    foreseen = Foreseen(base, condition.limits, signs, hearing.learned, settings)
    found, leaves = never(len(base)), _until_told_less(engine, base.observation_end, dated, signs, settings)
    rows = np.flatnonzero(asked & (reason != StageRule.DECLINE_HEALTH))

    def by_silence(some: Numbers, days: Ahead) -> Bools:
        return foreseen.at(rows[some], days) < HEALTH_LIMIT + CLOSE

    def at_worst(some: Numbers, days: Ahead) -> Bools:
        return foreseen.worst(rows[some], days) < HEALTH_LIMIT + CLOSE

    fades = first_day(by_silence, len(rows), COARSE)
    may = first_day(at_worst, len(rows), COARSE)
    found[rows] = np.minimum(fades, np.maximum(may, leaves[rows]))
    held = asked & np.isin(reason, HELD)  # anything that is forgotten may bring health up again
    found[held] = np.minimum(found, leaves)[held]
    return found


def _until_told_less(
    engine: Engine, observation_end: date, dated: Dated, signs: Signs, settings: StageSettings
) -> Ahead:
    """Days until anything that health looks at leaves its window. Shape (n,)."""
    found = never(dated.customers)
    told = engine.arrays(
        statement(STATION, "clock_signs"),
        observation_end=observation_end,
        window_days=settings.trend_window_days,
        buyers=dated.customers,
    )
    found[told["row"]] = clipped(told["days"])
    of = np.flatnonzero((np.nan_to_num(signs.refunds_12m) > 0)[dated.row] & (dated.day > -365))
    np.minimum.at(found, dated.row[of], clipped(dated.day[of] + 365))
    return found
