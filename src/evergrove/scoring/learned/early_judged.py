"""Early value held to what came: the learned forecast beside naive ones, and whether it may replace them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.scoring.accuracy import normalised_gini, rank_correlation
from evergrove.scoring.rolling.evidence import Gain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from evergrove.models.types import Floats

LEARNED = "learned"
RESAMPLES = 200


@dataclass(frozen=True)
class EarlyJudged:
    """
    One way to tell new customers' value early, against what came after their first thirty days.

    Attributes:
        name: "learned"; "mean" of earlier cohorts; "first_order" and "first_days", their spend so far.
        gini: Normalised Gini of the ranking; ties are neutral.
        spearman: Rank correlation.
        ratio: Total forecast over the total that came.
    """

    name: str
    gini: float
    spearman: float
    ratio: float


@dataclass(frozen=True)
class EarlyBackTest:
    """
    How well earlier cohorts told a later one's value.

    Attributes:
        learned_until: The last first day learned from: its horizon was over when the first customer judged
            had been known for thirty days.
        judged_from: The first day of the cohort judged.
        judged_until: Its last.
        learned: Customers learned from.
        customers: Customers judged.
        came: What they spent after their first thirty days.
        judged: The learned forecast first, then the naive ones.
        rival: The naive one that ranks best.
        gain: Of the learned Gini over the rival's; its standard error is that over customers drawn again.
    """

    learned_until: date
    judged_from: date
    judged_until: date
    learned: int
    customers: int
    came: float
    judged: tuple[EarlyJudged, ...]
    rival: str
    gain: Gain

    @property
    def ranks_better(self) -> bool:
        """Whether the learned forecast is to replace the naive rule for ranking: its gain exceeds one standard error."""
        return self.gain.is_plain


def judged(name: str, said: Floats, came: Floats) -> EarlyJudged:
    """One forecast against what came. Shapes (n,)."""
    ratio = float(said.sum()) / float(came.sum())
    return EarlyJudged(name, normalised_gini(came, said), rank_correlation(came, said), ratio)


def gain_over_rival(said: Mapping[str, Floats], came: Floats) -> tuple[str, Gain]:
    """
    How much better the learned forecast ranks than the best naive one.

    Customers are drawn again with replacement, the same ones for both; the draws are always the same.
    """
    naive = {name: normalised_gini(came, forecast) for name, forecast in said.items() if name != LEARNED}
    rival = max(naive, key=lambda name: naive[name])
    random, n = np.random.default_rng(len(came)), len(came)
    found = []
    for _again in range(RESAMPLES):
        rows = random.integers(0, n, n)
        if came[rows].sum() > 0:
            found.append(_difference(said[LEARNED][rows], said[rival][rows], came[rows]))
    error = float(np.std(found, ddof=1)) if len(found) > 1 else float("inf")
    return rival, Gain(_difference(said[LEARNED], said[rival], came), error, 1)


def _difference(ours: Floats, theirs: Floats, came: Floats) -> float:
    return normalised_gini(came, ours) - normalised_gini(came, theirs)
