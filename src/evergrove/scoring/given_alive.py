"""What scoring asks of a model once per (x, T) cell beyond the model's own questions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from evergrove.models.process import TransactionModel
    from evergrove.models.types import Floats

QUANTILES = (0.25, 0.50, 0.75)


def next_purchase_quantiles(model: TransactionModel, horizon: float, x: Floats, T: Floats) -> Floats:
    """
    The 25, 50 and 75 % quantile of the time to the next purchase, given that one comes within the horizon.

    P(alive) cancels: who buys again is alive. Shape (3, m), in the model's unit.
    """
    return np.stack([model.next_purchase_quantile_if_alive(q, horizon, x, T) for q in QUANTILES])


def next_purchase_quantiles_of(
    model: TransactionModel, horizon: float, x: Floats, t_x: Floats, T: Floats
) -> Floats:
    """The same where recency tells when the next purchase is due: by history, shape (3, n)."""
    return np.stack([model.next_purchase_quantile(q, horizon, x, t_x, T) for q in QUANTILES])
