"""Where everybody stands tonight and how things stand with them: learned when models are fitted, told every night."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from evergrove.scoring.kept import read_kept
from evergrove.scoring.score import purchase_chance
from evergrove.segments import realise
from evergrove.segments.health.service import changes_of
from evergrove.segments.health.types import Vitals
from evergrove.segments.measures.around import surroundings
from evergrove.segments.service import segment
from evergrove.segments.states.placement import Yardsticks
from evergrove.segments.tiers.outlook import Outlook
from evergrove.segments.warning.hearing import Hearing
from evergrove.segments.warning.past import look_back, standing_of
from evergrove.segments.warning.service import chances_now, health_now, learn_warnings, read_learned

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from evergrove.customers import CustomerBase
    from evergrove.scoring import Scored
    from evergrove.segments import Policy, Segments
    from evergrove.segments.warning.service import Learned
    from evergrove.warehouse import Engine


def placed(
    engine: Engine,
    base: CustomerBase,
    policy: Policy,
    scored: Scored,
    told: Collection[str],
    *,
    yardsticks: Yardsticks | None,
    kept: Mapping[str, Any] | None,
    hears: bool = True,
    beside: bool = True,
) -> tuple[Segments, Learned]:
    """
    Place everybody by tonight's figures, and learn of health and of leaving where that is due.

    Stages begin to hear health when yardsticks are measured anew, never in between: that tables were imported for
    the first time moves nobody by itself.

    Args:
        engine: Holds what ``summarise`` and ``show_tables`` left.
        base: The customers.
        policy: The shop's.
        scored: Tonight's.
        told: Names of the tables beside orders that hold rows.
        yardsticks: Of an earlier night; None measures them tonight.
        kept: What an earlier night had learned; None: it is learned tonight.
        hears: Whether stages may begin to hear health; a replay of a night of which none did says no.
        beside: The same of categories and subscriptions.
    """
    place = partial(
        realise,
        engine,
        base,
        scored.scores.p_active_180d,
        policy,
        cut=scored.cut.cut,
        outlook=Outlook.of(base, scored.document, scored.scores),
        scores=scored.scores,
        beside=beside,
    )
    if yardsticks is not None and kept is not None:
        learned = read_learned(kept)
        return place(yardsticks=yardsticks, hearing=Hearing(told, learned)), learned
    first = place(yardsticks=yardsticks)
    learned = read_learned(kept) if kept is not None else _learn(engine, base, first, policy, scored, told)
    hearing = Hearing(told, learned)
    cuts = first.cuts
    if yardsticks is None:
        cuts = replace(cuts, hears_health=hears and hearing.beyond_orders)
    if not cuts.hears_health:
        return first, learned
    again = place(yardsticks=Yardsticks(first.tiering.bounds, cuts), hearing=hearing)
    return replace(again, warnings=first.warnings), learned


def vitals_of(
    engine: Engine,
    base: CustomerBase,
    segments: Segments,
    policy: Policy,
    told: Collection[str],
    learned: Learned,
) -> Vitals:
    """
    Health, trends and warnings of everybody.

    Args:
        engine: Holds what ``summarise`` and ``show_tables`` left.
        base: The customers.
        segments: Of tonight's figures.
        policy: By which they were placed.
        told: Names of the tables beside orders that hold rows.
        learned: Tonight or earlier.
    """
    standing = standing_of(engine, base, segments, policy.stages, told)
    orders, spend = changes_of(engine, base, policy.stages)
    leaving = chances_now(learned, standing, policy.rules)
    return Vitals(health_now(learned, standing), orders, spend, leaving)


def _learn(
    engine: Engine,
    base: CustomerBase,
    segments: Segments,
    policy: Policy,
    scored: Scored,
    told: Collection[str],
) -> Learned:
    placing = partial(placed_then, segments=segments, policy=policy, scored=scored)
    past = look_back(engine, base, placing, policy.stages, told)
    return learn_warnings(past, policy.rules)


def placed_then(
    engine: Engine, then: CustomerBase, *, segments: Segments, policy: Policy, scored: Scored
) -> Segments:
    """Customers of an earlier day under tonight's policy, models and yardsticks, but for health."""
    end, cuts = then.observation_end, segments.cuts
    process = read_kept(scored.document).process
    return segment(
        then,
        purchase_chance(process, then, policy.stages.active_days),
        cuts,
        tiers=policy.tiers,
        stages=policy.stages,
        currency=policy.currency,
        observation_end=end,
        has_amounts=then.has_amounts,
        bounds=segments.tiering.bounds,
        rules=policy.rules,
        around=surroundings(engine, end, len(then), cuts, policy.stages),
    )
