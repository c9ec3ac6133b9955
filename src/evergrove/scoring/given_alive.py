"""What scoring asks of a model once per (x, T) cell beyond the model's own questions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from evergrove.models.process import TransactionModel
    from evergrove.models.types import Floats

NODES = 24  # Gauss-Legendre in log time: 1e-10 of ten years at a time constant down to a day
QUANTILES = (0.25, 0.50, 0.75)


def remaining_life(model: TransactionModel, length: Floats, scale: float, x: Floats, T: Floats) -> Floats:
    """
    Integral over u from 0 to ``length`` of P(alive at T + u | alive at T), in the model's unit, shape (m,).

    Args:
        model: The process.
        length: Upper ends, in the model's unit. Shape (m,).
        scale: The model's shortest time constant: survival is a smooth function of log(scale + T + u).
        x: Shape (m,).
        T: Shape (m,).
    """
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    pace = scale + T
    width = np.log1p(length / pace)
    v = np.multiply.outer((1 + nodes) / 2, width)
    survival = model.survival_if_alive(pace * np.expm1(v), x, T)
    values: Floats = np.einsum("k,km->m", weights, survival * np.exp(v)) * pace * width / 2
    return values


def next_purchase_quantiles(model: TransactionModel, horizon: float, x: Floats, T: Floats) -> Floats:
    """
    The 25, 50 and 75 % quantile of the time to the next purchase, given that one comes within the horizon.

    P(alive) cancels: who buys again is alive. Shape (3, m), in the model's unit.
    """
    return np.stack([model.next_purchase_quantile_if_alive(q, horizon, x, T) for q in QUANTILES])
