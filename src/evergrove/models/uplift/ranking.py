"""How much an order of customers is worth: extra outcome a treated person against random order, with its interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.core import Sentence, Term, _
from evergrove.core.arguments import number
from evergrove.models.uplift.contrast import columns
from evergrove.models.uplift.errors import NoRanking
from evergrove.models.uplift.resampled import DRAWS, resampled
from evergrove.models.uplift.types import BETWEEN, LEVEL, Interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.models.types import Floats
    from evergrove.models.uplift.contrast import Contrast

SHARES = (0.1, 0.3, 0.5)
A_PART = Term(_("a share of customers, above 0 and at most 1"))


def not_defined(effect: float) -> Sentence:
    """What stands in the place of a figure that would be divided by an effect of nought."""
    return Sentence(
        "models.not_defined",
        _("not defined: the average effect, {effect}, cannot be told from 0"),
        {"effect": f"{effect:.6g}"},
    )


@dataclass(frozen=True, eq=False)
class Curve:
    """
    A Qini curve: extra outcome a treated person if only the best share is treated.

    Attributes:
        share: Of customers, by score from the highest; equal scores are one step, never an order. Shape (m,), 0 first.
        gain: Extra outcome so far, over the number of treated in all. Shape (m,), 0 first.
    """

    share: Floats
    gain: Floats


@dataclass(frozen=True)
class Ranking:
    """
    What an order of customers is worth.

    Attributes:
        qini: Extra outcome a treated person against random order, averaged over all shares that may be treated.
        top: By share of customers: the effect a person among those who rank highest.
        effect: The average effect on everybody.
        of_effect: ``qini`` as a part of the average effect, or that it is not defined.
        treated: People.
        untreated: People.
        tied: Whether all have the same score: then there is no order.
    """

    qini: Interval
    top: dict[float, Interval]
    effect: Interval
    of_effect: float | Sentence
    treated: int
    untreated: int
    tied: bool


def rank(
    score: Floats,
    seen: Contrast,
    shares: Sequence[float] = SHARES,
    *,
    level: float = LEVEL,
    draws: int = DRAWS,
    seed: int = 1,
) -> Ranking:
    """
    Measure an order on customers whom the scores were not learned from.

    Bounds are percentiles of a bootstrap over units, the order staying as it is.

    Args:
        score: The highest is treated first. Shape (n,).
        seen: What came of it.
        shares: Where the effect among those who rank highest is told.
        level: Probability between the bounds.
        draws: Of the bootstrap.
        seed: Of the draws.

    Raises:
        NoRanking: One arm is empty, or a score is none.
        InvalidArgument: No level or no share.

    Source:
        Radcliffe (2007), Using control groups to target on predicted lift, Direct Marketing Analytics Journal 1,
        14-21.
    """
    number("level", level, BETWEEN, above=0.0, below=1.0)
    places = [number("shares", share, A_PART, above=0.0, below=1.0 + 1e-12) for share in shares]
    sums = levels(score, seen)
    found = _figures(sums[None], places)[0]
    again = _figures(resampled(score, seen, draws, seed), places)
    intervals = [_percentiles(value, again[:, i], level) for i, value in enumerate(found)]
    qini, effect, *top = intervals
    whole = effect.value if effect.excludes_zero else None
    return Ranking(
        qini=qini,
        top=dict(zip(shares, top, strict=True)),
        effect=effect,
        of_effect=qini.value / whole if whole else not_defined(effect.value),
        treated=int(seen.treated.sum()),
        untreated=int((~seen.treated).sum()),
        tied=sums.shape[1] == 1,
    )


def gain_over(
    score: Floats,
    other: Floats,
    seen: Contrast,
    *,
    level: float = LEVEL,
    draws: int = DRAWS,
    seed: int = 1,
) -> Interval:
    """
    By how much one order's Qini exceeds another's, on the same draws of the same customers; see ``rank``.

    Raises:
        NoRanking: One arm is empty, or a score is none.
    """
    ours, theirs = (_figures(levels(each, seen)[None], [])[0, 0] for each in (score, other))
    drawn = [_figures(resampled(each, seen, draws, seed), [])[:, 0] for each in (score, other)]
    return _percentiles(float(ours - theirs), drawn[0] - drawn[1], level)


def curve(score: Floats, seen: Contrast) -> Curve:
    """
    The Qini curve of an order; see ``rank``.

    Raises:
        NoRanking: One arm is empty, or a score is none.
    """
    share, gain, _effect = _curves(levels(score, seen)[None])
    return Curve(share[0], gain[0])


def levels(score: Floats, seen: Contrast) -> Floats:
    """
    Sums of each distinct score, the highest first: weights and weighted outcomes, untreated and treated.

    Returns:
        Shape (4, m).

    Raises:
        NoRanking: One arm is empty, or a score is none.
    """
    n, treated = len(seen.outcome), int(seen.treated.sum())
    if not 0 < treated < n or score.shape != (n,) or not np.isfinite(score).all():
        raise NoRanking(treated=treated, control=n - treated)
    _distinct, code = np.unique(-score, return_inverse=True)
    return np.stack([np.bincount(code, column) for column in columns(seen)])


def _curves(sums: Floats) -> tuple[Floats, Floats, Floats]:
    """Share and gain from 0 on, and the average effect, of several samples; (d, 4, m) in, (d, m + 1) out."""
    so_far = np.cumsum(sums, axis=2)
    total = so_far[:, :, -1]
    off, on, y_off, y_on = (so_far[:, i] for i in range(4))
    with np.errstate(divide="ignore", invalid="ignore"):
        # Each arm's mean, times the share: where an arm has nobody yet there is nothing to say.
        gain = (y_on - y_off * on / off) / total[:, 1:2]
        share = (off + on) / (total[:, :1] + total[:, 1:2])
        effect = total[:, 3] / total[:, 1] - total[:, 2] / total[:, 0]
    begin = np.zeros((len(sums), 1))
    share, gain = np.hstack([begin, share]), np.hstack([begin, np.where(off * on > 0, gain, np.nan)])
    for row in np.flatnonzero(np.isnan(gain).any(axis=1)):
        known = np.isfinite(gain[row])
        gain[row] = np.interp(share[row], share[row][known], gain[row][known])
    return share, gain, effect


def _figures(sums: Floats, places: Sequence[float]) -> Floats:
    """Qini, average effect, and effects at the top, of several samples; (d, 4, m) in, (d, 2 + places) out."""
    share, gain, effect = _curves(sums)
    area = ((gain[:, 1:] + gain[:, :-1]) / 2.0 * np.diff(share, axis=1)).sum(axis=1)
    found = [area - gain[:, -1] / 2.0, effect]
    so_far = np.concatenate([np.zeros((len(sums), 4, 1)), np.cumsum(sums, axis=2)], axis=2)
    for place in places:
        top = _upto(place, share, so_far)
        with np.errstate(divide="ignore", invalid="ignore"):
            found.append(top[:, 3] / top[:, 1] - top[:, 2] / top[:, 0])
    return np.column_stack(found)


def _upto(place: float, share: Floats, so_far: Floats) -> Floats:
    """Sums up to a share of customers, on straight lines between distinct scores; (d, 4) from (d, 4, m + 1)."""
    row = np.arange(len(share))
    right = np.clip((share < place).sum(axis=1), 1, share.shape[1] - 1)
    begin, end = share[row, right - 1], share[row, right]
    part = np.clip((place - begin) / np.where(end > begin, end - begin, 1.0), 0.0, 1.0)[:, None]
    sums: Floats = (1.0 - part) * so_far[row, :, right - 1] + part * so_far[row, :, right]
    return sums


def _percentiles(value: float, again: Floats, level: float) -> Interval:
    known = again[np.isfinite(again)]
    if len(known) < 2:
        nan = float("nan")
        return Interval(float(value), nan, nan, nan, level)
    low, high = np.quantile(known, [0.5 - level / 2.0, 0.5 + level / 2.0])
    return Interval(float(value), float(known.std(ddof=1)), float(low), float(high), level)
