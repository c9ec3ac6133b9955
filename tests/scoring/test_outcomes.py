"""When simulated purchases come: what discounting takes off depends on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.integrate import quad

from evergrove.models import BgNbd, MbgNbd, Nbd, ParetoNbd
from evergrove.models.posterior import Posterior
from evergrove.models.types import Fit
from evergrove.scoring import outcomes
from evergrove.scoring.outcomes import parameter_draws, purchases_if_alive

if TYPE_CHECKING:
    from evergrove.models.process import TransactionModel

DRAWS = 400_000
YEAR = 52.18


@pytest.mark.parametrize(
    "model",
    [
        ParetoNbd(r=0.55, alpha=10.6, s=0.61, beta=11.7),
        MbgNbd(r=0.52, alpha=6.2, a=0.89, b=1.6),
        BgNbd(r=0.24, alpha=4.4, a=0.79, b=2.4),
        Nbd(r=0.38, alpha=12.1),
    ],
    ids=lambda model: model.name,
)
@pytest.mark.parametrize(("x", "T"), [(0.0, 30.0), (6.0, 20.0), (25.0, 50.0)])
def test_purchases_come_as_early_as_the_rate_says(model: TransactionModel, x: float, T: float) -> None:
    """
    The mean of the sum of a customer's purchase times is the integral of u x rate(u): within 5 standard errors.

    Who may leave after each purchase buys early in the year or not at all.
    """
    at = {name: np.full(DRAWS, value) for name, value in model.as_dict().items()}
    history = np.array([[x]]), np.array([[T]])

    year = purchases_if_alive(model, at, YEAR, *history, np.random.default_rng(3))

    times = np.where(year.purchases > 0, year.purchases * year.mean_time, 0.0)[0]

    def moment(u: float) -> float:
        return u * float(np.ravel(model.rate_if_alive(np.array([[u]]), np.array([x]), np.array([T])))[0])

    expected = quad(moment, 0, YEAR, limit=200)[0]
    assert times.mean() == pytest.approx(expected, abs=5 * times.std() / np.sqrt(DRAWS))


@pytest.mark.parametrize(("x", "T"), [(0.0, 30.0), (6.0, 20.0)])
def test_a_process_that_is_not_known_is_drawn_by_its_counts(
    x: float, T: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mean, share without any and discounted purchases are the closed forms': within 4 standard errors."""
    monkeypatch.setattr(outcomes, "DRAWN", frozenset())
    model, draws = MbgNbd(r=0.52, alpha=6.2, a=0.89, b=1.6), 40_000
    at = {name: np.full(draws, value) for name, value in model.as_dict().items()}
    cell = np.array([x]), np.array([T])

    year = purchases_if_alive(model, at, YEAR, cell[0][None], cell[1][None], np.random.default_rng(4))

    count = year.purchases[0]
    active = model.active_if_alive(YEAR, *cell)[0]
    assert abs(count.mean() - model.expected_if_alive(YEAR, *cell)[0]) < 4 * count.std() / np.sqrt(draws)
    assert abs((count > 0).mean() - active) < 4 * np.sqrt(active * (1 - active) / draws)
    discounted = count * np.exp(-0.002 * year.mean_time[0])
    expected = model.discounted_if_alive(YEAR, 0.002, *cell)[0]
    assert abs(discounted.mean() - expected) < 4 * count.std() / np.sqrt(draws)


def test_parameters_come_from_the_posterior_where_there_is_one() -> None:
    """All of it when as many are asked for, every other one when half, each again when twice as many."""
    letters = np.arange(1.0, 13.0).reshape(6, 2)
    model = Nbd(r=1.0, alpha=2.0)
    posterior = Posterior(model, ("r", "alpha"), letters, "importance", 6, 6.0)
    fit = Fit(model, 0.0, ("r", "alpha"), {}, np.eye(2), np.eye(2), 0, 0.0, 9, None, (), posterior)

    def drawn(n: int) -> list[float]:
        return list(parameter_draws(fit, n, np.random.default_rng(1))["r"])

    assert drawn(6) == [1, 3, 5, 7, 9, 11]
    assert drawn(3) == [1, 5, 9]
    assert drawn(12) == [1, 3, 5, 7, 9, 11] * 2
