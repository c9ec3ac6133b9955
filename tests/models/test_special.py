"""Gamma, beta and hypergeometric functions against scipy and mpmath."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mpmath
import numpy as np
import pytest
from scipy import special as scipy_special

from evergrove.models.special import digamma, expit, gammaln, log1p_exp, log_beta, log_rising, trigamma

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.models.types import Floats

ARGUMENTS = np.concatenate([np.geomspace(1e-8, 1e8, 400), np.arange(1.0, 40.0), [9.999999, 10.0, 10.000001]])


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (gammaln, scipy_special.gammaln),
        (digamma, scipy_special.digamma),
        (trigamma, lambda x: scipy_special.polygamma(1, x)),
    ],
)
def test_gamma_functions_agree_with_scipy(
    ours: Callable[[Floats], Floats], theirs: Callable[[Floats], Floats]
) -> None:
    """Over sixteen orders of magnitude, on both sides of the point where the series takes over."""
    np.testing.assert_allclose(ours(ARGUMENTS), theirs(ARGUMENTS), rtol=2e-14, atol=2e-14)


@pytest.mark.parametrize(
    ("a", "b"),
    [(0.01, 0.02), (0.8, 2.4), (3.0, 9.5), (0.5, 40.0), (12.0, 11.0), (1e-3, 1e6), (1e5, 1e6), (2e7, 3.0)],
)
def test_log_beta_keeps_its_digits_where_gamma_functions_cancel(a: float, b: float) -> None:
    """Against fifty digits, in both orders of the arguments."""
    with mpmath.workdps(50):
        truth = float(mpmath.log(mpmath.beta(mpmath.mpf(a), mpmath.mpf(b))))
    both = log_beta(np.array([a, b]), np.array([b, a]))
    np.testing.assert_allclose(both, truth, rtol=1e-14)


def test_log_rising_is_a_difference_of_gamma_functions() -> None:
    """The logarithm of a (a + 1) ... (a + j - 1), also for an a at which the gamma functions would cancel."""
    np.testing.assert_allclose(
        log_rising(0.3, 500),
        scipy_special.gammaln(0.3 + np.arange(501)) - scipy_special.gammaln(0.3),
        rtol=1e-13,
    )
    with mpmath.workdps(40):
        truth = float(mpmath.loggamma(mpmath.mpf(1e7) + 50) - mpmath.loggamma(mpmath.mpf(1e7)))
    assert log_rising(1e7, 50)[-1] == pytest.approx(truth, rel=1e-14)


def test_logistic_functions_stand_any_argument() -> None:
    """No overflow at +-1e4, and agreement with scipy in between."""
    u = np.array([-1e4, -700.0, -40.0, -1.0, 0.0, 1e-9, 3.0, 40.0, 700.0, 1e4])
    np.testing.assert_allclose(expit(u), scipy_special.expit(u), rtol=1e-15)
    np.testing.assert_allclose(log1p_exp(u), np.logaddexp(0.0, u), rtol=1e-15)
