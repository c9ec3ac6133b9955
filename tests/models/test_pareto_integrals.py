"""The integrals of the Pareto/NBD against fifty-digit hypergeometric functions."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from evergrove.models.pareto_integrals import BLOCK, discounted_survival, integral


def by_hypergeometric(p: float, q: float, a: float, b: float, width: float) -> float:
    """The integral of (a / (a + u))^p (b / (b + u))^q over (0, width), in closed form, to fifty digits."""
    p, q, a, b, width = (mpmath.mpf(value) for value in (p, q, a, b, width))

    def to_infinity(start: mpmath.mpf) -> mpmath.mpf:
        high, low, of_low = (a + start, b + start, q) if a >= b else (b + start, a + start, p)
        k = p + q - 1
        return high**-k / k * mpmath.hyp2f1(k, of_low, k + 1, 1 - low / high)

    with mpmath.workdps(50):
        return float((to_infinity(mpmath.mpf(0)) - to_infinity(width)) * a**p * b**q)


def test_integral_keeps_twelve_digits_over_ten_orders_of_magnitude() -> None:
    """Random exponents to 1,500, scales and widths from 1e-3 to 1e3; all rows in one call, so all node counts."""
    random = np.random.default_rng(1)

    def between(low: float, high: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.exp(random.uniform(np.log(low), np.log(high), 60))

    for q in (1.01, 1.61, 4.0, 40.0):
        p, start, width = between(0.01, 1500), between(1e-3, 1e2), between(1e-3, 1e3)
        alpha, beta = (float(value) for value in between(1e-3, 1e3)[:2])
        truth = [
            by_hypergeometric(p[i], q, alpha + start[i], beta + start[i], width[i]) for i in range(len(p))
        ]
        np.testing.assert_allclose(integral(p, q, alpha, beta, start, width), truth, rtol=1e-12)


def test_weak_second_factor_lets_the_integrand_rise() -> None:
    """Exponents below 1, as P(active) has them for small s, where the logarithmic variable adds a power."""
    p, start, width = np.array([1.4, 3.0, 300.0]), np.array([0.0, 10.0, 50.0]), np.array([1e4, 1e6, 1e3])
    for alpha, beta in ((10.0, 0.01), (0.01, 10.0)):
        truth = [
            by_hypergeometric(p[i], 0.05, alpha + start[i], beta + start[i], width[i]) for i in range(len(p))
        ]
        np.testing.assert_allclose(integral(p, 0.05, alpha, beta, start, width), truth, rtol=1e-12)


def test_nothing_is_added_where_no_time_passes() -> None:
    """A customer who bought on the last day: width 0."""
    one = np.ones(1)
    assert integral(one, 2.0, 1.0, 1.0, one, np.zeros(1))[0] == 0


def test_rows_do_not_depend_on_their_company() -> None:
    """A row's value is the same alone and among many blocks of others."""
    random = np.random.default_rng(2)
    rows = BLOCK // 2
    p, start, width = random.uniform(0.3, 90, rows), random.uniform(0, 99, rows), random.uniform(0, 99, rows)
    together = integral(p, 1.6, 10.0, 12.0, start, width)
    for i in (0, rows // 3, rows - 1):
        alone = integral(p[i : i + 1], 1.6, 10.0, 12.0, start[i : i + 1], width[i : i + 1])[0]
        assert together[i] == pytest.approx(alone, rel=1e-14)


@pytest.mark.parametrize("s", [1e-3, 0.1, 0.606, 1 - 1e-7, 1.0, 1 + 1e-7, 3.0, 30.0, 300.0])
def test_discounted_survival_is_the_exponential_integral(s: float) -> None:
    """Identity 3: e^z E_s(z) = z^(s-1) U(s, s, z), over thirteen orders of magnitude of z."""
    z = np.array([1e-9, 1e-7, 1e-5, 1e-3, 0.1, 1.0, 5.0, 30.0, 100.0, 1e4])
    with mpmath.workdps(30):
        truth = [float(mpmath.exp(v) * mpmath.expint(mpmath.mpf(s), mpmath.mpf(v))) for v in z.tolist()]
    np.testing.assert_allclose(discounted_survival(s, z), truth, rtol=1e-12)


@pytest.mark.parametrize("s", [0.1, 0.606, 1 - 1e-7, 1.0, 1 + 1e-7])
def test_discounted_survival_is_tricomis_function(s: float) -> None:
    """The same by mpmath's U itself, where that is quick."""
    z = np.array([1e-4, 0.03, 0.5, 4.0, 50.0])
    with mpmath.workdps(30):
        truth = [
            float(mpmath.mpf(v) ** (s - 1) * mpmath.hyperu(mpmath.mpf(s), mpmath.mpf(s), v))
            for v in z.tolist()
        ]
    np.testing.assert_allclose(discounted_survival(s, z), truth, rtol=1e-12)
