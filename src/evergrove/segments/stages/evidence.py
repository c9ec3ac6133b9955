"""The numbers behind a tier and a stage, as columns: for sentences about one customer and for stored moves."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.segments.codes import PREDICTED, REALISED, Criterion, Stage
from evergrove.segments.measures.trend import repeats_before
from evergrove.segments.stages.rules import HEALTH_LIMIT, HEALTH_WELL, STAGE_OF, silence_limits
from evergrove.segments.types import Surroundings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.segments.stages.rules import SilenceLimits
    from evergrove.segments.types import Segments
    from evergrove.settings import StageSettings

TIER_FIELDS = tuple(f"{c.name.lower()}{part}" for c in REALISED for part in ("", "_band"))
OWN_FIELDS = tuple(c.name.lower() for c in Criterion)
"""Figures behind a tier of a shop's own policy; one that it does not look at is unknown."""


def fields_of(template: str) -> tuple[str, ...]:
    """The names that a sentence mentions, each once; ``{days:day|days}`` mentions days."""
    named = (name for _text, name, _spec, _conversion in Formatter().parse(template) if name)
    return tuple(dict.fromkeys(named))


def tier_evidence(segments: Segments, rows: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """
    The three usual criteria with their bands, of some rows, and what is predicted.

    Returns:
        By name: the figure (0 where there is none) as spend, frequency, average_order; its band as ``Tier`` codes
        under the same name with _band. Shape (len(rows),) each.
    """
    columns: dict[str, NDArray[Any]] = {}
    for criterion in REALISED:
        name = criterion.name.lower()
        columns[name] = np.nan_to_num(segments.criteria[criterion][rows].astype(np.float64))
        columns[f"{name}_band"] = segments.tiering.band(criterion)[rows]
    for criterion in PREDICTED:
        columns[criterion.name.lower()] = segments.criteria[criterion][rows]
    return columns


def stage_evidence(
    segments: Segments, rows: NDArray[Any], rule: NDArray[Any], settings: StageSettings
) -> dict[str, NDArray[Any]]:
    """
    Every number that a stage's sentence may mention, of some rows.

    Args:
        segments: As placed.
        rows: Of customers with a purchase. Shape (m,).
        rule: The ``StageRule`` that put them there. Shape (m,).
        settings: Of stages.

    Returns:
        By the name that sentences use; shape (m,) each. ``direction`` holds ``Direction`` codes.
    """
    past, trend, cuts = segments.histories, segments.trend, segments.cuts
    gap_p80, gap_p95 = past.gap_p80[rows], past.gap_p95[rows]
    around = None if past.around is None else around_rows(past.around, rows)
    limits = silence_limits(gap_p80, gap_p95, cuts, settings, around)
    window, age = settings.trend_window_days, past.age[rows]
    churned = np.array(STAGE_OF, dtype=np.int8)[rule] == Stage.CHURNED
    every = np.ones(len(rows), dtype=np.int64)
    return {
        "active_days": every * settings.active_days,
        "chance": past.p_active[rows],
        "cut": every * cuts.p_active,
        "silence": past.silence[rows],
        "limit": np.where(churned, limits.churn, limits.decline),
        "stretch": _of_group(
            limits, cuts.own_silence.stretch, cuts.category_silence.stretch, cuts.shop_silence.stretch
        ),
        "recent": past.recent_orders[rows],
        "previous": repeats_before(past.previous_orders[rows], age, window),
        "known_days": np.clip(age - window, 0, window),
        "window": every * window,
        "certainty": trend.certainty[rows],
        "gap": _of_group(limits, gap_p95, cuts.shop.p95 if around is None else around.gap_p95, cuts.shop.p95),
        "returned_gap": past.returned_gap[rows],
        "won_back_days": every * settings.won_back_days,
        "orders": past.orders[rows],
        "mature_orders": every * settings.mature_orders,
        "direction": trend.direction[rows],
        "health": np.full(len(rows), np.nan) if past.heard is None else past.heard.health[rows],
        "health_limit": every * HEALTH_LIMIT,
        "health_well": every * HEALTH_WELL,
    }


def around_rows(around: Surroundings, rows: NDArray[Any]) -> Surroundings:
    """The same of some rows."""
    return Surroundings(around.gap_p80[rows], around.gap_p95[rows], around.subscription[rows])


def _of_group(limits: SilenceLimits, own: Any, category: Any, shop: Any) -> NDArray[Any]:
    """What holds for each by whose rhythm the silence is measured."""
    found: NDArray[Any] = np.where(limits.own, own, np.where(limits.category, category, shop))
    return found
