"""What a policy writes down of its decisions, and what randomised people show in it cell by cell."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from benchmarks.policy_play import STAGES

from evergrove.models.uplift import Trial
from evergrove.simulation.worlds import NOTHING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.policy_play import Asked, Flags, Integers

    from evergrove.models import Floats
    from evergrove.simulation.worlds import Life

LEAST_PEOPLE = 2  # of each arm of a stratum
STRONG = 2.0  # orders of the shop's average that an own mean amount is weighed against
THINNED = 0.35
"""Share of the rows with the chosen arm that differences between customers are learned from."""
KNOTS = (2.0, 6.0, 12.0, 22.0, 40.0)
"""Weeks of silence between which an effect is taken to change evenly (in logarithms)."""


@dataclass(frozen=True, eq=False)
class Log:
    """
    Decisions and what is known of them; shape (m,) each unless said.

    Attributes:
        week: Of the decision.
        customer: About whom.
        cell: tier x stage at the decision, as ``tier * len(STAGES) + stage``.
        greedy: What was chosen before anything was drawn, or -1.
        assigned: The arm: an action, or -1 for nothing and for controls.
        probability: Of nothing, then of every action; shape (m, 1 + actions).
        amount: Expected amount of an order.
        X: What effects are learned by, shape (m, features).
    """

    week: Integers
    customer: Integers
    cell: Integers
    greedy: Integers
    assigned: Integers
    probability: Floats
    amount: Floats
    X: Floats

    def __len__(self) -> int:
        return len(self.week)

    def kept(self, which: Integers | Flags) -> Log:
        """Some of the rows."""
        return Log(**{each.name: getattr(self, each.name)[which] for each in fields(self)})

    @classmethod
    def together(cls, parts: Sequence[Log]) -> Log:
        """One log of several."""
        return cls(**{f.name: np.concatenate([getattr(each, f.name) for each in parts]) for f in fields(cls)})

    def outcome(self, life: Life) -> Floats:
        """Realised margin of each customer from the decision to the next one, shape (m,)."""
        total = np.zeros(len(self))
        for ahead in range(life.world.cadence):
            total += life.margin[self.week + ahead, self.customer]
        return total

    def trial(self, outcome: Floats, offers: tuple[str, ...]) -> Trial:
        """
        The same for ``models.uplift``, with a part of the rows that got what was chosen: there are plenty of them.

        Which rows are left out depends on what was drawn, so that the chances of the rest are others, and known.
        """
        kept = np.where(np.arange(self.probability.shape[1]) == self.greedy[:, None] + 1, THINNED, 1.0)
        arm = self.assigned + 1
        coin = np.random.default_rng(1).random(len(self))
        rows = np.flatnonzero(coin < np.take_along_axis(kept, arm[:, None], axis=1)[:, 0])
        chances = (self.probability * kept)[rows]
        chances /= chances.sum(axis=1, keepdims=True)
        names = tuple(f"x{n}" for n in range(self.X.shape[1]))
        return Trial(self.X[rows], names, arm[rows], outcome[rows], chances, offers, self.customer[rows])


def cells_of(asked: Asked) -> Integers:
    """Tier x stage of each row, as one number."""
    return np.asarray(asked.tier * len(STAGES) + asked.stage)


def amounts_of(asked: Asked) -> Floats:
    """Expected amount of an order: the customer's own mean, weighed against that of all asked about. Shape (k,)."""
    mean = float((asked.amount * asked.orders).sum() / max(asked.orders.sum(), 1.0))
    return np.asarray((STRONG * mean + asked.orders * asked.amount) / (STRONG + asked.orders))


def features_of(asked: Asked) -> Floats:
    """What effects may depend on, as far as a shop sees it; shape (k, features)."""
    silence = np.log1p(asked.silence)
    knots = np.log1p(KNOTS)
    hats = np.stack([np.interp(silence, knots, row) for row in np.eye(len(knots))], axis=1)
    orders = np.log(np.maximum(asked.orders, 1.0))
    pace = np.log1p(52 * asked.orders / (asked.age + 8.0))
    source = asked.life.cast.source[asked.customer][:, None] == np.arange(len(asked.world.sources))
    size = np.log(amounts_of(asked))
    others = np.stack([orders, pace, size, asked.tired, np.log1p(asked.age)], axis=1)
    traits = (orders, size, *source[:, :-1].T)
    return np.concatenate([hats, others, source, *(hats * trait[:, None] for trait in traits)], axis=1)


@dataclass(frozen=True, eq=False)
class Contrasts:
    """
    One action against nothing in each stratum that has both; shape (s,) each.

    Attributes:
        cell: tier x stage.
        effect: Mean of the treated less that of the others.
        variance: Of the effect.
        treated: People.
        control: People.
        truth: Mean of what is true of the treated; 0 where none was given.
    """

    cell: Integers
    effect: Floats
    variance: Floats
    treated: Integers
    control: Integers
    truth: Floats

    def weighed(self, which: Flags) -> tuple[float, float, float]:
        """The effect of some strata together, its standard error and the truth, each weighing by its precision."""
        weight = 1 / self.variance[which]
        effect, truth = (float(weight @ each[which] / weight.sum()) for each in (self.effect, self.truth))
        return effect, float(weight.sum() ** -0.5), truth


def contrasts(log: Log, outcome: Floats, action: int, truth: Floats | None = None) -> Contrasts:
    """
    Compare within strata in which every arm had the same chance.

    Rows belong together that share tier and stage, what was chosen before the draw, and the probabilities of this
    action and of nothing. The variance of an arm's outcomes is that of all its people in the tier and stage.
    """
    own, none = log.probability[:, action + 1], log.probability[:, 0]
    arm = np.where(log.assigned == action, 1, np.where(log.assigned == NOTHING, 0, 2))
    rows = np.flatnonzero((arm < 2) & (own > 0) & (none > 0))
    # One number a stratum: sorting rows of columns would take most of the time.
    chances = [np.rint(each[rows] * 1e5).astype(np.int64) for each in (own, none)]
    key = ((log.cell[rows] * 100 + log.greedy[rows] + 1) * 100_001 + chances[0]) * 100_001 + chances[1]
    strata, place = np.unique(key, return_inverse=True)
    size = len(strata)
    n, total, squares, known = np.zeros((4, 2, size))
    for which in range(2):
        at = arm[rows] == which
        y = outcome[rows[at]]
        told = np.zeros(len(y)) if truth is None else truth[rows[at]]
        for sums, weights in ((n, None), (total, y), (squares, y**2), (known, told)):
            sums[which] = np.bincount(place[at], weights, minlength=size)
    enough = (n >= LEAST_PEOPLE).all(axis=0)
    cell = strata[enough] // (100 * 100_001**2)
    n, total, squares, known = (each[:, enough] for each in (n, total, squares, known))
    mean = total / n
    variance = sum(_spread(cell, n[k], squares[k] - n[k] * mean[k] ** 2) / n[k] for k in range(2))
    useful = variance > 0
    treated, control = n[1].astype(np.int64), n[0].astype(np.int64)
    found = (cell, mean[1] - mean[0], variance, treated, control, known[1] / n[1])
    return Contrasts(*(each[useful] for each in found))


def _spread(cell: Integers, n: Floats, squares: Floats) -> Floats:
    """Variance of one arm's outcomes within strata, put together by cell; of each stratum."""
    if not len(cell):
        return np.zeros(0)
    return np.asarray(
        (np.bincount(cell, np.maximum(squares, 0.0)) / np.maximum(np.bincount(cell, n - 1), 1.0))[cell]
    )
