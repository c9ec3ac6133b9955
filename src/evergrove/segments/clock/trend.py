"""When the direction of a customer's orders is told differently because windows have moved on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.segments.clock.types import HORIZON, clipped, never
from evergrove.segments.measures.ranks import distinct_keys
from evergrove.segments.measures.trend import order_trend

if TYPE_CHECKING:
    from evergrove.segments.clock.dated import Dated
    from evergrove.segments.clock.types import Ahead
    from evergrove.segments.types import Bools, Codes, Numbers
    from evergrove.settings import StageSettings


def until_direction_changes(
    dated: Dated, age: Numbers, direction: Codes, asked: Bools, settings: StageSettings
) -> Ahead:
    """
    Days until the direction is another, if nothing comes; early by some days for young customers. Shape (n,).

    Between two days on which an order changes its window, counts stay what they are. Only of a customer who is
    younger than both windows the earlier one still grows, day by day: for each pair of counts it is worked out
    how long they say the same.

    Args:
        dated: Of both windows at least.
        age: Days since the first order. Shape (n,).
        direction: ``Direction`` codes of today. Shape (n,).
        asked: Of whom it matters; the others never. Shape (n,).
        settings: Length of the windows, and how sure a direction must be.
    """
    window, found = settings.trend_window_days, never(dated.customers)
    row, days = _looks(dated, age, asked, window)
    if len(row) == 0:
        return found
    end = dated.sums["orders"][dated.ends[row]]
    half = dated.sums["orders"][dated.after(row, days - window)]
    begin = dated.sums["orders"][dated.after(row, days - 2 * window)]
    then = age[row] + days
    earlier = half - begin - ((then >= window) & (then < 2 * window))
    counts, lasting = _told(end - half, np.maximum(earlier, 0), then, settings)
    changes = np.where(counts != direction[row], days, days + lasting)
    np.minimum.at(found, row, clipped(changes))
    return found


def _looks(dated: Dated, age: Numbers, asked: Bools, window: int) -> tuple[Numbers, Numbers]:
    """Whom to look at how many days ahead: when an order changes its window, and the young today as well."""
    of = np.flatnonzero(asked[dated.row] & (dated.orders > 0) & (dated.day > -2 * window))
    row, day = dated.row[of], dated.day[of]
    young = np.flatnonzero(asked & (age < 2 * window))
    first = np.maximum(window + 1 - age[young], 0)
    rows = np.concatenate([row, row, young])
    days = np.concatenate([day + window, day + 2 * window, first])
    ahead = (days > 0) | (np.arange(len(days)) >= 2 * len(row))
    return rows[ahead], days[ahead]


def _told(n1: Numbers, n0: Numbers, age: Numbers, settings: StageSettings) -> tuple[Codes, Numbers]:
    """Direction by repeat orders in both windows at an age, and for how many days more the same counts say it."""
    window = settings.trend_window_days
    width = int(n0.max(initial=0)) + 1
    pairs, of = distinct_keys(n1 * width + n0)  # few distinct counts stand for many looks
    ages = np.arange(window, 2 * window + 1)  # a window of no days yet, up to a whole one
    shape = (len(pairs), len(ages))
    wide = np.broadcast_to(ages, shape).ravel()
    recent, before = (np.repeat(counts, len(ages)) for counts in np.divmod(pairs, width))
    trend = order_trend(recent, before + (wide < 2 * window), wide, window, settings.trend_certainty)
    told = trend.direction.reshape(shape)
    lasting = np.full(shape, HORIZON)
    for k in range(len(ages) - 2, -1, -1):
        lasting[:, k] = np.where(told[:, k] == told[:, k + 1], lasting[:, k + 1] + 1, 1)
    place = np.clip(age, window, 2 * window) - window
    # Younger than one window there is no direction, and the day on which there is one is looked at by itself.
    return told[of, place], np.where(age <= window, HORIZON, lasting[of, place])
