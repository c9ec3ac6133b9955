r"""
The log-likelihood of BG/CNBD-k and MBG/CNBD-k over a data set, with gradient and exact Hessian.

Beside the terms of BG/NBD and MBG/NBD, in which r + k x stands for r + x, a row has

.. math::

    \ln(e^u + S), \qquad u = \ln \frac{a}{b + x + m - 1} + (r + k x) \ln \frac{\alpha + T}{\alpha + t_x}, \qquad
    S = \sum_{j<k} \frac{(r + k x)_j}{j!} \left( \frac{T - t_x}{\alpha + T} \right)^j

a mixture over branches: gone, or alive in one of k phases. With l the log weight of a branch and E the mean
over the branches, the gradient is E[l'] and the Hessian E[l''] + E[l' l'^T] - E[l'] E[l']^T. What k alone brings,

.. math:: (k - 1) \sum \ln \Delta t - x \ln \Gamma(k) ,

does not touch the other parameters, but without it no k can be compared with another.

Source:
    Platzer and Reutterer (2016), Marketing Science 35(5), 779-799; Reutterer, Platzer and Schroeder (2021),
    Leveraging purchase regularity for predicting customer behavior the easy way, IJRM 38(1), 194-215.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import lgamma
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from evergrove.models.beta_geometric_likelihood import CHUNK, Surface
from evergrove.models.regular.phases import log_sum, log_terms
from evergrove.models.special import expit, log1p_exp

if TYPE_CHECKING:
    from typing import Self

    from evergrove.models.types import Floats, Summary

    Derivatives = tuple[float, Floats, Floats]


class Rows(NamedTuple):
    """Distinct histories in scaled time, and how many customers share each; shape (n,) each."""

    x: Floats
    t_x: Floats
    T: Floats
    weight: Floats


class _Branch(NamedTuple):
    """Log weight of a branch, (n,), with its derivatives in r and alpha: r, alpha; rr, ra, aa."""

    log_weight: Floats
    slope: tuple[Floats, Floats]
    bend: tuple[Floats, Floats, Floats]


def of_k_alone(rows: Summary, k: int) -> float:
    """What k brings by itself, in the unit of the summary; without intervals in it, their part is left out."""
    intervals = 0.0 if rows.log_intervals is None else float(rows.weights @ rows.log_intervals)
    return (k - 1) * intervals - lgamma(k) * float(rows.weights @ rows.frequency)


@dataclass(frozen=True, eq=False)
class RegularSurface(Surface):
    """
    The log-likelihood over theta = log(r, alpha, a, b), for a given k.

    Attributes:
        k: Events to a purchase.
        constant: The value's part that theta does not touch.
        histories: All rows.
    """

    k: int
    constant: float
    histories: Rows

    @classmethod
    def over(cls, rows: Summary, scale: float, m: int, k: int = 1) -> Self:
        """Count what the likelihood needs; ``rows`` are distinct and sorted by x."""
        plain = Surface.over(rows, scale, m)
        counted = {field.name: getattr(plain, field.name) for field in fields(plain)}
        counted["bought"] = np.repeat(plain.bought, k)
        counted["repeats"] = k * plain.repeats
        purchases = float(rows.weights @ rows.frequency)
        return cls(
            **counted,
            k=k,
            constant=of_k_alone(rows, k) - (k - 1) * purchases * np.log(scale),
            histories=Rows(rows.frequency, rows.recency / scale, rows.T / scale, rows.weights),
        )

    def __call__(self, theta: Floats) -> Derivatives:
        """Value, gradient (4,) and Hessian (4, 4) in theta."""
        with np.errstate(divide="ignore"):  # far off only, as in the base
            value, gradient, hessian = super().__call__(theta)
        return value + self.constant, gradient, hessian

    def _departures(self, r: float, alpha: float, a: float, b: float) -> Derivatives:
        """Gone, or silent in one of the phases."""
        value, gradient, hessian = 0.0, np.zeros(4), np.zeros((4, 4))
        for start in range(0, len(self.histories.x), CHUNK):
            part = Rows(*(each[start : start + CHUNK] for each in self.histories))
            added = self._chunk(part, r, alpha, a, b)
            value, gradient, hessian = value + added[0], gradient + added[1], hessian + added[2]
        return value, gradient, hessian

    def _chunk(self, rows: Rows, r: float, alpha: float, a: float, b: float) -> Derivatives:
        z, chances = r + self.k * rows.x, rows.x + self.m
        per_b = 1 / (b + np.maximum(chances, 1.0) - 1)
        gone, quiet = _gone(rows, z, alpha), _quiet(rows, z, alpha, self.k)
        odds = np.log(a * per_b) + gone.log_weight - quiet.log_weight
        odds[chances == 0] = -np.inf
        p = expit(odds)
        left, stays = rows.weight * p, rows.weight * (1 - p)
        value = _dot(rows.weight, quiet.log_weight + log1p_exp(odds))
        gradient = np.array(
            [_dot(left, g) + _dot(stays, s) for g, s in zip(gone.slope, quiet.slope, strict=True)]
            + [left.sum() / a, -_dot(left, per_b)]
        )
        apart = [g - s for g, s in zip(gone.slope, quiet.slope, strict=True)]
        d = np.stack([*apart, np.full_like(z, 1 / a), -per_b])
        hessian = np.einsum("in,jn->ij", d * (left * (1 - p)), d)
        bends = [_dot(left, g) + _dot(stays, s) for g, s in zip(gone.bend, quiet.bend, strict=True)]
        hessian[:2, :2] += np.array([[bends[0], bends[1]], [bends[1], bends[2]]])
        hessian[2, 2] -= left.sum() / a**2
        hessian[3, 3] += _dot(left, per_b**2)
        return value, gradient, hessian


def _gone(rows: Rows, z: Floats, alpha: float) -> _Branch:
    """((alpha + T) / (alpha + t_x))^z: nobody was there to buy."""
    end, last = 1 / (alpha + rows.T), 1 / (alpha + rows.t_x)
    longer = np.log1p((rows.T - rows.t_x) * last)
    return _Branch(
        z * longer, (longer, z * (end - last)), (np.zeros_like(z), end - last, z * (last**2 - end**2))
    )


def _quiet(rows: Rows, z: Floats, alpha: float, k: int) -> _Branch:
    """The sum over phases: its logarithm's derivatives are means and covariances over them."""
    end = 1 / (alpha + rows.T)
    terms = log_terms(k, z, (rows.T - rows.t_x) * end)
    total = log_sum(terms)
    share, phase = np.exp(terms - total), np.arange(k)[:, None]
    steps = z + np.arange(max(k - 1, 0))[:, None]
    none = np.zeros((1, len(z)))
    first = np.concatenate([none, np.cumsum(1 / steps, axis=0)])
    second = np.concatenate([none, -np.cumsum(1 / steps**2, axis=0)])
    by_r, passed = (share * first).sum(axis=0), (share * phase).sum(axis=0)
    off_r, off = first - by_r, phase - passed
    return _Branch(
        total,
        (by_r, -passed * end),
        (
            (share * (second + off_r**2)).sum(axis=0),
            -(share * off_r * off).sum(axis=0) * end,
            (passed + (share * off**2).sum(axis=0)) * end**2,
        ),
    )


def _dot(left: Floats, right: Floats) -> float:
    """The inner product without BLAS, whose threads would cost more than a chunk."""
    return float(np.einsum("i,i->", left, right))
