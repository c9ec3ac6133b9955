"""What is asked of a model once per (x, T) cell: integrals and quantiles over the future of those alive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from evergrove.models.process import TransactionModel
    from evergrove.models.types import Floats

NODES = 16  # Gauss-Legendre in log time: 1e-9 for a year, 1e-8 for ten, at alpha down to a day
QUANTILES = (0.25, 0.50, 0.75)
KNOTS = 48  # of the distribution of the next purchase time; inverse interpolation is then good to 1e-3 days
FIRST_KNOT = 1e-3  # of the horizon; below it the curve is extended


def log_panel(length: Floats, scale: Floats) -> tuple[Floats, Floats]:
    """
    Nodes and weights on [0, length], dense near 0 on the scale where the integrand bends.

    Args:
        length: Upper ends. Shape (m,).
        scale: Time constants of the integrand, > 0. Shape (m,).

    Returns:
        Nodes and weights, shape (k, m) each: Gauss-Legendre in log(scale + u).
    """
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    width = np.log1p(length / scale)
    v = np.multiply.outer((1 + nodes) / 2, width)
    return scale * np.expm1(v), np.multiply.outer(weights / 2, width) * scale * np.exp(v)


def discounted_purchases(
    model: TransactionModel, delta: float, horizon: float, scale: float, x: Floats, T: Floats
) -> Floats:
    """
    Expected purchases in (T, T + horizon] of those alive, each discounted to T at the rate delta.

    Args:
        model: The process.
        delta: Continuous rate per unit of the model.
        horizon: In the model's unit.
        scale: The model's shortest time constant.
        x: Shape (m,).
        T: Shape (m,).
    """
    u, weight = log_panel(np.full_like(T, horizon), scale + T)
    values: Floats = np.einsum("km,km->m", weight * np.exp(-delta * u), model.rate_if_alive(u, x, T))
    return values


def remaining_life(model: TransactionModel, length: Floats, scale: float, x: Floats, T: Floats) -> Floats:
    """
    Integral over u from 0 to ``length`` of P(alive at T + u | alive at T), in the model's unit, shape (m,).

    Args:
        model: The process.
        length: Upper ends, in the model's unit. Shape (m,).
        scale: The model's shortest time constant.
        x: Shape (m,).
        T: Shape (m,).
    """
    u, weight = log_panel(length, scale + T)
    values: Floats = np.einsum("km,km->m", weight, model.survival_if_alive(u, x, T))
    return values


def next_purchase_quantiles(model: TransactionModel, horizon: float, x: Floats, T: Floats) -> Floats:
    """
    Quantiles of the time to the next purchase, given that one comes within the horizon.

    P(next <= t) = P(alive) A(t) with A given alive, so that P(alive) cancels: the quantiles depend on (x, T).

    Args:
        model: The process.
        horizon: In the model's unit.
        x: Shape (m,).
        T: Shape (m,).

    Returns:
        Shape (3, m): the 25, 50 and 75 % quantiles, in the model's unit.
    """
    times = np.geomspace(FIRST_KNOT, 1.0, KNOTS) * horizon
    reached = np.stack([model.active_if_alive(float(t), x, T) for t in times])
    wanted = np.multiply.outer(np.asarray(QUANTILES), reached[-1])
    return np.stack([np.exp(_inverse(np.log(times), _stretch(reached), _stretch(w))) for w in wanted])


def _stretch(probability: Floats) -> Floats:
    """log(-log(1 - p)): linear in log time for a constant rate, and nearly so for mixtures."""
    inner = np.clip(probability, 1e-300, 1 - 1e-16)
    values: Floats = np.log(-np.log1p(-inner))
    return values


def _inverse(log_time: Floats, curve: Floats, wanted: Floats) -> Floats:
    """
    Log time at which each column of a rising curve reaches a value, by cubics through four knots.

    Args:
        log_time: Shape (k,).
        curve: Shape (k, m), rising in k.
        wanted: Shape (m,).
    """
    k = len(log_time)
    column = np.arange(curve.shape[1])
    right = np.clip((curve < wanted).sum(axis=0), 1, k - 1)
    left = np.clip(right - 2, 0, k - 4)
    knots = np.stack([curve[left + j, column] for j in range(4)])
    values = np.stack([log_time[left + j] for j in range(4)])
    total = np.zeros_like(wanted)
    for j in range(4):
        others = [i for i in range(4) if i != j]
        basis = np.prod([(wanted - knots[i]) / (knots[j] - knots[i]) for i in others], axis=0)
        total += values[j] * basis
    earliest = np.where(wanted <= curve[0], -np.inf, log_time[right - 1])
    return np.clip(total, earliest, log_time[right])
