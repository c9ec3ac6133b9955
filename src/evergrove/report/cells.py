"""Tiers, stages, and the grid of both: how many customers, what value, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.report.numbers import money, ratio, realised, share, sums_by
from evergrove.scoring.totals import value_at_risk
from evergrove.segments.actions import playbook
from evergrove.segments.codes import ACTIONS, STAGES, TIERS, Action, Stage, Tier

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.models import Floats
    from evergrove.report.headline import Windows
    from evergrove.report.types import Figures, Placed
    from evergrove.scoring.types import Scores

COLUMNS = len(STAGES)
ROWS = len(TIERS) + 1
"""The first row is for customers without a tier: data without amounts."""


def cell_of(placed: Placed) -> NDArray[np.int64]:
    """Number of everybody's cell, row by row of the grid. Shape (n,)."""
    cells: NDArray[np.int64] = (placed.tier.astype(np.int64) + 1) * COLUMNS + placed.stage
    return cells


class Cells:
    """Counts and sums per cell of tier x stage, computed once for the grid and for both of its edges."""

    def __init__(self, placed: Placed, scores: Scores, spend_12m: Floats) -> None:
        """
        Count and sum.

        Args:
            placed: Where everybody stands. Shape (n,).
            scores: Of the same.
            spend_12m: Of the same.
        """
        cell = cell_of(placed)
        size = ROWS * COLUMNS
        self.customers = np.bincount(cell, minlength=size).reshape(ROWS, COLUMNS)
        self.known = bool(np.isfinite(scores.clv_12m).any())
        self.clv_12m = self._sums(cell, scores.clv_12m)
        self.likely_lost = self._sums(cell, value_at_risk(scores))
        self.spend_12m = self._sums(cell, spend_12m)
        self.active = self._sums(cell, scores.p_active_180d)
        self.called_back = np.bincount(cell, weights=placed.action == Action.T4h, minlength=size).reshape(
            ROWS, COLUMNS
        )

    @staticmethod
    def _sums(cell: NDArray[Any], values: Floats) -> Floats:
        """Shape (tiers + 1, stages); NaN where nobody at all has a value."""
        if not np.isfinite(values).any():
            return np.full((ROWS, COLUMNS), np.nan)
        return sums_by(cell, values, ROWS * COLUMNS).reshape(ROWS, COLUMNS)


def grid(cells: Cells, windows: Windows) -> Figures:
    """Every cell with at least one customer, best tier first: count, value, and the playbook."""
    rows = [
        {
            "tier": None if row == 0 else TIERS[row - 1],
            "stage": STAGES[stage],
            "customers": int(cells.customers[row, stage]),
            "clv_12m": money(cells.clv_12m[row, stage]),
            "likely_lost": money(cells.likely_lost[row, stage]),
            "action": _playbook(cells, row, stage),
            "call_back": int(cells.called_back[row, stage]),
        }
        for row in range(ROWS - 1, -1, -1)
        for stage in range(COLUMNS)
        if cells.customers[row, stage]
    ]
    return {"definition": "grid", "window": windows["next_12_months"], "actions": list(ACTIONS), "rows": rows}


def _playbook(cells: Cells, row: int, stage: int) -> str:
    """The playbook of a cell: the call-back where everybody in it is called back, as those of high value are."""
    everybody = cells.called_back[row, stage] == cells.customers[row, stage]
    return playbook(Stage(stage), None if row == 0 else Tier(row - 1), was_high=bool(everybody)).name


def edge(cells: Cells, axis: str, windows: Windows) -> Figures:
    """
    Customers and value by tier, or by stage.

    Args:
        cells: Counts and sums per cell.
        axis: "tier" or "stage".
        windows: By name.
    """
    over = 1 if axis == "tier" else 0
    names = (None, *TIERS) if axis == "tier" else STAGES
    order = range(len(names) - 1, -1, -1) if axis == "tier" else range(len(names))
    sums = {
        name: getattr(cells, name).sum(axis=over)
        for name in ("customers", "clv_12m", "likely_lost", "spend_12m", "active")
    }
    all_customers, all_value, all_lost = (
        float(sums[n].sum()) for n in ("customers", "clv_12m", "likely_lost")
    )
    return {
        "definition": axis,
        "window": windows["next_12_months"],
        "rows": [
            {
                axis: names[k],
                "customers": int(sums["customers"][k]),
                "customer_share": share(ratio(float(sums["customers"][k]), all_customers)),
                "clv_12m": money(sums["clv_12m"][k]),
                "clv_12m_share": share(ratio(float(sums["clv_12m"][k]), all_value)),
                "likely_lost": money(sums["likely_lost"][k]),
                "likely_lost_share": share(ratio(float(sums["likely_lost"][k]), all_lost)),
                "spend_12m": realised(float(sums["spend_12m"][k])),
                "expected_active": money(sums["active"][k]),
            }
            for k in order
            if sums["customers"][k] or (names[k] is not None and names[k] != "prospect")
        ],
    }
