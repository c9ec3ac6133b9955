"""The integrals of the Pareto/NBD, by Gauss-Legendre quadrature in a logarithmic variable: numpy only."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from evergrove.models.types import Floats

NEGLIGIBLE = 42.0  # an integrand that has fallen by e^-42 = 6e-19 cannot change a float64 any more
TIERS = (6, 8, 10, 12, 16, 20, 28, 40, 64, 128, 256)  # node counts; each row takes the first that suffices
BLOCK = 32_768  # nodes in flight: the dozen temporaries of a block stay in the processor's cache


@cache
def legendre(count: int) -> tuple[Floats, Floats]:
    """Gauss-Legendre nodes and weights on (0, 1), each of shape (count,)."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return (nodes + 1) / 2, weights / 2


@dataclass(frozen=True)
class Block:
    """
    The quadrature nodes of some rows that need equally many.

    Attributes:
        rows: Positions of the rows. Shape (m,).
        elapsed: tau - start at the nodes. Shape (k, m).
        alpha_span: ln((alpha + tau) / (alpha + start)). Shape (k, m).
        beta_span: ln((beta + tau) / (beta + start)). Shape (k, m).
        weight: Weight of each node, d tau / dv included. Shape (k, m).
    """

    rows: NDArray[np.intp]
    elapsed: Floats
    alpha_span: Floats
    beta_span: Floats
    weight: Floats


def blocks(
    alpha: Floats | float, beta: Floats | float, start: Floats, span: Floats, needed: Floats
) -> Iterator[Block]:
    r"""
    Nodes in tau over the ranges that begin at ``start``.

    With m the smaller of alpha and beta, the variable is :math:`v = \ln((m + \tau) / (m + start))`. The
    singularities of powers of alpha + tau and beta + tau then lie at distance pi from the real axis,
    whatever the ratio of alpha to beta. Fixed nodes in tau fail for customers with many purchases (by 12
    nats at x = 500).

    Args:
        alpha: In a unit of time, > 0; of all rows, or of each, shape (n,).
        beta: In the same unit, > 0; likewise.
        start: Lower ends, same unit. Shape (n,), >= 0.
        span: Ranges of v. Shape (n,), >= 0.
        needed: How many nodes each row asks for, as from ``enough``. Shape (n,).
    """
    near_start, far_start = np.minimum(alpha, beta) + start, np.maximum(alpha, beta) + start
    beta_is_near = np.broadcast_to(np.greater(alpha, beta), start.shape)
    tier = np.minimum(np.searchsorted(TIERS, needed), len(TIERS) - 1)
    order = np.argsort(tier, kind="stable")
    ends = np.searchsorted(tier[order], np.arange(len(TIERS) + 1))
    for count, low, high in zip(TIERS, ends[:-1], ends[1:], strict=True):
        for first in range(low, high, BLOCK // count):
            rows = order[first : min(first + BLOCK // count, high)]
            nodes, weights = legendre(count)
            v = nodes[:, None] * span[rows]
            near = near_start[rows]
            elapsed = near * np.expm1(v)
            v_far = np.log1p(elapsed / far_start[rows])
            weight = (near + elapsed) * (weights[:, None] * span[rows])
            yield Block(rows, elapsed, *_as_alpha_and_beta(v, v_far, beta_is_near[rows]), weight)


def _as_alpha_and_beta(near: Floats, far: Floats, beta_is_near: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Spans (k, m) of the nearer and of the farther singularity, put in the order alpha, beta."""
    if not beta_is_near.any():
        return near, far
    if beta_is_near.all():
        return far, near
    return np.where(beta_is_near, far, near), np.where(beta_is_near, near, far)


def reach(
    p: Floats,
    q: float,
    alpha: Floats | float,
    beta: Floats | float,
    start: Floats,
    width: Floats,
    rise: Floats | float = 0.0,
) -> tuple[Floats, Floats]:
    r"""
    How far to integrate :math:`(\alpha + \tau)^{-p} (\beta + \tau)^{-q}`: to where it has fallen by e^-42.

    Args:
        p: Exponents of alpha + tau. Shape (n,), > 0.
        q: Exponent of beta + tau, > 0.
        alpha: In a unit of time, > 0; of all rows, or of each, shape (n,).
        beta: In the same unit, > 0; likewise.
        start: Lower ends, same unit. Shape (n,), >= 0.
        width: Lengths, same unit. Shape (n,), >= 0.
        rise: Logarithm of what a further factor of the integrand may make up for. Shape (n,), >= 0.

    Returns:
        ``span`` of ``blocks``, and by how much the logarithm of the powers falls over it; shape (n,) each.
    """
    a, b = alpha + start, beta + start
    near = np.minimum(a, b)
    span = np.log1p(width / near)
    fall = p * np.log((a + width) / a) + q * np.log((b + width) / b)
    limit = np.broadcast_to(NEGLIGIBLE + rise, fall.shape)
    long = np.flatnonzero(fall > limit)
    if len(long):
        p, a, b, near, limit = p[long], a[long], b[long], near[long], limit[long]
        # In v the integrand carries one power of the nearer factor more (d tau = (m + tau) dv). A factor
        # with a negative power left over lets the integrand rise; the other must fall by that much more.
        p_v, q_v = np.where(a <= b, p - 1, p), np.where(a <= b, q, q - 1)
        cut = np.minimum(
            a * np.expm1(_cut(limit + np.maximum(-q_v, 0) * span[long], p_v)),
            b * np.expm1(_cut(limit + np.maximum(-p_v, 0) * span[long], q_v)),
        )
        cut = np.minimum(cut, width[long])
        span[long] = np.log1p(cut / near)
        fall[long] = p * np.log1p(cut / a) + q * np.log1p(cut / b)
    return span, fall


def _cut(limit: Floats, power: Floats) -> Floats:
    """Where e^(-power v) has fallen by e^-limit; far out where it does not fall."""
    return np.minimum(limit / np.maximum(power, 1e-3), 200.0)


def enough(span: Floats, fall: Floats) -> Floats:
    """Nodes that give powers alone to 1e-12: the envelope of 60,000 random cases."""
    return 5 + 2.7 * np.sqrt(fall) + span + 0.12 * span**2


def integral(
    p: Floats, q: float, alpha: Floats | float, beta: Floats | float, start: Floats, width: Floats
) -> Floats:
    r"""
    The integral of a product of two powers, relative to its integrand at the lower end.

    .. math::

        \int_0^w \left( \frac{\alpha + t}{\alpha + t + u} \right)^p
                 \left( \frac{\beta + t}{\beta + t + u} \right)^q du

    It lies between 0 and w, so nothing overflows or underflows; relative error 1e-12.

    Args:
        p: Exponents of the first factor. Shape (n,), > 0.
        q: Exponent of the second, > 0.
        alpha: In a unit of time, > 0; of all rows, or of each, shape (n,).
        beta: In the same unit, > 0; likewise.
        start: t, same unit. Shape (n,), >= 0.
        width: w, same unit. Shape (n,), >= 0.

    Returns:
        In the unit of time, shape (n,).
    """
    value = np.empty_like(p)
    span, fall = reach(p, q, alpha, beta, start, width)
    for nodes in blocks(alpha, beta, start, span, enough(span, fall)):
        fallen = np.exp(-p[nodes.rows] * nodes.alpha_span - q * nodes.beta_span)
        value[nodes.rows] = np.einsum("kn,kn->n", fallen, nodes.weight)
    return value


def discounted_survival(s: float, z: Floats, width: Floats | float = np.inf) -> Floats:
    r"""
    The Pareto survival curve discounted to now, in units of beta + T.

    .. math::

        \int_0^w e^{-z y} (1 + y)^{-s} dy, \qquad
        \int_0^\infty e^{-z y} (1 + y)^{-s} dy = z^{s - 1} U(s, s, z) = e^z E_s(z)

    U is Tricomi's confluent hypergeometric function, E the generalised exponential integral. Peers compute
    U and fail where it leaves float64 (large s) or where s is near an integer; the integral itself, in the
    variable ln(1 + y), is smooth for every s > 0: four panels of 32 nodes give 1e-12.

    Args:
        s: Shape of the dropout rate, > 0.
        z: Discount rate x (beta + T). Shape (n,); > 0 where w is infinite.
        width: w, the horizon / (beta + T). Shape (n,), >= 0.

    Returns:
        Shape (n,), between 0 and 1/z.
    """
    end = np.log1p(np.minimum(width, NEGLIGIBLE / np.maximum(z, 1e-300)))
    if s > 1:
        end = np.minimum(end, NEGLIGIBLE / (s - 1))
    nodes, weights = legendre(32)
    total = np.zeros_like(z)
    for panel in range(4):
        v = (panel + nodes[:, None]) / 4 * end
        total += np.einsum("k,kn->n", weights, np.exp((1 - s) * v - z * np.expm1(v)))
    return total * end / 4
