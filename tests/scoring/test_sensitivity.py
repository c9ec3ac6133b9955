"""How figures move with the parameters: asked of few points or of each draw, they come out the same."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.scoring.known_shop import PROCESS, shop_of

from evergrove.models import BgNbd, MbgNbd, Nbd, ParetoNbd
from evergrove.models.posterior import draws
from evergrove.scoring.distinct_histories import DistinctHistories, histories_of
from evergrove.scoring.sensitivity import DIRECT, DRAWS, sensitivity

if TYPE_CHECKING:
    from evergrove.models.types import Fit

MANY = DIRECT  # rows in number beyond which only a few points are asked


def drawn(fit: Fit[Any], summary: Any) -> Fit[Any]:
    """With draws of its parameters."""
    return replace(fit, posterior=draws(fit, summary, rng=np.random.default_rng(1)))


@pytest.mark.slow
@pytest.mark.parametrize("model", [ParetoNbd, BgNbd, MbgNbd, Nbd])
def test_few_points_tell_what_every_draw_says(model: Any) -> None:
    """
    P(alive) of 5,000 customers: means within 2e-4, slopes within 2e-4, every draw within .006.

    The draws' own spread is ten times as large. With more customers the posterior is narrower, and so is the
    error.
    """
    summary = shop_of(5000, 1).summary
    fit = drawn(model.fit(summary), summary)
    histories = DistinctHistories.among(histories_of(summary), "week")
    rng = np.random.default_rng(2)
    few, each = sensitivity(fit, MANY, rng), sensitivity(fit, 1, rng)

    assert (len(few.models), len(each.models)) == (2 * len(fit.parameters) + 1, DRAWS)
    asked, answers = few.asked(histories.alive), each.asked(histories.alive)
    np.testing.assert_allclose(few.mean(asked), each.mean(answers), atol=2e-4)
    np.testing.assert_allclose(few.slope(asked), each.slope(answers), atol=2e-4)
    np.testing.assert_allclose(few.drawn(asked), each.drawn(answers), atol=6e-3)
    if model is not Nbd:
        assert np.ptp(answers, axis=0).max() > 0.06


def test_the_places_of_the_draws_are_standard() -> None:
    """Mean 0, variance 1, uncorrelated: slopes are covariances because of it."""
    summary = shop_of(400, 2).summary
    for rows in (1, MANY):
        z = sensitivity(drawn(BgNbd.fit(summary), summary), rows, np.random.default_rng(1)).z
        np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-10)
        np.testing.assert_allclose(np.cov(z.T, ddof=0), np.eye(4), atol=1e-8)


def test_a_wide_posterior_is_asked_directly_with_fewer_draws() -> None:
    """A quadratic is far off where parameters run along a ridge."""
    shop = shop_of(300, 3)
    assert np.log(shop.process.posterior.at["beta"]).std() > 0.5  # type: ignore[union-attr]

    found = sensitivity(shop.process, MANY, np.random.default_rng(1))

    assert found.to_draws is None
    assert len(found.models) == len(found.z) == len(found.letters["r"]) == 32


def test_known_parameters_move_nothing() -> None:
    """One model is asked, and every draw says what it says."""
    process, _spend = shop_of(300, 3).truth
    found = sensitivity(process, MANY, np.random.default_rng(1))

    assert found.models == (PROCESS,)
    assert found.z.shape == (DRAWS, 0)
    answers = found.asked(lambda model: np.array([model.r, model.s]))
    np.testing.assert_array_equal(found.mean(answers), [PROCESS.r, PROCESS.s])
    np.testing.assert_array_equal(found.drawn(answers), np.tile([PROCESS.r, PROCESS.s], (DRAWS, 1)))
