"""One limit: the price at which it is just kept, and everything that is worth it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.decisions.choice.hull import steps_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.decisions.choice.hull import Steps
    from evergrove.decisions.choice.table import Table
    from evergrove.decisions.choice.types import Floats, Limits, Whole

FEW = 4096
"""Steps that are sorted rather than parted again."""
SAMPLE = 1023
"""Steps whose median parts the others."""


@dataclass(frozen=True)
class Relaxed:
    """
    The best choice if a few customers could be given a part of an action, rounded down to what fits.

    Attributes:
        picked: Within the limits. Shape (n,).
        prices: Of each limit. Shape (R,).
        bound: Worth of the best choice with parts: no whole choice has more.
        margin: Customers nearest to the margin, in this order; None: nobody has been looked for.
    """

    picked: Whole
    prices: Floats
    bound: float
    margin: NDArray[np.intp] | None


def by_one_price(table: Table, limits: Limits) -> Relaxed:
    """
    The greedy choice over all customers' steps, the steepest first, until the first that does not fit.

    Args:
        table: Worth and cost of every action.
        limits: One limit exactly.
    """
    steps = steps_of(table, limits.money[0], limits.contacts[0])
    worth, spent, contacted = table.sums(steps.start)
    room = float(limits.most[0] - limits.used(spent, contacted)[0])
    taken, margin, left = cut(steps, room + 0.5 * float(limits.slack[0]))
    worth += float(steps.gain[taken].sum())
    if len(margin) == 0:
        return Relaxed(steps.taken(taken), np.zeros(1), worth, None)
    first = margin[0]
    price = float(steps.slope[first])
    bound = worth + price * max(left, 0.0)
    return Relaxed(steps.taken(taken), np.array([price]), bound, _near(steps, price))


def cut(steps: Steps, room: float) -> tuple[NDArray[np.bool_], NDArray[np.intp], float]:
    """
    The steepest steps that fit one after the other.

    The price is looked for by bisection, between steps that are taken for certain and steps that are not; where few are
    left, or all that are left have one slope, they are taken in the order in which customers stand.

    Args:
        steps: Of all customers.
        room: How much they may use.

    Returns:
        Whether each is taken; those that are not, at the margin, the steepest first (empty: all are taken); and the
        room that is left.
    """
    taken = np.zeros(len(steps.slope), dtype=bool)
    open_ = np.arange(len(steps.slope))
    while len(open_) > FEW:
        slope = steps.slope[open_]
        pivot = np.median(slope[:: max(1, len(slope) // SAMPLE)])
        above, same = slope > pivot, slope == pivot
        used = float(steps.use[open_[above]].sum())
        if used > room:
            open_ = open_[above]
            continue
        taken[open_[above]] = True
        room -= used
        level = open_[same]
        used = float(steps.use[level].sum())
        if used > room:
            open_ = level
            break
        taken[level] = True
        room -= used
        open_ = open_[~(above | same)]
    order = open_[np.argsort(-steps.slope[open_], kind="stable")]
    used_until = np.cumsum(steps.use[order])
    fitting = int(np.searchsorted(used_until, room, side="right"))
    taken[order[:fitting]] = True
    left = room - (float(used_until[fitting - 1]) if fitting else 0.0)
    return taken, _margin(steps, taken, order[fitting:]), left


def _margin(steps: Steps, taken: NDArray[np.bool_], waiting: NDArray[np.intp]) -> NDArray[np.intp]:
    """The steepest step that is not taken, in an array of at most one."""
    if len(waiting):
        return waiting[:1]
    others = np.flatnonzero(~taken)
    return others[np.argmax(steps.slope[others])][None] if len(others) else others


def _near(steps: Steps, price: float) -> NDArray[np.intp]:
    """Customers with the steps whose slopes are nearest to the price."""
    distance: Floats = np.abs(steps.slope - price)
    few = min(len(distance), FEW)
    nearest = np.argpartition(distance, few - 1)[:few]
    return np.unique(steps.customer[nearest]).astype(np.intp)
