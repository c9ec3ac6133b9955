"""MBG/NBD against its published figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.special import hyp2f1

from evergrove.models import MbgNbd

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.models import Fit, Summary

TOLERANCE = {"r": 1e-3, "alpha": 1e-3, "a": 5e-3, "b": 5e-3}


def assert_fitted(fit: Fit[MbgNbd], log_likelihood: float, **published: float) -> None:
    """The tolerances of all published fits."""
    assert fit.log_likelihood == pytest.approx(log_likelihood, abs=0.01)
    for name, value in published.items():
        assert getattr(fit.model, name) == pytest.approx(value, rel=TOLERANCE[name]), name


def test_cdnow_estimates_are_the_published_ones(cdnow: Summary) -> None:
    """F06."""
    assert_fitted(MbgNbd.fit(cdnow), -9582.136, r=0.525, alpha=6.183, a=0.891, b=1.614)


def test_grocery_estimates_are_the_published_ones(grocery: Summary) -> None:
    """F44, MBG part."""
    assert_fitted(MbgNbd.fit(grocery), -15781.939, r=1.25692, alpha=6.03914, a=0.36828, b=0.71576)


def test_grocery_holdout_total(grocery: Summary) -> None:
    """F49, MBG part: 4,024.8 purchases expected in the 52 weeks after 2006."""
    history = (grocery.frequency, grocery.recency, grocery.T)
    assert MbgNbd.fit(grocery).model.expected_purchases(52, *history).sum() == pytest.approx(4024.8, rel=2e-3)


def test_apparel_estimates_are_the_published_ones(apparel: Callable[[int], Summary]) -> None:
    """F64, MBG part."""
    assert_fitted(MbgNbd.fit(apparel(104)), -5848.045, r=1.8914, alpha=45.8272, a=0.60237, b=1.58237)


def test_a_customer_just_won_may_have_left_already() -> None:
    """Definitions 3: at x = 0, T = 0 P(alive) is b / (a + b), and silence lowers it."""
    model = MbgNbd(0.525, 6.183, 0.891, 1.614)
    p = model.probability_alive(0, 0, [0, 10, 100, 1000])
    assert p[0] == pytest.approx(1.614 / (0.891 + 1.614), rel=1e-14)
    assert (np.diff(p) < 0).all()


def test_expected_purchases_follow_the_published_form() -> None:
    """Definitions 3, MBG/CET with m = 1, by scipy's 2F1 where that is stable."""
    r, alpha, a, b = 0.525, 6.183, 0.891, 1.614
    model = MbgNbd(r, alpha, a, b)
    x, t_x, T = np.array([0.0, 1, 2, 7, 20]), np.array([0.0, 3, 30, 20, 38]), np.full(5, 38.86)
    for t in (1.0, 39.0, 200.0):
        z = t / (alpha + T + t)
        bracket = 1 - (1 - z) ** (r + x) * hyp2f1(r + x, b + x + 1, a + b + x, z)
        published = (a + b + x) / (a - 1) * bracket * model.probability_alive(x, t_x, T)
        np.testing.assert_allclose(model.expected_purchases(t, x, t_x, T), published, rtol=1e-10)
