"""Do the intervals that the loop learns from hold the true effects of playbooks as often as they say?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from benchmarks.covered import LEVEL, Interval
from benchmarks.policy_learner import Learner, Plan
from benchmarks.policy_log import Log, contrasts
from benchmarks.policy_play import play

from evergrove.simulation.worlds import NOTHING, begin, read_world
from evergrove.stats.normal import quantile

if TYPE_CHECKING:
    from benchmarks.policy_play import Asked, Decided

    from evergrove.simulation.worlds import Life, Week

CUSTOMERS, WEEKS, KNOWN = 3000, 12, 40
CELLS_ONLY = Plan(shares=((0, 0.4),), ranking=())
"""Arms large enough to hold an interval to its level; what differs within cells plays no part in an average."""


class Watched:
    """A learner beside which the true effect of each decision stands, over the days that its outcome covers."""

    def __init__(self, learner: Learner) -> None:
        """Decides as the learner does."""
        self.learner = learner
        self.truth: list[np.ndarray] = []

    def decide(self, asked: Asked) -> Decided:
        """As the learner decides; what each action would truly change is noted for whom it was drawn."""
        decided = self.learner.decide(asked)
        picked = decided.picked
        found = np.zeros(len(picked))
        sent = picked != NOTHING
        found[sent] = asked.life.true_changes(asked.contacts(picked), asked.world.cadence)
        self.truth.append(found)
        return decided

    def see(self, week: Week, life: Life) -> None:
        """As the learner."""
        self.learner.see(week, life)


def intervals(seed: int, customers: int = CUSTOMERS) -> list[Interval]:
    """One world's intervals, one a playbook: by assigned arm, over all tiers and stages, in currency."""
    world = read_world("heterogeneous", customers=customers, weeks=WEEKS, known=KNOWN)
    watched = Watched(Learner(world, CELLS_ONLY))
    life = play(watched, begin(world, seed)).life
    over = WEEKS - world.cadence + 1
    log = Log.together(watched.learner.logs[:over])
    outcome = log.outcome(life) / log.amount
    truth = np.concatenate(watched.truth[:over]) / log.amount
    mean, reach = float(log.amount.mean()), quantile(LEVEL)
    found = []
    for action, told in enumerate(world.actions):
        seen = contrasts(log, outcome, action, truth)
        people = int(seen.treated.sum()), int(seen.control.sum())
        effect, se, true = (mean * each for each in seen.weighed(np.ones(len(seen.cell), dtype=np.bool_)))
        bounds = effect - reach * se, effect + reach * se
        found.append(Interval(seed, told.key, *people, true, effect, *bounds, se))
    return found
