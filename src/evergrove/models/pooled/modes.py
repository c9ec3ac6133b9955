"""Each cohort's likeliest parameters under a normal prior, by penalised Newton."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.models.maximise import LARGEST_LOG, NotConverged, maximise
from evergrove.models.pooled.between import FIRST_SPREAD, likeliest_root
from evergrove.models.pooled.quadratics import WEAK_SD, Quadratics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.models.maximise import Objective
    from evergrove.models.pooled.between import Shape
    from evergrove.models.pooled.quadratics import Marginal
    from evergrove.models.types import Floats

ROUNDS = 30  # turns for the covariance: about eight settle it, unless two answers take turns
SETTLING = 30  # turns for mean and modes after that
SETTLED = 1e-5  # of log parameters: far below any standard error
TOLERANCE = 1e-7  # of a mode, in standard errors of one customer


@dataclass(frozen=True, eq=False)
class Pooling:
    """
    Where the search for mean, covariance and modes settled; all in scaled log parameters.

    Attributes:
        mean: Of the cohorts, shape (k,).
        root: Lower triangular root of the covariance between them, shape (k, k).
        modes: Of each cohort, shape (j, k).
        quadratics: The cohorts' log-likelihoods around their modes.
        marginal: Of the covariance, at the root.
        rounds: How often the parabolas were drawn anew.
    """

    mean: Floats
    root: Floats
    modes: Floats
    quadratics: Quadratics
    marginal: Marginal
    rounds: int

    @property
    def covariance(self) -> Floats:
        """Between cohorts, shape (k, k)."""
        return np.asarray(self.root @ self.root.T)

    @property
    def given_mean(self) -> Floats:
        """Covariance of each cohort's log parameters if the mean were known, shape (j, k, k)."""
        mixed = np.eye(len(self.mean)) + self.quadratics.information @ self.covariance
        found = self.covariance @ np.linalg.inv(mixed)
        return np.asarray((found + found.transpose(0, 2, 1)) / 2)

    @property
    def posterior(self) -> Floats:
        r"""
        Covariance of each cohort's log parameters, that of the estimated mean included; shape (j, k, k).

        .. math:: \Sigma M_j^{-1} + M_j'^{-1} \, \text{Cov}(\mu) \, M_j^{-1}, \quad M_j = I + H_j \Sigma

        Source:
            Kass and Steffey (1989), Approximate Bayesian Inference in Conditionally Independent Hierarchical
            Models, JASA 84(407), 717-726: the term for the mean.
        """
        inverse = np.linalg.inv(np.eye(len(self.mean)) + self.quadratics.information @ self.covariance)
        return np.asarray(
            self.given_mean + inverse.transpose(0, 2, 1) @ self.marginal.mean_covariance @ inverse
        )


def pool(
    surfaces: Sequence[Objective], customers: Sequence[float], start: Floats, shape: Shape, title: str
) -> Pooling:
    """
    Estimate mean and covariance of the cohorts, and each cohort's mode under them.

    In turns: parabolas at the modes give mean and covariance, these give new modes. What settles is the
    approximate empirical Bayes estimate of Stiratelli, Laird and Ware, here with the restricted likelihood
    maximised at once where they take steps of EM. Where two covariances take turns, the likelier one stays.

    Args:
        surfaces: Of each cohort: the log-likelihood over scaled log parameters.
        customers: Of each cohort.
        start: The pooled fit, shape (k,).
        shape: Of the covariance.
        title: The model's name for people.

    Raises:
        NotConverged: The turns do not settle.

    Source:
        Stiratelli, Laird and Ware (1984), Random-Effects Models for Serial Observations with Binary Response,
        Biometrics 40(4), 961-971; Breslow and Clayton (1993), Approximate Inference in Generalized Linear
        Mixed Models, JASA 88(421), 9-25.
    """

    def modes_under(mean: Floats, root: Floats, near: Floats) -> Floats:
        each = zip(surfaces, customers, near, strict=True)
        return np.array([mode_of(surface, size, mean, root, mode, title) for surface, size, mode in each])

    mean = _weakly_held(surfaces, sum(customers), start, title)
    root = FIRST_SPREAD * np.eye(len(start))
    modes = modes_under(mean, root, np.tile(mean, (len(surfaces), 1)))
    moved, highest, best = np.inf, -np.inf, root
    for turn in range(ROUNDS + SETTLING):
        quadratics, before = _parabolas(surfaces, mean, modes), root
        value = quadratics.marginal(
            root @ root.T
        ).value  # by Laplace: these parabolas are drawn at its own modes
        if turn and value > highest:
            highest, best = value, root
        root = likeliest_root(quadratics, shape, root, title) if turn < ROUNDS else best
        marginal = quadratics.marginal(root @ root.T)
        modes = modes_under(marginal.mean, root, modes)
        change = root @ root.T - before @ before.T
        moved = max(float(np.abs(marginal.mean - mean).max()), float(np.abs(change).max()))
        mean = marginal.mean
        if moved < SETTLED:
            return Pooling(mean, root, modes, quadratics, marginal, turn + 1)
    raise NotConverged(model=title, customers=round(sum(customers)), gradient=f"{moved:.2g}")


def _weakly_held(surfaces: Sequence[Objective], customers: float, start: Floats, title: str) -> Floats:
    """The pooled fit under the weak prior of the mean, shape (k,)."""

    def held(theta: Floats) -> tuple[float, Floats, Floats]:
        parts = [surface(theta) for surface in surfaces]
        value, gradient, hessian = (sum(each) for each in zip(*parts, strict=True))
        curved = hessian - np.eye(len(theta)) / WEAK_SD**2
        return value - float(theta @ theta) / (2 * WEAK_SD**2), gradient - theta / WEAK_SD**2, curved

    return maximise(held, [start, start / 2], weight=customers, model=title, tolerance=TOLERANCE).theta


def _parabolas(surfaces: Sequence[Objective], centre: Floats, modes: Floats) -> Quadratics:
    expanded = [surface(mode) for surface, mode in zip(surfaces, modes, strict=True)]
    values, gradients, hessians = (np.array(each) for each in zip(*expanded, strict=True))
    return Quadratics.of(centre, modes, values, gradients, hessians)


def mode_of(
    surface: Objective, customers: float, mean: Floats, root: Floats, near: Floats, title: str
) -> Floats:
    """
    The likeliest theta = mean + root z of one cohort under z ~ N(0, I), shape (k,).

    Over z the prior is the same in all directions, and one in which cohorts do not differ is no special case.

    Args:
        surface: The cohort's log-likelihood.
        customers: In it.
        mean: Of the prior, shape (k,).
        root: Of its covariance, shape (k, k).
        near: Where it was before.
        title: The model's name for people.

    Raises:
        NotConverged: There is no maximum.
    """

    def penalised(z: Floats) -> tuple[float, Floats, Floats]:
        theta = mean + root @ z
        if np.abs(theta).max() > LARGEST_LOG:  # no fit looks there
            return -np.inf, z, -np.eye(len(z))
        value, gradient, hessian = surface(theta)
        return value - float(z @ z) / 2, root.T @ gradient - z, root.T @ hessian @ root - np.eye(len(z))

    start: Floats = np.asarray(np.linalg.lstsq(root, near - mean, rcond=1e-8)[0], dtype=np.float64)
    starts = [start] if np.abs(start).max() < 3 else [start, np.zeros_like(start)]
    found = maximise(penalised, starts, weight=customers, model=title, tolerance=TOLERANCE)
    return np.asarray(mean + root @ found.theta)
