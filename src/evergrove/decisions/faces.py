"""The price guard over offers: one face of coupons for each cell, whatever a single customer would pay. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.decisions.choice import choose, guard, worth

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.decisions.choice import Choice, Plan
    from evergrove.decisions.choice.types import Flags, Floats

GUARDED_REGION = "CN"
"""Country of workspaces in which the face of a coupon may not follow from what a customer would pay."""
COUPON = "coupon"


@dataclass(frozen=True)
class FacesLeft:
    """
    What the guard leaves.

    Attributes:
        allowed: False for offers whose face a customer's cell does not get. Shape (n, k).
        by_cell: The face of each cell that has a choice.
    """

    allowed: Flags
    by_cell: Mapping[str, str]


def one_face_a_cell(
    found: Plan, faces: Sequence[str], cells: Sequence[str], customers: Sequence[str]
) -> FacesLeft:
    """
    Leave each cell one face: that which brings it most at the budget's price.

    Offers of one face, by whatever playbook and channel, stand or fall together; who gets one at all is left to the choice.

    Args:
        found: The plan without a guard.
        faces: Of each offer, such as "10 %"; empty: it carries no coupon. k of them.
        cells: Published cell of each customer, such as tier and stage. n of them.
        customers: Their ids.
    """
    net = worth(found.values, found.costs)
    names = sorted({face for face in faces if face})
    if len(names) < 2:
        return FacesLeft(np.ones(net.shape, dtype=bool), {})
    plain = [column for column, face in enumerate(faces) if not face]
    columns = [[column for column, face in enumerate(faces) if face == name] for name in names]
    charged = np.broadcast_to(found.charged, net.shape)
    kept = [_best(net, charged, group) for group in (*columns, *([each] for each in plain))]
    values, counted = (np.column_stack([pair[part] for pair in kept]) for part in (0, 1))

    def choosing(given: Floats) -> Choice:
        return choose(given, counted, found.budget, after_cost=True)

    left = guard(
        values,
        [COUPON] * len(names) + [None] * len(plain),
        "cell",
        cells=np.array(cells),
        customer_ids=customers,
        salt="",
        round_key="",
        choosing=choosing,
        charged=counted,
    )
    allowed = np.ones(net.shape, dtype=bool)
    for place, group in enumerate(columns):
        allowed[:, group] = left.allowed[:, [place]]
    chosen = {cell: names[place] for (cell, _group), place in left.faces.items()}
    return FacesLeft(allowed, {cell: chosen[cell] for cell in _with_a_choice(values[:, : len(names)], cells)})


def _with_a_choice(values: Floats, cells: Sequence[str]) -> list[str]:
    """Cells in which several faces are open to somebody."""
    of = np.array(cells)
    open_ = ~np.isnan(values)
    return [str(cell) for cell in np.unique(of) if open_[of == cell].any(axis=0).sum() > 1]


def _best(net: Floats, charged: Floats, columns: Sequence[int]) -> tuple[Floats, Floats]:
    """Of offers with one face the best for each customer, and what that takes from budgets; NaN where none is allowed."""
    own = np.where(np.isnan(net[:, columns]), -np.inf, net[:, columns])
    rows, at = np.arange(len(net)), own.argmax(axis=1)
    best = own[rows, at]
    return np.where(best == -np.inf, np.nan, best), charged[:, columns][rows, at]
