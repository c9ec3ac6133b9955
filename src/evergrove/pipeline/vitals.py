"""How things stand with everybody tonight: learned on the nights on which models are fitted, told every night."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from evergrove.scoring.kept import read_kept
from evergrove.scoring.score import purchase_chance
from evergrove.segments.health.service import changes_of
from evergrove.segments.health.types import Vitals
from evergrove.segments.service import segment
from evergrove.segments.warning.past import look_back, standing_of
from evergrove.segments.warning.service import chances_now, health_now, learn_warnings, read_learned

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from evergrove.customers import CustomerBase
    from evergrove.scoring import Scored
    from evergrove.segments import Policy, Segments
    from evergrove.warehouse import Engine


def vitals_of(
    engine: Engine,
    base: CustomerBase,
    segments: Segments,
    policy: Policy,
    scored: Scored,
    told: Collection[str],
    kept: Mapping[str, Any] | None,
) -> tuple[Vitals, Mapping[str, Any]]:
    """
    Health, trends and warnings of everybody.

    Args:
        engine: Holds what ``summarise`` and ``show_tables`` left.
        base: The customers.
        segments: Of tonight's figures alone.
        policy: By which they were placed.
        scored: The models tell where somebody would have stood on an earlier day.
        told: Names of the tables beside orders that hold rows.
        kept: What an earlier night had learned; None: it is learned tonight.

    Returns:
        The vitals, and what was learned, as it is kept.
    """
    if kept is None:
        placing = partial(_placed, segments=segments, policy=policy, scored=scored)
        past = look_back(engine, base, placing, policy.stages, told)
        learned = learn_warnings(past, policy.rules)
        kept = learned.document()
    else:
        learned = read_learned(kept)
    standing = standing_of(engine, base, segments, policy.stages, told)
    orders, spend = changes_of(engine, base, policy.stages)
    leaving = chances_now(learned, standing, policy.rules)
    return Vitals(health_now(learned, standing), orders, spend, leaving), kept


def _placed(then: CustomerBase, *, segments: Segments, policy: Policy, scored: Scored) -> Segments:
    """Customers of an earlier day under tonight's policy, models and yardsticks."""
    process = read_kept(scored.document).process
    return segment(
        then,
        purchase_chance(process, then, policy.stages.active_days),
        segments.cuts,
        tiers=policy.tiers,
        stages=policy.stages,
        currency=policy.currency,
        observation_end=then.observation_end,
        has_amounts=then.has_amounts,
        bounds=segments.tiering.bounds,
        rules=policy.rules,
    )
