"""Draws of letters and slopes from their posterior: Laplace's proposals, weighted by the exact likelihood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import EvergroveError
from evergrove.models.covariates.model import WithCovariates
from evergrove.models.posterior.weights import effective_size, normalised, resampled, student

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.random import Generator

    from evergrove.models.types import Fit, Floats

DRAWS = 200
PER_DRAW = 2  # proposals: dropout's letters lie along a bend that no ellipse follows
DEGREES = 8.0  # of freedom of the proposals, as for models without covariates


@dataclass(frozen=True, eq=False)
class Drawn:
    """
    Equally weighted draws of a model with slopes.

    Attributes:
        models: One a draw.
        theta: Logarithms of the letters, then slopes, in the order of the fit. Shape (draws, k).
        effective: How many independent draws the weighted proposals are worth.
    """

    models: tuple[Any, ...]
    theta: Floats
    effective: float


def drawn(
    fit: Fit[Any],
    letters: int,
    build: Callable[[Mapping[str, float]], Any],
    log_likelihood: Callable[[Any], float],
    n: int = DRAWS,
    *,
    rng: Generator,
) -> Drawn:
    """
    Draw parameters under a prior that is flat in the logarithms of the letters and in the slopes.

    Proposals come from a t with 8 degrees of freedom around the maximum, spread by the inverse of the exact
    Hessian; the likelihood of each proposal puts its weight right.

    Args:
        fit: At its maximum, without priors of its own.
        letters: How many of its parameters, the first, are positive and drawn as logarithms.
        build: Parameters by name -> the model.
        log_likelihood: The model -> its log-likelihood of what was fitted.
        n: Draws.
        rng: Where they come from.

    Source:
        Tierney and Kadane (1986), JASA 81, 82-86; Geweke (1989), Econometrica 57, 1317-1339.
    """
    curvature, vectors = np.linalg.eigh(fit.log_covariance)
    axes = vectors * np.sqrt(np.maximum(curvature, 0.0))
    z, log_density = student(PER_DRAW * n, len(curvature), DEGREES, rng)
    at = _values(fit)
    centre = np.concatenate([np.log(at[:letters]), at[letters:]])
    theta = centre + z @ axes.T
    made = [_built(build, fit.parameters, letters, row) for row in theta]
    height = np.array([-np.inf if model is None else log_likelihood(model) for model in made])
    weight = normalised(np.where(np.isfinite(height), height - fit.log_likelihood, -np.inf) - log_density)
    rows = resampled(weight, n, rng)
    return Drawn(tuple(made[row] for row in rows), theta[rows], effective_size(weight))


def _values(fit: Fit[Any]) -> Floats:
    """The parameters at the maximum, in the order of the fit."""
    if isinstance(fit.model, WithCovariates):
        return np.array([_of(fit.model, name) for name in fit.parameters])
    known = fit.model.as_dict()
    return np.array([known[name] for name in fit.parameters])


def _of(model: WithCovariates[Any], name: str) -> float:
    """A letter, or a slope by its name in a fit: process.covariate."""
    process, dot, covariate = name.partition(".")
    if not dot:
        return float(getattr(model.base, name))
    return float(getattr(model, "purchase" if process == "both" else process)[covariate])


def _built(
    build: Callable[[Mapping[str, float]], Any], names: tuple[str, ...], letters: int, theta: Floats
) -> Any:
    """The model at theta; None where there is none, as with q <= 1."""
    values = [*np.exp(theta[:letters]), *theta[letters:]]
    try:
        return build(dict(zip(names, map(float, values), strict=True)))
    except EvergroveError:
        return None


def rebuilt(model: WithCovariates[Any]) -> Callable[[Mapping[str, float]], WithCovariates[Any]]:
    """What makes models like this one from parameters as a fit names them."""

    def build(values: Mapping[str, float]) -> WithCovariates[Any]:
        slopes: dict[str, dict[str, float]] = {"purchase": {}, "dropout": {}, "staying": {}}
        for name, value in values.items():
            process, dot, covariate = name.partition(".")
            for moved in ("purchase", "dropout") if process == "both" else (process,):
                if dot:
                    slopes[moved][covariate] = value
        base = type(model.base)(
            **{name: values[name] for name in model.base.parameters}, unit=model.base.unit
        )
        return WithCovariates(base, **slopes, dropout_form=model.dropout_form)

    return build
