"""Chances of the counts that came: against the models' own answers, one customer and one count at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.models import BgNbd, MbgNbd, Nbd, ParetoNbd, Summary
from evergrove.models.regular import MbgCnbd
from evergrove.scoring.choose import IMPOSSIBLE
from evergrove.scoring.counts import count_chances

if TYPE_CHECKING:
    from evergrove.models import TransactionModel

MODELS = (
    Nbd(r=0.385, alpha=12.07),
    ParetoNbd(r=0.553, alpha=10.58, s=0.606, beta=11.67),
    BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426),
    MbgNbd(r=0.525, alpha=6.183, a=0.891, b=1.614),
    MbgCnbd(r=0.5, alpha=2.0, a=0.3, b=0.6, k=3),
)
HORIZON = 26.0


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_counts_are_as_likely_as_the_model_says(model: TransactionModel) -> None:
    """P(n) is the model's, F(n) the sum of P(0) to P(n), F(n - 1) that sum without the last."""
    random = np.random.default_rng(3)
    x = random.poisson(1.5, 60).astype(np.float64)
    T = random.integers(5, 60, 60).astype(np.float64)
    t_x = np.where(x > 0, np.floor(T * random.uniform(0.2, 1.0, 60)), 0.0)
    came = random.poisson(0.8 * (x + 0.3)).astype(np.float64)
    at = Summary(x, t_x, T)

    found = count_chances(model, at, model.alive(x, t_x, T), came, HORIZON)

    np.testing.assert_allclose(
        found.log_score, model.log_probability_of_purchases(came, HORIZON, x, t_x, T), rtol=1e-9, atol=1e-9
    )
    for i, n in enumerate(came.astype(int)):
        each = np.exp(model.log_probability_of_purchases(np.arange(n + 1), HORIZON, x[i], t_x[i], T[i]))
        assert found.upto[i] == pytest.approx(each.sum(), abs=1e-10)
        assert found.below[i] == pytest.approx(each[:-1].sum(), abs=1e-10)


def test_a_count_without_any_chance_is_written_down_as_the_worst_there_is() -> None:
    """A thousand purchases of a customer who makes one a year: no minus infinity in a mean."""
    model = Nbd(r=500.0, alpha=25_000.0)
    at = Summary(np.array([0.0]), np.array([0.0]), np.array([10.0]))

    found = count_chances(model, at, np.ones(1), np.array([1000.0]), HORIZON)

    assert found.log_score[0] == IMPOSSIBLE
    assert found.upto[0] == pytest.approx(1.0)
