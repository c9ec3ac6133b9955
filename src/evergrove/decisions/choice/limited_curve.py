"""What other budgets would bring where further limits stay as they are, such as the budget of a channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.decisions.choice.curve import POINTS, Curve
from evergrove.decisions.choice.many import bounds
from evergrove.decisions.choice.types import Limit, Limits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evergrove.decisions.choice.table import Table
    from evergrove.decisions.choice.types import Floats

FLAT = 1e-6
"""A price that is this part of the highest one, or less, is none: more money would bring nothing."""


def limited_curve(table: Table, others: Limits, most: float) -> Curve:
    """
    The value of the best choice at evenly spread budgets, from 0 until more money would bring nothing.

    Args:
        table: Worth and cost. One row may stand for customers who are alike, with what they are worth and cost together,
            where no limit counts contacts.
        others: All limits but the budget.
        most: Money that pays for everything.
    """
    curve = _at(table, others, np.linspace(0.0, most, POINTS))
    flat = curve.price == 0.0
    end = float(curve.budget[flat.argmax()]) if flat.any() else most
    return curve if end == most else _at(table, others, np.linspace(0.0, end, POINTS))


def within(table: Table, others: Limits, budgets: Iterable[float]) -> list[tuple[float, Floats]]:
    """
    The value of the best choice with parts at each budget, and the price of each limit, the budget first.

    Args:
        table: As for ``limited_curve``.
        others: The same.
        budgets: For everything.
    """
    money = np.vstack([np.ones(table.actions), others.money])
    contacts = np.vstack([np.zeros(table.actions), others.contacts])
    return bounds(
        table,
        [
            Limits(
                (Limit("budget", None, budget), *others.each),
                money,
                contacts,
                np.concatenate([[budget], others.most]),
            )
            for budget in budgets
        ],
    )


def _at(table: Table, others: Limits, budgets: Floats) -> Curve:
    found = within(table, others, budgets.tolist())
    # Both are right to a millionth part; what rounding makes of them neither rises nor falls.
    values = np.maximum.accumulate([value for value, _prices in found])
    prices = np.minimum.accumulate([each[0] for _value, each in found])
    return Curve(budgets, values, np.where(prices <= FLAT * prices[0], 0.0, prices))
