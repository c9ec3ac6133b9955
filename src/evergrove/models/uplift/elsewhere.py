"""Figures of rankings as scikit-uplift and causalml define them, so that theirs and ours can be held side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.models.uplift.ranking import not_defined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.core import Sentence
    from evergrove.models.types import Floats

    Line = tuple[Floats, Floats]
    Bools = NDArray[np.bool_]

NOUGHT = 1e-12
"""Per person: sums of outcomes that should cancel miss 0 by rounding only."""


def uplift_line(score: Floats, outcome: Floats, treated: Bools) -> Line:
    """scikit-uplift's uplift curve: people, and (mean treated - mean untreated) x people, at each distinct score."""
    people, on, off, y_on, y_off = _so_far(score, outcome, treated)
    return people, (_over(y_on, on) - _over(y_off, off)) * people


def qini_line(score: Floats, outcome: Floats, treated: Bools) -> Line:
    """scikit-uplift's Qini curve: people, and outcome treated less outcome untreated per treated."""
    people, on, off, y_on, y_off = _so_far(score, outcome, treated)
    return people, y_on - y_off * _over(on, off)


def qini_auc(score: Floats, outcome: Floats, treated: Bools) -> float | Sentence:
    """scikit-uplift's ``qini_auc_score`` of an outcome of 0 and 1: gain over random, as a part of the best possible."""
    best = outcome * treated - outcome * ~treated
    return _normalised(qini_line(score, outcome, treated), qini_line(best, outcome, treated))


def qini_auc_without_harm(score: Floats, outcome: Floats, treated: Bools) -> float | Sentence:
    """The same where an offer harms nobody: the best order wins all of the average effect at once."""
    line = qini_line(score, outcome, treated)
    people, total = float(line[0][-1]), float(line[1][-1])
    best = (np.array([0.0, total, people]), np.array([0.0, total, total]))
    return _normalised(line, best)


def uplift_auc(score: Floats, outcome: Floats, treated: Bools) -> float | Sentence:
    """scikit-uplift's ``uplift_auc_score`` of an outcome of 0 and 1."""
    bought, on = outcome == 1, treated.astype(np.float64)
    first = outcome if (bought & ~treated).sum() > (~bought & treated).sum() else on
    best = 2.0 * (bought == treated) + first
    return _normalised(uplift_line(score, outcome, treated), uplift_line(best, outcome, treated))


def uplift_at(
    score: Floats, outcome: Floats, treated: Bools, share: float, *, by_group: bool = True
) -> float:
    """scikit-uplift's ``uplift_at_k``: the effect in the first share of each arm, or of all; ties in order of rows."""
    order = np.argsort(score, kind="stable")[::-1]
    y, on = outcome[order], treated[order]
    if not by_group:
        first = int(len(y) * share)
        y, on = y[:first], on[:first]
        return float(y[on].mean() - y[~on].mean())
    return float(y[on][: int(on.sum() * share)].mean() - y[~on][: int((~on).sum() * share)].mean())


def uplift_by_part(score: Floats, outcome: Floats, treated: Bools, parts: int) -> list[float]:
    """scikit-uplift's ``uplift_by_percentile`` ("overall"): the effect in parts of equal size, the highest first."""
    order = np.argsort(score, kind="stable")[::-1]
    split = zip(np.array_split(outcome[order], parts), np.array_split(treated[order], parts), strict=True)
    return [float(y[on].mean() - y[~on].mean()) for y, on in split]


def cumulative_gain(score: Floats, outcome: Floats, treated: Bools) -> tuple[float, float | Sentence]:
    """Causalml's ``auuc_score``: the mean of its cumulative gain from 0 on, raw, and over the gain of all."""
    place, lift, _qini = _row_by_row(score, outcome, treated)
    gain = lift * place
    raw, whole = float(gain.mean()), float(gain[-1])
    near = abs(whole) <= NOUGHT * len(gain)
    return raw, not_defined(whole / len(outcome)) if near else raw / abs(whole)


def qini_score(score: Floats, outcome: Floats, treated: Bools) -> tuple[float, float | Sentence]:
    """Causalml's ``qini_score``: its Qini curve less the line of random order, raw, and over its last value."""
    place, _lift, qini = _row_by_row(score, outcome, treated)
    whole = float(qini[-1])
    raw = float((qini - whole * place / place[-1]).mean())
    near = abs(whole) <= NOUGHT * len(qini)
    return raw, not_defined(whole / len(outcome)) if near else raw / abs(whole)


def _so_far(score: Floats, outcome: Floats, treated: Bools) -> tuple[Floats, ...]:
    """People, treated, untreated and their outcomes up to each distinct score, from 0 on."""
    _distinct, code, count = np.unique(
        -np.asarray(score, dtype=np.float64), return_inverse=True, return_counts=True
    )
    on = treated.astype(np.float64)
    each = [count, *(np.bincount(code, column) for column in (on, 1 - on, on * outcome, (1 - on) * outcome))]
    return tuple(np.concatenate([[0.0], np.cumsum(column)]) for column in each)


def _row_by_row(score: Floats, outcome: Floats, treated: Bools) -> tuple[Floats, Floats, Floats]:
    """Place, lift and Qini after each row from 0 on; where one arm has nobody yet, on a straight line from 0."""
    order = np.argsort(-score, kind="stable")
    on, y = treated[order].astype(np.float64), outcome[order]
    place = np.arange(len(y) + 1, dtype=np.float64)
    n_on, y_on, y_off = (np.concatenate([[0.0], np.cumsum(column)]) for column in (on, on * y, (1 - on) * y))
    n_off = place - n_on
    known = n_on * n_off > 0
    known[0] = True
    lift = _over(y_on, n_on) - _over(y_off, n_off)
    qini = y_on - y_off * _over(n_on, n_off)
    return place, np.interp(place, place[known], lift[known]), np.interp(place, place[known], qini[known])


def _over(above: Floats, below: Floats) -> Floats:
    """A quotient, 0 where it has none."""
    return np.divide(above, below, out=np.zeros(len(above)), where=below != 0)


def _normalised(line: Line, best: Line) -> float | Sentence:
    """Area over the straight line to the end, as a part of the best one's."""
    random = line[0][-1] * line[1][-1] / 2.0
    room = float(np.trapezoid(best[1], best[0]) - random)
    if abs(room) <= NOUGHT * line[0][-1] ** 2:
        return not_defined(float(line[1][-1] / line[0][-1]))
    return float(np.trapezoid(line[1], line[0]) - random) / room
