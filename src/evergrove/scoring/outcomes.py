"""Draws of what customers will do in a year, given alive: parameters first, then one outcome each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.random import Generator

    from evergrove.models.process import TransactionModel
    from evergrove.models.types import Fit, Floats

WIDEST_SD = 2.0  # of a log parameter: on a flat ridge the quadratic approximation means nothing beyond


def parameter_draws(fit: Fit[Any], draws: int, rng: Generator) -> dict[str, Floats]:
    """
    Laplace draws: normal in the logarithms around the maximum, by name, shape (draws,) each.

    Directions that the data do not pin down are held to a standard deviation of 2 (a factor of 7).
    """
    values, vectors = np.linalg.eigh(np.nan_to_num(fit.log_covariance, posinf=WIDEST_SD**2))
    spread = np.sqrt(np.clip(values, 0.0, WIDEST_SD**2))
    steps = rng.standard_normal((draws, len(spread))) * spread
    centre = np.log([float(getattr(fit.model, name)) for name in fit.parameters])
    theta = np.exp(centre + np.einsum("dk,jk->dj", steps, vectors))
    return {name: theta[:, i] for i, name in enumerate(fit.parameters)}


@dataclass(frozen=True, eq=False)
class Year:
    """
    Simulated purchases of customers alive at T.

    Attributes:
        purchases: Counts. Shape (cells, draws).
        mean_time: Mean time of those purchases after T, in the model's unit; any value where there are none.
    """

    purchases: Floats
    mean_time: Floats


def purchases_if_alive(
    model: TransactionModel, at: dict[str, Floats], horizon: float, x: Floats, T: Floats, rng: Generator
) -> Year:
    """
    One outcome per cell and parameter draw, in (T, T + horizon], given alive at T.

    Args:
        model: Which process; its parameters are taken from ``at``.
        at: Parameters by name, shape (draws,) each.
        horizon: In the model's unit.
        x: Shape (cells, 1).
        T: Shape (cells, 1).
        rng: Where the draws come from.
    """
    rate = rng.standard_gamma(at["r"] + x) / (at["alpha"] + T)
    if model.name == "pareto-nbd":
        hazard = rng.standard_gamma(at["s"], size=rate.shape) / (at["beta"] + T)
        with np.errstate(
            divide="ignore", over="ignore"
        ):  # no hazard: an endless life, cut off at the horizon
            life = np.minimum(rng.standard_exponential(rate.shape) / hazard, horizon)
        return Year(rng.poisson(rate * life).astype(np.float64), life / 2)
    count = rng.poisson(rate * horizon).astype(np.float64)
    if model.name == "nbd":
        return Year(count, np.full_like(count, horizon / 2))
    survived = x + (model.name == "mbg-nbd")
    leave = rng.beta(np.broadcast_to(at["a"], rate.shape), at["b"] + survived)
    with np.errstate(divide="ignore", over="ignore"):  # nobody leaves: the last purchase never comes
        last = np.ceil(rng.standard_exponential(rate.shape) / -np.log1p(-leave))
    made = np.minimum(count, np.maximum(last, 1.0))
    # The k-th of n arrivals in a horizon comes at horizon x k / (n + 1) on average.
    return Year(made, horizon * (made + 1) / (2 * (count + 1)))
