r"""
Three means over a beta distribution, which are Gauss's hypergeometric function in disguise.

With p ~ Beta(a, b) the chance to leave, rho = r + x and w = time / (alpha + T), everything that BG/NBD says
of the future is one of

.. math::

    \phi(w) = E\left[(1 + p w)^{-\rho}\right] = {}_2F_1(\rho, a; a + b; -w)
    \qquad \Psi(w) = E\left[\frac{1 - (1 + p w)^{-\rho}}{p}\right] = \rho \int_0^w \phi_{\rho + 1}(v) \, dv

or the Laplace transform of phi, where time is discounted. Papers write Psi with (a - 1) and (a + b - 1) as
divisors; neither is a pole of the mean, nor of the forms used here. Where their series is slow or cancels,
the mean is taken by the trapezoidal rule in logit(p), whose error falls exponentially with the number of
nodes because the integrand is analytic.

Source:
    Euler's and Pfaff's transformations: Abramowitz and Stegun 15.3.3 to 15.3.5. Trapezoidal rule: Trefethen
    and Weideman (2014), SIAM Review 56(3), 385-458.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from evergrove.models.special import log_beta

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from evergrove.models.types import Floats

    Mask = NDArray[np.bool_]

MOST_TERMS = 320  # of a series; beyond, the rule is quicker
TERMS_PER_CHECK = 16
FEW_ROWS = 512  # of so few a term costs what numpy costs to call, not what it does
MOST_CANCELLED = 1e3  # three digits of sixteen
STEP = 0.3  # of the rule: large powers leave a strip of pi / 2 on either side, so 2 exp(-pi^2 / STEP) = 1e-14
FEWEST_NODES = 64
DEPTH = 38.0  # exp(-38) = 3e-17: what is left out at either end
PANEL_NODES = 8  # of Gauss and Legendre's rule on each unit of log(1 + w): 1e-12
COLUMNS = 1024  # means per block of the rule: its temporaries stay in the processor's cache


def power_mean(rho: Floats, a: Floats | float, b: Floats, w: Floats) -> Floats:
    """
    E[(1 + p w)^-rho] for p ~ Beta(a, b); relative error below 1e-11, mostly 1e-14.

    Args:
        rho: > 0. All arguments broadcast.
        a: > 0.
        b: > 0.
        w: >= 0.

    Returns:
        Means in [0, 1], in the common shape.
    """
    shape, rho, a, b, w = _flat(rho, a, b, w)
    z = w / (1 + w)
    above = a + b - rho  # Pfaff's transformation: small where rho and b grow together with x
    gentle = _gentle(above, a, b, z)
    total, good = _series(np.ones_like(z), above, a, a + b, 1.0, z, gentle)
    with np.errstate(over="ignore", invalid="ignore"):
        value = np.exp(-a * np.log1p(w)) * total
    return _mended(value, good, _power_rule, rho, a, b, w).reshape(shape)


def stopped_mean(rho: Floats, a: Floats | float, b: Floats, w: Floats) -> Floats:
    """
    E[(1 - (1 + p w)^-rho) / p] for p ~ Beta(a, b); arguments and error as ``power_mean``, values >= 0.

    At a = 1 the published form is 0 / 0; expm1 makes it the limit -log(1 - z).
    """
    shape, rho, a, b, w = _flat(rho, a, b, w)
    z = w / (1 + w)
    c, off = a + b - 1, a - 1
    above = c - rho
    gentle = _gentle(above, a, b, z) & (np.abs(above) < MOST_CANCELLED * rho)
    total, good = _series(above * z, above + 1, a, a + b, 2.0, z, gentle)
    fall = -np.log1p(w)  # log(1 - z)
    with np.errstate(over="ignore", invalid="ignore"):
        steps = np.where(off == 0, -fall, -np.expm1(off * fall) / np.where(off == 0, 1.0, off))
        value = c * steps - np.exp(off * fall) * total
    return _mended(value, good, _stopped_rule, rho, a, b, w).reshape(shape)


def discounted_mean(rho: Floats, a: float, b: Floats, y: Floats) -> Floats:
    r"""
    E[g / (y + g p)] for p ~ Beta(a, b), g ~ Gamma(rho, 1): relative error about 1e-11.

    .. math::

        \rho \int_0^\infty e^{-y w} \phi_{\rho + 1}(w) \, dw

    phi does not depend on y: it is worked out once per rho. The integral ends where the discount is exp(-38);
    as phi falls, what lies beyond is less than that share of the whole: no tail is too long.

    Args:
        rho: > 0, with few distinct values. Shape (n,).
        a: > 0.
        b: > 0, the same wherever rho is. Shape (n,).
        y: Discount rate times (alpha + T), > 0. Shape (n,).
    """
    shapes, first, of = np.unique(rho, return_index=True, return_inverse=True)
    hasty, patient = np.zeros_like(shapes), np.full_like(shapes, np.inf)
    np.maximum.at(hasty, of, y)
    np.minimum.at(patient, of, y)
    bend = 1 + shapes + hasty  # phi and the discount bend at w = 1 / bend at the earliest
    reach = np.log1p(bend * DEPTH / patient)
    v, weights = _panels(ceil(reach.max(initial=1.0)))
    grown = np.exp(np.multiply.outer(reach, v))
    w = (grown - 1) / bend[:, None]
    phi = power_mean(shapes[:, None] + 1, a, b[first][:, None], w)
    measure = phi * grown * weights * (reach * shapes / bend)[:, None]
    mean = np.empty_like(y)
    for start in range(0, len(y), COLUMNS):
        rows = slice(start, start + COLUMNS)
        mean[rows] = np.einsum("nk,nk->n", measure[of[rows]], np.exp(-y[rows, None] * w[of[rows]]))
    return mean


def _panels(count: int) -> tuple[Floats, Floats]:
    """Gauss and Legendre's rule on each of ``count`` equal parts of [0, 1]: nodes and weights."""
    nodes, weights = np.polynomial.legendre.leggauss(PANEL_NODES)
    parts = np.add.outer(np.arange(count), (1 + nodes) / 2) / count
    return parts.ravel(), np.tile(weights / (2 * count), count)


def _flat(*values: Floats | float) -> tuple[tuple[int, ...], Floats, Floats, Floats, Floats]:
    """The common shape, and each argument spread over it and flattened."""
    spread = np.broadcast_arrays(*(np.asarray(value, dtype=np.float64) for value in values))
    rho, a, b, w = (each.ravel() for each in spread)
    return spread[0].shape, rho, a, b, w


def _gentle(above: Floats, a: Floats, b: Floats, z: Floats) -> Mask:
    """Whether the first terms, which alternate where ``above`` < 0, stay too small to cancel."""
    return np.asarray(-above * z * (a + 1) / (a + b + 1) < 2.0)


def _series(
    first: Floats, p: Floats, q: Floats, s: Floats, v: float, z: Floats, wanted: Mask
) -> tuple[Floats, Mask]:
    """
    Sum of t_0 = first, t_{n+1} = t_n z (p + n)(q + n) / ((s + n)(v + n)), where wanted.

    Returns:
        The sums, shape (n,), and which of them have converged.
    """
    sums, good = np.full_like(z, np.nan), np.zeros(len(z), dtype=bool)
    rows = np.flatnonzero(wanted)
    term, p, q, s, z = (np.array(values[rows]) for values in (first, p, q, s, z))
    total = term.copy()
    n = 0
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is left to the rule
        while n < MOST_TERMS and len(rows):
            if len(rows) <= FEW_ROWS:  # all terms at once, added in the same order: the same to the last bit
                k = np.arange(n, n + TERMS_PER_CHECK, dtype=np.float64)[:, None]
                ratios = z * (p + k) * (q + k) / ((s + k) * (v + k))
                terms = np.multiply.accumulate(np.concatenate([term[None], ratios]))
                terms[0] = total
                term, ratio, total = terms[-1].copy(), ratios[-1], np.add.accumulate(terms)[-1]
                n += TERMS_PER_CHECK
            else:
                for _term in range(TERMS_PER_CHECK):
                    ratio = z * (p + n) * (q + n) / ((s + n) * (v + n))
                    term *= ratio
                    total += term
                    n += 1
            done = (np.abs(term) <= 1e-17 * (1 - z) * np.abs(total)) & (np.abs(ratio) < 1) & (n > -p)
            sums[rows[done]], good[rows[done]] = total[done], True
            left = ~done & np.isfinite(total)
            rows = rows[left]
            term, total, p, q, s, z = (values[left] for values in (term, total, p, q, s, z))
    return sums, good


def _mended(value: Floats, good: Mask, rule: Callable[..., Floats], *arguments: Floats) -> Floats:
    """Replace what the series could not give by the rule, block by block."""
    rest = np.flatnonzero(~(good & np.isfinite(value)))
    for start in range(0, len(rest), COLUMNS):
        block = rest[start : start + COLUMNS]
        value[block] = rule(*(values[block] for values in arguments))
    return value


def _power_rule(rho: Floats, a: Floats, b: Floats, w: Floats) -> Floats:
    """
    ``power_mean`` by the trapezoidal rule.

    Near p = 0 and p = 1 the density falls only like p^a and (1 - p)^b: where a or b is small, the linear
    function that the integrand tends to there is taken out, its mean being known.
    """
    left, right = a < 1, b < 1
    at_one = np.exp(-rho * np.log1p(w))
    p, q, mass = beta_nodes(a, b, a + left, b + right, np.where(left, 1.0, rho), np.where(left, rho * w, w))
    values = np.exp(-rho * np.log1p(p * w)) - np.where(left, q, 0.0) - np.where(right, at_one * p, 0.0)
    known = np.where(left, b, 0.0) + np.where(right, at_one * a, 0.0)
    return np.asarray(np.einsum("kn,kn->n", mass, values) + known / (a + b))


def _stopped_rule(rho: Floats, a: Floats, b: Floats, w: Floats) -> Floats:
    """``stopped_mean`` by the same rule; its integrand is rho w at p = 0."""
    left, right = a < 1, b < 1
    at_zero, at_one = rho * w, -np.expm1(-rho * np.log1p(w))
    p, q, mass = beta_nodes(a, b, a + left, b + right, np.ones_like(a), at_zero)
    values = -np.expm1(-rho * np.log1p(p * w)) / p
    values -= np.where(left, at_zero * q, 0.0) + np.where(right, at_one * p, 0.0)
    known = np.where(left, at_zero * b, 0.0) + np.where(right, at_one * a, 0.0)
    return np.asarray(np.einsum("kn,kn->n", mass, values) + known / (a + b))


def beta_nodes(
    a: Floats, b: Floats, up: Floats, down: Floats, rho: Floats, w: Floats
) -> tuple[Floats, Floats, Floats]:
    """Nodes p, 1 - p and the probability Beta(a, b) gives to each, all (k, n): see ``logit_range``."""
    low, high = logit_range(up, down, rho, w)
    k = max(FEWEST_NODES, ceil((high - low).max() / STEP))
    return nodes_from(a, b, low, (high - low) / k, k)


def logit_range(up: Floats, down: Floats, rho: Floats, w: Floats) -> tuple[Floats, Floats]:
    """
    Where, in logit(p), the envelope p^up (1 - p)^down (1 + w p)^-rho is not negligible.

    It has one peak; at either end it has fallen to exp(-38) of it.
    """

    def height(y: Floats) -> Floats:
        p = 1 / (1 + np.exp(-y))
        return -up * np.logaddexp(0.0, -y) - down * np.logaddexp(0.0, y) - rho * np.log1p(w * p)

    def rises(y: Floats) -> Mask:
        p = 1 / (1 + np.exp(-y))
        return np.asarray(up * (1 - p) > p * (down + rho * w * (1 - p) / (1 + w * p)))

    reach = DEPTH * (1 / up + 1 / down) + 20.0
    middle = np.log(up / down)
    peak = _boundary(rises, middle - reach - np.log1p(rho * w), middle + reach, 40)
    sea = height(peak) - DEPTH
    low = _boundary(lambda y: height(y) < sea, peak - 2 * reach, peak, 16)
    high = _boundary(lambda y: height(y) > sea, peak, peak + 2 * reach, 16)
    return low, high


def nodes_from(a: Floats, b: Floats, low: Floats, step: Floats, k: int) -> tuple[Floats, Floats, Floats]:
    """Points p, 1 - p at k steps of logit(p) from ``low``, and the probability Beta(a, b) gives to each."""
    y = low + step * np.arange(k + 1)[:, None]
    odds = np.exp(-np.abs(y))
    far, near = odds / (1 + odds), 1 / (1 + odds)
    p, q = np.where(y < 0, far, near), np.where(y < 0, near, far)
    return p, q, step * np.exp(a * np.log(p) + b * np.log(q) - log_beta(a, b))


def _boundary(below: Callable[[Floats], Mask], low: Floats, high: Floats, halvings: int) -> Floats:
    """Where ``below`` turns from true to false between low and high, by halving."""
    for _halving in range(halvings):
        middle = (low + high) / 2
        left = below(middle)
        low, high = np.where(left, middle, low), np.where(left, high, middle)
    return (low + high) / 2
