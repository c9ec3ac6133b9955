"""
Coupons of the same kind with different faces: who gets which must not follow from what the customer would pay.

Where the price guard holds, the face of each coupon is chosen once for a whole cell that is published beforehand, or at
random. Which customers get it at all, over which channel and when, is still chosen one by one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from evergrove.campaigns.control import chance_of
from evergrove.decisions.choice.errors import ShapesDiffer, UnknownGuard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from evergrove.decisions.choice.types import Choice, Flags, Floats

Mode = Literal["cell", "random", "free"]
LAYER = "coupon"
"""Under which name faces drawn at random are hashed."""
ROUNDS = 4
"""Times that faces are chosen anew at the prices that they lead to, while that brings more."""


@dataclass(frozen=True)
class Guarded:
    """
    Which actions the guard leaves to each customer.

    Attributes:
        allowed: False for the faces that a customer cannot get. Shape (n, k).
        faces: (cell, group) -> column of the coupon that the whole cell gets; only where faces go by cell.
        chance: Of being left the faces that a customer was left, one number a group; 1 where nothing was drawn.
    """

    allowed: Flags = field(repr=False)
    faces: Mapping[tuple[str, str], int]
    chance: Mapping[str, float]


def guard(
    worth: ArrayLike,
    groups: Sequence[str | None],
    mode: Mode,
    *,
    cells: ArrayLike,
    customer_ids: Sequence[str],
    salt: str,
    round_key: str,
    choosing: Callable[[Floats], Choice],
    charged: ArrayLike,
) -> Guarded:
    """
    Leave every customer one face of each group of coupons, in one of the ways that the guard allows.

    Args:
        worth: After costs, see ``worth``. Shape (n, k); NaN where an action is not allowed.
        groups: Which actions are the same coupon but for their faces; None for an action that is no coupon; k of them.
        mode: "cell": one face a published cell, the one that brings the cell most at the budget's price. "random": each
            customer's by a coin. "free": no guard, every face for everybody.
        cells: Published cell of each customer, such as tier and stage. Shape (n,).
        customer_ids: Of every row; n of them.
        salt: The workspace's own.
        round_key: What tells this draw from the next one.
        choosing: Makes a choice of worths of that shape: ``choose`` with the budgets that hold, and ``after_cost``.
        charged: What counts against budgets. Shape (n, k), or one that stretches to it.

    Raises:
        UnknownGuard: There is no such mode.
        ShapesDiffer: The shapes do not go together.
    """
    net = np.asarray(worth, dtype=np.float64)
    for name, given, expected in (
        ("groups", (len(groups),), net.shape[1:]),
        ("cells", np.shape(cells), net.shape[:1]),
        ("customer_ids", (len(customer_ids),), net.shape[:1]),
    ):
        if given != expected:
            raise ShapesDiffer(name=name, shape=given, expected=expected)
    faces = _faces(groups)
    if mode == "free":
        return Guarded(np.ones(net.shape, dtype=bool), {}, dict.fromkeys(faces, 1.0))
    if mode == "random":
        return _drawn(net.shape, faces, customer_ids, salt, round_key)
    if mode == "cell":
        return _published(
            net, faces, np.asarray(cells), choosing, np.broadcast_to(np.asarray(charged), net.shape)
        )
    raise UnknownGuard(mode=mode)


def _faces(groups: Sequence[str | None]) -> dict[str, NDArray[np.intp]]:
    """Group -> its columns, of groups with more than one."""
    names = sorted({group for group in groups if group is not None})
    columns = {name: np.flatnonzero([group == name for group in groups]) for name in names}
    return {name: found for name, found in columns.items() if len(found) > 1}


def _drawn(
    shape: tuple[int, ...],
    faces: Mapping[str, NDArray[np.intp]],
    customer_ids: Sequence[str],
    salt: str,
    round_key: str,
) -> Guarded:
    allowed = np.ones(shape, dtype=bool)
    for group, columns in faces.items():
        coins = np.array([chance_of(salt, LAYER, f"{round_key} {group}", each) for each in customer_ids])
        which = columns[(coins * len(columns)).astype(np.intp)]
        allowed[:, columns] = which[:, None] == columns
    return Guarded(allowed, {}, {group: 1.0 / len(columns) for group, columns in faces.items()})


def _published(
    net: Floats,
    faces: Mapping[str, NDArray[np.intp]],
    cells: NDArray[np.generic],
    choosing: Callable[[Floats], Choice],
    charged: Floats,
) -> Guarded:
    """Faces that bring each cell most at the prices of the choice before, until that brings no more."""
    names, cell = np.unique(cells, return_inverse=True)
    choice, best = choosing(net), -np.inf
    found = Guarded(np.ones(net.shape, dtype=bool), {}, dict.fromkeys(faces, 1.0))
    for _round in range(ROUNDS):
        per_cost, per_contact = choice.prices @ choice.limits.money, choice.prices @ choice.limits.contacts
        priced = np.where(np.isnan(net), -np.inf, net - charged * per_cost - per_contact)
        chosen = {group: _by_cell(priced, columns, cell, len(names)) for group, columns in faces.items()}
        allowed = np.ones(net.shape, dtype=bool)
        for group, columns in faces.items():
            allowed[:, columns] = chosen[group][cell][:, None] == columns
        choice = choosing(np.where(allowed, net, np.nan))
        if choice.value <= best:
            break
        best = choice.value
        pairs = {
            (str(name), group): int(chosen[group][at]) for group in faces for at, name in enumerate(names)
        }
        found = Guarded(allowed, pairs, dict.fromkeys(faces, 1.0))
    return found


def _by_cell(
    priced: Floats, columns: NDArray[np.intp], cell: NDArray[np.intp], cells: int
) -> NDArray[np.intp]:
    """The face of each cell that brings its customers most, beside all that they can have without this group."""
    others = np.delete(priced, columns, axis=1).max(axis=1, initial=0.0)
    totals = [
        np.bincount(cell, np.maximum(priced[:, column] - others, 0.0), minlength=cells) for column in columns
    ]
    best: NDArray[np.intp] = columns[np.argmax(totals, axis=0)]
    return best
