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
    check_days: int = 1,
    keeps: Keeps | None = None,
    demote_p: float = 1.0,
    sure_p: float = 0.0,
    promote_p: float | None = None,
) -> Held:
    """
    Bands in force today.

    A customer not seen before takes the band that was measured, and so does one who measures higher. One who
    measures lower falls where the lower bound of the band is kept with a probability of at most ``demote_p``, and
    that was found on ``checks`` different days in a row, today among them, and the band has been held for
    ``dwell_days``: to the highest band that is kept with more, and never below what is measured. A check counts
    ``check_days`` after the one before it. A day that finds otherwise starts the count anew. A second run on one day
    counts nothing twice, and no band is checked on the day on which it was reached. Where no probability is known, the measured band alone decides. Who can no longer be
    measured has none.

    Of a predicted figure (``promote_p`` given) probabilities alone decide, both ways.

    Args:
        realised: Measured today. Shape (n,).
        before: As it stood after the last run.
        as_of: Today.
        checks: Different days on which the customer must have been found lower.
        dwell_days: Least age of a band that falls.
        check_days: Days from one check that counts to the next; the nights between must say the same.
        sure_p: At most this much is sure enough for the checks of two nights in a row.
        keeps: P(the customer's expected figure keeps a bound); None where no model says.
        demote_p: At most this much lets a band fall.
        promote_p: At least this much lets a predicted band rise; None for a realised figure.
    """
    today = np.datetime64(as_of, "D")
    unseen: Bools = np.isnat(before.since) | (before.tier == NO_CODE)
    known = ~unseen & (realised != NO_CODE)
    if promote_p is None or keeps is None:
        risen, among, least = realised, known & (realised < before.tier), realised
    else:
        risen = _risen(realised, before.tier, known, keeps, promote_p)
        among, least = known & (risen <= before.tier), np.zeros_like(realised)
    goal, lower, is_sure = _falling(before.tier, among, least, keeps, demote_p, sure_p)
    wait = np.where(is_sure, 1, check_days)
    counted = lower & ~(before.last_check > today - wait) & (before.since < today)
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


def _falling(
    held: Codes, among: Bools, least: Codes, keeps: Keeps | None, demote_p: float, sure_p: float
) -> tuple[Codes, Bools, Bools]:
    """
    Where customers would fall to, who is to fall, and of whom that is sure. Shape (n,) each.

    Whose band in force is kept with at most ``sure_p`` falls to the highest that is kept with more than that; whoever
    is to fall otherwise, to the highest that is kept with more than ``demote_p``; nobody below ``least``. Without any
    probability the measured band is taken for sure.
    """
    goal = np.where(among, least, held)
    if keeps is None:
        return goal, among & (goal < held), np.ones(len(held), dtype=np.bool_)
    rows = np.flatnonzero(among & (held > least))
    sure_goal, is_sure = goal.copy(), np.zeros(len(held), dtype=np.bool_)
    for level in range(1, int(held.max(initial=0)) + 1):
        up_to = rows[(held[rows] >= level) & (least[rows] < level)]
        chance = keeps(np.full(len(up_to), level, dtype=np.int8), up_to)
        goal[up_to[chance > demote_p]] = level
        sure_goal[up_to[chance > sure_p]] = level
        is_sure[up_to[(held[up_to] == level) & (chance <= sure_p)]] = True
    goal = np.where(is_sure, sure_goal, goal)
    return goal, among & (goal < held), is_sure


def _risen(realised: Codes, held: Codes, known: Bools, keeps: Keeps, promote_p: float) -> Codes:
    """The highest band above the one in force that is likely enough; otherwise the one in force. Shape (n,)."""
    risen = held.copy()
    rows = np.flatnonzero(known)
    for level in range(1, int(realised.max(initial=0)) + 1):
        above = rows[held[rows] < level]
        likely = keeps(np.full(len(above), level, dtype=np.int8), above) >= promote_p
        risen[above[likely]] = level
    return risen
