"""Gamma and beta functions in numpy alone: a fit then costs no import of scipy."""

from __future__ import annotations

from math import log, pi
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.models.types import Floats

SHIFT = 10  # from here Stirling's series, cut as below, is exact to 1e-16
HALF_LOG_2PI = log(2 * pi) / 2

# Coefficients of x^-1, x^-3, ... : B(2n) / (2n (2n - 1)), Abramowitz and Stegun 6.1.41.
STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156)
# Of x^-2, x^-4, ... : -B(2n) / (2n), 6.3.18; and of x^-3, x^-5, ... : B(2n), 6.4.12.
DIGAMMA = (-1 / 12, 1 / 120, -1 / 252, 1 / 240, -1 / 132, 691 / 32760, -1 / 12)
TRIGAMMA = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6)


def gammaln(x: Floats) -> Floats:
    """
    Logarithm of the gamma function; error below 2e-14 times max(1, value).

    Args:
        x: Shape (n,), > 0.
    """
    small, steps, high = _lifted(x)
    value = (high - 0.5) * np.log(high) - high + HALF_LOG_2PI + stirling_correction(high)
    value[small] -= np.log(np.multiply.reduce(steps))
    return value


def digamma(x: Floats) -> Floats:
    """First derivative of ``gammaln``; x > 0, shape (n,)."""
    small, steps, high = _lifted(x)
    value = np.log(high) - 0.5 / high + _series(DIGAMMA, high) / (high * high)
    value[small] -= np.add.reduce(1 / steps)
    return value


def trigamma(x: Floats) -> Floats:
    """Second derivative of ``gammaln``; x > 0, shape (n,)."""
    small, steps, high = _lifted(x)
    value = 1 / high + 0.5 / (high * high) + _series(TRIGAMMA, high) / (high * high * high)
    value[small] += np.add.reduce(1 / (steps * steps))
    return value


def stirling_correction(x: Floats) -> Floats:
    """What Stirling's formula lacks of ``gammaln``, for x >= SHIFT."""
    return _series(STIRLING, x) / x


def log_beta(a: Floats | float, b: Floats | float) -> Floats:
    """
    Logarithm of the beta function, also where a and b are large and their gamma functions cancel.

    Args:
        a: > 0; both broadcast.
        b: > 0.

    Source:
        As DiDonato and Morris (1992), ACM TOMS 708: Stirling's formula is combined before it is rounded.
    """
    a, b = np.broadcast_arrays(np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64))
    low, high = np.minimum(a, b), np.maximum(a, b)
    total = low + high
    large = np.maximum(high, SHIFT)
    # lnG(high) - lnG(high + low), where both are large
    ratio = stirling_correction(large) - stirling_correction(large + low)
    fall = -(large - 0.5) * np.log1p(low / large) - low * (np.log(large + low) - 1)
    plain = gammaln(low) + gammaln(np.minimum(high, SHIFT)) - gammaln(np.minimum(total, 2 * SHIFT))
    both = np.maximum(low, SHIFT)
    corrections = ratio + stirling_correction(both)
    shares = (both - 0.5) * np.log(both / (both + large)) - large * np.log1p(both / large)
    balanced = corrections + shares + HALF_LOG_2PI - np.log(large) / 2
    mixed = np.where(low >= SHIFT, balanced, gammaln(low) + ratio + fall)
    return np.where(high < SHIFT, plain, mixed)


def log_rising(a: float, n: int) -> Floats:
    """Table of ln a (a + 1) ... (a + j - 1) for j = 0..n: lnG(a + j) - lnG(a) without cancellation."""
    return np.concatenate(([0.0], np.cumsum(np.log(a + np.arange(n)))))


def expit(u: Floats) -> Floats:
    """1 / (1 + exp(-u)), without overflow."""
    e = np.exp(-np.abs(u))
    return np.where(u >= 0, 1.0, e) / (1.0 + e)


def log1p_exp(u: Floats) -> Floats:
    """Logarithm of 1 + exp(u), without overflow."""
    return np.maximum(u, 0.0) + np.log1p(np.exp(-np.abs(u)))


def _lifted(x: Floats) -> tuple[NDArray[np.bool_], Floats, Floats]:
    """Which arguments are small, their recurrence steps x, x + 1, ..., and all arguments lifted to the series."""
    x = np.array(x, dtype=np.float64, ndmin=1, copy=None)
    small = x < SHIFT
    steps = np.add.outer(np.arange(SHIFT), x[small])
    return small, steps, np.where(small, x + SHIFT, x)


def _series(coefficients: tuple[float, ...], x: Floats) -> Floats:
    """Horner's rule in 1 / x^2."""
    square = 1 / (x * x)
    total = np.full_like(square, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        total = total * square + coefficient
    return total
