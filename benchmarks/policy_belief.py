"""What the loop's log of random decisions has shown of each action, and whether it is proven to pay."""

from __future__ import annotations

from contextlib import suppress
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

import numpy as np
from benchmarks.policy_log import Log

from evergrove.models.uplift import Moments, TooFewPeople, fit_joint, proofs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.policy_log import Features

    from evergrove.models import Floats
    from evergrove.models.uplift import JointEffects, Trial
    from evergrove.simulation.worlds import Life, World

PARTS = 5
"""Of the customers: what seems to pay by four of them is asked of the fifth."""
FEW = 0.1
"""Orders by which outcomes spread beside those that were expected: nobody's are surely none."""


class Belief:
    """
    Effects as they are believed to be.

    Attributes:
        effects: For each unit of a customer's amount; None before there is enough to learn from.
        proof: By how many standard errors each action pays where it seems to, shape (actions,).
    """

    def __init__(self, world: World) -> None:
        """Without any knowledge."""
        self._offers = tuple(action.key for action in world.actions)
        self._costs = np.array([action.cost for action in world.actions])
        self._counted = 0
        self._moments: list[Moments] = []
        self.effects: JointEffects | None = None
        self.proof = np.zeros(len(self._offers))

    def values(self, features: Features, amount: Floats, least: float) -> Floats:
        """
        Expected effects before costs in currency, 0 of actions whose proof is below the least. Shape (k, actions).

        Args:
            features: Of customers.
            amount: Expected amount of an order of each, shape (k,).
            least: Proof.
        """
        if self.effects is None:
            return np.zeros((len(amount), len(self._offers)))
        return np.where(self.proof >= least, self.effects.predict(features.X) * amount[:, None], 0.0)

    def learn(self, logs: Sequence[Log], life: Life) -> None:
        """Add what weeks have shown that were not over before; ``logs`` are all that are over now."""
        new = Log.together(logs[self._counted :])
        self._counted = len(logs)
        self._moments = self._added(new, life)
        whole = reduce(add, self._moments)
        with suppress(TooFewPeople):
            self.effects = fit_joint(whole, new.groups)
            self.proof = self._proofs(whole, self.effects, Log.together(logs), life)

    def _added(self, log: Log, life: Life) -> list[Moments]:
        trial, weight = self._trial(log, life)
        part = log.customer % PARTS
        new = [Moments.of(trial.rows(part == each), weight[part == each]) for each in range(PARTS)]
        return [add(*both) for both in zip(self._moments, new, strict=True)] if self._moments else new

    def _proofs(self, whole: Moments, effects: JointEffects, log: Log, life: Life) -> Floats:
        others = [fit_joint(whole - each, log.groups, effects) for each in self._moments]
        trial, weight = self._trial(log, life)
        return proofs(trial, others, log.customer % PARTS, self._costs, log.amount, weight)

    def _trial(self, log: Log, life: Life) -> tuple[Trial, Floats]:
        """Outcomes for each unit of amount, and how little they spread: by what was expected, never by what came."""
        return log.trial(log.outcome(life) / log.amount, self._offers), 1 / (FEW + log.expected)
