"""A rate that differs between customers by a gamma distribution: the pieces that likelihoods share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from evergrove.models.distinct import Codes
    from evergrove.models.types import Floats

    Derivatives = tuple[float, Floats, Floats]


def histogram(codes: Codes, weights: Floats) -> Floats:
    """Sum the weights of each code; shape (largest code + 1,)."""
    return np.asarray(np.bincount(codes, weights), dtype=np.float64)


def counted(frequency: Floats, customers: Floats) -> Floats:
    """How many customers made more than j repeat purchases, for j = 0, 1, ...; shape (max frequency,)."""
    made = histogram(frequency.astype(np.int64), customers)
    return np.asarray(made[::-1].cumsum()[::-1][1:])


def rising(r: float, more_than: Floats) -> tuple[float, float, float]:
    r"""
    The gamma functions of a population, as sums of logarithms.

    .. math::

        \sum_i \ln \frac{\Gamma(r + x_i)}{\Gamma(r)} = \sum_{j \ge 0} N(x > j) \ln(r + j)

    No special function is needed, and nothing cancels when r is large.

    Args:
        r: Shape of the rate, > 0.
        more_than: N(x > j) for j = 0, 1, ..., as from ``counted``. Shape (m,).

    Returns:
        The sum, and its first and second derivative in ln r.
    """
    steps = r + np.arange(len(more_than))
    first = r * float((more_than / steps).sum())
    second = first - r**2 * float((more_than / steps**2).sum())
    return float((more_than * np.log(steps)).sum()), first, second


def waiting(shape: float, scale: float, ages: Floats, customers: Floats, events: Floats) -> Derivatives:
    r"""
    Logarithm of a gamma rate's mean of :math:`\lambda^x e^{-\lambda t}`, without its gamma functions.

    .. math::

        \sum_t \left[ N_t \, r \ln \alpha - (r N_t + X_t) \ln(\alpha + t) \right]

    Args:
        shape: r, > 0.
        scale: alpha, in a unit of time, > 0.
        ages: Distinct times t, same unit. Shape (m,), >= 0.
        customers: N, customers at each. Shape (m,).
        events: X, events of these customers together. Shape (m,).

    Returns:
        The sum, its gradient (2,) and Hessian (2, 2) in ln r, ln alpha.
    """
    decay = -shape * np.log1p(ages / scale) * customers
    share = scale / (scale + ages)
    all_events = shape * customers + events
    value = float((decay - events * np.log(scale + ages)).sum())
    by_shape, cross = float(decay.sum()), shape * float((customers * (1 - share)).sum())
    gradient = np.array([by_shape, cross - float((events * share).sum())])
    curvature = -float((all_events * share * (1 - share)).sum())
    return value, gradient, np.array([[by_shape, cross], [cross, curvature]])
