"""Later purchases count less: sums in steps, and the integral over a horizon."""

from __future__ import annotations

from math import ceil, log1p
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.models.types import Floats

    Curve = Callable[[float], Floats]


def discounted_sum(cumulative: Curve, step: float, n: int, rate: float) -> Floats:
    r"""
    Discount in whole steps, as spreadsheets do: purchases of the k-th step by (1 + rate)^-k.

    .. math::

        \sum_{k=1}^{n} \frac{E(k s) - E((k-1) s)}{(1 + d)^k}

    Args:
        cumulative: E: expected purchases up to a time, e.g. ``expected_purchases``. Gives shape (m,).
        step: s, the length of one step in the unit of ``cumulative``. Twelve months of a weekly model are
            steps of 52 / 12 weeks; steps of 30 would be weeks taken for days.
        n: How many steps.
        rate: d, the discount rate per step.

    Returns:
        Discounted purchases, shape (m,).
    """
    until = [np.atleast_1d(cumulative(step * k)) for k in range(n + 1)]
    per_step = np.diff(np.stack(until), axis=0)
    factors = (1 + rate) ** -np.arange(1.0, n + 1)
    return np.asarray(np.einsum("k,km->m", factors, per_step))


def discounted_integral(
    rate_at: Callable[[Floats], Floats], horizon: float, delta: float, pace: Floats
) -> Floats:
    r"""
    Expected purchases within a horizon, discounted continuously.

    .. math::

        \int_0^h e^{-\delta u} \, dE(u)

    by Gauss and Legendre's rule in log(pace + u), where purchase rates, powers of (pace + u), are smooth.

    Args:
        rate_at: u (k, m) -> expected purchases per unit of time at u, shape (k, m).
        horizon: h, in the unit of u.
        delta: Continuous discount rate per unit.
        pace: The time over which each rate bends: the smallest of alpha + T, beta + T. Shape (m,).

    Returns:
        Shape (m,); at delta = 0 the expected purchases themselves, to about 1e-12.
    """
    width = np.log1p(horizon / pace)
    # The strip in which the rate is analytic is pi wide on either side: twelve nodes give 1e-12 up to a
    # width of 1.5, and each further unit asks for six more.
    nodes, weights = np.polynomial.legendre.leggauss(12 + 6 * ceil(max(0.0, width.max(initial=0.0) - 1.5)))
    grown = pace * np.exp(np.multiply.outer((1 + nodes) / 2, width))
    u = np.maximum(grown - pace, 0.0)
    values = np.exp(-delta * u) * rate_at(u) * grown
    return np.asarray(np.einsum("k,km->m", weights, values) * width / 2)


def per_step(annual_rate: float, steps_per_year: float) -> float:
    """Convert an effective annual rate to one per step, e.g. per month: (1 + rate)^(1 / steps) - 1."""
    return float(np.expm1(log1p(annual_rate) / steps_per_year))
