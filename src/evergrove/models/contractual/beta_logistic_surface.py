"""The log-likelihood of the beta-logistic model over a panel, with gradient and exact Hessian."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from evergrove.models.contractual.panel import Panel
    from evergrove.models.types import Floats


@dataclass(frozen=True, eq=False)
class Surface:
    r"""
    The log-likelihood over theta = (ln alpha, a, ln beta, b).

    .. math::

        \sum_i \sum_t d_{it} \ln \alpha_i + (n_{it} - d_{it}) \ln(\beta_i + t - 1)
        - n_{it} \ln(\alpha_i + \beta_i + t - 1)

    Attributes:
        panel: The customers; its design holds the covariates.
    """

    panel: Panel

    def __call__(self, theta: Floats) -> tuple[float, Floats, Floats]:
        """Value, gradient (2p + 2,) and Hessian (2p + 2, 2p + 2) in theta."""
        k = len(theta) // 2
        value, gradient, hessian = 0.0, np.zeros(2 * k), np.zeros((2 * k, 2 * k))
        before = np.arange(float(self.panel.last))
        for rows, at_risk, lost in self.panel.blocks():
            x = np.insert(self.panel.design[rows], 0, 1.0, axis=1)
            logs = x @ theta[:k], x @ theta[k:]
            alpha, beta = (np.exp(log)[:, None] for log in logs)
            part, slopes, bends = _rows(alpha, beta, before, at_risk, lost)
            value += part + float(lost.sum(axis=1) @ logs[0])
            gradient += np.concatenate([x.T @ slope for slope in slopes])
            a_a, a_b, b_b = ((x.T * bend) @ x for bend in bends)
            hessian += np.block([[a_a, a_b], [a_b, b_b]])
        return value, gradient, hessian


def _rows(
    alpha: Floats, beta: Floats, before: Floats, at_risk: Floats, lost: Floats
) -> tuple[float, tuple[Floats, Floats], tuple[Floats, Floats, Floats]]:
    """The value but for ln alpha, then derivatives per row by ln alpha and ln beta: (g,) each."""
    stayed, both = at_risk - lost, 1 / (alpha + beta + before)
    kept = beta / (beta + before)
    part = float((stayed * np.log(beta + before)).sum() + (at_risk * np.log(both)).sum())
    a, b = alpha[:, 0], beta[:, 0]
    total, square = (at_risk * both).sum(axis=1), (at_risk * both**2).sum(axis=1)
    held, held_square = (stayed * kept).sum(axis=1), (stayed * kept**2).sum(axis=1)
    slopes = lost.sum(axis=1) - a * total, held - b * total
    bends = a * a * square - a * total, a * b * square, b * b * square - held_square + held - b * total
    return part, slopes, bends
