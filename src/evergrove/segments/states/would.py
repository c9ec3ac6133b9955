"""Where everybody would stand today had nothing of ours changed: what tells our doing from the customer's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evergrove.customers import summarise
from evergrove.customers.late_refunds import KeptDelays
from evergrove.scoring.kept import read_kept
from evergrove.scoring.score import purchase_chance
from evergrove.scoring.scored import score_with
from evergrove.segments.codes import Cause
from evergrove.segments.states.causes import Would
from evergrove.segments.states.place import place
from evergrove.segments.states.placement import realise
from evergrove.segments.tiers.outlook import Outlook
from evergrove.settings import ValueSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.customers import CustomerBase
    from evergrove.scoring.scored import Scored
    from evergrove.segments.states.place import States
    from evergrove.segments.states.placement import Placement, Policy, Yardsticks
    from evergrove.segments.states.roster import Roster
    from evergrove.segments.warning.hearing import Hearing
    from evergrove.settings import StageSettings
    from evergrove.warehouse import Engine


@dataclass(frozen=True, eq=False)
class Ruled:
    """
    By what a run placed its customers, as it was stored.

    Attributes:
        placement: Policy and yardsticks.
        models: The kept document (``evergrove.scoring.kept_document``).
        hearing: How it told health, of what is known today.
    """

    placement: Placement
    models: Mapping[str, Any]
    hearing: Hearing | None = None


def would_have(
    engine: Engine,
    base: CustomerBase,
    roster: Roster,
    earlier: States,
    *,
    before: Ruled,
    policy: Policy,
    scored: Scored,
    value: ValueSettings | None = None,
) -> Would | None:
    """
    Place today's customers by what the last run went by, on the days on which that has changed.

    Args:
        engine: Holds what ``summarise`` left; it holds the same afterwards.
        base: Today's customers.
        roster: Everybody, today.
        earlier: States of the last run.
        before: What the last run went by.
        policy: Today's.
        scored: Today's; other models than those of the last run are a fit.
        value: How value is counted, for policies that look ahead; None takes what nobody changed.

    Returns:
        None where neither policy nor models have changed.
    """
    then, last = before.placement.policy, before.placement.yardsticks
    new_policy, new_models = then != policy, scored.document != before.models
    if not new_policy and not new_models:
        return None
    counted_alike = _counts(then.stages) == _counts(policy.stages)
    rows = base if counted_alike else _summarised(engine, base, then.stages)

    value = value or ValueSettings()

    def placed(models: Mapping[str, Any], yardsticks: Yardsticks | None) -> States:
        chance = purchase_chance(read_kept(models).process, rows, then.stages.active_days)
        same_horizon = then.stages.active_days == policy.stages.active_days
        cut = scored.cut.cut if same_horizon else last.cuts.p_active
        ahead = then.rules.looks_ahead
        scores = score_with(rows, models, value, then.stages, intervals=False).scores if ahead else None
        outlook = Outlook.of(rows, models, scores)
        segments = realise(
            engine,
            rows,
            chance,
            then,
            cut=cut,
            yardsticks=yardsticks,
            outlook=outlook,
            scores=scores,
            hearing=before.hearing,
        )
        return place(segments, roster, then, earlier)

    unchanged = placed(before.models, last)
    old_policy = placed(scored.document, None) if new_policy and new_models else None
    if not counted_alike:
        _summarised(engine, base, policy.stages)
    return Would(unchanged, Cause.POLICY if new_policy else Cause.MODEL, old_policy)


def _counts(stages: StageSettings) -> tuple[int, ...]:
    """The settings that change what ``summarise`` counts."""
    return stages.trend_window_days, stages.own_gaps, stages.won_back_days


def _summarised(engine: Engine, base: CustomerBase, stages: StageSettings) -> CustomerBase:
    return summarise(
        engine, base.observation_end, stages, has_amounts=base.has_amounts, kept=KeptDelays(base.delays)
    )
