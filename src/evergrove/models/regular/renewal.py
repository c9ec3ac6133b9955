r"""
What comes of a customer who buys at every k-th event of a steady stream and may leave after each purchase.

Events come at rate lambda, the purchase is every k-th, j events have passed since the last one, and after a
purchase the customer leaves with chance p = 1 - q. With lambda ~ Gamma(rho, tau), w = time / tau and M the
number of events,

.. math::

    \text{survival} = E\left[q^{\lfloor (M + j) / k \rfloor}\right] \qquad
    \text{gains} = E\left[\frac{1 - q^{\lfloor (M + j) / k \rfloor}}{p}\right] \qquad
    \text{intensity} = \frac{d}{dw} \text{gains}

are all that the future asks for. The floor is taken out by the k-th roots of unity: with s = q^(1/k) and
zeta = s e^(2 pi i l / k), every power of zeta averages over the gamma rate to (1 + w (1 - zeta))^-rho, so that

.. math::

    \text{survival} = \sum_{l=0}^{k-1} c_l \, \zeta_l^{j} \, (1 + w (1 - \zeta_l))^{-\rho}, \qquad
    c_0 = \frac{1}{k} \sum_{i=0}^{k-1} s^{-i}, \quad c_l = \frac{1 - 1 / q}{k (1 - 1 / \zeta_l)} .

What remains is a mean over p ~ Beta(a, b), taken by the trapezoidal rule in logit(p) as in ``hypergeometric``.
Where q is small the roots cancel; there the first few purchases are all that counts, and are summed one by one.

Source:
    The model: Platzer and Reutterer (2016), Ticking Away the Moments: Timing Regularity Helps to Better
    Predict Customer Activity, Marketing Science 35(5), 779-799, who approximate these expectations.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.models.hypergeometric import FEWEST_NODES, STEP, logit_range, nodes_from

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from evergrove.models.types import Floats

    Turned = NDArray[np.complexfloating[Any, Any]] | Floats
    Values = Callable[["Nodes"], Floats]

SMALL = 0.02  # q below it: the roots would cost more than two digits
FEW = 10  # purchases that count there: SMALL^10 = 1e-17
END = 1e-290  # how near p = 0 stands for it
COLUMNS = 128  # means per block: its temporaries stay in the processor's cache


@dataclass(frozen=True, eq=False)
class Stream:
    """
    Streams of events, one per column; phase j = 0..k-1 of each is asked for together.

    Attributes:
        k: Events to a purchase.
        rho: Shape of lambda in phase 0; in phase j it is rho + j. Shape (n,).
        w: Time over tau, the scale of lambda. Shape (n,), >= 0.
    """

    k: int
    rho: Floats
    w: Floats

    @property
    def shapes(self) -> Floats:
        """Shape of lambda in each phase, (k, n)."""
        return self.rho + np.arange(self.k)[:, None]

    def part(self, columns: NDArray[np.intp]) -> Stream:
        """Some of the columns."""
        return Stream(self.k, self.rho[columns], self.w[columns])

    def events(self, shapes: Floats, most: int) -> Floats:
        """
        P(m events), m < ``most``: negative binomial, as a gamma rate makes it.

        Args:
            shapes: Of the rate. Shape (k, n).
            most: How many counts.

        Returns:
            Shape (most, k, n).
        """
        share = self.w / (1 + self.w)
        pmf = np.empty((most, *shapes.shape))
        pmf[0] = np.exp(-shapes * np.log1p(self.w))
        for m in range(1, most):
            pmf[m] = pmf[m - 1] * (share * (shapes + (m - 1)) / m)
        return pmf


@dataclass(frozen=True, eq=False)
class Nodes:
    """
    Streams at chances to leave.

    Attributes:
        stream: n columns.
        p: Shape (m, n).
        q: 1 - p, exact where it is small. Shape (m, n).
    """

    stream: Stream
    p: Floats
    q: Floats

    @cached_property
    def powers(self) -> list[Floats]:
        """1, s, ..., s^k; (m, n) each. Where q is small, those of a larger one: they are not used there."""
        k, q = self.stream.k, np.maximum(self.q, SMALL)
        s = np.sqrt(q) if k == 2 else q ** (1 / k)
        found = [np.ones_like(q)]
        for _power in range(1, k):
            found.append(found[-1] * s)
        return [*found, q]

    @cached_property
    def rest(self) -> Floats:
        """1 - s, (m, n), to the last digit: 1 - s^k is p."""
        p = np.minimum(self.p, 1 - SMALL)
        return np.asarray(p / sum(self.powers[:-1]))

    def roots(self) -> list[tuple[int, complex]]:
        """Roots of unity other than 1, one of each conjugate pair, with how many times its real part counts."""
        k = self.stream.k
        pairs: list[tuple[int, complex]] = [
            (2, complex(np.exp(2j * np.pi * turn / k))) for turn in range(1, (k + 1) // 2)
        ]
        return [*pairs, (1, -1.0)] if k % 2 == 0 else pairs

    def turned(self, root: complex, steps: int) -> tuple[Turned, Turned, Turned]:
        """
        A root's zeta, and (1 + w (1 - zeta))^-(rho + steps) with its base, (m, n) each.

        In phase j the power has the exponent -(rho + j + steps).
        """
        zeta: Turned = self.powers[1] * root
        base: Turned = 1 + self.stream.w * (1 - zeta)
        power: Turned = np.exp(-(self.stream.rho + steps) * np.log(base))
        return zeta, power, base

    def where_few_count(self, value: Floats, counted: Callable[[Stream], Floats]) -> Floats:
        """``value`` (k, m, n), where q is small replaced by the polynomial in q of coefficients (FEW, k, n)."""
        rows = np.flatnonzero((self.q < SMALL).any(axis=1))
        if len(rows):
            q = self.q[rows]
            coefficients, q_small = counted(self.stream)[:, :, None, :], np.minimum(q, SMALL)
            total = coefficients[-1] * np.ones_like(q)
            for coefficient in coefficients[-2::-1]:
                total = total * q_small + coefficient
            value[:, rows] = np.where(q < SMALL, total, value[:, rows])
        return value


def survival(at: Nodes) -> Floats:
    """P(no purchase was the last), by phase: (k, m, n)."""
    return 1 - at.p * gains(at)


def gains(at: Nodes) -> Floats:
    """Expected purchases, by phase: (k, m, n)."""
    k, stream, s, p = at.stream.k, at.stream, at.powers, np.minimum(at.p, 1 - SMALL)
    # c_0 s^j is 1 + m, the power 1 + e: both differ from 1 by little where p is small.
    turn = -stream.w * at.rest / (1 + stream.w * at.rest)
    e = np.expm1(-stream.rho * np.log1p(stream.w * at.rest))
    value = np.empty((k, *p.shape))
    for j in range(k):
        m = at.rest * _excess(s, j, k)
        value[j] = (m + e + m * e) / -p
        e = e + turn * (1 + e)
    for times, root in at.roots():
        zeta, power, base = at.turned(root, 0)
        term = times / (k * s[k]) * zeta / (zeta - 1) * power
        for j in range(k):
            value[j] += term.real
            term = term * (zeta / base)
    return at.where_few_count(value, _counted_gains)


def _excess(s: list[Floats], j: int, k: int) -> Floats:
    """The mean of s^(j - i) - 1 over i < k, divided by 1 - s: sums of powers, nothing cancels."""
    ahead = sum(((k - n) * s[n - k + j] for n in range(k - j, k)), np.zeros_like(s[0]))
    behind = sum(((k - j - n) / s[n] for n in range(1, k - j)), np.zeros_like(s[0]))
    return (behind - ahead) / k


def intensity(at: Nodes) -> Floats:
    """Expected purchases per unit of w, by phase: (k, m, n)."""
    k, stream, s = at.stream.k, at.stream, at.powers
    base = 1 + stream.w * at.rest
    term = np.exp(-(stream.rho + 1) * np.log(base))
    value = np.empty((k, *term.shape))
    for j in range(k):
        value[j] = term
        term = term / base
    for times, root in at.roots():
        _zeta, power, turned_base = at.turned(root, 1)
        turned = times * root * power
        for j in range(k):
            value[j] += turned.real
            turned = turned * (root / turned_base)
    for j in range(k):
        value[j] *= stream.shapes[j] / (k * s[k - 1 - j])
    return at.where_few_count(value, _counted_intensity)


def _counted_gains(stream: Stream) -> Floats:
    """
    Coefficients of 1, q, q^2, ... in the expected purchases, (FEW, k, n).

    The n-th purchase comes with probability P(M >= k n - j), if none of the n - 1 before was the last.
    """
    k = stream.k
    reached = 1 - np.cumsum(stream.events(stream.shapes, k * FEW), axis=0)  # P(M > m)
    return np.stack([[reached[k * n - j - 1, j] for j in range(k)] for n in range(1, FEW + 1)])


def _counted_intensity(stream: Stream) -> Floats:
    """The same for the intensity: the n-th purchase is due when k n - j - 1 events have passed."""
    k, shapes = stream.k, stream.shapes
    pmf = stream.events(shapes + 1, k * FEW)
    return np.stack([[shapes[j] * pmf[k * n - j - 1, j] for j in range(k)] for n in range(1, FEW + 1)])


def over_leaving(values: Values, stream: Stream, a: float, b: Floats) -> Floats:
    """
    Mean of ``survival``, ``gains`` or ``intensity`` over p ~ Beta(a, b), by phase.

    Each column has nodes of its own, so that its mean does not depend on the others. Where a or b is below 1
    the density falls too slowly at that end: the linear function that the integrand tends to there is taken
    out, its mean being known.

    Args:
        values: Which one.
        stream: n columns.
        a: Weight of leaving, > 0.
        b: Weight of staying, > 0. Shape (n,).

    Returns:
        Shape (k, n); relative error about 1e-12.
    """
    left, right = a < 1, b < 1
    if left or values is gains:
        shape, slope = np.ones_like(b), stream.rho * stream.w / stream.k
    else:
        shape, slope = stream.rho, stream.w / stream.k
    low, high = logit_range(np.full_like(b, a + left), b + right, shape, slope)
    steps = np.maximum(FEWEST_NODES, np.ceil((high - low) / STEP))
    order = np.argsort(steps, kind="stable")
    mean = np.empty((stream.k, len(b)))
    for start in range(0, len(b), COLUMNS):
        rows = order[start : start + COLUMNS]
        most = int(steps[rows[-1]])
        p, q, mass = nodes_from(np.full(len(rows), a), b[rows], low[rows], ((high - low) / steps)[rows], most)
        mass[np.arange(most + 1)[:, None] > steps[rows]] = 0.0
        part = stream.part(rows)
        at = Nodes(part, p, q)
        value = values(at)
        mean[:, rows] = _taken_out(value, values, at, a, b[rows]) if left or right[rows].any() else 0.0
        mean[:, rows] += np.einsum("mn,kmn->kn", mass, value)
    return mean


def _taken_out(value: Floats, values: Values, at: Nodes, a: float, b: Floats) -> Floats:
    """Take from ``value`` what it tends to at p = 0 if a < 1, at p = 1 if b < 1; the mean of that, (k, n)."""
    ends = np.array([[END], [1.0]]) * np.ones_like(b)
    at_zero, at_one = np.moveaxis(values(Nodes(at.stream, ends, ends[::-1])), 1, 0)
    at_zero, at_one = at_zero * (a < 1), at_one * (b < 1)
    value -= at_zero[:, None, :] * at.q + at_one[:, None, :] * at.p
    return np.asarray((at_zero * b + at_one * a) / (a + b))
