r"""
The log-likelihood of a discrete hazard over a panel, with gradient and exact Hessian.

.. math:: \eta_{it} = f(t) b + x_i \beta + (z_i \gamma) g(t)

with f(t) the features of tenure (the first is 1), x_i the covariates, z_i those whose effect changes with
tenure, and g the second feature. A customer's months are never rows of a table: products of what depends on
the customer with what depends on the period are sums over a grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from evergrove.models.contractual.hazard_links import Link, cells

if TYPE_CHECKING:
    from evergrove.models.contractual.panel import Panel
    from evergrove.models.types import Floats


@dataclass(frozen=True, eq=False)
class Surface:
    """
    The log-likelihood over theta = (b, beta, gamma), less the penalty of weak priors.

    Attributes:
        panel: The customers; its design holds x.
        features: f at t = 1..last. Shape (last, K).
        varying: Which columns of x make z. Shape (q,).
        precision: 1 / sd^2 of the prior of each coefficient; 0 for none. Shape (K + p + q,).
        link: The scale.
    """

    panel: Panel
    features: Floats
    varying: tuple[int, ...]
    precision: Floats
    link: Link

    def __call__(self, theta: Floats) -> tuple[float, Floats, Floats]:
        """Value, gradient and Hessian in theta."""
        K, p = self.features.shape[1], self.panel.design.shape[1]
        b, beta, gamma = np.split(theta, [K, K + p])
        curve, pace = self.features @ b, self._pace
        value, gradient, hessian = 0.0, np.zeros_like(theta), np.zeros((len(theta), len(theta)))
        for rows, at_risk, lost in self.panel.blocks():
            x = self.panel.design[rows]
            z = x[:, self.varying]
            eta = curve + (x @ beta)[:, None]
            if len(gamma):
                eta += np.multiply.outer(z @ gamma, pace)
            found = cells(self.link, eta, at_risk, lost)
            value += found.value
            gradient += self._gradient(found.slope, x, z)
            hessian -= self._information(found.bend, x, z)
        penalty = self.precision * theta
        return value - float(penalty @ theta) / 2, gradient - penalty, hessian - np.diag(self.precision)

    @property
    def _pace(self) -> Floats:
        """The feature g; where tenure has no slope, none varies with it."""
        return self.features[:, 1] if self.features.shape[1] > 1 else np.zeros(len(self.features))

    def _gradient(self, slope: Floats, x: Floats, z: Floats) -> Floats:
        per_period, per_row = slope.sum(axis=0), slope.sum(axis=1)
        return np.concatenate((self.features.T @ per_period, x.T @ per_row, z.T @ (slope @ self._pace)))

    def _information(self, bend: Floats, x: Floats, z: Floats) -> Floats:
        """Sum of bend times the products of any two of f, x and z g."""
        K = self.features.shape[1]
        by = bend @ self._moments  # per row: bend times f, and where something varies f g and g g
        f_f = (self.features.T * bend.sum(axis=0)) @ self.features
        x_f, x_x = x.T @ by[:, :K], (x.T * by[:, 0]) @ x
        if not self.varying:
            return np.block([[f_f, x_f.T], [x_f, x_x]])
        z_f, x_z, z_z = z.T @ by[:, K:-1], (x.T * by[:, K]) @ z, (z.T * by[:, -1]) @ z
        return np.block([[f_f, x_f.T, z_f.T], [x_f, x_x, x_z], [z_f, x_z.T, z_z]])

    @cached_property
    def _moments(self) -> Floats:
        """f, f g and g g side by side, shape (last, 2 K + 1); f alone where nothing varies."""
        pace = self._pace[:, None]
        parts = (self.features, self.features * pace, pace**2) if self.varying else (self.features,)
        return np.concatenate(parts, axis=1)
