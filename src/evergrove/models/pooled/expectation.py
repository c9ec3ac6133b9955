"""What a new customer is expected to buy, and how sure that is."""

from __future__ import annotations

from dataclasses import replace
from math import exp, log, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from evergrove.core import Horizon
    from evergrove.models.process import TransactionModel
    from evergrove.models.types import Floats

STEP = 1e-4  # of log parameters, in central differences: relative error about 1e-8
WIDEST = 20.0  # of the standard deviation of a logarithm: what exp still holds


class Expectation(NamedTuple):
    """
    Expected repeat purchases of a new customer.

    Attributes:
        value: The estimate.
        low: Lower end of its interval.
        high: Upper end.
    """

    value: float
    low: float
    high: float


def expected_new(
    model: TransactionModel, log_covariance: Floats, horizon: Horizon, level: float
) -> Expectation:
    """
    Expected repeat purchases within ``horizon`` after the first, with the interval that their parameters leave.

    The logarithm is taken as normal (delta method): on a flat ridge the interval is wide, and only wide.

    Args:
        model: The estimate.
        log_covariance: Of its log parameters, shape (k, k).
        horizon: A number in the model's unit or a text.
        level: Of the interval, in (0, 1).
    """
    value = model.expected_purchases_new(horizon)
    slopes = log_slopes(model, horizon)
    deviation = min(sqrt(max(float(slopes @ log_covariance @ slopes), 0.0)), WIDEST)
    reach = exp(NormalDist().inv_cdf((1 + level) / 2) * deviation)
    return Expectation(value, value / reach, value * reach)


def log_slopes(model: TransactionModel, horizon: Horizon) -> Floats:
    """Derivatives of the logarithm of expected purchases by each log parameter, shape (k,)."""
    found = np.zeros(len(model.parameters))
    for i, name in enumerate(model.parameters):
        there, back = (replace(model, **{name: getattr(model, name) * exp(step)}) for step in (STEP, -STEP))
        found[i] = log(there.expected_purchases_new(horizon)) - log(back.expected_purchases_new(horizon))
    return found / (2 * STEP)
