"""The bound below which customers count as churned."""

from datetime import date

import numpy as np
import pytest

from evergrove.scoring.return_cut import cut_from_back_test, cut_from_model, rising_shares

ORIGIN = date(2026, 1, 31)


def test_customers_at_the_cut_come_back_at_the_share() -> None:
    """Simulated returns with known chances: the cut is where a fifth returns; of those below, a tenth."""
    rng = np.random.default_rng(3)
    chance = rng.random(100_000)
    came = (rng.random(100_000) < chance).astype(float)

    found = cut_from_back_test(chance, came, 0.20, ORIGIN)

    below = chance < found.cut
    assert found.source == "back_test"
    assert abs(found.cut - 0.20) < 0.02
    assert found.customers_below == below.sum()
    assert found.returned == pytest.approx(came[below].mean())
    assert found.returned < 0.20


def test_a_model_that_promises_too_much_is_cut_higher() -> None:
    """Who is said to return with 0.5 returns with 0.25: the cut moves from 0.2 to 0.4."""
    rng = np.random.default_rng(4)
    said = rng.random(100_000)
    came = (rng.random(100_000) < said / 2).astype(float)

    assert abs(cut_from_back_test(said, came, 0.20, ORIGIN).cut - 0.40) < 0.03


def test_where_everybody_returns_there_is_no_cut() -> None:
    """Then silence decides alone."""
    found = cut_from_back_test(np.linspace(0, 1, 500), np.ones(500), 0.20, ORIGIN)

    assert found.source == "none"
    assert np.isnan(found.cut)


def test_a_handful_of_customers_sets_no_cut() -> None:
    """49 who did not come back are not yet a rule."""
    chance = np.concatenate([np.full(49, 0.01), np.full(951, 0.9)])
    came = np.concatenate([np.zeros(49), np.ones(951)])

    assert cut_from_back_test(chance, came, 0.20, ORIGIN).source == "none"


def test_the_models_own_cut_takes_it_at_its_word() -> None:
    """Without a back-test, under a fifth means p_active under 0.2."""
    chance = np.array([0.05, 0.15, 0.2, 0.9])

    found = cut_from_model(chance, 0.20)

    assert (found.cut, found.source, found.customers_below) == (0.20, "model", 2)
    assert found.returned == pytest.approx(0.10)


def test_shares_that_fall_are_pooled() -> None:
    """0.5 before 0.1 becomes their mean; empty steps change nothing."""
    shares = rising_shares(np.array([10.0, 0, 10, 10, 0]), np.array([5.0, 0, 1, 9, 0]))

    assert shares.tolist() == pytest.approx([0.3, 0.3, 0.3, 0.9, 0.9])
