"""The two means over a beta distribution against mpmath's 2F1, on both of their branches."""

from __future__ import annotations

import warnings

import mpmath
import numpy as np
import pytest
from scipy.special import hyp2f1

from evergrove.models.hypergeometric import power_mean, stopped_mean


def power_truth(rho: float, a: float, b: float, w: float) -> float:
    """2F1(rho, a; a + b; -w), fifty digits."""
    with mpmath.workdps(50):
        return float(mpmath.hyp2f1(rho, a, mpmath.mpf(a) + b, -mpmath.mpf(w)))


def stopped_truth(rho: float, a: float, b: float, w: float) -> float:
    """(a + b - 1) / (a - 1) [1 - 2F1(rho, a - 1; a + b - 1; -w)]; a is moved off the pole by 1e-40."""
    with mpmath.workdps(80):
        a_ = mpmath.mpf(a) + mpmath.mpf("1e-40")
        c = a_ + b - 1
        return float(c / (a_ - 1) * (1 - mpmath.hyp2f1(rho, a_ - 1, c, -mpmath.mpf(w))))


def drawn(n: int, seed: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Arguments over many orders of magnitude, shape (4, n): rho, a, b, w; a = 1 and a + b = 1 among them."""
    random = np.random.default_rng(seed)
    low, high = np.array([-2, -2.5, -2.5, -4]), np.array([2.7, 2, 3, 4])
    sample = np.asarray(10 ** random.uniform(low, high, (n, 4)).T)
    sample[1, : n // 10] = 1.0
    sample[1, n // 10 : n // 5] = random.uniform(0.01, 0.99, n // 5 - n // 10)
    sample[2, n // 10 : n // 5] = 1 - sample[1, n // 10 : n // 5]
    return sample


@pytest.mark.slow
def test_means_keep_eleven_digits_over_many_orders_of_magnitude() -> None:
    """Purchases to 500, horizons from hours to centuries, chances to leave from none to certain."""
    arguments = drawn(250, seed=1)
    powers, stops = power_mean(*arguments), stopped_mean(*arguments)
    for i, (rho, a, b, w) in enumerate(arguments.T):
        assert powers[i] == pytest.approx(power_truth(rho, a, b, w), rel=1e-11, abs=1e-300)
        assert stops[i] == pytest.approx(stopped_truth(rho, a, b, w), rel=1e-11)


def test_everyday_arguments_keep_thirteen_digits() -> None:
    """CDNOW's parameters and horizons of up to two years, against mpmath and scipy."""
    a, b, r, alpha = 0.793, 2.426, 0.243, 4.414
    x, T, h = (v.ravel() for v in np.meshgrid([0.0, 1, 5, 29], [0.0, 20, 39], [1.0, 39, 104]))
    powers = power_mean(r + x, a, b + x, h / (alpha + T))
    stops = stopped_mean(r + x, a, b + x, h / (alpha + T))
    for i in range(len(x)):
        arguments = (r + x[i], a, b + x[i], h[i] / (alpha + T[i]))
        assert powers[i] == pytest.approx(power_truth(*arguments), rel=1e-13)
        assert stops[i] == pytest.approx(stopped_truth(*arguments), rel=1e-13)
    z = h / (alpha + T + h)
    np.testing.assert_allclose(powers, (1 - z) ** a * hyp2f1(a + b - r, a, a + b + x, z), rtol=1e-12)


def test_where_chances_hardly_differ_the_mean_is_the_value_at_their_mean() -> None:
    """F61's ridge, a and b of the order of 1e5 and 1e8: p is as good as known."""
    for size in (1e5, 1e8):
        a, b, w, rho = 0.1018 * size, 0.8982 * size, 2.0, 3.0
        power = power_mean(np.array([rho]), a, np.array([b]), np.array([w]))[0]
        assert power == pytest.approx((1 + 0.1018 * w) ** -rho, rel=10 / size)
        stopped = stopped_mean(np.array([rho]), a, np.array([b]), np.array([w]))[0]
        assert stopped == pytest.approx((1 - (1 + 0.1018 * w) ** -rho) / 0.1018, rel=10 / size)


def test_nothing_happens_in_no_time() -> None:
    """At w = 0 one is sure to be there, and nothing was bought."""
    rho, b = np.array([0.1, 3.0, 400.0]), np.array([0.2, 5.0, 300.0])
    np.testing.assert_array_equal(power_mean(rho, 0.7, b, np.zeros(3)), 1.0)
    np.testing.assert_array_equal(stopped_mean(rho, 0.7, b, np.zeros(3)), 0.0)


def test_shapes_broadcast_and_rows_do_not_depend_on_their_company() -> None:
    """A table over (k, 1) and (1, n) has the values of its cells, whatever branch its neighbours take."""
    rho, w = np.array([0.3, 4.0, 90.0, 1500.0])[:, None], np.geomspace(1e-3, 1e4, 7)[None, :]
    table = power_mean(rho, 0.8, 2.0 + rho, w)
    assert table.shape == (4, 7)
    for i in range(4):
        for j in range(7):
            alone = power_mean(rho[i], 0.8, 2.0 + rho[i], w[0, j : j + 1])[0]
            assert table[i, j] == pytest.approx(alone, rel=1e-12)


def test_extreme_arguments_warn_of_nothing() -> None:
    """Powers that overflow a series are left to the rule in silence, and all values are in range."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rho, a, b, w = (v.ravel() for v in np.meshgrid(*([1e-6, 1.0, 1e5],) * 3, [1e-12, 1.0, 1e12]))
        powers, stops = power_mean(rho, a, b, w), stopped_mean(rho, a, b, w)
    assert ((powers >= 0) & (powers <= 1 + 1e-14)).all()
    assert (stops >= 0).all()
    assert (stops <= rho * w * (1 + 1e-9)).all()
