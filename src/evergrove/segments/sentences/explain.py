"""Why a customer stands in a tier and a stage, as sentences with their numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import Sentence, _
from evergrove.segments.codes import (
    DIRECTIONS,
    NO_CODE,
    REALISED,
    Action,
    Criterion,
    Direction,
    Stage,
    StageRule,
    Tier,
)
from evergrove.segments.sentences.templates import CRITERION_SENTENCES, STAGE_SENTENCES
from evergrove.segments.sentences.words import (
    CRITERION_WORDS,
    DIRECTION_WORDS,
    PLAYBOOK_WORDS,
    STAGE_WORDS,
    TIER_WORDS,
)
from evergrove.segments.stages.evidence import stage_evidence
from evergrove.segments.tiers.assign import NO_BOUND, amount

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from evergrove.segments.types import Segments, TierBounds, Tiering
    from evergrove.settings import StageSettings

LEAST_CHANCE = 0.0005
"""What would round to 0.0% is written as less than 0.1%."""
RISING = ("segments.tier_rising", _("Orders come more often than before: visible room to grow."))
HEADING: Mapping[tuple[Tier, Direction], tuple[str, str]] = {
    (Tier.POTENTIAL, Direction.RISING): RISING,
    (Tier.MEDIUM, Direction.RISING): RISING,
    (Tier.LOW, Direction.RISING): RISING,
    (Tier.LOW, Direction.FALLING): (
        "segments.tier_falling",
        _("Orders come less often than before: likely to be lost."),
    ),
}
"""What the trend adds to a tier: potential is a frequency that rises, low one that falls."""


def explain_tier(segments: Segments, row: int) -> tuple[Sentence, ...]:
    """The three figures with their bands, what decided, where orders head, and what would lift to the next tier."""
    tiering = segments.tiering
    if tiering.bounds is None:
        return (Sentence("segments.no_tier", _("No tier: there are no amounts."), {}),)
    figures = tuple(
        _criterion_sentence(criterion, float(segments.criteria[criterion][row]), tiering, row)
        for criterion in REALISED
    )
    tier = Tier(int(tiering.tier[row]))
    heading = HEADING.get((tier, Direction(int(segments.trend.direction[row]))))
    said = () if heading is None else (Sentence(*heading, {}),)
    return (*figures, _verdict(tiering, row, tier), *said, *_next_tier(tiering.bounds, tiering, row, tier))


def _criterion_sentence(criterion: Criterion, value: float, tiering: Tiering, row: int) -> Sentence:
    code, template = CRITERION_SENTENCES[criterion]
    band = int(tiering.bands[criterion, row])
    bounds = tiering.bounds[criterion] if tiering.bounds else ()
    params: dict[str, object] = {
        "value": amount(0.0 if np.isnan(value) else value),
        "band": TIER_WORDS[Tier(band)],
        "range": _range(bounds, band),
    }
    return Sentence(code, template, params)


def _range(bounds: tuple[float, ...], band: int) -> str:
    """A band in signs, which all languages share: half-open, the bound belongs to the upper band."""
    low = "" if band == 0 else f"≥ {amount(bounds[band - 1])}"
    high = "" if band == len(bounds) or np.isinf(bounds[band]) else f"< {amount(bounds[band])}"
    return " ".join(part for part in (low, high) if part) or "-"


def _verdict(tiering: Tiering, row: int, tier: Tier) -> Sentence:
    bits = int(tiering.deciding[row])
    if bits == 0:
        return Sentence(
            "segments.tier_too_seldom",
            _("Tier {tier}: the median band is {high}, but that tier needs at least {needed} in frequency."),
            {
                "tier": TIER_WORDS[tier],
                "high": TIER_WORDS[Tier.HIGH],
                "needed": TIER_WORDS[Tier.POTENTIAL],
            },
        )
    deciding = tuple(CRITERION_WORDS[criterion] for criterion in REALISED if bits >> criterion & 1)
    template = _("Tier {tier}: the median of the three bands. Decided by: {criteria}.")
    return Sentence("segments.tier_median", template, {"tier": TIER_WORDS[tier], "criteria": deciding})


def _next_tier(bounds: TierBounds, tiering: Tiering, row: int, tier: Tier) -> tuple[Sentence, ...]:
    """What lifts the customer by one tier; nothing for the top tier, or where nobody can reach the next."""
    if tier == Tier.HIGH:
        return ()
    target, bands = Tier(tier + 1), tiering.bands[:, row]
    missing = [criterion for criterion in REALISED if bands[criterion] < target]
    goals = tuple(_goal(c, bounds[c][tier]) for c in missing if np.isfinite(bounds[c][tier]))
    needed = len(missing) - 1  # two of the three bands make the median
    sentences: list[Sentence] = []
    if 0 < needed <= len(goals):
        template = _("For {tier}, any {needed} of these must be reached: {goals}.")
        params = {"tier": TIER_WORDS[target], "needed": needed, "goals": goals}
        sentences.append(Sentence("segments.tier_next", template, params))
    often = bounds.frequency[Tier.POTENTIAL - 1]
    if target == Tier.HIGH and bands[Criterion.FREQUENCY] < Tier.POTENTIAL and np.isfinite(often):
        least = _goal(Criterion.FREQUENCY, often)
        template = _("{tier} cannot be reached without this: {goals}.")
        sentences.append(
            Sentence(
                "segments.tier_next_frequency", template, {"tier": TIER_WORDS[target], "goals": (least,)}
            )
        )
    return tuple(sentences)


def _goal(criterion: Criterion, bound: float) -> Sentence:
    template = _("{criterion} {value}")
    return Sentence(
        "segments.goal", template, {"criterion": CRITERION_WORDS[criterion], "value": amount(bound)}
    )


def explain_stage(segments: Segments, row: int, settings: StageSettings) -> tuple[Sentence, ...]:
    """The rule that put the customer into the stage, with its numbers, and the playbook that follows."""
    rule = StageRule(int(segments.stage_rule[row]))
    code, template = STAGE_SENTENCES[rule]
    stage = Sentence(
        "segments.stage",
        _("Stage {stage}: {reason}"),
        {
            "stage": STAGE_WORDS[Stage(int(segments.stage[row]))],
            "reason": Sentence(code, template, _evidence(segments, row, rule, settings)),
        },
    )
    action = int(segments.action[row])
    if action == NO_CODE:
        return (stage,)
    playbook = {"key": Action(action).name, "playbook": PLAYBOOK_WORDS[Action(action)]}
    return (stage, Sentence("segments.action", _("Playbook {key}: {playbook}."), playbook))


def _evidence(segments: Segments, row: int, rule: StageRule, settings: StageSettings) -> dict[str, object]:
    """Every number that a stage's sentence may mention, as people read it."""
    columns = stage_evidence(segments, np.array([row]), np.array([rule]), settings)
    return worded({name: column[0] for name, column in columns.items()})


def worded(numbers: Mapping[str, Any]) -> dict[str, object]:
    """Numbers behind a stage as its sentence shows them; a number that is missing shows as a dash."""
    words: dict[str, object] = {}
    for name, value in numbers.items():
        if value is None or (isinstance(value, float) and np.isnan(value)):
            words[name] = NO_BOUND
        elif name in _SHOWN:
            words[name] = _SHOWN[name](float(value))
        elif name == "direction":
            code = DIRECTIONS.index(value) if isinstance(value, str) else int(value)
            words[name] = DIRECTION_WORDS[Direction(code)]
        else:
            words[name] = value if isinstance(value, str) else int(value)
    return words


def _chance(share: float) -> str:
    """A probability in per cent; a small one is not nothing."""
    return "< 0.1%" if 0 < share < LEAST_CHANCE else f"{share:.1%}"


_SHOWN: Mapping[str, Callable[[float], str]] = {
    "chance": _chance,
    "cut": "{:.1%}".format,
    "limit": amount,
    "stretch": "{:g}".format,
    "certainty": "{:.0%}".format,
    "gap": amount,
}
