"""Discounted sums over a survival curve that never ends."""

from __future__ import annotations

from math import ceil, exp, log
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.models.types import Floats

    Curve = Callable[[Floats], Floats]

BLOCK = 1024  # terms added one by one at a time
NEGLIGIBLE = 1e-13  # of the sum: what the rest is known to be within when adding ends
DEPTH = 38.0  # exp(-38) = 3e-17: what is left out of the integral
PANEL_NODES = 10  # of Gauss and Legendre's rule on a length in which the curve bends once: 1e-13


def tail_sum(
    log_kept: Curve,
    start: float,
    delta: float,
    rank: int,
    *,
    width: float,
    flat: tuple[float, float],
) -> float:
    r"""
    Sum of f(t) = (1 + t - start)^rank S(t) exp(-delta (t - start)) over t = start, start + 1, ...

    Terms are added until the rest is known: because S falls, the rest is at most f times a geometric series;
    where that is not small, it is, by Euler and Maclaurin,

    .. math:: \int_N^\infty f(t) \, dt + \frac{f(N)}{2} - \frac{f'(N)}{12} \pm \frac{|f'''(N)|}{720}

    Args:
        log_kept: ln t (k,) -> ln S(t) (k,), up to a constant: t itself may be beyond float64.
        start: The first t, >= 1.
        delta: Continuous discount rate per period, >= 0; at 0 the sum must have a limit.
        rank: 0 or 1.
        width: Length of ln t over which ln S bends once.
        flat: From which ln t on, and with which exponent, S is a power of t.

    Returns:
        The sum, to a relative error of about 1e-12.
    """

    def log_terms(log_t: Floats) -> Floats:
        t = np.exp(np.minimum(log_t, 700.0))
        ranks = np.where(log_t < 700.0, np.log1p(np.maximum(t - start, 0.0)), log_t) if rank else 0.0
        return np.asarray(log_kept(log_t) + ranks - (delta * (t - start) if delta else 0.0))

    total, begun = 0.0, start
    while True:
        values = np.exp(log_terms(np.log(begun + np.arange(BLOCK))))
        total, begun = total + float(values.sum()), begun + BLOCK
        last = exp(log_terms(np.log([begun]))[0])
        if last * _geometric(delta, rank, begun - start) <= NEGLIGIBLE * total:
            return total
        slope = _slope(log_terms, begun)
        if last * (abs(slope) + 4 / begun) ** 3 / 720 <= NEGLIGIBLE * total:
            rest = _integral(log_terms, log(begun), delta, rank, width, flat)
            return total + rest + last / 2 - last * slope / 12


def _geometric(delta: float, rank: int, done: float) -> float:
    """Bound of the rest per term: sum of (1 + done + k)^rank / (1 + done)^rank exp(-delta k) over k >= 0."""
    if delta == 0:
        return np.inf
    series = -1 / np.expm1(-delta)
    return float(series * (1 + rank * series / (1 + done)))


def _slope(log_terms: Curve, t: float) -> float:
    """Slope of ln f at t by differences over one period to either side; its error is like the next term's."""
    before, after = log_terms(np.log([t - 1, t + 1]))
    return float(after - before) / 2


def _integral(
    log_terms: Curve, begin: float, delta: float, rank: int, width: float, flat: tuple[float, float]
) -> float:
    """Integral of f from exp(begin) on, over ln t: to where discounting leaves nothing, or to a pure power."""
    bend, exponent = flat
    if delta > 0:
        end, beyond = log(exp(begin) + (DEPTH + 4 * rank) / delta), 0.0
    else:
        end = max(bend, begin + DEPTH * rank) + width
        beyond = exp(log_terms(np.array([end]))[0] + end) / (exponent - 1 - rank)
    panels = ceil((end - begin) / min(width, 1.0))
    nodes, weights = np.polynomial.legendre.leggauss(PANEL_NODES)
    span = (end - begin) / panels
    total = beyond
    for first in range(0, panels, BLOCK):
        edges = begin + span * np.arange(first, min(first + BLOCK, panels))
        log_t = np.add.outer(edges, span * (1 + nodes) / 2)
        values = np.exp(log_terms(log_t.ravel()) + log_t.ravel()).reshape(log_t.shape)
        total += float(np.einsum("pk,k->", values, weights)) * span / 2
    return total
