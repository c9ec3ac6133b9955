"""Below which chance of another purchase a customer counts as gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.scoring.types import ReturnCut

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from evergrove.models.types import Floats

STEPS = 1000  # the cut is a multiple of 0.001: readable, and found by counting instead of sorting
FEWEST_BELOW = 50  # of fewer customers the share that came back says little
NO_CUT = ReturnCut(float("nan"), "none", float("nan"), 0)


def rising_shares(count: NDArray[Any], returned: NDArray[Any]) -> Floats:
    """
    Shares that never fall, nearest to the observed ones: neighbours that do fall are pooled.

    Args:
        count: Customers per step, lowest chance first. Shape (k,).
        returned: How many of them came back. Shape (k,).

    Returns:
        Shape (k,); an empty step takes the share of the pool that it falls into.

    Source:
        Ayer et al. (1955), pool adjacent violators.
    """
    pools: list[tuple[float, float, int]] = []  # customers, returned, steps
    for n, back in zip(count, returned, strict=True):
        pool = (float(n), float(back), 1)
        # Compared crosswise: a step without customers has no share, and joins its neighbour.
        while pools and pools[-1][1] * pool[0] >= pool[1] * pools[-1][0]:
            last = pools.pop()
            pool = (last[0] + pool[0], last[1] + pool[1], last[2] + pool[2])
        pools.append(pool)
    return np.repeat([b / n if n else 0.0 for n, b, _ in pools], [steps for _, _, steps in pools])


def cut_from_back_test(p_active: Floats, purchases: Floats, share: float, origin: date) -> ReturnCut:
    """
    The largest cut at which the share of returning customers is still under ``share``.

    The share is that of customers *at* the cut (rising in p_active), so that nobody counts as churned whose own
    chance is larger; of all below it, fewer still came back. In a shop where few return at all, a cut by the
    share of all below would call nearly everybody churned.

    Args:
        p_active: Chance of a purchase within the horizon, as of ``origin``. Shape (n,).
        purchases: Purchase days that came within it. Shape (n,).
        share: At most this share may come back.
        origin: The last day that the model saw.
    """
    step = np.clip((p_active * STEPS).astype(np.int64), 0, STEPS)  # the last one, 1, lies below no cut
    count = np.bincount(step, minlength=STEPS + 1)[:STEPS].astype(np.float64)
    back = np.bincount(step, weights=(purchases > 0).astype(np.float64), minlength=STEPS + 1)[:STEPS]
    seen = int(np.flatnonzero(count)[-1]) + 1 if count.any() else 0  # beyond it nothing is known
    k = int((rising_shares(count[:seen], back[:seen]) < share).sum())
    below, returned = int(count[:k].sum()), float(back[:k].sum())
    if below < FEWEST_BELOW:
        return ReturnCut(float("nan"), "none", float("nan"), 0, origin)
    return ReturnCut(k / STEPS, "back_test", returned / below, below, origin)


def cut_from_model(p_active: Floats, share: float) -> ReturnCut:
    """The fallback takes the model at its word: a customer with a chance of under ``share`` is gone."""
    below = p_active < share
    return ReturnCut(
        share, "model", float(p_active[below].mean()) if below.any() else float("nan"), int(below.sum())
    )
