r"""
Differences of gamma functions that keep all their digits, however large or close their arguments.

Beta functions that differ by one renewal cancel in all leading digits. Here Stirling's formula is differenced
on paper before it is rounded; below 10 the recurrence lifts the arguments, whose differences are exact too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.models.special import DIGAMMA, SHIFT, TRIGAMMA, stirling_correction

if TYPE_CHECKING:
    from evergrove.models.types import Floats

STEPS = np.arange(float(SHIFT))


def log_gamma_bend(x: Floats, a: Floats | float, w: Floats) -> Floats:
    r"""
    The second difference of the log gamma function, >= 0.

    .. math:: \ln\Gamma(x + a + w) - \ln\Gamma(x + a) - \ln\Gamma(x + w) + \ln\Gamma(x)

    Args:
        x: > 0; all arguments broadcast.
        a: >= 0.
        w: >= 0.
    """
    x, a, w = np.broadcast_arrays(x, np.asarray(a, dtype=np.float64), w)
    low, high = x[..., None] + STEPS, x + SHIFT
    small = -np.log1p(-(a[..., None] / (low + a[..., None])) * (w[..., None] / (low + w[..., None])))
    bend = (high - 0.5) * np.log1p(-(a / (high + a)) * (w / (high + w)))
    bend += a * np.log1p(w / (high + a)) + w * np.log1p(a / (high + w))
    corrections = stirling_correction(high + a + w) - stirling_correction(high + a)
    corrections -= stirling_correction(high + w) - stirling_correction(high)
    return np.asarray(small.sum(axis=-1) + bend + corrections)


def digamma_step(x: Floats, a: Floats | float) -> Floats:
    """Digamma(x + a) - digamma(x), >= 0, for x > 0 and a >= 0."""
    x, a = np.broadcast_arrays(x, np.asarray(a, dtype=np.float64))
    low, high = x[..., None] + STEPS, x + SHIFT
    small = (a[..., None] / low / (low + a[..., None])).sum(axis=-1)
    tail = _tail(DIGAMMA, 2, high + a) - _tail(DIGAMMA, 2, high)
    return np.asarray(small + np.log1p(a / high) + a / high / (high + a) / 2 + tail)


def trigamma_step(x: Floats, a: Floats | float) -> Floats:
    """Trigamma(x) - trigamma(x + a), >= 0, for x > 0 and a >= 0."""
    x, a = np.broadcast_arrays(x, np.asarray(a, dtype=np.float64))
    low, high = x[..., None] + STEPS, x + SHIFT
    far = low + a[..., None]
    small = (a[..., None] / low / far * (1 / low + 1 / far)).sum(axis=-1)
    fall = a / high / (high + a)
    tail = _tail(TRIGAMMA, 3, high) - _tail(TRIGAMMA, 3, high + a)
    return np.asarray(small + fall + fall * (1 / high + 1 / (high + a)) / 2 + tail)


def trigamma(x: Floats) -> Floats:
    """Trigamma(x) for x > 0 up to 1e150, of any shape; ``special.trigamma`` overflows where x^3 does."""
    low, inverse = x[..., None] + STEPS, 1 / (x + SHIFT)
    small = (1 / low**2).sum(axis=-1)
    return np.asarray(small + inverse + inverse**2 / 2 + _tail(TRIGAMMA, 3, x + SHIFT))


def _tail(coefficients: tuple[float, ...], power: int, x: Floats) -> Floats:
    """Sum of c_k x^-(power + 2k): the rest of Stirling's series for a derivative."""
    inverse = 1 / x
    square = inverse * inverse
    total = np.full_like(square, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        total = total * square + coefficient
    return np.asarray(total * inverse**power)
