"""The bound below which customers count as churned."""

from datetime import date

import numpy as np

from evergrove.scoring.return_cut import cut_from_back_test, cut_from_model, largest_cut


def test_of_those_below_the_cut_under_a_fifth_came_back() -> None:
    """Simulated returns with known chances: the cut keeps its promise and could not be higher."""
    rng = np.random.default_rng(3)
    chance = rng.random(20_000)
    came = (rng.random(20_000) < chance).astype(float)

    found = cut_from_back_test(chance, came, 0.20, date(2026, 1, 31))

    below = chance < found.cut
    assert found.source == "back_test"
    assert came[below].mean() < 0.20
    assert abs(found.returned - came[below].mean()) < 1e-12
    assert found.customers_below == below.sum()
    assert came[chance < found.cut + 0.001].mean() >= 0.20
    assert abs(found.cut - 0.40) < 0.03  # of those below c, c / 2 return


def test_where_everybody_returns_there_is_no_cut() -> None:
    """Then silence decides alone."""
    found = cut_from_back_test(np.linspace(0, 1, 500), np.ones(500), 0.20, date(2026, 1, 31))

    assert found.source == "none"
    assert np.isnan(found.cut)


def test_a_handful_of_customers_sets_no_cut() -> None:
    """49 who did not come back are not yet a rule."""
    chance = np.concatenate([np.full(49, 0.01), np.full(951, 0.9)])
    came = np.concatenate([np.zeros(49), np.ones(951)])

    assert cut_from_back_test(chance, came, 0.20, date(2026, 1, 31)).source == "none"


def test_the_models_own_cut_expects_a_fifth_back() -> None:
    """Without a back-test the mean chance below the cut is under the share."""
    chance = np.random.default_rng(1).beta(0.5, 0.5, 10_000)

    found = cut_from_model(chance, 0.20)

    assert found.source == "model"
    assert chance[chance < found.cut].mean() < 0.20 <= chance[chance < found.cut + 0.001].mean()


def test_a_chance_of_one_is_below_no_cut() -> None:
    """Who is certain to buy is never churned, whatever happened then."""
    assert np.isnan(largest_cut(np.ones(10), np.zeros(10), 0.2)[0])
