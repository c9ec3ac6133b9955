"""Evergrove's own loop in a simulated world: draw, measure, prove, choose; it begins without any knowledge."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from benchmarks.policy_belief import Belief
from benchmarks.policy_log import Log, amounts_of, cells_of, features_of
from benchmarks.policy_play import Decided
from benchmarks.policy_rules import Predicted, chosen, within_budget

from evergrove.decisions.choice.exploring import LEAST_SHARE, explore, probabilities
from evergrove.models.uplift import TooFewPeople, UpliftModel, fit
from evergrove.simulation.draws import keyed_uniforms
from evergrove.simulation.worlds import NOTHING

if TYPE_CHECKING:
    from benchmarks.policy_play import Asked, Flags, Integers
    from benchmarks.policy_rules import Oracle

    from evergrove.decisions.choice.types import Choice
    from evergrove.models import Floats
    from evergrove.simulation.worlds import Life, Week, World

AT_RANDOM = 0.6  # of the budget at most


@dataclass(frozen=True)
class Plan:
    """
    How the loop learns; chosen on seeds 1 to 24.

    Attributes:
        shares: (from week, share) of decisions drawn over all actions; the last one reached holds. Never below 2 %, but
            for 0 where nothing is left to learn.
        every: Weeks between two looks at what was learned.
        ranking: Measured weeks after which the policy "uplift" learns from the log.
        proof: Standard errors by which an action must pay where it seems to, before it is chosen without a draw: by the
            first week, and by all weeks until the next decision.
        kept: The same of one that was proven before.
        hope: (from week, standard errors) from which an action that is not proven is tried where it seems to pay.
        tried: Chance of it there; what would be chosen without it has the rest.
        patience: Weeks by which shares and hope lag behind as long as nothing is proven.
    """

    shares: tuple[tuple[int, float], ...] = ((0, 0.40), (8, 0.15), (20, 0.02))
    every: int = 3
    ranking: tuple[int, ...] = (9, 21)
    proof: tuple[float, float] = (4.0, 2.5)
    kept: tuple[float, float] = (2.0, 1.0)
    hope: tuple[tuple[int, float], ...] = ((0, 0.5), (20, 1.5))
    tried: float = 0.7
    patience: int = 6


def at(steps: tuple[tuple[int, float], ...], week: int) -> float:
    """What holds in a week, counted from day 0."""
    return [value for first, value in steps if first <= week][-1]


class Learner:
    """
    The policy that the product follows.

    Attributes:
        belief: What was learned.
        proven: Actions that are chosen without a draw, shape (actions,).
        logs: Every decision, week by week.
        models: What "uplift" learns from the same log, by the number of weeks that it learned from.
    """

    def __init__(
        self,
        world: World,
        plan: Plan | None = None,
        told: Oracle | None = None,
        predicted: Predicted | None = None,
    ) -> None:
        """
        Knows costs, limits and channels of a world, and nothing of its customers, unless it is ``told``.

        Args:
            world: To decide in.
            plan: How to learn.
            told: Whose values are taken for its own.
            predicted: What customers will buy anyway; None fits it at the first decision.
        """
        self.world = world
        self.plan = plan or Plan()
        self.belief = Belief(world)
        self.proven = np.full(len(world.actions), told is not None)
        self.logs: list[Log] = []
        self.models: dict[int, UpliftModel] = {}
        self._told, self._predicted = told, predicted
        self._planned = np.array([each.planned for each in world.actions])
        self._costs = np.array([each.cost for each in world.actions])

    def decide(self, asked: Asked) -> Decided:
        """Choose by what is proven, try what seems to pay, draw a share over everything, and write it down."""
        share = self._share(asked)
        self._predicted = self._predicted or Predicted(asked.life)
        expected = self._predicted.orders(asked, self.world.cadence)
        amount, features = amounts_of(asked), features_of(asked, expected)
        values = self.belief.values(features, amount, at(self.plan.hope, self._week(asked)))
        if self._told is not None:
            values = self._told.values(asked)
        sure = chosen(np.where(self.proven, values, 0.0), asked.allowed, asked, share)
        greedy = np.asarray(sure.picked, dtype=np.int64)
        if not share:
            return Decided(greedy, np.zeros(len(greedy), dtype=np.bool_))
        trying = bool((asked.allowed & ~self.proven & (values > self._costs)).any())
        hoped = chosen(values, asked.allowed, asked, share) if trying else sure
        picked, chances = self._drawn(asked, sure, hoped, share)
        self.logs.append(
            Log(
                week=np.full(len(picked), asked.life.week),
                customer=asked.customer,
                cell=cells_of(asked),
                greedy=greedy,
                assigned=picked,
                probability=_with_control(chances, greedy, self.world.control),
                amount=amount,
                expected=expected,
                X=features.X,
                groups=features.groups,
            )
        )
        return Decided(picked, picked != greedy)

    def _drawn(self, asked: Asked, sure: Choice, hoped: Choice, share: float) -> tuple[Integers, Floats]:
        """What is drawn for each, and the chance that every action had, nothing last."""
        life, tried = asked.life, self.plan.tried
        weeks = np.full(len(asked.customer), life.week)
        coin: Flags = keyed_uniforms(life.cast.seed, "tried", asked.customer, weeks) < tried
        drawn = explore(
            replace(sure, picked=np.where(coin, hoped.picked, sure.picked)),
            self._planned,
            asked.allowed,
            asked.customer.astype(np.str_).tolist(),
            salt=str(life.cast.seed),
            round_key=str(life.week),
            share=share,
        )
        with_, without = (probabilities(each.picked, asked.allowed, share) for each in (hoped, sure))
        return np.asarray(drawn.picked, dtype=np.int64), tried * with_ + (1 - tried) * without

    def _week(self, asked: Asked) -> int:
        """By which the plan goes: later than the calendar while nothing is proven."""
        week = asked.life.week - self.world.known
        return week if self.proven.any() else max(week - self.plan.patience, 0)

    def _share(self, asked: Asked) -> float:
        """What the plan says, as far as drawing at random leaves most of the budget to what was chosen."""
        wanted = at(self.plan.shares, self._week(asked))
        if not wanted:
            return 0.0
        random = float((asked.allowed @ self._planned / (asked.allowed.sum(axis=1) + 1)).sum())
        bearable = AT_RANDOM * asked.budget / random if random else 1.0
        return max(LEAST_SHARE, min(wanted, round(bearable, 2)))

    def see(self, week: Week, life: Life) -> None:
        """Note who was contacted in the end; look at what was learned, every few weeks."""
        if self._told is not None:
            self._told.see(week, life)
        if not self.logs:
            return
        contacted = np.full(len(life.cast), NOTHING)
        contacted[week.contacts.customer] = week.contacts.action
        last = self.logs[-1]
        self.logs[-1] = replace(last, assigned=contacted[last.customer])
        over = len(self.logs) - self.world.cadence + 1
        if over > 0 and over % self.plan.every == 0:
            self.belief.learn(self.logs[:over], life)
            kept, proof = (np.array(each)[:, None] for each in (self.plan.kept, self.plan.proof))
            shown: Flags = np.asarray((self.belief.proof > np.where(self.proven, kept, proof)).all(axis=0))
            self.proven = shown | (self._told is not None)
        if over in self.plan.ranking:
            with suppress(TooFewPeople):
                self.models[over] = ranked(Log.together(self.logs[:over]), life)


def ranked(log: Log, life: Life) -> UpliftModel:
    """How effects for each unit of amount differ by features."""
    few = log.thinned()
    return fit(few.trial(few.outcome(life) / few.amount, tuple(action.key for action in life.world.actions)))


def _with_control(drawn: Floats, greedy: Integers, control: float) -> Floats:
    """Chances of the arms once a share of what was chosen is held back; nothing first. Shape (k, 1 + actions)."""
    found = np.column_stack([drawn[:, -1], drawn[:, :-1]])
    rows = np.flatnonzero(greedy != NOTHING)
    held = control * found[rows, greedy[rows] + 1]
    found[rows, greedy[rows] + 1] -= held
    found[rows, 0] += held
    return found


class Ranked:
    """Ranks customers by the effect that was learned from another policy's log, and looks at no cost."""

    def __init__(self, source: Learner, predicted: Predicted) -> None:
        """``source`` has played the same world: what its log had shown by a week is known in that week."""
        self._source, self._predicted = source, predicted
        self._week = 0
        self._model: UpliftModel | None = None

    def decide(self, asked: Asked) -> Decided:
        """The action with the largest effect, the largest effects first, while the budget lasts."""
        nobody = np.zeros(len(asked.customer), dtype=np.bool_)
        if self._model is None:
            return Decided(np.full(len(asked.customer), NOTHING), nobody)
        features = features_of(asked, self._predicted.orders(asked, asked.world.cadence))
        effect = self._model.predict(features.X) * amounts_of(asked)[:, None]
        effect = np.where(asked.allowed, effect, -np.inf)
        action = np.where(effect.max(axis=1) > 0, effect.argmax(axis=1), NOTHING)
        return Decided(within_budget(np.argsort(-effect.max(axis=1), kind="stable"), action, asked), nobody)

    def see(self, week: Week, life: Life) -> None:  # noqa: ARG002 - learns from another's log
        """Take over what the other's log has shown by now."""
        self._week += 1
        over = self._week - life.world.cadence + 1
        self._model = self._source.models.get(over, self._model)
