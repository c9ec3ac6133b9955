"""The Pareto/NBD likelihood against independent forms: mixed over both rates, and without quadrature."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mpmath
import numpy as np
import pytest
from scipy import special

from evergrove.models.pareto_likelihood import log_odds_gone, population, row_log_likelihood
from evergrove.models.pareto_mixture import Letters
from evergrove.models.pareto_nbd import ParetoNbd
from evergrove.models.types import Summary

if TYPE_CHECKING:
    from collections.abc import Sequence

CDNOW = Letters(0.55328, 10.57768, 0.60624, 11.66873)
F88 = Letters(0.5143, 2.8845, 0.2856, 14.1087)
F90 = Letters(0.55, 10.56, 0.61, 11.64)
F91 = Letters(10.465, 0.00798565, 3.0516, 2.82)


def without_subtraction(letters: Sequence[mpmath.mpf], x: float, t_x: float, T: float) -> mpmath.mpf:
    """
    Log-likelihood by the form without subtraction: die after t_x, or buy after T, whichever way it went.

    With J(p, q; t) the integral of (alpha + tau)^-p (beta + tau)^-q from t to infinity, the bracket is
    s J(r + x, s + 1; t_x) + (r + x) J(r + x + 1, s; T).
    """
    r, alpha, s, beta = letters

    def to_infinity(p: mpmath.mpf, q: mpmath.mpf, t: mpmath.mpf) -> mpmath.mpf:
        a, b, k = alpha + t, beta + t, p + q - 1
        high, low, of_low = (a, b, q) if a >= b else (b, a, p)
        return high**-k / k * mpmath.hyp2f1(k, of_low, k + 1, 1 - low / high)

    c = r + mpmath.mpf(x)
    bracket = s * to_infinity(c, s + 1, mpmath.mpf(t_x)) + c * to_infinity(c + 1, s, mpmath.mpf(T))
    gammas = mpmath.loggamma(c) - mpmath.loggamma(r)
    return gammas + r * mpmath.log(alpha) + s * mpmath.log(beta) + mpmath.log(bracket)


def test_likelihood_is_the_mean_over_both_rates() -> None:
    """Brute force in two dimensions: the trapezoidal rule over ln lambda and ln mu, spectrally accurate."""
    r, alpha, s, beta = CDNOW
    x, t_x, T = (
        np.array([0.0, 2.0, 12.0, 3.0]),
        np.array([0.0, 30.4, 20.0, 31.0]),
        np.array([39.0, 38.9, 38, 31]),
    )
    log_rate = np.arange(-75.0, 6.0, 0.1)
    lam, mu = np.exp(log_rate)[:, None], np.exp(log_rate)[None, :]
    prior_lam = np.exp(r * np.log(alpha) + r * log_rate - alpha * lam[:, 0] - special.gammaln(r))
    prior_mu = np.exp(s * np.log(beta) + s * log_rate - beta * mu[0] - special.gammaln(s))
    for i in range(len(x)):
        both = lam + mu
        left = mu / both * (np.exp(-both * t_x[i]) - np.exp(-both * T[i]))
        branches = lam ** x[i] * (np.exp(-both * T[i]) + left)
        likelihood = prior_lam @ branches @ prior_mu * 0.1**2
        found = row_log_likelihood(CDNOW, x[i : i + 1], t_x[i : i + 1], T[i : i + 1])[0]
        assert found == pytest.approx(np.log(likelihood), abs=1e-11)


@pytest.mark.parametrize(
    ("letters", "x", "t_x", "T"),
    [
        (CDNOW, [0, 1, 26, 5], [0, 3, 30.857, 39], [39, 31, 31, 39]),
        (
            F88,
            [221, 254, 161, 204],
            [103.42857, 97.14286, 94.71429, 98.57143],
            [103.57143, 97.28571, 98, 99.42857],
        ),
        (F91, [40, 50, 50, 500, 900], [5, 1, 4, 1, 36], [6, 37, 37, 37, 37]),
        (Letters(1.3, 2000, 0.7, 0.33), [0, 3, 300], [0, 9, 90], [100, 100, 100]),
        (Letters(0.7, 5, 0.3, 5), [0, 3, 30], [0, 9, 90], [100, 100, 100]),
    ],
)
def test_likelihood_keeps_its_digits_under_stress(
    letters: Letters, x: list[float], t_x: list[float], T: list[float]
) -> None:
    """Many purchases, and alpha / beta from 0.003 to 6,000, against the form without subtraction at 60 digits."""
    with mpmath.workdps(60):
        exact = [mpmath.mpf(letter) for letter in letters]
        truth = [without_subtraction(exact, *row) for row in zip(x, t_x, T, strict=True)]
    rows = np.array(x, dtype=float), np.array(t_x, dtype=float), np.array(T, dtype=float)
    found = row_log_likelihood(letters, *rows)
    np.testing.assert_allclose(found, np.array(truth, dtype=float), rtol=1e-13, atol=1e-11)


def test_published_log_likelihoods_of_single_customers() -> None:
    """F90; a customer of age 0 adds nothing at all."""
    x, t_x, T = np.array([0.0, 3.0, 200.0]), np.array([0.0, 10.0, 200.0]), np.array([0.0, 10.0, 200.0])
    found = row_log_likelihood(F90, x, t_x, T)
    assert found[0] == 0
    np.testing.assert_allclose(found[1:], [-9.03824, -213.00229], atol=5e-6)


def test_published_probabilities_alive_of_heavy_buyers() -> None:
    """F88: peers overflow here."""
    p = ParetoNbd(*F88).probability_alive(
        [221, 254, 161, 204],
        [103.42857, 97.14286, 94.71429, 98.57143],
        [103.57143, 97.28571, 98, 99.42857],
    )
    np.testing.assert_allclose(p, [0.999596, 0.999558, 0.749488, 0.994255], atol=5e-7)


def test_probability_alive_of_extreme_parameters_is_exact() -> None:
    """F91, Pareto part: in [0, 1] and finite; in fact right, where P(alive) is as small as 1e-20."""
    x, t_x, T = np.array([40.0, 50.0, 50.0]), np.array([5.0, 1.0, 4.0]), np.array([6.0, 37.0, 37.0])
    with mpmath.workdps(60):
        r, alpha, s, beta = (mpmath.mpf(letter) for letter in F91)
        truth = []
        for row in zip(x.tolist(), t_x.tolist(), T.tolist(), strict=True):
            c, end = r + row[0], mpmath.mpf(row[2])
            stayed = mpmath.loggamma(c) - mpmath.loggamma(r) + r * mpmath.log(alpha) + s * mpmath.log(beta)
            stayed -= c * mpmath.log(alpha + end) + s * mpmath.log(beta + end)
            truth.append(float(mpmath.exp(stayed - without_subtraction((r, alpha, s, beta), *row))))
    p = ParetoNbd(*F91).probability_alive(x, t_x, T)
    np.testing.assert_allclose(p, truth, rtol=1e-11)
    assert ((p >= 0) & (p <= 1)).all()


def test_nobody_has_left_who_just_bought() -> None:
    """T = t_x, and T = 0: the odds of having left are nought, without a warning."""
    rows = np.array([0.0, 5.0]), np.array([0.0, 9.0]), np.array([0.0, 9.0])
    assert log_odds_gone(CDNOW, *rows).tolist() == [-np.inf, -np.inf]
    assert ParetoNbd(*CDNOW).probability_alive(*rows).tolist() == [1, 1]


@pytest.mark.parametrize("letters", [CDNOW, Letters(2.0, 3.0, 1.5, 40.0), Letters(0.3, 40.0, 0.1, 0.5)])
def test_derivatives_are_exact(letters: Letters) -> None:
    """Gradient and Hessian against 50-digit differences of the form without subtraction."""
    x, t_x, T = [0.0, 0.0, 1.0, 5.0, 12.0], [0.0, 0.0, 3.0, 10.0, 20.0], [0.0, 30.0, 30.0, 10.0, 38.0]
    weight = [1.0, 5.0, 2.0, 1.0, 3.0]
    theta = np.log(letters)
    rows = Summary(
        frequency=np.array(x), recency=np.array(t_x), T=np.array(T), weight=np.array(weight), unit="day"
    )
    value, gradient, hessian = population(rows, 1.0)(theta)

    with mpmath.workdps(50):
        point, h = [mpmath.mpf(v) for v in theta.tolist()], mpmath.mpf(10) ** -12

        def at(*steps: int) -> mpmath.mpf:
            parameters = [mpmath.exp(v + step * h) for v, step in zip(point, steps, strict=True)]
            terms = (without_subtraction(parameters, *row) for row in zip(x, t_x, T, strict=True))
            return mpmath.fsum(w * term for w, term in zip(weight, terms, strict=True))

        centre = at(0, 0, 0, 0)
        assert value == pytest.approx(float(centre), rel=1e-13)
        unit = np.eye(4, dtype=int)
        for k in range(4):
            up, down = at(*unit[k].tolist()), at(*(-unit[k]).tolist())
            assert gradient[k] == pytest.approx(float((up - down) / (2 * h)), rel=1e-11, abs=1e-11)
            assert hessian[k, k] == pytest.approx(float((up - 2 * centre + down) / h**2), rel=1e-10)
            for m in range(k):
                twist = at(*(unit[k] + unit[m]).tolist()) + at(*(-unit[k] - unit[m]).tolist())
                twist -= at(*(unit[k] - unit[m]).tolist()) + at(*(unit[m] - unit[k]).tolist())
                second = pytest.approx(float(twist / (4 * h**2)), rel=1e-9, abs=1e-10)
                assert [hessian[k, m], hessian[m, k]] == [second, second]


def test_population_is_the_sum_over_its_customers(cdnow: Summary) -> None:
    """The fit's surface and the scoring form are one likelihood, also with time scaled."""
    rows, scale = cdnow.counts(), 31.0
    value, _gradient, _hessian = population(rows, scale)(
        np.log([CDNOW.r, CDNOW.alpha / scale, CDNOW.s, CDNOW.beta / scale])
    )
    unscaled = value - float(cdnow.frequency.sum()) * np.log(scale)
    assert unscaled == pytest.approx(ParetoNbd(*CDNOW).log_likelihood(cdnow), rel=1e-13)


def test_weights_count_like_repeated_rows() -> None:
    """Three customers in one row are three customers."""
    rows = np.array([2.0, 2.0, 2.0, 0.0]), np.array([8.0, 8.0, 8.0, 0.0]), np.array([20.0, 20.0, 20.0, 11.0])
    one_each = Summary(frequency=rows[0], recency=rows[1], T=rows[2])
    grouped = one_each.counts()
    assert len(grouped) == 2

    theta = np.array([-0.5, 0.2, -0.4, 0.1])
    ours, theirs = population(grouped, 7.0)(theta), population(one_each, 7.0)(theta)
    assert ours[0] == pytest.approx(theirs[0], rel=1e-12)
    np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-12)
    np.testing.assert_allclose(ours[2], theirs[2], rtol=1e-12, atol=1e-12)
