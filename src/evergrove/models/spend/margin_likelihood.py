r"""
The log-likelihood of the margin model over a data set, with gradient and exact Hessian.

With V = tau^2 + sigma^2 / n, the n days of a customer with mean m and squares q around it have

.. math::

    - \frac{n}{2} \ln 2 \pi - (n - 1) \ln \sigma - \frac{q}{2 \sigma^2}
    - \frac{\ln (n V)}{2} - \frac{(m - \mu)^2}{2 V}
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, pi
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from evergrove.models.types import Floats


@dataclass(frozen=True, eq=False)
class Surface:
    """
    The log-likelihood over theta = (mu, log tau, log sigma).

    Attributes:
        n: Days. Shape (rows,), as the next two.
        m: Their mean.
        squares: Their squares around it, summed.
    """

    n: Floats
    m: Floats
    squares: Floats

    def __call__(self, theta: Floats) -> tuple[float, Floats, Floats]:
        """Value, gradient (3,) and Hessian (3, 3) in theta."""
        between, within = np.exp(2 * theta[1:])
        own = within / self.n
        spread, off = between + own, self.m - theta[0]
        again, squares = float((self.n - 1).sum()), float(self.squares.sum()) / within
        value = -(self.n.sum() * log(2 * pi) + np.log(self.n * spread).sum() + (off**2 / spread).sum()) / 2
        value -= again * theta[2] + squares / 2
        by_spread = (off**2 / spread - 1) / (2 * spread)
        bend = (1 / 2 - off**2 / spread) / spread**2
        tau, sigma = 2 * between, 2 * own  # of the spread, by log tau and by log sigma
        gradient = np.array([
            (off / spread).sum(), tau * by_spread.sum(), (sigma * by_spread).sum() - again + squares,
        ])  # fmt: skip
        mixed = -off / spread**2
        hessian = np.array([
            [-(1 / spread).sum(), tau * mixed.sum(), (sigma * mixed).sum()],
            [0.0, tau**2 * bend.sum() + 2 * tau * by_spread.sum(), tau * (sigma * bend).sum()],
            [0.0, 0.0, (sigma**2 * bend + 2 * sigma * by_spread).sum() - 2 * squares],
        ])  # fmt: skip
        return float(value), gradient, hessian + np.triu(hessian, 1).T
