"""What other budgets would bring, and how sure that is of the next sum of money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.decisions.choice.errors import LimitBelowNothing, ShapesDiffer
from evergrove.decisions.choice.hull import steps_of
from evergrove.decisions.choice.table import table_of
from evergrove.decisions.choice.types import NOTHING

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from evergrove.decisions.choice.hull import Steps
    from evergrove.decisions.choice.types import Floats

POINTS = 21


@dataclass(frozen=True)
class Curve:
    """
    The value of the best choice by budget, if the last customer could be given a part of an action.

    It never falls and never becomes steeper. ``choose`` comes below it by less than one action's worth.

    Attributes:
        budget: Rising. Shape (p,).
        value: After costs and fatigue. Shape (p,).
        price: What one more unit of money brings there. Shape (p,).
    """

    budget: Floats
    value: Floats
    price: Floats


@dataclass(frozen=True)
class NextMoney:
    """
    What more budget would bring: ``value`` +- ``error``.

    Attributes:
        extra: Money added to the budget.
        value: Worth that it adds, after costs and fatigue.
        error: One standard error, from those of the values; that the best-looking are picked is not in it.
        used: Of the money added; less than ``extra`` where everything worth it is paid for.
    """

    extra: float
    value: float
    error: float
    used: float


@dataclass(frozen=True)
class _Ladder:
    """All steps in the order in which money buys them, and value and money before the first and after each."""

    steps: Steps
    order: NDArray[np.intp]
    money: Floats
    value: Floats


def value_curve(
    values: ArrayLike,
    costs: ArrayLike,
    budgets: ArrayLike | None = None,
    *,
    fatigue: ArrayLike | None = None,
    charged: ArrayLike | None = None,
    after_cost: bool = False,
) -> Curve:
    """
    Value against budget, with the budget for everything as the only limit.

    Args:
        values: As ``choose`` takes them, and so on.
        costs: The same.
        budgets: At which ones; None: evenly from 0 until everything worth it is paid for.
        fatigue: The same.
        charged: The same.
        after_cost: The same.

    Raises:
        LimitBelowNothing: A budget is negative.
    """
    ladder = _ladder(values, costs, fatigue, charged, after_cost=after_cost)
    most = max(0.0, float(ladder.money[-1]))
    at = np.linspace(0.0, most, POINTS) if budgets is None else np.sort(np.asarray(budgets, dtype=np.float64))
    for budget in at[:1]:
        if not budget >= 0.0:
            raise LimitBelowNothing(name="budget", most=float(budget))
    slopes = np.append(ladder.steps.slope[ladder.order], 0.0)
    after = np.searchsorted(ladder.money[1:], at, side="right")
    return Curve(at, np.interp(at, ladder.money, ladder.value), slopes[after])


def next_money(
    values: ArrayLike,
    costs: ArrayLike,
    budget: float,
    extra: float,
    errors: ArrayLike,
    *,
    cells: ArrayLike | None = None,
    fatigue: ArrayLike | None = None,
    charged: ArrayLike | None = None,
    after_cost: bool = False,
) -> NextMoney:
    """
    What a sum beyond the budget would bring, and how sure that is.

    Args:
        values: As ``choose`` takes them, and so on.
        costs: The same.
        budget: As it is.
        extra: Money that might be added.
        errors: Standard errors of the values. Shape (n, k), or one that stretches to it.
        cells: Customers of one cell and action share one estimate, and err together; those of two cells do not. Shape
            (n,). None: all customers share one estimate an action, which is the cautious way to see it.
        fatigue: The same.
        charged: The same.
        after_cost: The same.

    Raises:
        LimitBelowNothing: The budget, or what is added, is negative.
        ShapesDiffer: The shapes do not go together.
    """
    for name, money in (("budget", budget), ("extra", extra)):
        if not money >= 0.0:
            raise LimitBelowNothing(name=name, most=money)
    ladder = _ladder(values, costs, fatigue, charged, after_cost=after_cost)
    begin, end = np.minimum([budget, budget + extra], ladder.money[-1])
    gained = np.interp([begin, end], ladder.money, ladder.value)
    parts = np.clip(end, ladder.money[:-1], ladder.money[1:]) - np.clip(
        begin, ladder.money[:-1], ladder.money[1:]
    )
    bought = np.flatnonzero(parts > 0.0)
    steps = ladder.order[bought]
    share = parts[bought] / (ladder.money[1:] - ladder.money[:-1])[bought]
    error = _error(ladder.steps, steps, share, errors, cells, np.shape(values))
    return NextMoney(extra, float(gained[1] - gained[0]), error, float(end - begin))


def _ladder(
    values: ArrayLike,
    costs: ArrayLike,
    fatigue: ArrayLike | None,
    charged: ArrayLike | None,
    *,
    after_cost: bool,
) -> _Ladder:
    table = table_of(values, costs, fatigue, charged, after_cost=after_cost)
    steps = steps_of(table, np.ones(table.actions), np.zeros(table.actions))
    worth, spent, _contacted = table.sums(steps.start)
    order = np.argsort(-steps.slope, kind="stable")
    money = np.cumsum(np.concatenate([[spent.sum()], steps.use[order]]))
    return _Ladder(steps, order, money, np.cumsum(np.concatenate([[worth], steps.gain[order]])))


def _error(
    steps: Steps,
    taken: NDArray[np.intp],
    share: Floats,
    errors: ArrayLike,
    cells: ArrayLike | None,
    shape: tuple[int, ...],
) -> float:
    """Of what steps gain: wholly shared within cell and action, independent beyond it."""
    try:
        every = np.broadcast_to(np.asarray(errors, dtype=np.float64), shape)
    except ValueError as error:
        raise ShapesDiffer(name="errors", shape=np.shape(errors), expected=shape) from error
    cell = np.zeros(shape[0], dtype=np.intp)
    if cells is not None:
        if np.shape(cells) != shape[:1]:
            raise ShapesDiffer(name="cells", shape=np.shape(cells), expected=shape[:1])
        cell = np.unique(np.asarray(cells), return_inverse=True)[1]
    customer = steps.customer[taken]
    total = np.zeros((int(cell.max(initial=0)) + 1, shape[1]))
    for action, sign in ((steps.action[taken], 1.0), (steps.before[taken], -1.0)):
        is_one = action != NOTHING
        who, what = customer[is_one], action[is_one]
        np.add.at(total, (cell[who], what), sign * share[is_one] * every[who, what])
    return float(np.sqrt((total**2).sum()))
