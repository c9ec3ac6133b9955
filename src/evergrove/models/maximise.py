"""Newton's method with exact derivatives, damped, from several starts; it says when it failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.core import EvergroveError, EvergroveWarning, _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from evergrove.models.types import Floats

    Objective = Callable[[Floats], tuple[float, Floats, Floats]]

LARGEST_LOG = 12.0  # exp(12) is 160,000 times the typical size: no data set tells it from infinity
FLAT_STANDARD_ERROR = 2.0  # of a log parameter: a factor of 50 up or down within two standard errors


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


class FlatRidge(EvergroveWarning):
    """Some parameters are not identified: very different values fit the data as well."""

    code = "models.flat_ridge"
    message = _("{model}: the data do not pin down {parameters}; very different values fit as well.")
    hint = _("Totals can still be right, but {meaning} is not to be read off this fit. Prefer another model.")


@dataclass(frozen=True)
class Optimum:
    """Where the climb ended: the point (log parameters), value, gradient, Hessian, evaluations spent."""

    theta: Floats
    value: float
    gradient: Floats
    hessian: Floats
    evaluations: int
    at_edge: bool

    @property
    def covariance(self) -> Floats:
        """Inverse of the observed information; infinite variances where the surface is flat."""
        return np.asarray(np.linalg.pinv(-self.hessian, hermitian=True))

    @property
    def flat(self) -> tuple[int, ...]:
        """Positions of the parameters that the data do not identify."""
        values, vectors = np.linalg.eigh(-self.hessian)
        weak = values < 1 / FLAT_STANDARD_ERROR**2
        loading = np.abs(vectors[:, weak]).max(axis=1, initial=0.0)
        edge = np.abs(self.theta) >= LARGEST_LOG - 1e-9
        return tuple(int(i) for i in np.flatnonzero((loading > 0.3) | edge))


def climb(objective: Objective, start: Floats, weight: float, tolerance: float, limit: int) -> Optimum:
    """
    Climb from one start by Newton steps, damped after Levenberg until the value rises.

    The box of +-LARGEST_LOG keeps a ridge that runs to infinity finite: its end is reported, not hidden.
    """
    theta = np.clip(start, -LARGEST_LOG, LARGEST_LOG)
    value, gradient, hessian = objective(theta)
    evaluations, damping = 1, 0.0
    identity = np.eye(len(theta))
    while evaluations < limit and not _settled(theta, gradient, weight, tolerance):
        curvature = np.linalg.eigvalsh(hessian)
        shift = max(0.0, curvature[-1] + 1e-9 * weight) + damping * weight
        step = np.linalg.solve(shift * identity - hessian, gradient)
        step *= min(1.0, 2.0 / max(np.abs(step).max(), 1e-300))  # a factor of e^2 at most
        candidate = np.clip(theta + step, -LARGEST_LOG, LARGEST_LOG)
        if not (np.abs(candidate - theta) > 1e-14 * (1 + np.abs(theta))).any():
            break
        new = objective(candidate)
        evaluations += 1
        if np.isfinite(new[0]) and new[0] >= value - 1e-12 * abs(value):
            theta, (value, gradient, hessian) = candidate, new
            damping = 0.0 if damping < 1e-4 else damping / 10
        else:
            damping = max(1e-3, damping * 10)
            if damping > 1e8:
                break
    at_edge = bool((np.abs(theta) >= LARGEST_LOG - 1e-9).any())
    return Optimum(theta, value, gradient, hessian, evaluations, at_edge)


def _settled(theta: Floats, gradient: Floats, weight: float, tolerance: float) -> bool:
    """Whether the gradient is nought in every direction that the box leaves open."""
    outward = (np.abs(theta) >= LARGEST_LOG - 1e-9) & (gradient * theta > 0)
    return bool(np.abs(np.where(outward, 0.0, gradient)).max() < tolerance * weight)


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
        tolerance: Largest gradient element per customer at which a climb has arrived.
        limit: Evaluations at most, per start.

    Raises:
        NotConverged: No start arrived.
    """
    best: Optimum | None = None
    spent = 0
    for start in starts:
        found = climb(objective, np.asarray(start, dtype=np.float64), weight, tolerance, limit)
        spent += found.evaluations
        if np.isfinite(found.value) and (best is None or found.value > best.value + 1e-9):
            best = found
    if best is None or not (
        best.at_edge or _settled(best.theta, best.gradient, weight, max(tolerance, 1e-6))
    ):
        gradient = "nan" if best is None else f"{np.abs(best.gradient).max() / weight:.2g}"
        raise NotConverged(model=model, customers=int(weight), gradient=gradient)
    return Optimum(best.theta, best.value, best.gradient, best.hessian, spent, best.at_edge)
