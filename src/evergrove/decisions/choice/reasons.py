"""Why each customer gets what they get: a code and its parameters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from evergrove.decisions.choice.table import table_of, worth
from evergrove.decisions.choice.types import NOTHING, Floats, Whole
from evergrove.decisions.choice.words import BEST, CAPPED, CODES, INELIGIBLE, PRICED_OUT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from evergrove.decisions.choice.types import Choice


@dataclass(frozen=True)
class Reasons:
    """
    A reason a customer, as arrays.

    Attributes:
        code: Place of the reason in ``CODES``. Shape (n,).
        action: What the reason is about: the pick, or what would have been; -1 where no action is allowed. Shape (n,).
        worth: Of it, after costs and fatigue. Shape (n,).
        cost: Of it, as budgets count it. Shape (n,).
        second: Of a pick, the best other action; -1 for nothing. Shape (n,).
        second_worth: Of that. Shape (n,).
        limit: Place of the limit that stood against the action, in ``choice.limits``; -1 if none did. Shape (n,).
    """

    code: NDArray[np.int8]
    action: Whole
    worth: Floats = field(repr=False)
    cost: Floats = field(repr=False)
    second: Whole = field(repr=False)
    second_worth: Floats = field(repr=False)
    limit: Whole = field(repr=False)
    choice: Choice = field(repr=False)

    def of(self, customer: int, actions: Sequence[str]) -> tuple[str, dict[str, object]]:
        """
        Code and parameters of one customer's reason, as they are stored.

        Args:
            customer: Row.
            actions: Names of the columns.
        """
        code = CODES[self.code[customer]]
        if code == INELIGIBLE:
            return code, {}
        params: dict[str, object] = {
            "action": actions[self.action[customer]],
            "worth": round(float(self.worth[customer]), 2),
            "cost": round(float(self.cost[customer]), 2),
        }
        if code == BEST:
            params["second"] = actions[self.second[customer]]
            params["second_worth"] = round(float(self.second_worth[customer]), 2)
        if code in {PRICED_OUT, CAPPED}:
            params["limit"] = self.choice.limits.each[self.limit[customer]].name
            params["price"] = round(float(self.choice.prices[self.limit[customer]]), 6)
        return code, params


def reasons_of(
    choice: Choice,
    values: ArrayLike,
    costs: ArrayLike,
    *,
    fatigue: ArrayLike | None = None,
    charged: ArrayLike | None = None,
    after_cost: bool = False,
) -> Reasons:
    """
    Why each customer got their pick, or nothing.

    Args:
        choice: Of these values and costs.
        values: As ``choose`` took them, and so on.
        costs: The same.
        fatigue: The same.
        charged: The same.
        after_cost: The same.
    """
    counted = np.broadcast_to(
        np.asarray(costs if charged is None else charged, dtype=np.float64), np.shape(values)
    )
    net = worth(values, costs, fatigue, after_cost=after_cost)
    net[np.isnan(counted)] = np.nan
    known = np.where(np.isnan(net), -np.inf, net)
    table = table_of(values, costs, fatigue, charged, after_cost=after_cost)
    rows, picked = np.arange(len(net)), choice.picked
    has = picked != NOTHING
    per_cost, per_contact = choice.prices @ choice.limits.money, choice.prices @ choice.limits.contacts
    priced = np.where(table.worth.T > 0.0, known - table.cost.T * per_cost - per_contact, -np.inf)
    wanted, nearest = priced.argmax(axis=1), known.argmax(axis=1)
    positive = (priced > -np.inf).any(axis=1)
    action = np.where(has, picked, np.where(positive, wanted, nearest)).astype(np.int32)
    others = known.copy()
    others[rows[has], picked[has]] = -np.inf
    second = np.where(others.max(axis=1) > 0.0, others.argmax(axis=1), NOTHING).astype(np.int32)
    allowed = (known > -np.inf).any(axis=1)
    limit = _limit(choice, np.where(allowed, action, 0), table.cost[action, rows])
    capped = np.array([not each.counts_money for each in choice.limits.each] + [False])[limit]
    found = np.select(
        [has & (second != NOTHING), has, ~allowed, ~positive, capped], [0, 5, 4, 3, 2], default=1
    ).astype(np.int8)
    return Reasons(
        code=found,
        action=np.where(allowed, action, NOTHING).astype(np.int32),
        worth=known[rows, action],
        cost=counted[rows, action],
        second=second,
        second_worth=np.maximum(others.max(axis=1), 0.0),
        limit=np.where((found == 1) | (found == 2), limit, -1).astype(np.int32),
        choice=choice,
    )


def _limit(choice: Choice, action: NDArray[np.intp], cost: Floats) -> NDArray[np.intp]:
    """The limit that each action does not fit into any more, the dearest first; where it fits all, the dearest."""
    if not choice.limits.each:
        return np.full(len(action), -1)
    use = choice.limits.used_by(action, cost)
    room = choice.limits.most + choice.limits.slack - choice.used
    # Whether it fits counts before the price: a limit with a price of 0 may be the one that is full.
    weight = (use > room[:, None]) * 1e18 + choice.prices[:, None] * use
    found: NDArray[np.intp] = weight.argmax(axis=0)
    return found
