"""What the loop's log of random decisions has shown of each action, and whether it is proven to pay."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

import numpy as np
from benchmarks.policy_log import ANYWAY, Log

from evergrove.models.uplift import Moments, TooFewPeople, fit_joint, proofs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.policy_log import Features
    from benchmarks.policy_play import Integers

    from evergrove.models import Floats
    from evergrove.models.uplift import JointEffects, Trial
    from evergrove.simulation.worlds import Life, World

PARTS = 5
"""Of the customers: what seems to pay by four of them is asked of the fifth."""
FEW = 0.1
"""Orders by which outcomes spread beside those that were expected: nobody's are surely none."""


@dataclass(frozen=True, eq=False)
class Shown:
    """
    Effects for each unit of a customer's amount, until the next decision.

    An answer stands out in the week of the contact, and is lost among what is bought anyway in the weeks after it; what
    those take back (orders that were only pulled forward, or that the contact cost) is learned from few columns. That
    they bring something more is not believed.

    Attributes:
        first: Effects in the first week, by all features.
        later: In the weeks after it, by what is bought anyway.
    """

    first: JointEffects
    later: JointEffects

    @classmethod
    def fit(cls, first: Moments, later: Moments, groups: Integers, like: Shown | None = None) -> Shown:
        """Learn both; ``like`` is what all customers say of spreads, where a part of them is left out."""
        known = (None, None) if like is None else (like.first, like.later)
        return cls(fit_joint(first, groups, known[0]), fit_joint(later, groups[:ANYWAY], known[1]))

    def predict(self, X: Floats) -> Floats:
        """Expected effect of each action, shape (n, actions)."""
        return self.first.predict(X) + self.taken_back(X)

    def taken_back(self, X: Floats) -> Floats:
        """What the later weeks change of it, never above 0; shape (n, actions)."""
        return np.minimum(self.later.predict(X[:, :ANYWAY]), 0.0)

    def residual(self, trial: Trial) -> Floats:
        """What outcomes of all weeks are beyond what is expected under the chances of the log. Shape (n,)."""
        beyond = self.later.residual(_by_anyway(trial, trial.outcome))
        return self.first.residual(replace(trial, outcome=beyond))


class Belief:
    """
    Effects as they are believed to be.

    Attributes:
        effects: None before there is enough to learn from.
        proof: By how many standard errors each action pays where it seems to, shape (2, actions): by the outcome of the
            first week, counting what is taken back as it is believed; by that of all weeks.
    """

    def __init__(self, world: World) -> None:
        """Without any knowledge."""
        self._offers = tuple(action.key for action in world.actions)
        self._costs = np.array([action.cost for action in world.actions])
        self._counted = 0
        self._parts: list[tuple[Moments, Moments]] = []
        self.effects: Shown | None = None
        self.proof = np.zeros((2, len(self._offers)))

    def values(self, features: Features, amount: Floats, least: float) -> Floats:
        """
        Expected effects before costs in currency, 0 of actions whose first proof is below the least. Shape (k, actions).

        Args:
            features: Of customers.
            amount: Expected amount of an order of each, shape (k,).
            least: Proof.
        """
        if self.effects is None:
            return np.zeros((len(amount), len(self._offers)))
        return np.where(self.proof[0] >= least, self.effects.predict(features.X) * amount[:, None], 0.0)

    def learn(self, logs: Sequence[Log], life: Life) -> None:
        """Add what weeks have shown that were not over before; ``logs`` are all that are over now."""
        new = Log.together(logs[self._counted :])
        self._counted = len(logs)
        self._parts = self._added(new, life)
        first, later = (reduce(add, each) for each in zip(*self._parts, strict=True))
        with suppress(TooFewPeople):
            self.effects = Shown.fit(first, later, new.groups)
            others = [Shown.fit(first - a, later - b, new.groups, self.effects) for a, b in self._parts]
            self.proof = self._proofs(others, Log.together(logs), life)

    def _added(self, log: Log, life: Life) -> list[tuple[Moments, Moments]]:
        first, later, _all = self._trials(log, life)
        weight, fold = _weight(log), log.customer % PARTS
        at = [fold == part for part in range(PARTS)]
        new = [(Moments.of(first.rows(n), weight[n]), Moments.of(later.rows(n), weight[n])) for n in at]
        if not self._parts:
            return new
        return [(a + c, b + d) for (a, b), (c, d) in zip(self._parts, new, strict=True)]

    def _proofs(self, others: Sequence[Shown], log: Log, life: Life) -> Floats:
        first, _later, whole = self._trials(log, life)
        fold, weight = log.customer % PARTS, _weight(log)
        back = np.empty((len(log), len(self._offers)))
        for part, each in enumerate(others):
            back[fold == part] = each.taken_back(log.X[fold == part])
        costs = self._costs - back * log.amount[:, None]
        at_once = proofs(first, [each.first for each in others], fold, costs, log.amount, weight)
        return np.stack([at_once, proofs(whole, others, fold, self._costs, log.amount, weight)])

    def _trials(self, log: Log, life: Life) -> tuple[Trial, Trial, Trial]:
        """Outcomes for each unit of amount: of the first week, of the weeks after it, of all."""
        whole = log.trial(log.outcome(life) / log.amount, self._offers)
        first = log.trial(log.first_week(life) / log.amount, self._offers)
        return first, _by_anyway(whole, whole.outcome - first.outcome), whole


def _by_anyway(trial: Trial, outcome: Floats) -> Trial:
    """Another outcome, by those features alone that tell what is bought anyway."""
    return replace(trial, X=trial.X[:, :ANYWAY], features=trial.features[:ANYWAY], outcome=outcome)


def _weight(log: Log) -> Floats:
    """How little outcomes spread: by what was expected, never by what came."""
    return 1 / (FEW + log.expected)
