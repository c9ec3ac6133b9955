r"""
How many events have passed since the last purchase: the hidden phase that regular timing adds to a history.

A customer who bought x times, last at t_x, and is alive at T is in phase j = 0..k-1 with probability

.. math::

    w_j \propto \frac{(\rho)_j}{j!} y^j, \qquad \rho = r + k x, \quad y = \frac{T - t_x}{\alpha + T} ,

and given the phase, lambda ~ Gamma(rho + j, alpha + T): from there on recency says nothing more. The first
interval begins with the first purchase, so that x = 0 needs no rule of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from evergrove.models.types import Floats


def log_terms(k: int, rho: Floats, y: Floats) -> Floats:
    """
    Logarithms of (rho)_j / j! y^j for j = 0..k-1, shape (k, n).

    Args:
        k: Events to a purchase.
        rho: r + k x. Shape (n,).
        y: Silence (T - t_x) over alpha + T. Shape (n,), >= 0.
    """
    terms = np.zeros((k, *np.shape(y)))
    with np.errstate(divide="ignore"):  # no silence: certainly in phase 0
        log_y = np.log(y)
    for j in range(1, k):
        terms[j] = terms[j - 1] + np.log((rho + (j - 1)) / j) + log_y
    return terms


def log_sum(terms: Floats) -> Floats:
    """Logarithm of the sum of exponentials over the first axis, whose first row is finite."""
    highest = terms.max(axis=0)
    return np.asarray(highest + np.log(np.exp(terms - highest).sum(axis=0)))


def log_quiet(k: int, rho: Floats, y: Floats) -> Floats:
    r"""
    Logarithm of :math:`\sum_{j<k} (\rho)_j / j! \, y^j`: how likely the silence is of those who stayed, (n,).

    Relative to what it would be if every event were a purchase; 0 for k = 1. Arguments as ``log_terms``.
    """
    return log_sum(log_terms(k, rho, y))
