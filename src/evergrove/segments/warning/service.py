"""The verbs of this room: learn from earlier days, and say tonight who is healthy and who is about to leave."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import EvergroveError, InputError, _
from evergrove.segments.codes import NO_CODE
from evergrove.segments.health.rules import health_by_rule
from evergrove.segments.health.types import Health, Part
from evergrove.segments.measures.chances import Chances, Frame, learn
from evergrove.segments.warning.signs import (
    HEALTH_SIGNS,
    HORIZONS,
    STAGE_SIGNS,
    TIER_SIGNS,
    health_signs,
    left_stage,
    left_tier,
    may_leave_stage,
    may_leave_tier,
    stage_signs,
    tier_signs,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.models import Floats
    from evergrove.segments.tiers.policy import TierPolicy
    from evergrove.segments.types import Bools
    from evergrove.segments.warning.past import Then
    from evergrove.segments.warning.signs import Condition, Standing

KIND = "evergrove.warning"
NEWEST = 1
READ = (1,)
HEALTH = "health"
LEAVING = tuple(f"{axis}_{days}" for axis in ("tier", "stage") for days in HORIZONS)
"""What is learned beside health: leaving the tier or the stage, within so many days."""
SIGNS_OF: Mapping[str, Sequence[str]] = {
    HEALTH: HEALTH_SIGNS,
    **{f"tier_{days}": TIER_SIGNS for days in HORIZONS},
    **{f"stage_{days}": STAGE_SIGNS for days in HORIZONS},
}
"""Names of the signs that each curve is learned from."""
LEAST_SAID = 0.05
"""Log odds; a component that takes less is no reason for anything."""


class UnknownWarning(InputError):
    """What was learned of warnings is stored in a format that this version does not read."""

    code = "segments.unknown_warning"
    message = _(
        "What the last run had learned of warnings has the format {found}; this version reads {known}."
    )
    hint = _("Install the version of Evergrove that wrote it, or a later one.")


class DamagedWarning(EvergroveError):
    """What was learned of warnings lacks something: ours to mend."""

    code = "segments.damaged_warning"
    message = _("What the last run had learned of warnings cannot be read: {reason}.")
    hint = _("Somebody changed the ledger by hand, or its disk is damaged: restore the newest backup.")


@dataclass(frozen=True)
class Learned:
    """
    What earlier days taught.

    Attributes:
        chances: By ``HEALTH`` and ``LEAVING``; a name is missing where there was too little to learn from, or where
            a rule told better.
    """

    chances: Mapping[str, Chances] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """As JSON; numbers survive exactly."""
        return {
            "format": f"{KIND}/{NEWEST}",
            "chances": {name: curve.document() for name, curve in self.chances.items()},
        }


def read_learned(document: Mapping[str, Any]) -> Learned:
    """
    Read back what a run had learned.

    Raises:
        UnknownWarning: Another kind of document, or another version.
        DamagedWarning: Something is missing or is not what it should be.
    """
    found = document.get("format")
    known = tuple(f"{KIND}/{n}" for n in READ)
    if found not in known:
        raise UnknownWarning(found=found or "?", known=", ".join(known))
    try:
        return Learned({name: Chances.read(stored) for name, stored in document["chances"].items()})
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DamagedWarning(reason=f"{type(error).__name__}: {error}") from error


def learn_warnings(past: Sequence[Then], rules: TierPolicy) -> Learned:
    """
    Learn from earlier days; the newest of them judges (``evergrove.segments.measures.chances.learn``).

    Args:
        past: The oldest first.
        rules: The policy of tiers; of one that looks ahead nothing of tiers is learned: nobody knows what it foresaw then.
    """
    found = {
        name: learn(frames, SIGNS_OF[name], _least(name)) for name, frames in frames_of(past, rules).items()
    }
    return Learned({name: curve for name, curve in found.items() if curve is not None})


def frames_of(past: Sequence[Then], rules: TierPolicy) -> dict[str, list[Frame]]:
    """
    What curves are learned and judged from, by the names of ``SIGNS_OF``: a frame for each earlier day.

    Args:
        past: The oldest first.
        rules: As for ``learn_warnings``.
    """
    found = {HEALTH: [_of_health(then) for then in past]}
    for days in HORIZONS:
        if not rules.looks_ahead:
            found[f"tier_{days}"] = [_of_tier(then, days, rules) for then in past]
        found[f"stage_{days}"] = [_of_stage(then, days) for then in past]
    return found


def _least(name: str) -> list[float]:
    """Below which no weight may lie: points lost cannot speak for a customer."""
    floor = name == HEALTH
    return [0.0 if floor and sign.endswith("_lost") else -np.inf for sign in SIGNS_OF[name]]


def _of_health(then: Then) -> Frame:
    """Nobody ordered within 90 days; the rule is health by rule."""
    standing = then.standing
    return Frame(health_signs(standing), -health_by_rule(standing.points).score, ~then.ordered)


def _of_tier(then: Then, days: int, rules: TierPolicy) -> Frame:
    """Who had a tier to leave, and left it; the rule is recency."""
    standing, (tier, _stage) = then.standing, then.later[days]
    asked = may_leave_tier(standing.segments.tier)
    signs = tier_signs(standing, days, rules)
    return _asked(standing, signs, asked, left_tier(standing.segments.tier, tier))


def _of_stage(then: Then, days: int) -> Frame:
    """Who had a stage to leave for a worse one, and left it; the rule is recency."""
    standing, (_tier, stage) = then.standing, then.later[days]
    asked = may_leave_stage(standing.segments.stage)
    return _asked(standing, stage_signs(standing, days), asked, left_stage(standing.segments.stage, stage))


def _asked(standing: Standing, signs: Floats, asked: Bools, left: Bools) -> Frame:
    return Frame(signs[asked], standing.silence[asked], left[asked])


def health_now(learned: Learned, standing: Condition) -> Health:
    """
    Health by what was learned, else by rule.

    The fitted score is how much is left of the chance of ordering within 90 days, against a customer who buys as
    often and of whom everything is well: 100 x chance / chance then. By rule again as soon as something is told that
    nothing could be learned of yet.
    """
    curve = learned.chances.get(HEALTH)
    signs, parts = health_signs(standing), len(Part)
    weights = {} if curve is None else dict(zip(curve.names, curve.weights, strict=True))
    unheard = [k for k, name in enumerate(HEALTH_SIGNS[:parts]) if name not in weights and signs[:, k].any()]
    if curve is None or unheard:
        return health_by_rule(standing.points)
    well = signs.copy()
    well[:, : parts + 1] = 0.0
    chance = 1.0 - curve(signs, HEALTH_SIGNS)
    score = np.clip(100.0 * chance / (1.0 - curve(well, HEALTH_SIGNS)), 0.0, 100.0)
    taken = (
        signs[:, : parts + 1].T
        * np.array([weights.get(name, 0.0) for name in HEALTH_SIGNS[: parts + 1]])[:, None]
    )
    taken[Part.PURCHASE_GAP] += taken[parts]  # silence, said in two ways
    taken = taken[:parts]
    reason = taken.argmax(axis=0).astype(np.int8)
    reason[(taken.max(axis=0) < LEAST_SAID) | (score >= 100.0)] = NO_CODE
    return Health(score, reason, standing.points, chance, is_fitted=True)


def chances_now(learned: Learned, standing: Standing, rules: TierPolicy) -> dict[str, Floats]:
    """Chances of leaving, by the names of ``LEAVING``; NaN where nothing is worse, or nothing was learned."""
    columns = {name: np.full(len(standing.base), np.nan) for name in LEAVING}
    for days in HORIZONS:
        for axis, may in (
            ("tier", may_leave_tier(standing.segments.tier)),
            ("stage", may_leave_stage(standing.segments.stage)),
        ):
            curve = learned.chances.get(f"{axis}_{days}")
            if curve is not None and may.any():
                of_tier = axis == "tier"
                signs = tier_signs(standing, days, rules) if of_tier else stage_signs(standing, days)
                names = TIER_SIGNS if of_tier else STAGE_SIGNS
                columns[f"{axis}_{days}"][may] = curve(signs[may], names)
    return columns
