r"""
When the next purchase of a customer with regular timing comes.

Nobody leaves between two purchases, so that the silence of who is alive goes on beyond T with probability

.. math::

    \frac{N(u)}{N(0)}, \qquad N(u) = (\tau + u)^{-\rho}
        \sum_{j<k} \frac{(\rho)_j}{j!} \left( \frac{c + u}{\tau + u} \right)^j

with rho = r + k x, tau = alpha + T and c = T - t_x, the silence so far.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.models.regular.phases import log_sum, log_terms

if TYPE_CHECKING:
    from evergrove.models.types import Floats

STEPS = 100  # halvings alone would need 50
DIGITS = 1e-13  # of the horizon: where the search ends


def next_purchase(q: float, horizon: float, k: int, rho: Floats, times: tuple[Floats, Floats]) -> Floats:
    """
    The q-quantile of the time to the next purchase, given that one comes within the horizon, shape (n,).

    Newton's steps on the logarithm of N, within brackets that halve where a step leaves them. A row that has
    arrived stays, however long others need.

    Args:
        q: In (0, 1).
        horizon: > 0.
        k: Events to a purchase.
        rho: r + k x. Shape (n,).
        times: tau and c, in the unit of the horizon, shape (n,) each.
    """
    tau, silence = times
    started = log_sum(log_terms(k, rho, silence / tau))

    def log_quiet(u: Floats) -> tuple[Floats, Floats]:
        """Logarithm of N(u) / N(0), and its slope: a purchase comes from the last phase only."""
        terms = log_terms(k, rho, (silence + u) / (tau + u))
        total = log_sum(terms)
        hazard = np.exp(terms[-1] - total) * (rho + (k - 1)) / (tau + u)
        return total - started - rho * np.log1p(u / tau), -hazard

    low, high = np.zeros_like(rho), np.full_like(rho, horizon)
    at_end, _slope = log_quiet(high)
    wanted = np.log1p(q * np.expm1(at_end))
    u = horizon * wanted / at_end  # where it would be at a steady rate
    going = np.ones(len(rho), dtype=bool)
    for _step in range(STEPS):
        value, slope = log_quiet(u)
        above = value > wanted  # still too early
        low, high = np.where(above, u, low), np.where(above, high, u)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = (wanted - value) / slope
        moved = u + step
        moved = np.where((moved > low) & (moved < high), moved, (low + high) / 2)
        arrived = (np.abs(moved - u) <= DIGITS * horizon) | (high - low <= DIGITS * horizon)
        u = np.where(going, moved, u)
        going &= ~arrived
        if not going.any():
            break
    return u
