"""Orders and their refunds counted by delay: what was refunded, and what stood until then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from evergrove.models.distinct import Codes
    from evergrove.models.types import Floats

GROUPS = 50  # of customers, each left out in turn by the jackknife


def cut_to_orders(paid: Floats, of: Codes, after: Codes, back: Floats) -> Floats:
    """Refunds cut to what was left of their order, in the order of their delays."""
    order = np.lexsort((after, of))
    sums = np.cumsum(back[order])
    first = np.flatnonzero(np.diff(of[order], prepend=-1))
    before_order = np.repeat(sums[first] - back[order][first], np.diff(first, append=len(order)))
    so_far = sums - before_order
    cut = np.empty_like(back)
    cut[order] = np.clip(back[order] - np.maximum(so_far - paid[of[order]], 0.0), 0.0, None)
    return cut


def standing_until(
    paid: Floats, old: Codes, group: Codes, of: Codes, after: Codes, back: Floats, longest: int
) -> Floats:
    """What stood until each delay on orders old enough, by group; shape (GROUPS, longest + 1)."""
    days = longest + 1

    def by_group(groups: Codes, at: Codes, weights: Floats) -> Floats:
        flat = np.bincount(groups * days + at, weights=weights, minlength=GROUPS * days)
        return np.asarray(flat.reshape(GROUPS, days))

    # Orders stand until the delay of their age; a refund takes its amount away from the next delay on.
    of_age = by_group(group, np.minimum(old, longest), paid)
    gross = np.cumsum(of_age[:, ::-1], axis=1)[:, ::-1]
    start, end = after + 1, np.minimum(old[of], longest) + 1
    counts = start < end
    steps = np.zeros((GROUPS, days + 1))
    np.add.at(steps, (group[of][counts], start[counts]), back[counts])
    np.add.at(steps, (group[of][counts], end[counts]), -back[counts])
    return np.asarray(np.maximum(gross - np.cumsum(steps, axis=1)[:, :days], 0.0))
