"""The choice within budgets and caps against published figures, an outside solver and what must always hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from benchmarks.choice import by_effect
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.decisions.choice.shops import CHANNELS, COSTS, VALUES, best, congruential, some_limits

from evergrove.decisions.choice import NOTHING, choose
from evergrove.decisions.choice.errors import ChannelUnknown, LimitBelowNothing, NotFinite, ShapesDiffer
from evergrove.decisions.choice.limits import limits_of
from evergrove.decisions.choice.pricing import by_one_price
from evergrove.decisions.choice.table import table_of


@pytest.mark.parametrize(("budget", "most"), [(0, 0), (3, 7), (6, 13), (15, 29), (30, 39.5)])
def test_five_customers_get_the_best_there_is(budget: float, most: float) -> None:
    """The published table, where the greedy choice finds 5 of 7 and the plain price 5 of 13."""
    choice = choose(VALUES, COSTS, budget, after_cost=True)

    assert choice.value == pytest.approx(most)
    assert choice.exact
    assert choice.spent <= budget


@pytest.mark.parametrize(
    ("customers", "budget", "seed", "most", "relaxed"),
    [(200, 150, 2, 462.5183, 462.7508), (2000, 1500, 3, 4735.6167, None)],
)
def test_hundreds_of_customers_get_the_best_there_is(
    customers: int, budget: float, seed: int, most: float, relaxed: float | None
) -> None:
    """The published instances of a congruential generator: the whole optimum, not only 99 % of it."""
    values, costs = congruential(customers, seed)

    choice = choose(values, costs, budget, after_cost=True)

    assert choice.value == pytest.approx(most, abs=1e-4)
    assert choice.bound >= most - 1e-6
    if relaxed is not None:
        assert choice.bound == pytest.approx(relaxed, abs=1e-4)
        assert choice.price == pytest.approx(2.055325, abs=1e-6)


def shop(
    seed: int, customers: int, kind: str
) -> tuple[np.ndarray[Any, np.dtype[np.float64]], np.ndarray[Any, np.dtype[np.float64]]]:
    """Random worths and costs; of some kinds every figure is met many times, is missing, or a cost is negative."""
    rng = np.random.default_rng(seed)
    worth, costs = rng.normal(1.0, 2.0, (customers, 5)), rng.uniform(0.1, 3.0, (customers, 5))
    if kind == "whole":
        return np.round(worth), np.round(costs) + 1.0
    if kind == "cells":
        cell = rng.integers(0, min(4, customers), customers)
        return worth[cell], costs[cell]
    if kind == "missing":
        worth[rng.random(worth.shape) < 0.3] = np.nan
    if kind == "negative":
        costs[rng.random(costs.shape) < 0.1] *= -1.0
    if kind == "proportional":
        return 2.0 * costs + rng.normal(0.0, 0.05, costs.shape), costs
    return worth, costs


KINDS = ["plain", "whole", "cells", "missing", "negative", "proportional"]
HARD = [
    *[(kind, many) for kind in KINDS for many in (False, True) if (kind, many) != ("proportional", True)],
    # Where worth goes with cost and there are many limits, proofs take the outside solver seconds.
    pytest.param("proportional", True, marks=pytest.mark.slow),
]


def limits_for(costs: np.ndarray[Any, np.dtype[np.float64]], many: bool) -> dict[str, Any]:  # noqa: FBT001 -- a parameter of tests
    """A budget for a third of all, alone or beside limits of channels and contacts."""
    budget = float(np.abs(costs).sum() / 15.0)
    if not many:
        return {"budget": budget}
    return {
        "budget": budget,
        "channels": CHANNELS,
        "channel_budgets": {"mail": budget / 3.0, "call": budget / 2.0},
        "most_contacts": len(costs) // 3,
        "most_by_channel": {"mail": max(1, len(costs) // 6)},
    }


@pytest.mark.parametrize(("kind", "many"), HARD)
@pytest.mark.parametrize("customers", [1, 4, 15, 30])
def test_up_to_thirty_customers_the_outside_solver_finds_nothing_better(
    customers: int,
    kind: str,
    many: bool,  # noqa: FBT001
) -> None:
    """HiGHS as a mixed integer programme, with and without limits on channels and contacts."""
    worth, costs = shop(customers, customers, kind)
    limits = limits_for(costs, many)

    choice = choose(worth, costs, after_cost=True, **limits)

    assert choice.exact
    assert choice.value == pytest.approx(best(worth, costs, **limits), abs=1e-6)


@pytest.mark.parametrize(("kind", "many"), HARD)
def test_more_customers_get_99_percent_of_what_the_outside_solver_finds(kind: str, many: bool) -> None:  # noqa: FBT001
    """And never more than the bound says."""
    worth, costs = shop(7, 120, kind)
    limits = limits_for(costs, many)

    choice = choose(worth, costs, after_cost=True, **limits)
    truth = best(worth, costs, **limits)

    assert 0.99 * truth <= choice.value <= truth + 1e-6
    assert choice.bound >= truth - 1e-6


def test_ties_at_the_price_waste_no_budget() -> None:
    """A thousand equal customers of one cell, and budget for a few less than half of them."""
    choice = choose(np.full((1000, 2), [3.0, 4.0]), [1.0, 2.0], 499.5, after_cost=True)

    assert choice.contacts == 499
    assert choice.value == pytest.approx(499 * 3.0)


def test_ties_over_cells_and_channels_use_every_limit_up() -> None:
    """Effects are known by cell, so that thousands of customers are equal: the limits are still used to the last contact."""
    rng = np.random.default_rng(5)
    cell = rng.integers(0, 6, 4000)
    worth, costs = rng.uniform(1.0, 5.0, (6, 3))[cell], np.array([1.0, 2.0, 1.5])
    limits: dict[str, Any] = {
        "channels": ["mail", "call", "text"],
        "most_by_channel": {"mail": 700, "call": 300},
    }

    choice = choose(worth, costs, 2000.0, after_cost=True, **limits)

    assert choice.value >= 0.999 * choice.bound
    assert choice.spent > 1998.0


def test_nothing_is_worth_less_than_nothing() -> None:
    """No budget buys what does harm, not even where a negative cost would pay for it."""
    choice = choose([[-1.0, 0.0], [-2.0, -3.0]], [[-5.0, 1.0], [0.0, -1.0]], 100.0, after_cost=True)

    assert choice.picked.tolist() == [NOTHING, NOTHING]
    assert (choice.value, choice.spent, choice.contacts) == (0.0, 0.0, 0)


def test_an_action_that_brings_money_in_pays_for_another() -> None:
    """Without it the second customer's action would cost too much."""
    choice = choose([[1.0], [10.0]], [[-4.0], [7.0]], 3.0, after_cost=True)

    assert choice.picked.tolist() == [0, 0]
    assert choice.spent == pytest.approx(3.0)


def test_costs_are_taken_off_values_unless_they_are_off_already() -> None:
    """3 for 2 is worth 1; 3 for 4 is worth less than nothing, and 3 after a cost of 4 is worth 3."""
    assert choose([[3.0], [3.0]], [[2.0], [4.0]]).value == pytest.approx(1.0)
    assert choose([[3.0], [3.0]], [[2.0], [4.0]], after_cost=True).value == pytest.approx(6.0)


def test_fatigue_is_taken_off_and_does_not_count_against_the_budget() -> None:
    """5 for 1 with a fatigue of 3 is worth 1 and uses 1."""
    choice = choose([[5.0]], [[1.0]], 1.0, fatigue=[[3.0]])

    assert (choice.value, choice.spent) == (1.0, 1.0)


def test_what_is_charged_counts_against_the_budget_alone() -> None:
    """A coupon's expected face is in the price already: it uses budget, but is not taken off again."""
    choice = choose([[5.0], [5.0]], [[1.0], [1.0]], 6.0, charged=[[6.0], [6.0]])

    assert (choice.value, choice.spent, choice.contacts) == (4.0, 6.0, 1)


def test_without_limits_everybody_gets_what_is_best_for_them() -> None:
    """The price is 0 and nothing is left to prove."""
    choice = choose(VALUES, COSTS, after_cost=True)

    assert choice.value == pytest.approx(39.5)
    assert (choice.exact, choice.price) == (True, 0.0)


def test_caps_count_contacts() -> None:
    """Two in all, one by call: the two best that go together."""
    choice = choose(
        VALUES,
        COSTS,
        channels=["mail", "text", "call"],
        most_contacts=2,
        most_by_channel={"call": 1},
        after_cost=True,
    )

    assert choice.value == pytest.approx(11.0 + 8.0)
    assert choice.contacts == 2


def test_nobody_at_all_is_an_empty_choice() -> None:
    """As on a night on which nobody is eligible."""
    choice = choose(np.empty((0, 3)), np.empty((0, 3)), 10.0)

    assert choice.picked.shape == (0,)
    assert choice.value == 0.0


@pytest.mark.parametrize(
    ("error", "given_"),
    [
        (ShapesDiffer, {"costs": np.ones((2, 2))}),
        (ShapesDiffer, {"channels": ["mail"]}),
        (ShapesDiffer, {"fatigue": np.ones((4, 3))}),
        (NotFinite, {"costs": np.full((5, 3), np.inf)}),
        (LimitBelowNothing, {"budget": -1.0}),
        (LimitBelowNothing, {"most_contacts": float("nan")}),
        (ChannelUnknown, {"channels": ["a", "b", "c"], "channel_budgets": {"mail": 1.0}}),
    ],
)
def test_what_cannot_be_chosen_from_is_refused(error: type[Exception], given_: dict[str, Any]) -> None:
    """With what is wrong and the way out."""
    with pytest.raises(error):
        choose(VALUES, **{"costs": COSTS, **given_})


@st.composite
def shops(draw: st.DrawFn, most: int) -> tuple[Any, Any]:
    """Small shops with ties, gaps and negative figures."""
    customers, actions = draw(st.integers(1, most)), draw(st.integers(1, 4))
    seed, kind = draw(st.integers(0, 10_000)), draw(st.sampled_from(KINDS))
    worth, costs = shop(seed, customers, kind)
    return worth[:, :actions], costs[:, :actions]


@settings(max_examples=25, deadline=None, derandomize=True)
@given(shops(50), st.floats(0.0, 60.0), st.integers(0, 30), st.booleans())
def test_no_limit_is_ever_passed(
    made: tuple[Any, Any],
    budget: float,
    contacts: int,
    many: bool,  # noqa: FBT001
) -> None:
    """Counted anew from the picks; nobody has what they are not allowed, or what is worth less than nothing."""
    worth, costs = made
    channels = CHANNELS[: worth.shape[1]]
    limits: dict[str, Any] = {"budget": budget}
    if many:
        limits |= {"channels": channels, "channel_budgets": {"mail": budget / 2}, "most_contacts": contacts}

    choice = choose(worth, costs, after_cost=True, **limits)

    rows = np.flatnonzero(choice.picked != NOTHING)
    chosen = np.zeros(worth.shape)
    chosen[rows, choice.picked[rows]] = 1.0
    for use, most in some_limits(limits, worth, costs):
        assert (use * chosen).sum() <= most + 1e-9 * max(1.0, most)
    assert (worth[rows, choice.picked[rows]] >= 0.0).all()
    assert choice.value <= choice.bound + 1e-9
    assert choice.value == pytest.approx(worth[rows, choice.picked[rows]].sum())


@settings(max_examples=30, deadline=None, derandomize=True)
@given(shops(30), st.floats(0.0, 40.0), st.floats(0.0, 10.0))
def test_more_budget_never_lowers_the_value(made: tuple[Any, Any], budget: float, more: float) -> None:
    """Of the best choice."""
    worth, costs = made

    assert (
        choose(worth, costs, budget + more, after_cost=True).value
        >= choose(worth, costs, budget, after_cost=True).value - 1e-9
    )


@settings(max_examples=30, deadline=None, derandomize=True)
@given(shops(30), st.floats(0.0, 40.0), st.randoms(use_true_random=False))
def test_the_order_of_customers_does_not_matter(made: tuple[Any, Any], budget: float, random: Any) -> None:
    """Up to 30 customers not at all; the next test looks at more."""
    worth, costs = made
    order = list(range(len(worth)))
    random.shuffle(order)

    first, other = (
        choose(w, c, budget, after_cost=True) for w, c in ((worth, costs), (worth[order], costs[order]))
    )

    assert other.value == pytest.approx(first.value, abs=1e-9)


def test_the_order_of_many_customers_matters_less_than_one_action() -> None:
    """What the fill makes of the last customers is all that may differ."""
    worth, costs = shop(3, 3000, "plain")
    order = np.random.default_rng(0).permutation(len(worth))

    values = [
        choose(w, c, 900.0, after_cost=True).value for w, c in ((worth, costs), (worth[order], costs[order]))
    ]

    assert abs(values[0] - values[1]) < 1e-3


def test_a_run_that_is_repeated_chooses_the_same() -> None:
    """To the last customer, ties too."""
    worth, costs = shop(11, 500, "cells")
    limits = limits_for(costs, many=True)

    first, again = (choose(worth, costs, after_cost=True, **limits) for _ in range(2))

    np.testing.assert_array_equal(first.picked, again.picked)


@pytest.mark.parametrize(("budget", "ranked"), [(3, 0), (6, 10), (15, 21), (30, 39.5)])
def test_ranking_by_effect_brings_the_published_less(budget: float, ranked: float) -> None:
    """The other way to choose that the benchmark shows is the published one."""
    assert by_effect(VALUES, COSTS, budget) == pytest.approx(ranked)


@pytest.mark.parametrize(
    ("customers", "budget", "seed", "greedy", "ranked"),
    [(200, 150, 2, 457.9851, 234.79), (2000, 1500, 3, 4735.4382, 2564.88)],
)
def test_what_the_price_alone_brings_is_the_published_figure(
    customers: int, budget: float, seed: int, greedy: float, ranked: float
) -> None:
    """The greedy choice over upper hulls that stops at the first misfit, before anything is filled."""
    values, costs = congruential(customers, seed)
    table = table_of(values, costs, after_cost=True)

    found = by_one_price(table, limits_of(3, budget))

    assert table.sums(found.picked)[0] == pytest.approx(greedy, abs=1e-4)
    assert by_effect(values, costs, budget) == pytest.approx(ranked, abs=5e-3)


@pytest.mark.parametrize(("budget", "greedy"), [(3, 5), (15, 29), (30, 39.5)])
def test_the_price_alone_brings_the_published_figure_of_five(budget: float, greedy: float) -> None:
    """At 6, four steps have one slope, and what fits of them hangs on their order; the fill makes good for it."""
    table = table_of(VALUES, COSTS, after_cost=True)

    assert table.sums(by_one_price(table, limits_of(3, budget)).picked)[0] == pytest.approx(greedy)
