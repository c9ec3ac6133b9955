"""Below which chance of another purchase a customer counts as gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.scoring.types import ReturnCut

if TYPE_CHECKING:
    from datetime import date

    from evergrove.models.types import Floats

STEPS = 1000  # the cut is a multiple of 0.001: readable, and found by counting instead of sorting
FEWEST_BELOW = 50  # of fewer customers the share that came back says little


def largest_cut(
    p_active: Floats, returned: Floats, share: float, fewest: int = 1
) -> tuple[float, float, int]:
    """
    The largest cut below which under ``share`` came back, with that share and how many stood below.

    Args:
        p_active: Chance of a purchase within the horizon, as of an origin. Shape (n,).
        returned: 1 for who came back within it, else 0; or the chance that they will. Shape (n,).
        share: At most this share may come back.
        fewest: Customers that must stand below the cut.

    Returns:
        (cut, share returned, customers below); (NaN, NaN, 0) where no cut will do.
    """
    step = np.clip((p_active * STEPS).astype(np.int64), 0, STEPS)  # the last one, 1, lies below no cut
    below = np.cumsum(np.bincount(step, minlength=STEPS + 1)[:STEPS])
    back = np.cumsum(np.bincount(step, weights=returned, minlength=STEPS + 1)[:STEPS])
    with np.errstate(invalid="ignore"):
        rate = back / below
    good = np.flatnonzero((below >= fewest) & (rate < share))
    if len(good) == 0:
        return float("nan"), float("nan"), 0
    k = int(good[-1])
    return (k + 1) / STEPS, float(rate[k]), int(below[k])


def cut_from_back_test(p_active: Floats, purchases: Floats, share: float, origin: date) -> ReturnCut:
    """The cut as of an origin whose following window is known; ``source`` "none" where none will do."""
    cut, back, below = largest_cut(p_active, (purchases > 0).astype(np.float64), share, FEWEST_BELOW)
    return ReturnCut(cut, "none" if np.isnan(cut) else "back_test", back, below, origin)


def cut_from_model(p_active: Floats, share: float) -> ReturnCut:
    """The cut below which the model itself expects under ``share`` to come back: the fallback."""
    cut, back, below = largest_cut(p_active, p_active, share)
    return ReturnCut(cut, "none" if np.isnan(cut) else "model", back, below)


NO_CUT = ReturnCut(float("nan"), "none", float("nan"), 0)
