r"""
The log-likelihood of the beta-binomial over a data set, with gradient and exact Hessian.

A row is :math:`\ln B(a + y, b + n - y) - \ln B(a, b)`; the number of orders in which y of n can come back is no
part of it, since it depends on no parameter and has no meaning for amounts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.models.special import digamma, log_beta, trigamma

if TYPE_CHECKING:
    from evergrove.models.types import Floats


@dataclass(frozen=True, eq=False)
class Surface:
    """
    The log-likelihood over theta = log(a, b).

    Attributes:
        returned: y. Shape (rows,), as the next two.
        kept: n - y.
        weight: Customers.
    """

    returned: Floats
    kept: Floats
    weight: Floats

    def __call__(self, theta: Floats) -> tuple[float, Floats, Floats]:
        """Value, gradient (2,) and Hessian (2, 2) in theta."""
        a, b = np.exp(theta)
        up, down = a + self.returned, b + self.kept
        whole, customers = up + down, self.weight.sum()
        alone = np.array([a, b, a + b])
        value = self.weight @ log_beta(up, down) - customers * log_beta(alone[:1], alone[1:2])[0]
        first, second = digamma(alone), trigamma(alone)
        by_whole = self.weight @ digamma(whole) - customers * first[2]
        bend_whole = self.weight @ trigamma(whole) - customers * second[2]
        gradient = np.array([
            a * (self.weight @ digamma(up) - customers * first[0] - by_whole),
            b * (self.weight @ digamma(down) - customers * first[1] - by_whole),
        ])  # fmt: skip
        a_a = self.weight @ trigamma(up) - customers * second[0] - bend_whole
        b_b = self.weight @ trigamma(down) - customers * second[1] - bend_whole
        hessian = np.array([
            [a * a * a_a + gradient[0], -a * b * bend_whole],
            [-a * b * bend_whole, b * b * b_b + gradient[1]],
        ])  # fmt: skip
        return float(value), gradient, hessian
