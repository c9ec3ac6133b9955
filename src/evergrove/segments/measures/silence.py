"""How long a silence must be, in this shop, before it means churned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.scoring.return_cut import rising_shares
from evergrove.segments.types import SilenceCut

if TYPE_CHECKING:
    from evergrove.models import Floats
    from evergrove.segments.types import Bools, Numbers, Rhythm
    from evergrove.settings import StageSettings

STRETCHES = np.round(np.arange(1.0, 6.01, 0.1), 1)
FEWEST = 30
"""Of fewer customers the share that came back says little."""


def silence_cut(ratio: Floats, returned: Bools, share: float, fewest: int = FEWEST) -> SilenceCut:
    """
    The least stretch at which, and beyond which, under ``share`` came back.

    The 95 % gap alone is no sign of churn: a customer who came every week and stays away for a month has
    exceeded it, and will mostly be back. What counts as churned has to hold the promise of the word, for those just
    beyond the cut too: of the shares by stretch, made to fall with the silence (pooling adjacent violators), the one
    at the cut counts, as for the cut of the chance.

    Args:
        ratio: Silence over the 95 % gap, as of an origin. Shape (m,).
        returned: Whether the customer bought within the horizon after it. Shape (m,).
        share: At most this share may have come back.
        fewest: Customers that must stand beyond a stretch for it to be judged.

    Returns:
        Stretch 1 and source "none" with too few customers; an infinite stretch where no stretch will do.
    """
    step = np.searchsorted(STRETCHES, ratio, side="left")  # how many stretches lie below the ratio
    size = len(STRETCHES) + 1
    # Beyond stretch k are those with at least k + 1 stretches below them.
    count = np.bincount(step, minlength=size)[1:]
    back = np.bincount(step, weights=returned, minlength=size)[1:]
    beyond, came = (np.cumsum(each[::-1])[::-1] for each in (count, back))
    if beyond[0] < fewest:
        return SilenceCut(customers=int(beyond[0]))
    at_least = rising_shares(count[::-1], back[::-1])[::-1]  # of the longest silence first
    with np.errstate(invalid="ignore"):
        rate = came / beyond
    good = np.flatnonzero((beyond >= fewest) & (at_least < share) & (rate < share))
    if len(good) == 0:
        return SilenceCut(float("inf"), "back_test", float(rate[0]), int(beyond[0]))
    k = int(good[0])
    return SilenceCut(float(STRETCHES[k]), "back_test", float(rate[k]), int(beyond[k]))


def silence_cuts(
    silence: Numbers,
    gaps: Numbers,
    gap_p95: Floats,
    returned: Bools,
    shop: Rhythm,
    settings: StageSettings,
    category_p95: Floats | None = None,
) -> tuple[SilenceCut, SilenceCut, SilenceCut]:
    """
    The cuts for customers with a rhythm of their own, for those measured by their category's, and by the shop's.

    Args:
        silence: Days since the last purchase day, as of an origin. Shape (m,).
        gaps: Gaps between purchase days by the origin. Shape (m,).
        gap_p95: The gap that 95 % of the customer's own do not exceed; NaN without a gap. Shape (m,).
        returned: Whether the customer bought within ``active_days`` after the origin. Shape (m,).
        shop: Today's rhythm: what its stretch will be applied to.
        settings: How many gaps make a rhythm, and the share that may come back.
        category_p95: The gap that 95 % in the customer's category do not exceed; NaN where it has no rhythm. Shape
            (m,); None: no category has one.
    """
    own = gaps >= settings.own_gaps
    by_category = np.zeros(len(own), dtype=np.bool_)
    category_cut = SilenceCut()
    share = settings.return_share
    own_cut = silence_cut(silence[own] / gap_p95[own], returned[own], share)
    if category_p95 is not None:
        by_category = ~own & ~np.isnan(category_p95)
        ratio = silence[by_category] / category_p95[by_category]
        category_cut = silence_cut(ratio, returned[by_category], share)
    if shop.gaps < settings.shop_gaps:
        return own_cut, category_cut, SilenceCut()
    others = ~own & ~by_category
    return own_cut, category_cut, silence_cut(silence[others] / shop.p95, returned[others], share)
