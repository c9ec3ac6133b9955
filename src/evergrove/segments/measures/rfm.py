"""Recency, frequency, monetary value: the method of quintiles, and its groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.segments.codes import NO_CODE, RfmGroup
from evergrove.segments.measures.ranks import rank_bounds
from evergrove.segments.types import Rfm

if TYPE_CHECKING:
    from evergrove.models import Floats
    from evergrove.segments.types import Codes, Numbers

QUINTILES = (0.2, 0.4, 0.6, 0.8)

# Rows: recency 1 (longest ago) to 5; columns: frequency 1 to 5. Where 40 to 80 % of the customers bought
# once, as in most shops, the mid-rank gives all of these frequency 2: hence "new" and "lost" take in 1 and 2.
GROUPS: tuple[tuple[RfmGroup, ...], ...] = (
    (RfmGroup.LOST, RfmGroup.LOST, RfmGroup.HIBERNATING, RfmGroup.AT_RISK, RfmGroup.CANNOT_LOSE),
    (RfmGroup.HIBERNATING, RfmGroup.HIBERNATING, RfmGroup.AT_RISK, RfmGroup.AT_RISK, RfmGroup.CANNOT_LOSE),
    (
        RfmGroup.NEEDS_ATTENTION,
        RfmGroup.NEEDS_ATTENTION,
        RfmGroup.NEEDS_ATTENTION,
        RfmGroup.LOYAL,
        RfmGroup.LOYAL,
    ),
    (RfmGroup.PROMISING, RfmGroup.PROMISING, RfmGroup.PROMISING, RfmGroup.LOYAL, RfmGroup.CHAMPIONS),
    (RfmGroup.NEW, RfmGroup.NEW, RfmGroup.PROMISING, RfmGroup.CHAMPIONS, RfmGroup.CHAMPIONS),
)


def quintile_scores(values: Numbers) -> Codes:
    """
    Scores 1 to 5 by quintile; a greater value scores higher, equal values score alike by their mid-rank.

    Args:
        values: Shape (n,), finite.
    """
    scores = np.ones(len(values), dtype=np.int8)
    for bound in rank_bounds(values, QUINTILES):
        scores += values >= bound
    return scores


def rfm(silence: Numbers, orders: Numbers, historic_value: Floats | None) -> Rfm:
    """
    Score every customer over all history.

    Args:
        silence: Days since the last order. Shape (n,).
        orders: Paid orders so far. Shape (n,).
        historic_value: Net spend so far. Shape (n,); None where the data have no amounts.
    """
    recency, frequency = quintile_scores(-silence), quintile_scores(orders)
    if historic_value is None:
        monetary = np.full(len(recency), NO_CODE, dtype=np.int8)
    else:
        monetary = quintile_scores(historic_value)
    groups = np.array(GROUPS, dtype=np.int8).ravel()
    return Rfm(recency, frequency, monetary, groups[(recency - 1) * 5 + (frequency - 1)])


def group_table() -> str:
    """The map from recency and frequency to groups, as a Markdown table for the page of definitions."""
    lines = ["| R \\ F | 1 | 2 | 3 | 4 | 5 |", "|---|---|---|---|---|---|"]
    for score in range(5, 0, -1):
        names = (group.name.lower().replace("_", " ") for group in GROUPS[score - 1])
        lines.append(f"| {score} | {' | '.join(names)} |")
    return "\n".join(lines)
