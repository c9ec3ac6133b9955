"""What a policy writes down of its decisions, and what randomised people show in it cell by cell."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np
from benchmarks.policy_play import STAGES, TIERS

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
ANYWAY = 2
"""How many columns, the first, tell what a customer buys anyway."""


@dataclass(frozen=True, eq=False)
class Features:
    """
    What effects may depend on.

    Attributes:
        X: Shape (k, f).
        groups: Which columns are of a kind, shape (f,).
    """

    X: Floats
    groups: Integers


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
        expected: Orders that were expected until the next decision.
        X: What effects are learned by, shape (m, features).
        groups: Which columns of it are of a kind, shape (features,).
    """

    week: Integers
    customer: Integers
    cell: Integers
    greedy: Integers
    assigned: Integers
    probability: Floats
    amount: Floats
    expected: Floats
    X: Floats
    groups: Integers

    def __len__(self) -> int:
        return len(self.week)

    def kept(self, which: Integers | Flags) -> Log:
        """Some of the rows."""
        return replace(self, **{name: getattr(self, name)[which] for name in BY_ROW})

    @classmethod
    def together(cls, parts: Sequence[Log]) -> Log:
        """One log of several."""
        return replace(parts[0], **{n: np.concatenate([getattr(each, n) for each in parts]) for n in BY_ROW})

    def outcome(self, life: Life) -> Floats:
        """Realised margin of each customer from the decision to the next one, shape (m,)."""
        total = np.zeros(len(self))
        for ahead in range(life.world.cadence):
            total += life.margin[self.week + ahead, self.customer]
        return total

    def first_week(self, life: Life) -> Floats:
        """Realised margin of each customer in the week of the decision, shape (m,)."""
        return np.asarray(life.margin[self.week, self.customer], dtype=np.float64)

    def trial(self, outcome: Floats, offers: tuple[str, ...]) -> Trial:
        """The same for ``models.uplift``."""
        names = tuple(f"x{n}" for n in range(self.X.shape[1]))
        return Trial(self.X, names, self.assigned + 1, outcome, self.probability, offers, self.customer)

    def thinned(self) -> Log:
        """
        The same with a part of the rows that got what was chosen: there are plenty of them.

        Which rows are left out depends on what was drawn, so that the chances of the rest are others, and known.
        """
        kept = np.where(np.arange(self.probability.shape[1]) == self.greedy[:, None] + 1, THINNED, 1.0)
        arm = self.assigned + 1
        coin = np.random.default_rng(1).random(len(self))
        rows = np.flatnonzero(coin < np.take_along_axis(kept, arm[:, None], axis=1)[:, 0])
        chances = (self.probability * kept)[rows]
        chances /= chances.sum(axis=1, keepdims=True)
        return replace(self.kept(rows), probability=chances)


BY_ROW = tuple(each.name for each in fields(Log) if each.name != "groups")


def cells_of(asked: Asked) -> Integers:
    """Tier x stage of each row, as one number."""
    return np.asarray(asked.tier * len(STAGES) + asked.stage)


def amounts_of(asked: Asked) -> Floats:
    """Expected amount of an order: the customer's own mean, weighed against that of all asked about. Shape (k,)."""
    mean = float((asked.amount * asked.orders).sum() / max(asked.orders.sum(), 1.0))
    return np.asarray((STRONG * mean + asked.orders * asked.amount) / (STRONG + asked.orders))


def features_of(asked: Asked, expected: Floats) -> Features:
    """
    What effects may depend on, as far as a shop sees it.

    Args:
        asked: About whom it is decided.
        expected: Orders of each customer until the next decision, by a model of what was bought. Shape (k,).
    """
    silence = np.log1p(asked.silence)
    knots = np.log1p(KNOTS)
    hats = np.stack([np.interp(silence, knots, row) for row in np.eye(len(knots))], axis=1)
    orders = np.log(np.maximum(asked.orders, 1.0))
    pace = np.log1p(52 * asked.orders / (asked.age + 8.0))
    source = (asked.life.cast.source[asked.customer][:, None] == np.arange(len(asked.world.sources)))[:, :-1]
    size = np.log(amounts_of(asked))
    soon = np.sqrt(expected)
    cells = cells_of(asked)[:, None] == np.arange(len(TIERS) * len(STAGES))
    traits = np.stack([orders, size, soon], axis=1)
    parts = (
        expected[:, None],
        soon[:, None],
        np.stack([orders, pace, size, asked.tired, np.log1p(asked.age)], axis=1),
        hats,
        source,
        *(hats * trait[:, None] for trait in traits.T),
        *(hats * one[:, None] for one in source.T),
        *(traits * one[:, None] for one in source.T),
        cells,
    )
    groups = np.repeat(np.arange(len(parts)), [part.shape[1] for part in parts])
    return Features(np.concatenate(parts, axis=1, dtype=np.float64), groups)


@dataclass(frozen=True, eq=False)
class Contrasts:
    """
    One action against nothing in each cell that has both; shape (s,) each.

    Attributes:
        cell: tier x stage.
        effect: Mean of the treated less that of the others, at the same mix of chances.
        variance: Of the effect.
        size: What a cell weighs beside others: the number of pairs that it is worth, whatever their outcomes were.
        treated: People.
        control: People.
        truth: Mean of what is true of the treated at that mix; 0 where none was given.
    """

    cell: Integers
    effect: Floats
    variance: Floats
    size: Floats
    treated: Integers
    control: Integers
    truth: Floats

    def weighed(self, which: Flags) -> tuple[float, float, float]:
        """The effect of some cells together, its standard error and the truth, each weighing by its size."""
        weight = self.size[which] / self.size[which].sum()
        effect, truth = (float(weight @ each[which]) for each in (self.effect, self.truth))
        return effect, float((weight**2 @ self.variance[which]) ** 0.5), truth


def contrasts(log: Log, outcome: Floats, action: int, truth: Floats | None = None) -> Contrasts:
    """
    Compare in each tier and stage those who got an action with those who got nothing.

    Of two people who could have had either, the one whose arm was less likely weighs more: 1 - e in the arm of chance
    e, so that both arms stand for the same people (overlap weights; Li, Morgan & Zaslavsky 2018). No weight depends
    on an outcome: few people of whom nobody happened to buy would have the smallest variance and the last word.
    """
    own, none = log.probability[:, action + 1], log.probability[:, 0]
    rows = np.flatnonzero(((log.assigned == action) | (log.assigned == NOTHING)) & (own > 0) & (none > 0))
    arm = (log.assigned[rows] == action).astype(np.int64)
    e = own[rows] / (own[rows] + none[rows])
    weight = np.where(arm == 1, 1 - e, e)
    y = outcome[rows]
    told = np.zeros(len(y)) if truth is None else truth[rows]
    cells, place = np.unique(log.cell[rows], return_inverse=True)
    at = place * 2 + arm

    def sums(values: Floats | None) -> Floats:
        return np.bincount(at, values, minlength=2 * len(cells)).reshape(-1, 2).astype(np.float64)

    n, total, squares = sums(None), sums(weight), sums(weight**2)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean, known = sums(weight * y) / total, sums(weight * told) / total
        share = squares / total**2  # of an arm's variance that its mean has
    enough: Flags = np.asarray((n >= LEAST_PEOPLE).all(axis=1))
    spread = _spread(sums((y - mean.reshape(-1)[at]) ** 2), n, enough)
    useful = enough & (spread > 0).all(axis=1)
    variance = (spread * share).sum(axis=1)
    size = 1 / share.sum(axis=1)
    people = n.astype(np.int64)[useful]
    return Contrasts(
        cell=cells[useful],
        effect=(mean[:, 1] - mean[:, 0])[useful],
        variance=variance[useful],
        size=size[useful],
        treated=people[:, 1],
        control=people[:, 0],
        truth=known[useful, 1],
    )


def _spread(squares: Floats, n: Floats, which: Flags) -> Floats:
    """
    Variance of outcomes by cell and arm, shape (cells, 2).

    A cell's own is that of both arms together; how much wider one arm is than both, all cells say together: a few
    people of one arm tell too little of how widely their outcomes could have spread.
    """
    free = np.maximum(n - 1, 0)[which]
    squares = squares[which]
    found = np.zeros((len(which), 2))
    own = squares.sum(axis=1) / np.maximum(free.sum(axis=1), 1)
    expected = (own[:, None] * free).sum(axis=0)
    wider = np.divide(squares.sum(axis=0), expected, out=np.ones(2), where=expected > 0)
    found[which] = own[:, None] * wider
    return found
