"""Evergrove's own loop in a simulated world: explore, measure, shrink, choose; it begins without any knowledge."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
from benchmarks.policy_log import Log, amounts_of, cells_of, contrasts, features_of
from benchmarks.policy_play import STAGES, TIERS, Decided
from benchmarks.policy_rules import chosen, within_budget

from evergrove.decisions.choice.exploring import LEAST_SHARE, explore
from evergrove.decisions.effects import Effect, MeasuredCell, Prior, shrink
from evergrove.models.uplift import TooFewPeople, UpliftModel, fit
from evergrove.simulation.worlds import NOTHING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.policy_play import Asked, Integers
    from benchmarks.policy_rules import Oracle

    from evergrove.models import Floats
    from evergrove.simulation.worlds import Life, Week, World

DAY_0 = date(2026, 1, 5)
AT_RANDOM = 0.6  # of the budget at most
PERIOD = 8
SOME = 4  # every so many rows are enough for a mean over a cell
"""Weeks that are measured together; within one, people count as equally old."""


@dataclass(frozen=True)
class Plan:
    """
    How the loop learns; chosen on seeds 1 to 3.

    Attributes:
        shares: (from week, share) of decisions drawn at random; the last one reached holds. Never below 2 %, but for
            0 where nothing is left to learn.
        every: Weeks between two looks at what was learned.
        ranking: Measured weeks, multiples of ``every``, after which it is learned how effects differ within cells.
        caution: Standard deviations of a belief by which a contact that was not drawn at random must pay.
    """

    shares: tuple[tuple[int, float], ...] = ((0, 0.40), (8, 0.15), (20, 0.02))
    every: int = 3
    ranking: tuple[int, ...] = (9, 21)
    caution: float = 0.0

    def share(self, week: int) -> float:
        """Of a week, counted from day 0."""
        return [share for first, share in self.shares if first <= week][-1]


class Learner:
    """
    The policy that the product follows.

    Attributes:
        effects: As they are believed to be now, at the shop's mean amount.
        logs: Every decision, week by week.
        models: How effects differ between customers, by the number of weeks that they were learned from.
    """

    def __init__(self, world: World, plan: Plan | None = None, told: Oracle | None = None) -> None:
        """Knows costs, limits and channels of a world, and nothing of its customers, unless it is ``told``."""
        self.world = world
        self._told = told
        self.plan = plan or Plan()
        self.effects: list[Effect] = []
        self.logs: list[Log] = []
        self.models: dict[int, UpliftModel | None] = {}
        self._believed = Believed.nothing(world)

    def decide(self, asked: Asked) -> Decided:
        """Choose by what is believed, draw a share at random, and write both down."""
        share = self._share(asked)
        amount, X = amounts_of(asked), features_of(asked)
        values = self._believed.values(cells_of(asked), amount, X)
        if self._told is not None:
            values = self._told.values(asked)
        choice = chosen(values, asked.allowed, asked, share)
        if not share:
            picked = np.asarray(choice.picked, dtype=np.int64)
            return Decided(picked, np.zeros(len(picked), dtype=np.bool_))
        planned = np.array([each.planned for each in self.world.actions])
        ids = asked.customer.astype(np.str_).tolist()
        drawn = explore(
            choice,
            planned,
            asked.allowed,
            ids,
            salt=str(asked.life.cast.seed),
            round_key=str(asked.life.week),
            share=share,
        )
        greedy, picked = (np.asarray(each.picked, dtype=np.int64) for each in (choice, drawn))
        self.logs.append(
            Log(
                week=np.full(len(picked), asked.life.week),
                customer=asked.customer,
                cell=cells_of(asked),
                greedy=greedy,
                assigned=picked,
                probability=_with_control(drawn.probabilities, greedy, self.world.control),
                amount=amount,
                X=X,
            )
        )
        return Decided(picked, picked != greedy)

    def _share(self, asked: Asked) -> float:
        """What the plan says, as far as drawing at random leaves most of the budget to what was chosen."""
        wanted = self.plan.share(asked.life.week - self.world.known)
        if not wanted:
            return 0.0
        planned = np.array([each.planned for each in self.world.actions])
        random = float((asked.allowed @ planned / (asked.allowed.sum(axis=1) + 1)).sum())
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
            log = Log.together(self.logs[:over])
            ranking = self._believed.model
            if over in self.plan.ranking:
                ranking = ranked(log, life) or ranking
                self.models[over] = ranking
            self._believed, self.effects = learned(log, life, ranking, self.plan.caution)


@dataclass(frozen=True, eq=False)
class Believed:
    """
    What each action is believed to bring for one unit of a customer's amount.

    Attributes:
        cells: By action and cell, shape (actions, cells).
        model: How effects differ by customers' features; None: they do not.
        inside: Mean of what the model says in each cell, shape (actions, cells).
    """

    cells: Floats
    model: UpliftModel | None
    inside: Floats

    @classmethod
    def nothing(cls, world: World) -> Believed:
        """No effect of anything."""
        none = np.zeros((len(world.actions), len(TIERS) * len(STAGES)))
        return cls(none, None, none)

    def values(self, cell: Integers, amount: Floats, X: Floats) -> Floats:
        """Expected effects before costs in currency, shape (k, actions)."""
        rate = self.cells[:, cell].T
        if self.model is not None:
            rate = rate + self.model.predict(X) - self.inside[:, cell].T
        return np.asarray(rate * amount[:, None])


def ranked(log: Log, life: Life) -> UpliftModel | None:
    """How effects for each unit of amount differ by features; None while an arm has too few people."""
    with suppress(TooFewPeople):
        return fit(
            log.trial(log.outcome(life) / log.amount, tuple(action.key for action in life.world.actions))
        )
    return None


def learned(log: Log, life: Life, model: UpliftModel | None, caution: float) -> tuple[Believed, list[Effect]]:
    """What a log of randomised decisions says: cells by shrinkage, and differences within them by a ranking model."""
    world = life.world
    mean = float(log.amount.mean())
    outcome = log.outcome(life) / log.amount
    as_of = day_of(life.week - world.known)
    measured = [
        cell
        for action in range(len(world.actions))
        for cell in measured_cells(log, outcome * mean, action, life)
    ]
    priors = [Prior(action.key, 0.0, action.cost) for action in world.actions]
    effects = shrink(measured, priors, as_of)
    cells = _as_table(effects, world, caution) / mean
    inside = np.zeros_like(cells)
    if model is not None:
        some = slice(None, None, SOME)
        said, cell = model.predict(log.X[some]), log.cell[some]
        n = np.maximum(np.bincount(cell, minlength=cells.shape[1]), 1)
        inside = np.stack([np.bincount(cell, each, minlength=cells.shape[1]) / n for each in said.T])
    return Believed(cells, model, inside), effects


def measured_cells(log: Log, outcome: Floats, action: int, life: Life) -> list[MeasuredCell]:
    """What randomised people have shown of one action in each cell, eight weeks at a time."""
    world = life.world
    found = []
    period = (log.week - world.known) // PERIOD
    for each in np.unique(period):
        rows = np.flatnonzero(period == each)
        seen = contrasts(log.kept(rows), outcome[rows], action)
        until = day_of(int(log.week[rows].max()) + world.cadence - world.known)
        for cell in np.unique(seen.cell):
            at = seen.cell == cell
            effect, se, _truth = seen.weighed(at)
            found.append(
                MeasuredCell(
                    playbook=world.actions[action].key,
                    tier=TIERS[cell // len(STAGES)],
                    stage=STAGES[cell % len(STAGES)],
                    effect=effect,
                    se=se,
                    people_treated=int(seen.treated[at].sum()),
                    people_control=int(seen.control[at].sum()),
                    as_of=until,
                )
            )
    return found


def day_of(week: int) -> date:
    """The day before a week begins, counted from day 0."""
    return DAY_0 + timedelta(weeks=week)


def _as_table(effects: Sequence[Effect], world: World, caution: float) -> Floats:
    """Means less some standard deviations, by action and cell; a cell without an effect of its own has that of its playbook."""
    found = np.zeros((len(world.actions), len(TIERS) * len(STAGES)))
    keys = [action.key for action in world.actions]
    for each in sorted(effects, key=lambda effect: effect.tier != ""):
        row = keys.index(each.playbook)
        if each.tier:
            found[row, TIERS.index(each.tier) * len(STAGES) + STAGES.index(each.stage)] = (
                each.mean - caution * each.sd
            )
        else:
            found[row] = each.mean - caution * each.sd
    return found


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

    def __init__(self, source: Learner) -> None:
        """``source`` has played the same world: what its log had shown by a week is known in that week."""
        self._source = source
        self._week = 0
        self._model: UpliftModel | None = None

    def decide(self, asked: Asked) -> Decided:
        """The action with the largest effect, the largest effects first, while the budget lasts."""
        nobody = np.zeros(len(asked.customer), dtype=np.bool_)
        if self._model is None:
            return Decided(np.full(len(asked.customer), NOTHING), nobody)
        effect = self._model.predict(features_of(asked)) * amounts_of(asked)[:, None]
        effect = np.where(asked.allowed, effect, -np.inf)
        action = np.where(effect.max(axis=1) > 0, effect.argmax(axis=1), NOTHING)
        return Decided(within_budget(np.argsort(-effect.max(axis=1), kind="stable"), action, asked), nobody)

    def see(self, week: Week, life: Life) -> None:  # noqa: ARG002 - learns from another's log
        """Take over what the other's log has shown by now."""
        self._week += 1
        over = self._week - life.world.cadence + 1
        self._model = self._source.models.get(over, self._model)
