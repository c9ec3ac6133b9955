"""When the figures of the last 12 months reach another band because something lies further back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.segments.clock.dated import YEAR
from evergrove.segments.clock.types import never
from evergrove.segments.codes import PREDICTED
from evergrove.segments.tiers.assign import band, criteria_of

if TYPE_CHECKING:
    from evergrove.segments.clock.dated import Dated
    from evergrove.segments.clock.types import Ahead
    from evergrove.segments.tiers.policy import TierPolicy
    from evergrove.segments.types import Tiering

TEN_THOUSANDTHS = 10_000.0


def until_band_changes(dated: Dated, tiering: Tiering, rules: TierPolicy) -> Ahead:
    """
    Days until a figure of the 12 months lies in another band, if nothing comes. Exact. Shape (n,).

    Bands fall as orders leave, and rise where a small order or money that went back does.

    Args:
        dated: Of the last year at least.
        tiering: Of today.
        rules: The policy.
    """
    found = never(dated.customers)
    if tiering.bounds is None:
        return found
    leaving = dated.closing[dated.day[dated.closing] > -YEAR]
    row, days = dated.row[leaving], dated.day[leaving] + YEAR
    last = dated.ends[row]
    left = {name: sums[last] - sums[leaving + 1] for name, sums in dated.sums.items()}
    spend, orders = left["amount"] / TEN_THOUSANDTHS, left["orders"]
    with np.errstate(divide="ignore", invalid="ignore"):
        average = np.where(orders > 0, spend / orders, np.nan)
    criteria = criteria_of(spend, orders, left["repeats"], average, rules)
    changes = np.zeros(len(row), dtype=np.bool_)
    for criterion in rules.criteria:
        if criterion not in PREDICTED:
            then = band(criteria[criterion], tiering.bounds[criterion])
            changes |= then != tiering.band(criterion)[row]
    np.minimum.at(found, row[changes], days[changes].astype(np.int32))
    return found
