"""Newton's method with exact derivatives in a trust region, from several starts; it says when it failed."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import nan, sqrt
from typing import TYPE_CHECKING

import numpy as np

from evergrove.core import EvergroveError, _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from evergrove.models.types import Floats

    Objective = Callable[[Floats], tuple[float, Floats, Floats]]

LARGEST_LOG = 12.0  # exp(12) is 160,000 times the typical size: no data set tells it from infinity
FLAT_STANDARD_ERROR = 2.0  # of a log parameter: a factor of 50 up or down within two standard errors
WIDEST_STANDARD_ERROR = 12.0  # of a log parameter: beyond, nothing at all is known of it
FIRST_RADIUS, LARGEST_RADIUS = 1.0, 3.0  # of a step: the parameters change by e, by e^3 at most
SMALLEST_RADIUS = 1e-9
TOLERANCE = 1e-9  # of a climb: distance to the maximum, in standard errors of what a single customer tells
STUCK_TOLERANCE = 1e-6  # as ``tolerance``: a thousandth of a standard error for a million customers
STUCK_NOTHING = 1e-3  # as NOTHING
NOTHING = 1e-5  # of log-likelihood: no test tells it from nought
STRAIGHT = 1e-10  # of the largest curvature: what rounding leaves of none
ROUNDING = 1e-13  # gains below this share of the value may be lost in its last digits
HALVINGS = 60  # of an interval: below the last digit of its length


class NotConverged(EvergroveError):
    """
    A likelihood has no maximum that Newton's method could find.

    Attributes:
        reached: The highest log-likelihood on the way, as the objective counts it; NaN where none was finite.
    """

    code = "models.not_converged"
    message = _(
        "{model} did not converge on {customers} {customers:customer|customers}: the gradient per customer is still {gradient}."
    )
    hint = _(
        "In this order: look for a wrong unit of time or of money, or a cut-off window; give more history; "
        "take a simpler model (pareto-nbd, then mbg-nbd, then nbd)."
    )
    reached: float = nan


@contextmanager
def in_the_words_of(kind: type[NotConverged]) -> Iterator[None]:
    """Let a family of models name its own remedies: its ``NotConverged`` is raised in place of the general one."""
    try:
        yield
    except NotConverged as error:
        own = kind(**error.params)
        own.reached = error.reached
        raise own from error


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
        """Inverse of the observed information; along a flat ridge the doubt is wide, but finite."""
        values, vectors = np.linalg.eigh(-self.hessian)
        variances = 1 / np.maximum(values, WIDEST_STANDARD_ERROR**-2)
        return np.asarray((vectors * variances) @ vectors.T)

    @property
    def flat(self) -> tuple[int, ...]:
        """Positions of the parameters that the data do not identify."""
        values, vectors = np.linalg.eigh(-self.hessian)
        weak = values < FLAT_STANDARD_ERROR**-2
        loading = np.abs(vectors[:, weak]).max(axis=1, initial=0.0)
        return tuple(int(i) for i in np.flatnonzero((loading > 0.3) | (_walls(self.theta) != 0)))


def maximise(
    objective: Objective,
    starts: Iterable[Floats],
    *,
    weight: float,
    model: str,
    tolerance: float = TOLERANCE,
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
    highest = max(finite, key=lambda found: found.value, default=None)
    best = max((found for found in finite if found.settled), key=lambda found: found.value, default=None)
    if highest is None or best is None or highest.value > best.value + STUCK_NOTHING:
        gradient = "nan" if highest is None else f"{np.abs(highest.gradient).max() / weight:.2g}"
        error = NotConverged(model=model, customers=round(weight), gradient=gradient)
        error.reached = nan if highest is None else highest.value
        raise error
    return replace(best, evaluations=sum(found.evaluations for found in climbs))


def climb(objective: Objective, start: Floats, weight: float, tolerance: float, limit: int) -> Optimum:
    """
    Climb from one start.

    A ridge that rises for ever rises ever less: the climb ends where the largest step gains nothing, or at
    the edge of the box of +-LARGEST_LOG.
    """
    theta = np.clip(np.asarray(start, dtype=np.float64), -LARGEST_LOG, LARGEST_LOG)
    value, gradient, hessian = objective(theta)
    evaluations, radius, settled = 1, FIRST_RADIUS, False
    while np.isfinite(value):
        around, noise = Quadratic.at(theta, gradient, hessian), ROUNDING * (1 + abs(value))
        stuck = radius < SMALLEST_RADIUS or evaluations == limit  # rounding may be all that is left
        if stuck:
            settled = around.settled(weight, max(tolerance, STUCK_TOLERANCE), STUCK_NOTHING + noise)
            break
        settled = around.settled(weight, tolerance, NOTHING + noise)
        if settled:
            break
        step = _within_the_box(theta, around.best_step(radius))
        gain = float(gradient @ step + step @ hessian @ step / 2)
        new = objective(theta + step)
        evaluations += 1
        gained = new[0] - value if np.isfinite(new[0]) else -np.inf
        agreement = 1.0 if gain < noise and gained > -noise else gained / max(gain, 1e-300)
        if agreement > 1e-3:
            theta, (value, gradient, hessian) = theta + step, new
        length = float(np.linalg.norm(step))
        if agreement < 0.25:
            radius = length / 4
        elif agreement > 0.75:
            radius = min(max(radius, 2 * length), LARGEST_RADIUS)
    return Optimum(theta, value, gradient, hessian, evaluations, settled)


def _walls(theta: Floats) -> Floats:
    """-1, 0 or 1: at which wall of the box each coordinate stands."""
    return np.where(np.abs(theta) > LARGEST_LOG - 1e-9, np.sign(theta), 0.0)


def _within_the_box(theta: Floats, step: Floats) -> Floats:
    """The step, shortened to where it meets the first wall of the box."""
    room = np.where(step > 0, LARGEST_LOG - theta, LARGEST_LOG + theta)
    shares = np.divide(room, np.abs(step), out=np.full_like(step, np.inf), where=step != 0)
    return np.asarray(step * min(1.0, float(shares.min())))


@dataclass(frozen=True)
class Quadratic:
    """
    The surface around a point as g's - s'Cs/2, in the axes of its curvature.

    Attributes:
        slope: g along each axis. Shape (f,).
        curvature: C of each axis, ascending; > 0 where the surface bends down. Shape (f,).
        axes: Its columns are the axes. Shape (k, f).
        walls: -1, 0 or 1: at which wall of the box a coordinate stands. Shape (k,).
    """

    slope: Floats
    curvature: Floats
    axes: Floats
    walls: Floats

    @classmethod
    def at(cls, theta: Floats, gradient: Floats, hessian: Floats) -> Quadratic:
        """From the derivatives by those coordinates that do not press against a wall."""
        walls = _walls(theta)
        return cls._of(gradient, hessian, walls, walls * gradient <= 0)

    @classmethod
    def _of(cls, gradient: Floats, hessian: Floats, walls: Floats, free: NDArray[np.bool_]) -> Quadratic:
        curvature, vectors = np.linalg.eigh(-hessian[np.ix_(free, free)])
        axes = np.zeros((len(gradient), len(curvature)))
        axes[free] = vectors
        return cls(vectors.T @ gradient[free], curvature, axes, walls)

    def settled(self, weight: float, tolerance: float, nothing: float) -> bool:
        """
        Whether nothing is left to gain.

        Where the data speak, the maximum is less than ``tolerance`` standard errors of a single customer
        away; along flat axes, where it may lie anywhere, the largest step gains less than ``nothing``.
        """
        flat = self.curvature < FLAT_STANDARD_ERROR**-2
        rise = np.maximum(-self.curvature[flat] - STRAIGHT * np.abs(self.curvature).max(initial=0.0), 0.0)
        gain = np.abs(self.slope[flat]) * LARGEST_RADIUS + rise * LARGEST_RADIUS**2 / 2
        distance = (self.slope[~flat] ** 2 / self.curvature[~flat]).sum() / weight
        return bool(gain.sum() < nothing and sqrt(distance) < tolerance)

    def best_step(self, radius: float) -> Floats:
        """
        The step of length <= radius that gains most, shape (k,), into no wall.

        Source:
            More and Sorensen (1983), Computing a Trust Region Step, SIAM J. Sci. Stat. Comput. 4(3), 553-572.
        """
        with np.errstate(over="ignore"):  # along a flat axis a step may be endless, and is then too long
            along = self._newton_step()
            if along is None or np.linalg.norm(along) > radius:
                along = self._step_to_the_rim(radius)
        step = self.axes @ along
        blocked = self.walls * step > 0
        return self._without(blocked).best_step(radius) if blocked.any() else step

    def _without(self, blocked: NDArray[np.bool_]) -> Quadratic:
        """The same surface where some coordinates may not move."""
        free = ~blocked & (self.axes != 0).any(axis=1)
        hessian = -(self.axes * self.curvature) @ self.axes.T
        return self._of(self.axes @ self.slope, hessian, self.walls, free)

    def _newton_step(self) -> Floats | None:
        if not (self.curvature > 0).all():
            return None
        return np.asarray(self.slope / self.curvature)

    def _step_to_the_rim(self, radius: float) -> Floats:
        """Slope / (curvature + shift), the shift found by halving."""
        low = max(0.0, -float(self.curvature[0]))
        high = low + float(np.linalg.norm(self.slope)) / radius + 1e-300
        for _halving in range(HALVINGS):
            shift = (low + high) / 2
            if np.linalg.norm(self.slope / np.maximum(self.curvature + shift, 1e-300)) > radius:
                low = shift
            else:
                high = shift
        along = np.asarray(self.slope / np.maximum(self.curvature + high, 1e-300))
        missing = radius**2 - float(along @ along)
        if missing > 1e-6 * radius**2:  # the slope has no part along the lowest curvature: take it from there
            along[0] += np.copysign(sqrt(missing), self.slope[0])
        return along
