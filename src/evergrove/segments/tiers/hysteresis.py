"""A band rises at once and falls slowly; of what is predicted, it rises only where that is likely enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.segments.codes import NO_CODE

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from numpy.typing import NDArray

    from evergrove.models import Floats
    from evergrove.segments.types import Bools, Codes, Dates, Numbers

    Keeps = Callable[[Codes, Numbers], Floats]
    """P(the expected figure keeps the lower bound of a band), from bands >= 1 and rows, each of shape (m,)."""

NEVER = np.datetime64("NaT", "D")


@dataclass(frozen=True, eq=False)
class Held:
    """
    Bands of one criterion, or tiers, in force; arrays of shape (n,), one row a customer.

    Attributes:
        tier: Numbers of the bands, the lowest 0; NO_CODE for none.
        since: The day on which it was reached; NaT for a customer not seen before.
        lower_checks: Checks in a row that found the customer lower.
        last_check: The day of the latest of them; NaT without one.
    """

    tier: Codes
    since: Dates
    lower_checks: NDArray[np.int16]
    last_check: Dates


def hold(
    realised: Codes,
    before: Held,
    as_of: date,
    *,
    checks: int,
    dwell_days: int,
    keeps: Keeps | None = None,
    demote_p: float = 1.0,
    promote_p: float | None = None,
) -> Held:
    """
    Bands in force today.

    A customer not seen before takes the band that was measured, and so does one who measures higher. One who
    measures lower falls where the lower bound of the band is kept with a probability of at most ``demote_p``, and
    that was found on ``checks`` different days in a row, today among them, and the band has been held for
    ``dwell_days``: to the highest band that is kept with more, and never below what is measured. A day that finds
    otherwise starts the count anew. A second run on one day counts nothing twice. Where no probability is known,
    the measured band alone decides. Who can no longer be measured has none.

    Of a predicted figure (``promote_p`` given) probabilities alone decide, both ways.

    Args:
        realised: Measured today. Shape (n,).
        before: As it stood after the last run.
        as_of: Today.
        checks: Different days on which the customer must have been found lower.
        dwell_days: Least age of a band that falls.
        keeps: P(the customer's expected figure keeps a bound); None where no model says.
        demote_p: At most this much lets a band fall.
        promote_p: At least this much lets a predicted band rise; None for a realised figure.
    """
    today = np.datetime64(as_of, "D")
    unseen: Bools = np.isnat(before.since) | (before.tier == NO_CODE)
    known = ~unseen & (realised != NO_CODE)
    if promote_p is None or keeps is None:
        goal, lower = _realised(realised, before.tier, known, keeps, demote_p)
        risen = realised
    else:
        risen = _risen(realised, before.tier, known, keeps, promote_p)
        goal, lower = _predicted(before.tier, known & (risen <= before.tier), keeps, demote_p)
    counted = lower & ~(before.last_check >= today)
    found = np.where(lower, before.lower_checks + counted, 0).astype(np.int16)
    falls = lower & (found >= checks) & (before.since <= today - dwell_days)
    rises = known & (risen > before.tier)
    lost = (realised == NO_CODE) & (before.tier != NO_CODE)
    waits = lower & ~falls
    tier = np.where(falls, goal, np.where(rises, risen, np.where(unseen | lost, realised, before.tier)))
    return Held(
        tier=tier,
        since=np.where(np.isnat(before.since) | (tier != before.tier), today, before.since),
        lower_checks=np.where(waits, found, np.int16(0)),
        last_check=np.where(waits, np.where(counted, today, before.last_check), NEVER),
    )


def _realised(
    realised: Codes, held: Codes, known: Bools, keeps: Keeps | None, demote_p: float
) -> tuple[Codes, Bools]:
    """Where customers who measure lower would fall to, and who is to fall. Shape (n,) each."""
    lower = known & (realised < held)
    goal = realised.copy()
    if keeps is None:
        return goal, lower
    rows = np.flatnonzero(lower)
    for level in range(1, int(held.max(initial=0)) + 1):
        among = rows[(realised[rows] < level) & (held[rows] >= level)]
        kept = keeps(np.full(len(among), level, dtype=np.int8), among) > demote_p
        goal[among[kept]] = level
    return goal, lower & (goal < held)


def _predicted(held: Codes, among: Bools, keeps: Keeps, demote_p: float) -> tuple[Codes, Bools]:
    """The highest band up to the one in force that is likely enough to stay, and who is to fall. Shape (n,) each."""
    goal = np.where(among, np.int8(0), held)
    rows = np.flatnonzero(among)
    for level in range(1, int(held.max(initial=0)) + 1):
        up_to = rows[held[rows] >= level]
        kept = ~(keeps(np.full(len(up_to), level, dtype=np.int8), up_to) <= demote_p)
        goal[up_to[kept]] = level
    return goal, among & (goal < held)


def _risen(realised: Codes, held: Codes, known: Bools, keeps: Keeps, promote_p: float) -> Codes:
    """The highest band above the one in force that is likely enough; otherwise the one in force. Shape (n,)."""
    risen = held.copy()
    rows = np.flatnonzero(known)
    for level in range(1, int(realised.max(initial=0)) + 1):
        above = rows[held[rows] < level]
        likely = keeps(np.full(len(above), level, dtype=np.int8), above) >= promote_p
        risen[above[likely]] = level
    return risen
