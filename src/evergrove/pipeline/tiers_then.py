"""The customers of a past day by the tier they were in on it: a back-test says for whom it worked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.segments.codes import TIERS
from evergrove.segments.tiers.assign import assign_tiers, criteria_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.scoring.rolling.types import Labels
    from evergrove.scoring.types import Split
    from evergrove.settings import TierSettings

BY_TIER = "tier"


def tiers_then(settings: TierSettings, currency: str) -> Labels:
    """
    A way to divide the customers of an origin: by their realised tier on that day, under the bounds of that day.

    Nothing later is seen: where bounds are quantiles, they are those of the shop as it was.

    Args:
        settings: Bounds, and whether they hold.
        currency: As declared; "" if not.
    """

    def by_tier(split: Split) -> tuple[tuple[str, ...], NDArray[np.intp]]:
        year = split.last_year
        if year is None:
            return ("",), np.zeros(len(split.purchases), dtype=np.intp)
        average = np.divide(
            year.spend, year.orders, where=year.orders > 0, out=np.full(len(year.spend), np.nan)
        )
        criteria = criteria_of(year.spend, year.orders, year.repeat_orders, average, settings)
        tiering, _warnings = assign_tiers(criteria, settings, currency)
        return TIERS, tiering.tier.astype(np.intp)

    return by_tier
