"""A tier rises at once and falls slowly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.segments.codes import NO_CODE

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from evergrove.segments.types import Bools, Codes, Dates

NEVER = np.datetime64("NaT", "D")


@dataclass(frozen=True, eq=False)
class Held:
    """
    Tiers in force; arrays of shape (n,), one row a customer.

    Attributes:
        tier: ``Tier`` codes; NO_CODE for none.
        since: The day on which it was reached; NaT for a customer not seen before.
        lower_checks: Checks in a row that measured a lower tier.
        last_check: The day of the latest of them; NaT without one.
    """

    tier: Codes
    since: Dates
    lower_checks: NDArray[np.int16]
    last_check: Dates


def hold(realised: Codes, before: Held, as_of: date, *, checks: int, dwell_days: int) -> Held:
    """
    Tiers in force today.

    A customer not seen before takes the tier that was measured, and so does one who measures higher. One who
    measures lower falls to it when that was found on ``checks`` different days in a row, today among them, and
    the tier has been held for ``dwell_days``; a day on which the figures reach the tier again starts the count
    anew. A second run on one day counts nothing twice. Who can no longer be measured has no tier.

    The test of the posterior expected value (definitions, section 4), and hysteresis of each criterion by itself,
    come with the policies of a later release: here the realised tier alone decides.

    Args:
        realised: Measured today, ``Tier`` codes. Shape (n,).
        before: As it stood after the last run.
        as_of: Today.
        checks: Different days on which a lower tier must have been measured.
        dwell_days: Least age of a tier that falls.
    """
    today = np.datetime64(as_of, "D")
    unseen: Bools = np.isnat(before.since)
    lower = ~unseen & (realised < before.tier) & (realised != NO_CODE)
    counted = lower & ~(before.last_check >= today)
    found = np.where(lower, before.lower_checks + counted, 0).astype(np.int16)
    falls = lower & (found >= checks) & (before.since <= today - dwell_days)
    moves = unseen | falls | (realised > before.tier) | ((realised == NO_CODE) & (before.tier != NO_CODE))
    waits = lower & ~falls
    return Held(
        tier=np.where(moves, realised, before.tier),
        since=np.where(moves, today, before.since),
        lower_checks=np.where(waits, found, np.int16(0)),
        last_check=np.where(waits, np.where(counted, today, before.last_check), NEVER),
    )
