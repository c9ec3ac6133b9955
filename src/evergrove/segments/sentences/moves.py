"""Stored moves and states as sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.core import Amount, Sentence, Term, _
from evergrove.segments.codes import (
    AXES,
    CAUSES,
    STAGES,
    TIERS,
    Axis,
    Cause,
    Criterion,
    Stage,
    Tier,
    TierReason,
)
from evergrove.segments.sentences.explain import worded
from evergrove.segments.sentences.own_tiers import tier_word
from evergrove.segments.sentences.templates import STAGE_SENTENCES, TIER_SENTENCES
from evergrove.segments.sentences.words import AXIS_WORDS, CAUSE_WORDS, STAGE_WORDS, TIER_WORDS
from evergrove.segments.stages.evidence import OWN_FIELDS
from evergrove.segments.tiers.assign import NO_BOUND, amount

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.segments.states.placement import Policy

NOBODY = Term(_("none"))
COUNTED = Criterion.FREQUENCY.name.lower()
"""The one figure behind a tier that is no amount of money."""
TEMPLATES = dict((*TIER_SENTENCES.values(), *STAGE_SENTENCES.values()))
"""Sentences of stored evidence, by code."""


def explain_move(move: Mapping[str, Any], own: Mapping[str, Term] | None = None) -> Sentence:
    """
    One row of the table ``transitions`` as a sentence: from where to where, why, and the numbers.

    Args:
        move: axis, from_, to_ and cause as published, and evidence as the object that its JSON holds.
        own: Words of own tiers by key (``tier_words``); without them they go by their keys.
    """
    axis, cause = Axis(AXES.index(move["axis"])), Cause(CAUSES.index(move["cause"]))
    words: dict[str, object] = {
        "axis": AXIS_WORDS[axis],
        "before": _named(axis, move["from_"], own),
        "after": _named(axis, move["to_"], own),
        "cause": CAUSE_WORDS[cause],
    }
    evidence = move["evidence"] or {}
    template = TEMPLATES.get(evidence.get("code", ""))
    if template is None or not evidence["params"]:
        return Sentence("segments.moved", _("{axis}: {before} → {after} ({cause})."), words)
    reason = Sentence(evidence["code"], template, _params(evidence["params"]))
    return Sentence(
        "segments.moved_because",
        _("{axis}: {before} → {after} ({cause}). {reason}"),
        words | {"reason": reason},
    )


def explain_held(state: Mapping[str, Any], policy: Policy) -> Sentence | None:
    """
    Why a tier is held above what the figures say; None where it is not.

    Args:
        state: realised_tier, lower_checks, tier_since and tier_reason, as published in ``tiers``.
        policy: By which the tier was held.
    """
    waiting = [reason for reason in TierReason if reason.name.startswith("HELD_")]
    held, slow = {TIER_SENTENCES[r][0]: r for r in waiting}, policy.rules.hysteresis
    reason = held.get(state["tier_reason"])
    if reason is None:
        return None
    code, template = TIER_SENTENCES[reason]
    return Sentence(
        code,
        template,
        {
            "realised": _named(Axis.TIER, state["realised_tier"]),
            "lower_checks": state["lower_checks"],
            "fall_checks": slow.fall_checks,
            "dwell_days": slow.dwell_days,
            "check_days": slow.check_days,
            "protect_days": slow.protect_days,
            "demote_p": f"{slow.demote_p:.0%}",
            "tier_since": str(state["tier_since"]),
        },
    )


def _named(axis: Axis, name: str | None, own: Mapping[str, Term] | None = None) -> Term:
    if name is None:
        return NOBODY
    if axis == Axis.OWN_TIER:
        return tier_word(name, own)
    return tier_word(name) if axis == Axis.TIER else STAGE_WORDS[Stage(STAGES.index(name))]


def _params(stored: Mapping[str, Any]) -> dict[str, object]:
    """Numbers of stored evidence as a sentence shows them."""
    if not set(stored) & set(OWN_FIELDS):
        return worded(stored)
    figures: dict[str, object] = {name: _figure(name, stored.get(name)) for name in OWN_FIELDS}
    bands = {name: TIER_WORDS[Tier(TIERS.index(stored[name]))] for name in stored if name.endswith("_band")}
    return figures | bands


def _figure(name: str, value: float | None) -> str:
    if value is None:
        return NO_BOUND
    written = amount(float(value))
    return written if name == COUNTED or written == NO_BOUND else Amount(written)
