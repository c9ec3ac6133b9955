"""Which cells get a list to work through, and who stands in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.core import Sentence, _
from evergrove.segments.codes import STAGES, TIERS, Action, Stage, Tier
from evergrove.segments.sentences.words import STAGE_WORDS, TIER_WORDS

if TYPE_CHECKING:
    from evergrove.models import Floats
    from evergrove.segments.types import Bools, Numbers, Segments

URGENT = (Stage.CHURNED, Stage.DECLINE, Stage.NEW)
"""Stages that get a list in every tier; the other stages get one in the top tier only."""


@dataclass(frozen=True)
class ListCell:
    """
    One list: a cell of tier x stage with at least one customer.

    Attributes:
        name: Of its file, without ending, such as "high-decline".
        title: For people.
        tier: None for "high-churned", which holds whoever *was* of high value, and where there are no tiers.
        stage: Place in the life cycle.
        action: The playbook to which the list is restricted, None where the cell has only one. Churned
            customers who were once of high value are called back (T4h): they stand in "high-churned", whatever
            their tier is now, and in no other list.
        customers: How many stand in it.
    """

    name: str
    title: Sentence
    tier: Tier | None
    stage: Stage
    action: Action | None
    customers: int


def list_cells(segments: Segments) -> tuple[ListCell, ...]:
    """Every cell in decline, churned or new, or of tier high, that has a customer; most urgent first."""
    tiers: tuple[Tier | None, ...] = tuple(reversed(Tier)) if segments.tiering.bounds else (None,)
    candidates = [_call_back(segments)]
    candidates += [_cell(segments, tier, stage) for stage in URGENT for tier in tiers]
    rest = (Stage.WON_BACK, Stage.MATURE, Stage.GROWTH)
    candidates += [_cell(segments, Tier.HIGH, stage) for stage in rest if Tier.HIGH in tiers]
    return tuple(found for found in candidates if found.customers)


def rows_of(segments: Segments, wanted: ListCell, value: Floats) -> Numbers:
    """
    Rows of ``customer_summary`` that stand in a list, most valuable first.

    Args:
        segments: As assigned.
        wanted: One of ``list_cells``.
        value: What to rank by. Shape (n,); NaN ranks last, equal values keep the table's order.
    """
    rows = np.flatnonzero(_members(segments, wanted.tier, wanted.stage, wanted.action))
    return rows[np.argsort(-value[rows], kind="stable")]


def _members(segments: Segments, tier: Tier | None, stage: Stage, action: Action | None) -> Bools:
    members: Bools = segments.stage == stage
    if tier is not None:
        members = members & (segments.tier == tier)
    if action is not None:
        members = members & (segments.action == action)
    return members


def _cell(segments: Segments, tier: Tier | None, stage: Stage) -> ListCell:
    action = Action.L6 if stage == Stage.CHURNED else None
    count = int(np.count_nonzero(_members(segments, tier, stage, action)))
    if tier is None:
        title = Sentence("segments.list_stage", STAGE_WORDS[stage])
        return ListCell(_file_name(STAGES[stage]), title, None, stage, action, count)
    words = {"tier": TIER_WORDS[tier], "stage": STAGE_WORDS[stage]}
    title = Sentence("segments.list_cell", _("{tier}, {stage}"), words)
    return ListCell(_file_name(f"{TIERS[tier]}-{STAGES[stage]}"), title, tier, stage, action, count)


def _call_back(segments: Segments) -> ListCell:
    count = int(np.count_nonzero(segments.action == Action.T4h))
    title = Sentence(
        "segments.list_call_back", _("Churned, of high value within the last 24 months: call back")
    )
    return ListCell("high-churned", title, None, Stage.CHURNED, Action.T4h, count)


def _file_name(keys: str) -> str:
    return keys.replace("_", "-")
