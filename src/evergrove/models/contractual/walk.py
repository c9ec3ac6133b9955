"""Customers followed from period to period by their own hazards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from evergrove.models.contractual.hazard_links import Link, stay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from evergrove.models.contractual.tenure_curve import TenureCurve
    from evergrove.models.types import Floats

PERIODS = 64  # walked at a time
ROWS = 2048  # customers in a block: its temporaries stay in the processor's cache
MOST = 200_000  # periods walked: at ten per cent a year discounting ends a walk of days after 90,000
NEGLIGIBLE = 1e-10  # of a sum: what the rest is known to be below when a walk ends


@dataclass(frozen=True, eq=False)
class Walk:
    """
    Hazards of n customers.

    Attributes:
        level: What a customer's covariates add to the linear predictor. Shape (n,).
        slope: What they add per unit of ln t. Shape (n,).
        baseline: Coefficients of the curve's features.
        curve: The features of tenure.
        link: The scale of the hazard.
    """

    level: Floats
    slope: Floats
    baseline: Floats
    curve: TenureCurve
    link: Link

    def eta(self, first: Floats, count: int) -> Floats:
        """Linear predictor in the ``count`` periods from ``first`` (n,) on, shape (n, count)."""
        begin = first.min(initial=np.inf)
        periods = begin + np.arange(first.max(initial=0.0) - begin + count)
        base = self.curve.features(periods) @ self.baseline
        at = (first - begin).astype(np.int64)[:, None] + np.arange(count)
        eta = base[at] + self.level[:, None]
        if self.slope.any():
            eta += self.slope[:, None] * np.log(periods)[at]
        return np.asarray(eta)

    def part(self, rows: slice | NDArray[np.int64]) -> Walk:
        """Some of the customers."""
        return replace(self, level=self.level[rows], slope=self.slope[rows])

    def survival(self, since: Floats, periods: int) -> Floats:
        """S(since + t) / S(since) for t = 0..periods, shape (n, periods + 1)."""
        curve = np.ones((len(since), periods + 1))
        for rows in _blocks(len(since)):
            kept = stay(self.link, self.part(rows).eta(since[rows] + 1, periods))
            np.cumprod(kept, axis=1, out=curve[rows, 1:])
        return curve

    def lived(self, since: Floats, length: float) -> Floats:
        """Sum of S(since + t) / S(since) over t < length, shape (n,); of a period begun its share counts."""
        total = np.empty(len(since))
        begun = np.arange(np.ceil(length))
        share = np.minimum(length - begun, 1.0)
        for rows in _blocks(len(since)):
            curve = self.part(rows).survival(since[rows], max(len(begun) - 1, 0))
            total[rows] = np.einsum("nk,k->n", curve[:, : len(begun)], share)
        return total

    def discounted(self, since: Floats, factor: float) -> Floats:
        """
        Sum of S(since + 1 + t) / S(since) factor^t over t >= 0, shape (n,); factor < 1.

        What is left after N terms is at most S factor^N / (1 - factor): a walk ends where that is nothing;
        where it does not come to an end the sum is given as infinite.
        """
        states = np.stack((self.level, self.slope, since), axis=1)
        distinct, of = np.unique(states, axis=0, return_inverse=True)
        sums = np.empty(len(distinct))
        for rows in _blocks(len(distinct)):
            level, slope, begin = distinct[rows].T
            sums[rows] = _discounted(replace(self, level=level, slope=slope), begin, factor)
        return np.asarray(sums[of.ravel()])


def _discounted(walk: Walk, since: Floats, factor: float) -> Floats:
    sums, kept = np.zeros(len(since)), np.ones(len(since))
    weights = factor ** np.arange(PERIODS)
    here, now = np.arange(len(since)), since + 1
    for _stretch in range(0, MOST, PERIODS):
        if not len(here):
            break
        steps = stay(walk.link, walk.eta(now, PERIODS))
        steps[:, 0] *= kept[here]
        curve = np.cumprod(steps, axis=1)
        sums[here] += np.einsum("nk,k->n", curve, weights)
        kept[here] = curve[:, -1] * factor**PERIODS
        left = kept[here] > NEGLIGIBLE * (1 - factor) * sums[here]
        here, now, walk = here[left], now[left] + PERIODS, walk.part(np.flatnonzero(left))
    sums[here] = np.inf
    return sums


def _blocks(rows: int) -> Iterator[slice]:
    return (slice(start, start + ROWS) for start in range(0, rows, ROWS))
