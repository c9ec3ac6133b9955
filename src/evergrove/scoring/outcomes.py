"""Draws of what customers will do within a time, given alive: parameters first, then one outcome each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.models.regular import RegularBetaGeometric, regular_purchases_if_alive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.random import Generator

    from evergrove.models.process import TransactionModel
    from evergrove.models.types import Fit, Floats

DRAWN = frozenset({"pareto-nbd", "bg-nbd", "mbg-nbd", "nbd"})  # processes that can be lived through here
FEW = 16  # parameter draws of a process that is drawn by its counts
LEFT = 1e-6  # probability of more purchases than are looked at
MOST = 2000  # purchases
SLOW = 1e-4  # discount over the horizon from which the mean time of purchases is read
WIDEST_SD = 2.0  # of a log parameter: on a flat ridge the quadratic approximation means nothing beyond


def parameter_draws(fit: Fit[Any], draws: int, rng: Generator) -> dict[str, Floats]:
    """
    Draws of the parameters by name, shape (draws,) each: the fit's posterior where it carries one.

    Else Laplace's: normal in the logarithms around the maximum; directions that the data do not pin down are
    held to a standard deviation of 2 (a factor of 7).

    Args:
        fit: Of a model whose parameters are positive.
        draws: How many; a posterior of fewer is gone through again, of a longer one some are taken.
        rng: Not used where there is a posterior.
    """
    if fit.posterior is not None:
        have = len(fit.posterior)
        chosen = np.arange(draws) % have if draws >= have else np.arange(draws) * have // draws
        return {name: values[chosen] for name, values in fit.posterior.at.items()}
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
    model: TransactionModel,
    at: dict[str, Floats],
    horizon: float,
    x: Floats,
    T: Floats,
    rng: Generator,
    t_x: Floats | None = None,
) -> Year:
    """
    One outcome per cell and parameter draw, in (T, T + horizon], given alive at T.

    Args:
        model: Which process; its parameters are taken from ``at``. One that is not known here is drawn by the
            probabilities of its counts, with a few of the parameter draws.
        at: Parameters by name, shape (draws,) each.
        horizon: In the model's unit.
        x: Shape (cells, 1).
        T: Shape (cells, 1).
        rng: Where the draws come from.
        t_x: Shape (cells, 1); read by models of regular timing alone, which need it.
    """
    if isinstance(model, RegularBetaGeometric) and t_x is not None:
        return Year(*regular_purchases_if_alive(model, at, horizon, x, t_x, T, rng))
    if model.name not in DRAWN:
        return _counted(model, at, horizon, x, T, rng)
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
    made = count.copy()
    several = count > 1  # whoever is alive makes the first one; leaving takes the later ones
    survived = x + (model.name == "mbg-nbd")
    leave = rng.beta(np.broadcast_to(at["a"], count.shape)[several], (at["b"] + survived)[several])
    with np.errstate(divide="ignore", over="ignore"):  # nobody leaves: the last purchase never comes
        last = np.ceil(rng.standard_exponential(len(leave)) / -np.log1p(-leave))
    made[several] = np.minimum(count[several], np.maximum(last, 1.0))
    # The k-th of n arrivals in a horizon comes at horizon x k / (n + 1) on average.
    return Year(made, horizon * (made + 1) / (2 * (count + 1)))


def _counted(
    model: TransactionModel, at: dict[str, Floats], horizon: float, x: Floats, T: Floats, rng: Generator
) -> Year:
    """By the distribution function of the counts; purchases come at their mean time."""
    draws, cells = len(next(iter(at.values()))), (x[:, 0], T[:, 0])
    purchases, times = np.empty((len(x), draws)), np.empty((len(x), draws))
    for group in np.array_split(np.arange(draws), min(FEW, draws)):
        letters: dict[str, Any] = {name: float(values[group[0]]) for name, values in at.items()}
        drawn = replace(model, **letters)
        chances = np.stack(list(_up_to(drawn, horizon, *cells)))
        uniform = rng.random((len(x), len(group)))
        purchases[:, group] = sum((uniform > each[:, None]).astype(np.float64) for each in chances)
        expected = drawn.expected_if_alive(horizon, *cells)
        discounted = drawn.discounted_if_alive(horizon, SLOW / horizon, *cells)
        times[:, group] = (horizon * (1 - discounted / expected) / SLOW)[:, None]
    return Year(purchases, times)


def _up_to(model: TransactionModel, horizon: float, x: Floats, T: Floats) -> Iterator[Floats]:
    """P(at most n purchases | alive), n = 0, 1, ..., (m,) each, until next to nothing is left."""
    reached = np.zeros_like(T)
    for n in range(MOST):
        reached = reached + np.exp(model.log_pmf_if_alive(np.full_like(T, n), horizon, x, T))
        yield reached
        if (reached > 1 - LEFT).all():
            return
