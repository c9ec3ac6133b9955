"""When customers fall due, and because of what."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from datetime import date

    from evergrove.segments.types import Codes

HORIZON = 366
"""Days that are looked ahead: whatever a window of 12 months holds has left it by then."""

Ahead = NDArray[np.int32]
"""Days from as_of on, 1 or more; HORIZON where nothing happens before. Shape (n,)."""


class Because(IntEnum):
    """What may happen on the day, by time alone; of several on one day the first."""

    CHURN_SILENCE = 0
    CHURN_CHANCE = 1
    DECLINE_SILENCE = 2
    SUBSCRIPTION = 3
    FIGURES = 4
    TREND = 5
    HEALTH = 6
    WON_BACK_OVER = 7
    TIER_CHECK = 8
    TIER_DWELL = 9
    TIER_PROTECTION = 10
    TIER_DOUBT = 11
    PREDICTED = 12
    MONTH_END = 13
    HORIZON = 14


BECAUSE = tuple(each.name.lower() for each in Because)
"""Published names, by code."""


@dataclass(frozen=True, eq=False)
class Dues:
    """
    The day before which time alone moves nobody; arrays of one row a customer of the roster, shape (N,).

    Attributes:
        as_of: From which days are counted.
        days: Until the customer has to be looked at again, 1 to ``HORIZON``. Early where the day is not known
            exactly, never late.
        because: ``Because`` codes.
        decline: Until silence would mean decline; ``HORIZON`` where it does not before, or already has.
        churn: Until silence, or the chance of another purchase, would mean churned; the same.
    """

    as_of: date
    days: Ahead
    because: Codes
    decline: Ahead
    churn: Ahead


def never(customers: int) -> Ahead:
    """Nothing before the horizon."""
    return np.full(customers, HORIZON, dtype=np.int32)


def clipped(days: NDArray[np.generic]) -> Ahead:
    """Days ahead between tomorrow and the horizon; what has no end is the horizon."""
    known = np.nan_to_num(np.asarray(days, dtype=np.float64), nan=HORIZON, posinf=HORIZON, neginf=1.0)
    return np.clip(known, 1, HORIZON).astype(np.int32)
