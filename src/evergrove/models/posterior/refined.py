"""Proposals learned from poor ones: where several directions are open, the profile of one does not tell of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.models.posterior.weights import effective_size, normalised, student

if TYPE_CHECKING:
    from numpy.random import Generator

    from evergrove.models.posterior.target import Target
    from evergrove.models.types import Floats

ROUNDS = 8
TELLING = 60.0  # effective draws from which a mean and a covariance are learned
WIDER = 1.2  # than what was seen, in variance
DEGREES = 4.0  # of freedom
LEAST_VARIANCE = 1e-6
HALVINGS = 40


def refined(
    target: Target, theta: Floats, log_weight: Floats, enough: float, rng: Generator
) -> tuple[Floats, Floats]:
    """
    Draw anew from a t around what the weights say, as often as it takes.

    A few enormous weights would say too little: they are raised to the power at which sixty draws count.

    Args:
        target: The density.
        theta: Proposals, shape (m, k).
        log_weight: Of each, less a constant. Shape (m,).
        enough: Effective draws with which to stop.
        rng: Where new ones come from.

    Returns:
        The best proposals and their weights, which add up to 1.

    Source:
        Cappe, Guillin, Marin and Robert (2004), Population Monte Carlo, Journal of Computational and Graphical
        Statistics 13, 907-929.
    """
    best, weight = theta, normalised(log_weight)
    for _round in range(ROUNDS):
        if effective_size(weight) >= enough:
            break
        known = _tempered(log_weight)
        mean = known @ theta
        spread = WIDER * np.einsum("m,mi,mj->ij", known, theta - mean, theta - mean)
        lower = np.linalg.cholesky(spread + LEAST_VARIANCE * np.eye(len(mean)))
        z, log_density = student(len(theta), len(mean), DEGREES, rng)
        theta = mean + z @ lower.T
        log_weight = target.values(theta) - log_density
        if not np.isfinite(log_weight).any():
            break
        found = normalised(log_weight)
        if effective_size(found) > effective_size(weight):
            best, weight = theta, found
    return best, weight


def _tempered(log_weight: Floats) -> Floats:
    """Weights raised to the largest power up to 1 at which enough draws count, shape (m,)."""
    finite = np.isfinite(log_weight)

    def raised(power: float) -> Floats:
        found = np.zeros_like(log_weight)
        found[finite] = normalised(power * log_weight[finite])
        return found

    low, high = 0.0, 1.0
    if effective_size(raised(1.0)) >= TELLING:
        return raised(1.0)
    for _halving in range(HALVINGS):
        power = (low + high) / 2
        low, high = (power, high) if effective_size(raised(power)) > TELLING else (low, power)
    return raised(low)
