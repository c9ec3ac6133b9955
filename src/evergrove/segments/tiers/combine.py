"""How the bands of several criteria become one tier; a better band never lowers it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.segments.codes import Criterion

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.segments.tiers.policy import TierPolicy
    from evergrove.segments.types import Codes

HALF = 0.5 + 1e-9  # weights such as .2 + .3 + .5 are not exact: a mean of one and a half rounds up everywhere


def combined(bands: Codes, policy: TierPolicy) -> Codes:
    """
    The tier of each customer as a number of the policy's tiers. Shape (n,).

    Args:
        bands: Of each criterion. Shape (c, n), rows as ``policy.criteria``.
        policy: Names the combination: "median" (of an even number the lower one; the top tier needs at least the
            band below it on frequency), "all" (the lowest), "spend_first" (the spend band, one lower where no
            other criterion reaches it), "weighted" (mean, rounded), "predicted" (the lowest of what is predicted).
    """
    by = {criterion: bands[row] for row, criterion in enumerate(policy.criteria)}
    if policy.combine == "median":
        return _median(bands, by, policy.top)
    if policy.combine == "spend_first":
        return _spend_first(by)
    if policy.combine == "weighted":
        weights = np.array([policy.weights[criterion] for criterion in policy.criteria])
        mean = np.tensordot(weights / weights.sum(), bands, 1)
        return np.asarray(np.floor(mean + HALF), dtype=np.int8)
    return np.asarray(bands.min(axis=0), dtype=np.int8)


def _median(bands: Codes, by: Mapping[Criterion, Codes], top: int) -> Codes:
    median = _middle(bands)
    if Criterion.FREQUENCY not in by or top == 0:
        return median
    too_seldom = (median == top) & (by[Criterion.FREQUENCY] < top - 1)
    return np.where(too_seldom, np.int8(top - 1), median)


def _middle(bands: Codes) -> Codes:
    if len(bands) != 3:  # three are told apart by comparing, which is ten times as fast as sorting
        return np.asarray(np.sort(bands, axis=0)[(len(bands) - 1) // 2])
    one, two, three = bands
    return np.asarray(np.maximum(np.minimum(one, two), np.minimum(np.maximum(one, two), three)))


def _spend_first(by: Mapping[Criterion, Codes]) -> Codes:
    spend = by[Criterion.SPEND]
    others = [band for criterion, band in by.items() if criterion != Criterion.SPEND]
    if not others:
        return spend
    best = np.maximum.reduce(others)
    return np.asarray(np.maximum(spend - np.int8(1), np.minimum(spend, best)))
