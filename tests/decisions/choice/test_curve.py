"""Value against budget, and what the next sum of money brings."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog
from tests.decisions.choice.shops import COSTS, VALUES, congruential

from evergrove.decisions.choice import choose, next_money, value_curve
from evergrove.decisions.choice.errors import LimitBelowNothing, ShapesDiffer


def relaxed(values: np.ndarray, costs: np.ndarray, budget: float) -> float:
    """The linear programme's own optimum, by HiGHS."""
    customers, actions = values.shape
    one_each = np.kron(np.eye(customers), np.ones((1, actions)))
    found = linprog(
        -values.ravel(),
        A_ub=np.vstack([one_each, costs.ravel()]),
        b_ub=[*np.ones(customers), budget],
        bounds=(0, 1),
    )
    return -float(found.fun)


@pytest.mark.parametrize("budget", [0.0, 1.0, 3.0, 6.0, 15.0, 22.5, 30.0, 99.0])
def test_the_curve_is_the_linear_programmes_value(budget: float) -> None:
    """With parts of an action for the last customer."""
    found = value_curve(VALUES, COSTS, [budget], after_cost=True)

    assert found.value[0] == pytest.approx(relaxed(VALUES, COSTS, budget))


def test_the_curve_never_falls_and_never_becomes_steeper() -> None:
    """And the choice with whole actions lies below it by less than one action's worth."""
    values, costs = congruential(200, 2)

    found = value_curve(values, costs, np.linspace(0.0, 800.0, 81), after_cost=True)
    steps = np.diff(found.value)
    chosen = [choose(values, costs, budget, after_cost=True).value for budget in found.budget[::20]]

    assert (steps >= 0.0).all()
    assert (np.diff(steps) <= 1e-9).all()
    assert (found.value[::20] >= np.array(chosen) - 1e-9).all()
    assert (found.value[::20] <= np.array(chosen) + values.max()).all()


def test_the_price_is_the_slope_of_the_curve() -> None:
    """The published price of 200 customers at a budget of 150."""
    values, costs = congruential(200, 2)

    found = value_curve(values, costs, [150.0, 1e6], after_cost=True)

    assert found.price == pytest.approx([2.055325, 0.0], abs=1e-6)


def test_the_whole_curve_ends_where_everything_worth_it_is_paid_for() -> None:
    """From nothing to 39.5 for 30."""
    found = value_curve(VALUES, COSTS, after_cost=True)

    np.testing.assert_allclose([found.budget[[0, -1]], found.value[[0, -1]]], [[0.0, 30.0], [0.0, 39.5]])


def test_the_next_sum_brings_what_the_linear_programme_says() -> None:
    """From a budget of 6 to one of 10."""
    found = next_money(VALUES, COSTS, 6.0, 4.0, 0.0, after_cost=True)

    assert found.value == pytest.approx(relaxed(VALUES, COSTS, 10.0) - relaxed(VALUES, COSTS, 6.0))
    assert (found.error, found.used) == (0.0, 4.0)


def test_the_error_of_the_next_sum_is_that_of_shared_estimates() -> None:
    """
    100 customers of one cell at 2 each, with a standard error of 0.5 an estimate: 10 of them err together by 5.

    In two cells the 10 are 5 and 5 and err independently: 5 * sqrt(2) / 2.
    """
    values, costs = np.full((100, 1), 2.0), np.ones((100, 1))
    together = next_money(values, costs, 20.0, 10.0, 0.5, after_cost=True)
    apart = next_money(values, costs, 20.0, 10.0, 0.5, cells=np.arange(100) % 2, after_cost=True)

    np.testing.assert_allclose([together.value, together.error], [20.0, 5.0])
    assert apart.error == pytest.approx(np.hypot(2.5, 2.5))


def test_the_error_agrees_with_values_drawn_anew() -> None:
    """The spread of what the same purchases bring over 4,000 drawings of the two cells' estimates."""
    rng = np.random.default_rng(8)
    cell = np.repeat([0, 1], 50)
    truth, errors = np.array([[2.0, 3.0], [2.5, 2.8]]), np.array([[0.3, 0.4], [0.2, 0.5]])
    costs = np.array([1.0, 1.9])
    found = next_money(truth[cell], costs, 60.0, 60.0, errors[cell], cells=cell, after_cost=True)

    before, after = (choose(truth[cell], costs, budget, after_cost=True).picked for budget in (60.0, 120.0))
    drawn = truth + errors * rng.standard_normal((4000, 2, 2))
    worth = np.concatenate([drawn, np.zeros((4000, 2, 1))], axis=2)
    gains = worth[:, cell, after].sum(axis=1) - worth[:, cell, before].sum(axis=1)

    # Whole customers stand for parts: one action of 50 more or less.
    assert found.error == pytest.approx(gains.std(), rel=0.1)


def test_beyond_what_is_worth_it_money_brings_nothing() -> None:
    """It is not even used."""
    found = next_money(VALUES, COSTS, 30.0, 1000.0, 1.0, after_cost=True)

    assert (found.value, found.error, found.used) == (0.0, 0.0, 0.0)


def test_what_makes_no_curve_is_refused() -> None:
    """Negative money, errors and cells of other customers."""
    with pytest.raises(LimitBelowNothing):
        value_curve(VALUES, COSTS, [-1.0])
    with pytest.raises(LimitBelowNothing):
        next_money(VALUES, COSTS, 1.0, -1.0, 0.0)
    with pytest.raises(ShapesDiffer):
        next_money(VALUES, COSTS, 1.0, 1.0, np.ones((2, 2)))
    with pytest.raises(ShapesDiffer):
        next_money(VALUES, COSTS, 1.0, 1.0, 1.0, cells=[1, 2])
