"""When simulated purchases come: what discounting takes off depends on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.integrate import quad

from evergrove.models import BgNbd, MbgNbd, Nbd, ParetoNbd
from evergrove.scoring.outcomes import purchases_if_alive

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
