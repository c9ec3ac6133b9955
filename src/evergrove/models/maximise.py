"""Newton's method with exact derivatives in a trust region, from several starts; it says when it failed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from evergrove.core import EvergroveError, _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from evergrove.models.types import Floats

    Objective = Callable[[Floats], tuple[float, Floats, Floats]]

LARGEST_LOG = 12.0  # exp(12) is 160,000 times the typical size: no data set tells it from infinity
FLAT_STANDARD_ERROR = 2.0  # of a log parameter: a factor of 50 up or down within two standard errors
FIRST_RADIUS, LARGEST_RADIUS = 1.0, 3.0  # of a step: the parameters change by e, by e^3 at most
ROUNDING = 1e-9  # gains below this share of the value are lost in its last digits


class NotConverged(EvergroveError):
    """A likelihood has no maximum that Newton's method could find."""

    code = "models.not_converged"
    message = _(
        "{model} did not converge on {customers} customers: the gradient per customer is still {gradient}."
    )
    hint = _(
        "In this order: look at the summary for a wrong time unit or a cut-off window; give more history; "
        "take a simpler model (pareto-nbd, then mbg-nbd, then nbd)."
    )


@dataclass(frozen=True)
class Optimum:
    """
    Where a climb ended.

    Attributes:
        theta: The point, shape (k,): logarithms of the parameters.
        value: The log-likelihood there.
        gradient: Shape (k,).
        hessian: Shape (k, k).
        evaluations: Evaluations spent.
        settled: Whether nothing is left to gain: the climb has arrived.
    """

    theta: Floats
    value: float
    gradient: Floats
    hessian: Floats
    evaluations: int
    settled: bool

    @property
    def covariance(self) -> Floats:
        """Inverse of the observed information; along a flat ridge the doubt is as wide as the box."""
        values, vectors = np.linalg.eigh(-self.hessian)
        variances = 1 / np.maximum(values, LARGEST_LOG**-2)
        return np.asarray((vectors * variances) @ vectors.T)

    @property
    def flat(self) -> tuple[int, ...]:
        """Positions of the parameters that the data do not identify."""
        values, vectors = np.linalg.eigh(-self.hessian)
        weak = values < FLAT_STANDARD_ERROR**-2
        loading = np.abs(vectors[:, weak]).max(axis=1, initial=0.0)
        return tuple(int(i) for i in np.flatnonzero((loading > 0.3) | _at_edge(self.theta)))


def maximise(
    objective: Objective,
    starts: Iterable[Floats],
    *,
    weight: float,
    model: str,
    tolerance: float = 1e-9,
    limit: int = 200,
) -> Optimum:
    """
    Maximise a log-likelihood over log parameters; the best of all starts wins.

    Args:
        objective: theta (k,) -> value, gradient (k,), Hessian (k, k).
        starts: Points to climb from.
        weight: Customers behind the value: tolerances are per customer.
        model: Its name, for the error.
        tolerance: Distance to the maximum at which a climb has arrived, in standard errors of what a
            single customer tells; so it is free of units and of the size of the data.
        limit: Evaluations at most, per start.

    Raises:
        NotConverged: No start arrived.
    """
    climbs = [climb(objective, start, weight, tolerance, limit) for start in starts]
    finite = [found for found in climbs if np.isfinite(found.value)]
    best = max(finite, key=lambda found: found.value, default=None)
    if best is None or not best.settled:
        gradient = "nan" if best is None else f"{np.abs(best.gradient).max() / weight:.2g}"
        raise NotConverged(model=model, customers=round(weight), gradient=gradient)
    return replace(best, evaluations=sum(found.evaluations for found in climbs))


def climb(objective: Objective, start: Floats, weight: float, tolerance: float, limit: int) -> Optimum:
    """
    Climb from one start.

    The box of +-LARGEST_LOG keeps a ridge that runs to infinity finite: its end is reported, not hidden.
    """
    theta = np.clip(np.asarray(start, dtype=np.float64), -LARGEST_LOG, LARGEST_LOG)
    value, gradient, hessian = objective(theta)
    evaluations, radius, settled = 1, FIRST_RADIUS, False
    while np.isfinite(value) and evaluations < limit:
        free = ~(_at_edge(theta) & (gradient * theta > 0))
        step, gain, newton = best_step(gradient, hessian, free, radius)
        settled = newton and sqrt(2 * gain / weight) < tolerance
        if settled or radius < 1e-9:
            break
        candidate = np.clip(theta + step, -LARGEST_LOG, LARGEST_LOG)
        new = objective(candidate)
        evaluations += 1
        gained = new[0] - value if np.isfinite(new[0]) else -np.inf
        noise = ROUNDING * (1 + abs(value))
        agreement = 1.0 if gain < noise and gained > -noise else gained / max(gain, 1e-300)
        if agreement > 1e-3:
            theta, (value, gradient, hessian) = candidate, new
        length = float(np.linalg.norm(step))
        if agreement < 0.25:
            radius = length / 4
        elif agreement > 0.75 and not newton:
            radius = min(2 * radius, LARGEST_RADIUS)
    return Optimum(theta, value, gradient, hessian, evaluations, settled)


def best_step(
    gradient: Floats, hessian: Floats, free: np.ndarray[tuple[int], np.dtype[np.bool_]], radius: float
) -> tuple[Floats, float, bool]:
    """
    The step s of length <= radius that gains most by the quadratic g's + s'Hs/2, over free directions.

    Returns:
        The step (k,), its predicted gain, and whether it is Newton's own: curved downwards all round, and
        not cut off by the radius.

    Source:
        More and Sorensen (1983), Computing a Trust Region Step, SIAM J. Sci. Stat. Comput. 4(3), 553-572.
    """
    curvature, axes = np.linalg.eigh(-hessian[np.ix_(free, free)])
    slope = axes.T @ gradient[free]
    steepness = float(np.linalg.norm(slope))
    lowest = float(curvature.min(initial=np.inf))
    newton = lowest > 0 and float(np.linalg.norm(slope / curvature)) <= radius
    along = slope / curvature if newton else _bounded(slope, curvature, steepness, radius)
    step = np.zeros_like(gradient)
    step[free] = axes @ along
    gain = float(slope @ along - along @ (curvature * along) / 2)
    return step, max(gain, 0.0), newton


def _bounded(slope: Floats, curvature: Floats, steepness: float, radius: float) -> Floats:
    """The step on the rim, in the curvature's axes: slope / (curvature + shift), shift found by halving."""
    low = max(0.0, -float(curvature.min()))
    high = low + steepness / radius + 1e-300
    for _halving in range(60):
        shift = (low + high) / 2
        if np.linalg.norm(slope / np.maximum(curvature + shift, 1e-300)) > radius:
            low = shift
        else:
            high = shift
    along = slope / np.maximum(curvature + high, 1e-300)
    missing = radius**2 - float(along @ along)
    if missing > 1e-6 * radius**2:  # the slope has no part along the lowest curvature: take it from there
        along[0] += np.copysign(sqrt(missing), slope[0])
    return np.asarray(along)


def _at_edge(theta: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.asarray(np.abs(theta) >= LARGEST_LOG - 1e-9)
