"""Chances learned from what came of earlier days: a logistic curve, its calibration, and how well it told."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.models import Floats
    from evergrove.segments.types import Bools

RIDGE = 1.0
"""Prior precision of standardised weights: one customer's worth of doubt, so that separable data have an end."""
MOST_STEPS, CLOSE = 50, 1e-8
"""Newton needs some seven; close enough in standard deviations of a sign."""
STEPS = 40
"""Groups of equal size that calibration starts from."""
FEWEST = 100
"""Customers of whom it came true, and as many of whom it did not, that a curve is learned and judged from."""


@dataclass(frozen=True)
class Judged:
    """
    How well chances told what came after a day that nothing was learned from, beside a rule.

    Attributes:
        customers: Of whom it was asked.
        came: Of how many it came true.
        auc: Chance that of two customers, one of each kind, the greater chance was given to the right one.
        brier: Mean squared distance of chance and outcome.
        apart: Mean distance of chance and share in ten groups of equal size, by chance.
        rule_auc: The same three of the rule, calibrated on the same earlier days.
        rule_brier: See there.
        rule_apart: See there.
    """

    customers: int
    came: int
    auc: float
    brier: float
    apart: float
    rule_auc: float
    rule_brier: float
    rule_apart: float


@dataclass(frozen=True, eq=False)
class Frame:
    """
    Customers on an earlier day, and what came of them.

    Attributes:
        signs: What is known of each. Shape (n, k).
        rule: What the rule ranks by; greater means likelier. Shape (n,).
        came: Whether it came true. Shape (n,).
    """

    signs: Floats
    rule: Floats
    came: Bools


@dataclass(frozen=True)
class Chances:
    """
    A calibrated logistic curve: parameters that stand in JSON.

    Attributes:
        names: Of the signs.
        weights: Of each, on the log odds.
        constant: Log odds where all signs are 0.
        said: Log odds of groups, increasing.
        share: How often it came true in each; never decreasing. Straight lines between, constant beyond.
        judged: How well it told.
    """

    names: tuple[str, ...]
    weights: tuple[float, ...]
    constant: float
    said: tuple[float, ...]
    share: tuple[float, ...]
    judged: Judged

    def __call__(self, signs: Floats, names: Sequence[str]) -> Floats:
        """
        Chances of shape (n,).

        Args:
            signs: Shape (n, m); those that nothing could be learned of are passed over.
            names: Of all m.
        """
        asked = signs[:, [names.index(name) for name in self.names]]
        return calibrated(asked @ np.array(self.weights) + self.constant, self.said, self.share)

    def document(self) -> dict[str, Any]:
        """As JSON knows it."""
        return {
            "names": list(self.names),
            "weights": list(self.weights),
            "constant": self.constant,
            "said": list(self.said),
            "share": list(self.share),
            "judged": asdict(self.judged),
        }

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Chances:
        """What ``document`` wrote."""
        lists = {name: tuple(stored[name]) for name in ("names", "weights", "said", "share")}
        return cls(**lists, constant=stored["constant"], judged=Judged(**stored["judged"]))


def learn(frames: Sequence[Frame], names: Sequence[str], least: Sequence[float]) -> Chances | None:
    """
    Learn from all days but the newest, judge on that, then learn from all.

    Args:
        frames: Earlier days, the oldest first.
        names: Of the signs.
        least: Below which no weight may lie: 0 for signs that cannot speak against it, else -inf. Shape (k,).

    Returns:
        None where there are fewer than ``FEWEST`` customers of either kind on the newest day or before, or where on
        the newest day the paired gain in squared distance over the rule's chances was within one standard error.
        Signs that were the same for everybody are not among its names.
    """
    if len(frames) < 2 or not _enough(frames[-1:]) or not _enough(frames[:-1]):
        return None
    weights, constant, said, share = _curve(frames[:-1], least)
    before, newest = _joined(frames[:-1]), frames[-1]
    chance = calibrated(newest.signs @ weights + constant, said, share)
    by_rule = calibrated(newest.rule, *calibration(before.rule, before.came))
    if not _gains(chance, by_rule, newest.came):
        return None
    judged = _judged(chance, by_rule, newest)
    varied = np.flatnonzero(_joined(frames).signs.std(axis=0) > 0).tolist()
    frames = [Frame(frame.signs[:, varied], frame.rule, frame.came) for frame in frames]
    weights, constant, said, share = _curve(frames, [least[k] for k in varied])
    return Chances(
        tuple(names[k] for k in varied),
        tuple(map(float, weights)),
        float(constant),
        tuple(map(float, said)),
        tuple(map(float, share)),
        judged,
    )


def calibration(score: Floats, came: Bools) -> tuple[Floats, Floats]:
    """
    Shares that never decrease with the score: groups of equal size, neighbours out of order made one.

    Half a customer is added to either side of each group, so that no chance is 0 or 1.

    Args:
        score: Greater means likelier. Shape (n,).
        came: Shape (n,).

    Returns:
        Mean score and share of each group.

    Source:
        Ayer et al. (1955), An empirical distribution function for sampling with incomplete information, Annals
        of Mathematical Statistics 26, 641-647 (pool adjacent violators).
    """
    order = np.argsort(score, kind="stable")
    pooled: list[tuple[float, float, int]] = []  # sum of scores, how many came, how many
    for part in np.array_split(order, min(STEPS, len(order))):
        block = (float(score[part].sum()), float(came[part].sum()), len(part))
        while pooled and not _in_order(pooled[-1], block):
            block = tuple(a + b for a, b in zip(pooled.pop(), block, strict=True))  # type: ignore[assignment]
        pooled.append(block)
    said = np.array([total / n for total, _came, n in pooled])
    return said, np.array([_share(block) for block in pooled])


def calibrated(score: Floats, said: Sequence[float] | Floats, share: Sequence[float] | Floats) -> Floats:
    """Chances by straight lines between groups. Shape (n,)."""
    chances: Floats = np.interp(score, said, share)
    return chances


def auc(score: Floats, came: Bools) -> float:
    """Chance that of one of each kind the greater score is that of whom it came true; ties count half."""
    _values, where, counts = np.unique(score, return_inverse=True, return_counts=True)
    upto = np.cumsum(counts)
    ranks = (upto - (counts - 1) / 2.0)[where]
    ones = int(came.sum())
    zeros = len(came) - ones
    return float((ranks[came].sum() - ones * (ones + 1) / 2.0) / (ones * zeros))


def _in_order(before: tuple[float, float, int], now: tuple[float, float, int]) -> bool:
    """Whether both score and share rise from one group to the next."""
    return before[0] / before[2] < now[0] / now[2] and _share(before) < _share(now)


def _share(block: tuple[float, float, int]) -> float:
    return (block[1] + 0.5) / (block[2] + 1.0)


def _enough(frames: Sequence[Frame]) -> bool:
    came = sum(int(frame.came.sum()) for frame in frames)
    return min(came, sum(len(frame.came) for frame in frames) - came) >= FEWEST


def _gains(chance: Floats, by_rule: Floats, came: Bools) -> bool:
    """Whether the paired gain exceeds its standard error."""
    gain = (by_rule - came) ** 2 - (chance - came) ** 2
    return float(gain.mean()) > float(gain.std()) / float(np.sqrt(len(gain)))


def _joined(frames: Sequence[Frame]) -> Frame:
    return Frame(
        np.concatenate([frame.signs for frame in frames]),
        np.concatenate([frame.rule for frame in frames]),
        np.concatenate([frame.came for frame in frames]),
    )


def _curve(frames: Sequence[Frame], least: Sequence[float]) -> tuple[Floats, float, Floats, Floats]:
    """Weights and constant of greatest posterior density, and the calibration of their log odds."""
    rows = _joined(frames)
    mean, spread = rows.signs.mean(axis=0), rows.signs.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    signs, came = (rows.signs - mean) / spread, rows.came.astype(np.float64)
    free = np.ones(signs.shape[1], dtype=np.bool_)
    beta = _climb(signs, came)
    # What would speak against its meaning is left out, the worst first: no bad sign may raise health.
    while np.any(wrong := np.where(free, beta[1:] - np.array(least), 0.0) < 0):
        free[np.argmin(np.where(wrong, beta[1:] - np.array(least), np.inf))] = False
        found = _climb(signs[:, free], came)
        beta = np.zeros(len(beta))
        beta[0], beta[1:][free] = found[0], found[1:]
    weights = beta[1:] / spread
    constant = float(beta[0] - mean @ weights)
    said, share = calibration(rows.signs @ weights + constant, rows.came)
    return weights, constant, said, share


def _climb(signs: Floats, came: Floats) -> Floats:
    """
    Newton's method on the penalised log likelihood, which has one summit; a step that leads down is halved.

    Returns:
        Constant, then weights. Shape (k + 1,).
    """
    rows = np.column_stack([np.ones(len(signs)), signs])
    prior = np.array([0.0, *[RIDGE] * signs.shape[1]])

    def height(beta: Floats) -> float:
        odds = rows @ beta
        return float(came @ odds - np.logaddexp(0.0, odds).sum() - 0.5 * (prior * beta) @ beta)

    beta = np.zeros(rows.shape[1])
    reached = height(beta)
    for _step in range(MOST_STEPS):
        chance = 1.0 / (1.0 + np.exp(-(rows @ beta)))
        slope = rows.T @ (came - chance) - prior * beta
        bend = (rows * (chance * (1.0 - chance))[:, None]).T @ rows + np.diag(prior)
        step = np.linalg.solve(bend, slope)
        while (now := height(beta + step)) < reached and np.abs(step).max() > CLOSE:
            step = step / 2.0
        beta, reached = beta + step, now
        if np.abs(step).max() <= CLOSE:
            break
    return beta


def _judged(chance: Floats, by_rule: Floats, newest: Frame) -> Judged:
    came = newest.came
    return Judged(
        len(came),
        int(came.sum()),
        auc(chance, came),
        float(np.mean((chance - came) ** 2)),
        apart(chance, came),
        auc(newest.rule, came),
        float(np.mean((by_rule - came) ** 2)),
        apart(by_rule, came),
    )


def apart(chance: Floats, came: Bools, groups: int = 10) -> float:
    """Mean distance of mean chance and share that came true, over groups of equal size by chance."""
    parts = np.array_split(np.argsort(chance, kind="stable"), groups)
    return float(np.mean([abs(chance[part].mean() - came[part].mean()) for part in parts if len(part)]))
