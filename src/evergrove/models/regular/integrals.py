r"""
Integrals over the future of what ``renewal`` gives, discounted or not.

.. math:: \int_0^h e^{-\delta u} f(u) \, du

Given the phase, f depends on time through w = u / (alpha + T) alone: it is worked out once per x, on panels of
v = ln(1 + (1 + rho) w). One unit of (1 + rho) w is the time to the next few events, where f swings; in v both that
swing and the long tail are smooth. Each customer's integral then costs a sum over the panels up to his own h, the
last one in part, where f is interpolated. Panels are the same whoever else is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from evergrove.models.hypergeometric import DEPTH
from evergrove.models.regular.renewal import Stream, over_leaving

if TYPE_CHECKING:
    from evergrove.models.regular.renewal import Values
    from evergrove.models.types import Floats

ROWS = 512  # customers at a time: their exponentials stay in the processor's cache
UNEVEN = 4  # events to a purchase, beyond which f swings more often than a panel of length 1 can follow


@dataclass(frozen=True)
class Panels:
    """
    Gauss and Legendre's rule on panels of v.

    Attributes:
        length: Of a panel.
        at: Nodes in (0, 1) of a panel. Shape (m,).
        weights: Sum to 1. Shape (m,).
        to_series: From values at the nodes to coefficients of Legendre polynomials, shape (m, m).
    """

    length: float
    at: Floats
    weights: Floats
    to_series: Floats

    @classmethod
    @lru_cache
    def of(cls, k: int) -> Panels:
        """For k events to a purchase: the more, the more often f swings before it settles."""
        count = 16 if k <= 2 else 24
        nodes, weights = np.polynomial.legendre.leggauss(count)
        series = np.asarray(np.linalg.inv(np.polynomial.legendre.legvander(nodes, count - 1)).T, np.float64)
        return cls(1 / ceil(k / UNEVEN), (1 + nodes) / 2, weights / 2, series)


def integrated(
    values: Values,
    k: int,
    shape: tuple[Floats, Floats],
    leave: tuple[float, Floats],
    horizon: Floats | float,
    delta: float,
) -> Floats:
    r"""
    Integral over w of ``intensity`` or ``survival`` with discount; by phase.

    .. math:: \int_0^{h / \tau} e^{-\delta \tau w} f(w) \, dw

    Args:
        values: f.
        k: Events to a purchase.
        shape: rho = r + k x, with few distinct values, and tau = alpha + T. Shape (n,) each.
        leave: a; and b given alive, the same wherever rho is, shape (n,).
        horizon: h, in the unit of tau, shape (n,) or one for all; infinite only with delta > 0.
        delta: Continuous discount rate per unit.

    Returns:
        Shape (k, n).
    """
    (rho, tau), (a, b) = shape, leave
    panels, bend = Panels.of(k), 1 + rho
    # As f falls, what lies beyond exp(-DEPTH) is less than that share of the whole.
    until = np.minimum(horizon, DEPTH / delta) / tau if delta else horizon / tau
    end = np.log1p(bend * until) / panels.length
    levels, first, of = np.unique(rho, return_index=True, return_inverse=True)
    needed = np.zeros(len(levels))
    np.maximum.at(needed, of, end)
    v, table = _table(values, k, panels, needed, (levels, a, b[first]))
    found = np.empty((k, len(rho)))
    for start in range(0, len(rho), ROWS):
        rows = slice(start, start + ROWS)
        decay, scale = delta * tau[rows] / bend[rows], bend[rows]
        found[:, rows] = _upto(panels, v, table[:, of[rows]], end[rows], decay) / scale
    return found


def _table(
    values: Values, k: int, panels: Panels, needed: Floats, letters: tuple[Floats, float, Floats]
) -> tuple[Floats, Floats]:
    """Nodes v, (panels, m), and f at them by phase for each rho: (k, levels, panels, m), 0 beyond the need."""
    rho, a, b = letters
    count = max(1, ceil(needed.max(initial=0.0)))
    v = panels.length * np.add.outer(np.arange(count), panels.at)
    level, panel = np.nonzero(np.arange(count) < needed[:, None])
    bend = 1 + rho[level]
    w = np.expm1(v[panel]) / bend[:, None]
    spread = np.repeat(level, w.shape[1])
    mean = over_leaving(values, Stream(k, rho[spread], w.ravel()), a, b[spread])
    table = np.zeros((k, len(rho), *v.shape))
    table[:, level, panel] = mean.reshape(k, *w.shape)
    return v, table


def _upto(panels: Panels, v: Floats, table: Floats, end: Floats, decay: Floats) -> Floats:
    """The integral of f exp(-decay (e^v - 1)) e^v from 0 to end panels, (k, n)."""
    whole = np.floor(end).astype(np.intp)
    rows, partial = np.arange(len(end)), np.minimum(whole, len(v) - 1)
    full = np.arange(len(v)) < whole[:, None]
    weight = full[:, :, None] * panels.weights * _discounted(v[None], decay[:, None, None])
    total = np.einsum("npm,knpm->kn", weight, table)
    share = (end - partial)[:, None] * panels.at  # nodes of the last panel, as far as it counts
    series = table[:, rows, partial] @ panels.to_series
    basis = np.polynomial.legendre.legvander(2 * share - 1, len(panels.at) - 1)
    last = _discounted(panels.length * (partial[:, None] + share), decay[:, None])
    last *= (end - partial)[:, None] * panels.weights * (whole == partial)[:, None]
    total += np.einsum("nm,nmi,kni->kn", last, basis, series, optimize=True)
    return np.asarray(total * panels.length)


def _discounted(v: Floats, decay: Floats) -> Floats:
    return np.asarray(np.exp(v - decay * np.expm1(v)))
