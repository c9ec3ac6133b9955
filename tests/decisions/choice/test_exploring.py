"""What is drawn at random, and with which probability."""

from __future__ import annotations

import numpy as np
import pytest

from evergrove.decisions.choice import NOTHING, choose, eligible, explore, probabilities
from evergrove.decisions.choice.errors import ExplorationTooDear, ShapesDiffer, ShareImpossible

RNG = np.random.default_rng(4)
VALUES = np.where(RNG.random((5000, 3)) < 0.2, np.nan, RNG.normal(1.0, 2.0, (5000, 3)))
COSTS = np.array([0.5, 1.0, 2.0])
IDS = [f"C-{number}" for number in range(5000)]
ALLOWED = eligible(VALUES, np.broadcast_to(COSTS, VALUES.shape))


def drawn(share: float, round_key: str = "2026-11-23", salt: str = "salt") -> tuple[object, object]:
    """A choice with room for exploring, and what is drawn from it."""
    choice = choose(VALUES, COSTS, 2000.0, exploration=share)
    return choice, explore(choice, COSTS, ALLOWED, IDS, salt=salt, round_key=round_key, share=share)


def test_every_action_that_is_allowed_has_its_part_of_the_share() -> None:
    """Nothing included; what is not allowed has none, and each row adds up to 1."""
    picked = np.array([0, NOTHING, 2], dtype=np.int32)
    allowed = np.array([[True, True, True], [False, False, False], [False, True, True]])

    found = probabilities(picked, allowed, 0.06)

    np.testing.assert_allclose(
        found, [[0.955, 0.015, 0.015, 0.015], [0.0, 0.0, 0.0, 1.0], [0.0, 0.02, 0.96, 0.02]], atol=1e-15
    )


def test_probabilities_of_all_customers_add_up_to_one() -> None:
    """And none of what is allowed is below the least."""
    _choice, found = drawn(0.05)

    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1.0, atol=1e-12)  # type: ignore[attr-defined]
    assert (found.probabilities[:, :-1][ALLOWED] >= 0.05 / 4.0).all()  # type: ignore[attr-defined]
    assert (found.probabilities[:, :-1][~ALLOWED] == 0.0).all()  # type: ignore[attr-defined]
    assert (found.probability > 0.0).all()  # type: ignore[attr-defined]


def test_a_run_that_is_repeated_draws_the_same_and_the_next_round_another() -> None:
    """As the salt does."""
    first, again, later, elsewhere = (
        drawn(0.3, *how)[1].picked  # type: ignore[attr-defined]
        for how in ((), (), ("2026-11-24",), ("2026-11-23", "other"))
    )

    np.testing.assert_array_equal(first, again)
    assert (first != later).any()
    assert (first != elsewhere).any()


def test_a_customers_draw_does_not_depend_on_who_else_is_there() -> None:
    """The same coin for the same customer, wherever the row stands."""
    choice, found = drawn(0.3)
    turned = choose(VALUES[::-1], COSTS, 2000.0, exploration=0.3)
    same = turned.picked[::-1] == choice.picked  # type: ignore[attr-defined]

    other = explore(turned, COSTS, ALLOWED[::-1], IDS[::-1], salt="salt", round_key="2026-11-23", share=0.3)

    np.testing.assert_array_equal(other.picked[::-1][same], found.picked[same])  # type: ignore[attr-defined]
    assert same.mean() > 0.99


def test_what_comes_up_comes_up_as_often_as_its_probability_says() -> None:
    """Weighting by one over the probability counts every action as often as it was allowed, within 4 standard errors."""
    _choice, found = drawn(0.5)
    for action in [0, 1, 2, NOTHING]:
        chance = found.probabilities[:, action]  # type: ignore[attr-defined]
        possible = chance > 0.0
        weights = np.where(found.picked == action, 1.0, 0.0)[possible] / chance[possible]  # type: ignore[attr-defined]
        error = np.sqrt(((1.0 - chance[possible]) / chance[possible]).sum())

        assert abs(weights.sum() - possible.sum()) < 4.0 * error


def test_weighting_a_log_by_its_own_policy_is_its_mean() -> None:
    """The value of the logging policy on its own log, to the last digit; the weights of another one average 1."""
    choice, found = drawn(0.4)
    outcome = np.random.default_rng(1).gamma(1.0, 3.0, 5000)
    chance = found.probability  # type: ignore[attr-defined]
    own = np.take_along_axis(found.probabilities, found.picked[:, None], axis=1)[:, 0] / chance  # type: ignore[attr-defined]
    other = (found.picked == choice.picked) / chance  # type: ignore[attr-defined]

    assert abs((own * outcome).mean() - outcome.mean()) < 1e-12
    assert abs(other.mean() - 1.0) < 3.0 * other.std() / np.sqrt(5000)


def test_the_budget_holds_what_choice_and_draw_are_expected_to_cost() -> None:
    """Both together, and what was drawn lies where the 95 % point says."""
    _choice, found = drawn(0.2)

    assert found.expected <= 2000.0 + 1e-6  # type: ignore[attr-defined]
    assert found.expected > 1990.0  # type: ignore[attr-defined]
    assert found.spent < found.p95 + (found.p95 - found.expected)  # type: ignore[attr-defined]
    assert found.p95 > found.expected  # type: ignore[attr-defined]


def test_drawing_costs_at_most_its_share_where_nothing_works() -> None:
    """All values 0: the choice is nothing, and what is lost is the cost of what is drawn at random."""
    values, costs = np.zeros((3000, 2)), np.array([1.0, 1.0])
    choice = choose(values, costs, 500.0, exploration=0.02)
    allowed = np.ones(values.shape, dtype=bool)
    ids = [f"C-{number}" for number in range(3000)]

    found = explore(choice, costs, allowed, ids, salt="salt", round_key="1")

    assert choice.contacts == 0
    assert found.expected == pytest.approx(0.02 * 3000 * 2.0 / 3.0)


def test_what_cannot_be_drawn_is_refused() -> None:
    """A share below the least, a random part dearer than the budget, ids of others."""
    with pytest.raises(ShareImpossible):
        choose(VALUES, COSTS, 10.0, exploration=0.01)
    with pytest.raises(ShareImpossible):
        probabilities(np.array([0]), np.array([[True]]), 1.0)
    with pytest.raises(ExplorationTooDear):
        choose(VALUES, COSTS, 10.0, exploration=0.5)
    with pytest.raises(ShapesDiffer):
        explore(choose(VALUES, COSTS, 10.0), COSTS, ALLOWED, IDS[:3], salt="", round_key="")


def test_dear_actions_can_be_left_out_of_the_draw() -> None:
    """Then a small budget is enough for exploring the others."""
    cheap = ALLOWED & np.array([True, False, False])

    choice = choose(VALUES, COSTS, 30.0, exploration=0.02, explorable=cheap)
    found = explore(choice, COSTS, cheap, IDS, salt="salt", round_key="1")

    assert found.expected <= 30.0
    assert (
        found.probabilities[:, 1:3].sum(axis=0) == (found.probabilities[:, 1:3] > 0.5).sum(axis=0) * 0.98
    ).all()
