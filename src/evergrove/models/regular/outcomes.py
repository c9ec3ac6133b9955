"""Draws of what customers with regular timing will do, given alive: one outcome per history and parameter draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.models.regular.phases import log_sum, log_terms

if TYPE_CHECKING:
    from numpy.random import Generator

    from evergrove.models.regular.cnbd import RegularBetaGeometric
    from evergrove.models.types import Floats


def regular_purchases_if_alive(
    model: RegularBetaGeometric,
    at: dict[str, Floats],
    horizon: float,
    x: Floats,
    t_x: Floats,
    T: Floats,
    rng: Generator,
) -> tuple[Floats, Floats]:
    """
    Purchases in (T, T + horizon] given alive at T, and their mean time after T.

    First the phase, given the parameters; then rates and the chance to leave, given the phase; then events.

    Args:
        model: Which process, and its k; the other parameters are taken from ``at``.
        at: Parameters by name, shape (draws,) each.
        horizon: In the model's unit.
        x: Shape (cells, 1).
        t_x: Shape (cells, 1).
        T: Shape (cells, 1).
        rng: Where the draws come from.

    Returns:
        Counts, and mean times in the model's unit (any value where there are none); shape (cells, draws) each.
    """
    k, rho, tau = model.k, at["r"] + model.k * x, at["alpha"] + T
    terms = log_terms(k, rho, (T - t_x) / tau)
    reached = np.cumsum(np.exp(terms - log_sum(terms)), axis=0)
    phase = (rng.random(rho.shape) > reached[:-1]).sum(axis=0)
    rate = rng.standard_gamma(rho + phase) / tau
    events = rng.poisson(rate * horizon)
    leave = rng.beta(np.broadcast_to(at["a"], rho.shape), at["b"] + x + model.m)
    with np.errstate(divide="ignore", over="ignore"):  # nobody leaves: the last purchase never comes
        last = np.ceil(rng.standard_exponential(rho.shape) / -np.log1p(-leave))
    made = np.minimum((events + phase) // k, np.maximum(last, 1.0))
    # The i-th of n events in a horizon comes at horizon x i / (n + 1) on average, the m-th purchase with event k m - j.
    return made, horizon * (k * (made + 1) / 2 - phase) / (events + 1)
