"""Values and costs that tests choose from, and the best choice as an outside solver finds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse
from scipy.optimize import Bounds, LinearConstraint, milp

if TYPE_CHECKING:
    from numpy.typing import NDArray

Floats = "NDArray[np.float64]"

VALUES = np.array([[5, 9, 11], [4, 4.5, 10], [-1, 2, 3], [6, 6.5, 7], [2, 8, 8.5]])
COSTS = np.array([[2, 5, 9], [2, 3, 6], [1, 2, 4], [3, 4, 5], [1, 4, 6]], dtype=float)
CHANNELS = ["mail", "call", "mail", "text", "call"]


def congruential(customers: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Values and costs of three actions from a linear congruential generator: x <- (1103515245 x + 12345) mod 2^31."""
    base = np.array([1.0, 3.0, 6.0])
    u, w = _stream(seed, 3 * customers), _stream(seed + 1, 3 * customers)
    values = np.sqrt(base) * (6.0 * u.reshape(-1, 3) - 1.5)
    return np.round(values, 4), np.round(base * (0.5 + w.reshape(-1, 3)), 4)


def _stream(x: int, length: int) -> NDArray[np.float64]:
    found = np.empty(length)
    for place in range(length):
        x = (1103515245 * x + 12345) % 2**31
        found[place] = x / 2**31
    return found


def some_limits(limits: dict[str, Any], worth: NDArray[np.float64], costs: NDArray[np.float64]) -> list[Any]:
    """The same limits as rows over all (customer, action) pairs."""
    channels = np.array(limits.get("channels", [""] * worth.shape[1]))
    ones = np.ones_like(costs)
    found = [(costs, limits.get("budget")), (ones, limits.get("most_contacts"))]
    found += [(costs * (channels == name), most) for name, most in limits.get("channel_budgets", {}).items()]
    found += [(ones * (channels == name), most) for name, most in limits.get("most_by_channel", {}).items()]
    return [(use, most) for use, most in found if most is not None]


def best(worth: NDArray[np.float64], costs: NDArray[np.float64], **limits: Any) -> float:
    """What HiGHS finds: each customer at most one action that is not worth less than nothing, all limits kept."""
    customers, actions = worth.shape
    one_each = scipy.sparse.kron(scipy.sparse.eye(customers), np.ones((1, actions))).tocsr()
    constraints = [LinearConstraint(one_each, -np.inf, 1.0)]
    for use, most in some_limits(limits, worth, costs):
        constraints.append(LinearConstraint(use.ravel()[None], -np.inf, most))
    found = milp(
        -np.nan_to_num(worth).ravel(),
        constraints=constraints,
        integrality=np.ones(worth.size),
        bounds=Bounds(0.0, (worth >= 0.0).ravel().astype(float)),
        options={"mip_rel_gap": 0.0},
    )
    return -float(found.fun)
