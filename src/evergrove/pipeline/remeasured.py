"""What yardsticks would change if they were measured anew today, and whom that would move; nothing is stored."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.customers import left_truncation
from evergrove.pipeline.last_night import yesterday_of
from evergrove.pipeline.standings import Known, summarised_then
from evergrove.scoring import Extras, score_with, scored_by, value_customers
from evergrove.segments import read_placement, realise
from evergrove.segments.codes import NO_CODE, STAGES
from evergrove.segments.states.placement import Yardsticks
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.ledger import Ledger
    from evergrove.segments.states.placement import Policy
    from evergrove.segments.types import Codes, Segments
    from evergrove.settings import Settings
    from evergrove.warehouse import Snapshot, Warehouse


def remeasured(ledger: Ledger, warehouse: Warehouse, settings: Settings, run: Snapshot) -> dict[str, Any]:
    """
    Yardsticks as a run held them beside those of a fit on its day, and the customers whom these would place elsewhere.

    Both place by the figures of the day alone, so that what hysteresis holds back does not hide what would change.

    Args:
        ledger: Of the workspace.
        warehouse: Of the workspace.
        settings: Of the workspace.
        run: The run.

    Returns:
        ``customers`` in all, and ``options``: "anew", and "quantiles" where bounds are fixed ones of the settings.
    """
    assert run.as_of is not None  # noqa: S101 - runs have a day
    with ledger.reading() as connection:
        night = yesterday_of(connection, run)
    placement = read_placement(night.placement)
    policy = placement.policy
    with open_engine() as engine:
        known = Known(run, night.persons)
        base = summarised_then(engine, warehouse, warehouse.newest(), settings, run.as_of, known)
        then = score_with(base, night.models, settings.value, settings.stages, intervals=False).scores
        extras = Extras(
            complete_from=left_truncation(engine, base).fit_from,
            engine=engine,
            intervals=False,
            total_interval=False,
        )
        fitted = scored_by(
            value_customers(base, settings.value, settings.stages, "auto", extras), base, settings.stages
        )
        held = realise(engine, base, then.p_active_180d, policy, yardsticks=placement.yardsticks, scores=then)
        anew = realise(
            engine,
            base,
            fitted.scores.p_active_180d,
            policy,
            cut=fitted.cut.cut,
            scores=fitted.scores,
        )
        shares = by_quantiles(policy)
        quantiles = (
            None
            if shares is None
            else realise(
                engine, base, then.p_active_180d, shares, yardsticks=Yardsticks(None, held.cuts), scores=then
            )
        )
    options = {"anew": anew, "quantiles": quantiles}
    return {
        "customers": len(base),
        "options": [
            compared(key, held, other, policy.rules.keys)
            for key, other in options.items()
            if other is not None
        ],
    }


def by_quantiles(policy: Policy) -> Policy | None:
    """The same policy with bounds at quantiles of the shop; None where they are that already, or are adopted ones."""
    if policy.adopted is not None or policy.tiers.bounds == "quantiles":
        return None
    return replace(policy, tiers=replace(policy.tiers, bounds="quantiles"))


def compared(key: str, held: Segments, other: Segments, tiers: Sequence[str]) -> dict[str, Any]:
    """One way to measure beside the one that holds: yardsticks that differ, and who would stand elsewhere."""
    before, after = yardsticks_of(held), yardsticks_of(other)
    return {
        "key": key,
        "yardsticks": [
            {"name": name, "held": before.get(name), "other": after.get(name)}
            for name in {**before, **after}
            if before.get(name) != after.get(name)
        ],
        "tier": moved(held.tier, other.tier, tiers),
        "stage": moved(held.stage, other.stage, STAGES),
    }


def yardsticks_of(segments: Segments) -> Mapping[str, float | None]:
    """What some segments were placed by, as plain numbers; None where there is none."""
    cuts, bounds = segments.cuts, segments.tiering.bounds
    silence = {
        "churn_chance": cuts.p_active,
        "decline_days": cuts.shop.p80,
        "churn_days": cuts.shop.p95 * cuts.shop_silence.stretch,
        "own_stretch": cuts.own_silence.stretch,
    }
    tiers = (
        {}
        if bounds is None
        else {
            f"{criterion.name.lower()}/{tier}": bound
            for criterion in bounds.criteria
            for tier, bound in zip(bounds.tiers[1:], bounds[criterion], strict=True)
        }
    )
    return {name: float(value) if isfinite(value) else None for name, value in {**silence, **tiers}.items()}


def moved(before: Codes, after: Codes, names: Sequence[str]) -> list[dict[str, Any]]:
    """How many customers the second places elsewhere than the first, the most first."""
    other = (before != after) & (before != NO_CODE) & (after != NO_CODE)
    pairs, counts = np.unique(np.stack([before[other], after[other]]), axis=1, return_counts=True)
    found = [
        {"from": names[start], "to": names[end], "customers": int(customers)}
        for (start, end), customers in zip(pairs.T, counts, strict=True)
    ]
    return sorted(found, key=lambda each: (-int(str(each["customers"])), str(each["from"]), str(each["to"])))
