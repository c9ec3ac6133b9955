r"""
The profile along the direction that the data tell least about, and draws that follow it.

A quadratic around the maximum says nothing of a ridge: it may bend, end, or run on for ever. So the maximum
over all other directions is found again at steps along it. With t the way along and s the coordinates across,

.. math::

    p(t) \propto \exp(\ell(t, \hat s(t))) \, |{-\ell_{ss}(t)}|^{-1/2}, \qquad
    s \mid t \sim t_4(\hat s(t), -\ell_{ss}(t)^{-1})

is what draws are proposed from; exact weights then put them right.

Source:
    Tierney and Kadane (1986), Accurate Approximations for Posterior Moments and Marginal Densities, JASA 81.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.models.maximise import WIDEST_STANDARD_ERROR, climb
from evergrove.models.posterior.weights import student

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.random import Generator

    from evergrove.models.maximise import Objective
    from evergrove.models.posterior.target import Target
    from evergrove.models.types import Floats

DEPTH = 9.0  # of log density below the top: what lies further down has a ten-thousandth of the mass
LONGEST_STEP = 1.0  # of a log parameter
PER_SD = 3  # steps in a standard deviation, where there is one
STEEP = 2.0  # a fall of so much within a step halves the next
MOST_STEPS = 80  # to each side
WIDEST_ACROSS = 4.0  # of a standard deviation: a second flat direction is left to the weights
DEGREES = 4.0  # of freedom of the proposals across, which may be skew
ENOUGH = 1e-4  # as ``maximise.tolerance``: the weights put right what is missing


@dataclass(frozen=True, eq=False)
class Ridge:
    """
    What was found at each of g steps.

    Attributes:
        origin: The maximum. Shape (k,).
        along: Unit vector. Shape (k,).
        across: Orthonormal columns. Shape (k, k - 1).
        t: Steps, ascending. Shape (g,).
        height: Log of the marginal density, its highest 0. Shape (g,).
        middle: Maximum across. Shape (g, k - 1).
        spread: Lower triangle of the covariance across. Shape (g, k - 1, k - 1).
    """

    origin: Floats
    along: Floats
    across: Floats
    t: Floats
    height: Floats
    middle: Floats
    spread: Floats

    def draw(self, n: int, rng: Generator) -> tuple[Floats, Floats]:
        """Proposals theta (n, k) and their log density less a constant, (n,)."""
        t, log_t = self._way(n, rng)
        z, log_z = student(n, self.across.shape[1], DEGREES, rng)
        right = np.clip(np.searchsorted(self.t, t), 1, len(self.t) - 1)
        share = (t - self.t[right - 1]) / (self.t[right] - self.t[right - 1])
        middle = self.middle[right - 1] + share[:, None] * (self.middle[right] - self.middle[right - 1])
        lower = self.spread[right - 1] + share[:, None, None] * (self.spread[right] - self.spread[right - 1])
        s = middle + np.einsum("nij,nj->ni", lower, z)
        volume = np.log(np.diagonal(lower, axis1=1, axis2=2)).sum(axis=1)
        return self.origin + t[:, None] * self.along + s @ self.across.T, log_t + log_z - volume

    def _way(self, n: int, rng: Generator) -> tuple[Floats, Floats]:
        """Draws of t from a density whose logarithm is linear between the steps, and that logarithm."""
        width, rise = np.diff(self.t), np.diff(self.height)
        safe = np.where(np.abs(rise) > 1e-9, rise, 1e-9)
        mass = width * np.exp(self.height[:-1]) * np.expm1(safe) / safe
        which = np.searchsorted(np.cumsum(mass) / mass.sum(), rng.random(n)).clip(0, len(mass) - 1)
        share = np.log1p(rng.random(n) * np.expm1(safe[which])) / safe[which]
        return self.t[which] + share * width[which], self.height[which] + share * rise[which]


def ridge_of(target: Target) -> Ridge:
    """Walk from the maximum both ways along the flattest direction, until the density is low or the box ends."""
    curvature, axes = np.linalg.eigh(-target.at.hessian)
    along, across = axes[:, 0], axes[:, 1:]
    deviation = 1 / np.sqrt(max(curvature[0], WIDEST_STANDARD_ERROR**-2))
    step = min(deviation / PER_SD, LONGEST_STEP)
    objective = target.surface(target.weights, 1)
    here = _step(target, objective, along, across, 0.0, np.zeros(across.shape[1]))
    back = list(_walk(target, objective, along, across, -step, here))
    found = [*reversed(back), here, *_walk(target, objective, along, across, step, here)]
    height = np.array([each.height for each in found])
    return Ridge(
        origin=target.at.theta,
        along=along,
        across=across,
        t=np.array([each.t for each in found]),
        height=height - height.max(),
        middle=np.array([each.middle for each in found]),
        spread=np.array([each.spread for each in found]),
    )


@dataclass(frozen=True, eq=False)
class _Step:
    """One step: where, how high, and the maximum and covariance across."""

    t: float
    height: float
    middle: Floats
    spread: Floats


def _step(
    target: Target, objective: Objective, along: Floats, across: Floats, t: float, start: Floats
) -> _Step:
    def restricted(s: Floats) -> tuple[float, Floats, Floats]:
        value, gradient, hessian = objective(target.at.theta + t * along + across @ s)
        return value, across.T @ gradient, across.T @ hessian @ across

    top = climb(restricted, start, target.customers, ENOUGH, 40)
    if not np.isfinite(top.hessian).all():  # beyond the edge of what can be computed
        return _Step(t, -np.inf, start, np.eye(len(start)))
    values, vectors = np.linalg.eigh(-top.hessian)
    variance = 1 / np.maximum(values, WIDEST_ACROSS**-2)
    lower = np.linalg.cholesky((vectors * variance) @ vectors.T)
    height = top.value - target.at.value + float(np.log(np.diagonal(lower)).sum())
    return _Step(t, height, top.theta, lower)


def _walk(
    target: Target, objective: Objective, along: Floats, across: Floats, step: float, here: _Step
) -> Iterator[_Step]:
    """Steps to one side; each starts from where the last two point."""
    last, highest, before = here, here.height, here
    for _nth in range(MOST_STEPS):
        t = last.t + step
        pace = 0.0 if last is before else step / (last.t - before.t)
        new = _step(target, objective, along, across, t, last.middle + pace * (last.middle - before.middle))
        if not np.isfinite(new.height):
            return
        yield new
        highest = max(highest, new.height)
        outside = not target.inside((target.at.theta + t * along + across @ new.middle)[None])[0]
        if outside or new.height < highest - DEPTH:
            return
        if last.height - new.height > STEEP:
            step /= 2
        before, last = last, new
