"""From what playbooks are believed to bring in each cell to a choice within a budget, with the profit it promises."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from evergrove.decisions.choice.choosing import choose
from evergrove.decisions.choice.curve import NextMoney, next_money, value_curve
from evergrove.decisions.choice.errors import ShapesDiffer
from evergrove.decisions.choice.limited_curve import Kinds, alike
from evergrove.decisions.choice.table import table_of
from evergrove.decisions.choice.types import NOTHING
from evergrove.decisions.effects.types import effect_in
from evergrove.stats.normal import quantile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from evergrove.decisions.choice.curve import Curve
    from evergrove.decisions.choice.types import Choice, Floats, Limits
    from evergrove.decisions.effects import Effect


@dataclass(frozen=True)
class Offer:
    """
    One action that customers may get.

    Attributes:
        playbook: Whose effect it has.
        channel: Over which it goes.
        cost: Contact and fulfilment of one, taken off what it brings and counted against budgets.
        coupon_cost: Redemptions that are expected of one, times the face. The effect has it in its price already: it
            counts against budgets only.
    """

    playbook: str
    channel: str
    cost: float
    coupon_cost: float = 0.0

    @property
    def name(self) -> str:
        """As reasons say it."""
        return f"{self.playbook} {self.channel}"


@dataclass(frozen=True)
class Promise:
    """
    What some picks together are believed to bring.

    Attributes:
        contacts: How many there are.
        spent: Of the budget, coupons' redemptions included.
        profit: Extra margin less contact and fulfilment cost, before fatigue.
        low: Lower bound of the profit.
        high: Upper bound.
        assumed: How many of the contacts rest on an effect that is called assumed.
    """

    contacts: int
    spent: float
    profit: float
    low: float
    high: float
    assumed: int


@dataclass(frozen=True)
class Plan:
    """
    Who would get what, and what that promises.

    Attributes:
        choice: The picks; columns are those of ``offers``.
        offers: As they were given.
        total: Of all picks. That the best-looking are picked is not in its interval.
        by_offer: Of each offer.
        level: Probability that an interval holds the truth, if the beliefs are right.
        values: Extra margin of every offer for every customer; NaN where it is not allowed, or nothing is believed of
            it. Shape (n, k).
        costs: Contact and fulfilment cost. Shape (k,).
        charged: What counts against budgets. Shape (k,).
        errors: Of the values. Shape (n, k).
        cells: Number of each customer's cell. Shape (n,).
        budget: For everything; None: no limit.
    """

    choice: Choice
    offers: tuple[Offer, ...]
    total: Promise
    by_offer: tuple[Promise, ...]
    level: float
    values: Floats = field(repr=False)
    costs: Floats = field(repr=False)
    charged: Floats = field(repr=False)
    errors: Floats = field(repr=False)
    cells: NDArray[np.intp] = field(repr=False)
    budget: float | None

    def next_money(self, extra: float) -> NextMoney:
        """
        What a sum beyond the budget would bring within all other limits of the plan, fatigue aside; see ``next_money``.

        Raises:
            LimitBelowNothing: What is added is negative, or no number.
        """
        budget = np.inf if self.budget is None else self.budget
        if not self._others.each or not np.isfinite(budget) or not extra >= 0.0:
            return next_money(
                self.values, self.costs, budget, extra, self.errors, cells=self.cells, charged=self.charged
            )
        less, more = (self._kinds.bought(money) for money in (budget, budget + extra))
        return NextMoney(
            extra,
            max(0.0, more.value - less.value),
            self._error(more.picks - less.picks),
            max(0.0, more.money - less.money),
        )

    def curve(self) -> Curve:
        """Profit by the budget for everything, within all other limits of the plan, fatigue aside."""
        if not self._others.each:
            return value_curve(self.values, self.costs, charged=self.charged)
        return self._kinds.curve()

    @property
    def _others(self) -> Limits:
        return self.choice.limits.beside_budget

    @cached_property
    def _rows(self) -> tuple[NDArray[np.intp], Floats]:
        """One customer of each kind, and how many there are of it."""
        rows, people, _kind = alike(np.column_stack([self.cells, self.values]))
        return rows, people

    @cached_property
    def _kinds(self) -> Kinds:
        rows, people = self._rows
        return Kinds(table_of(self.values[rows], self.costs, charged=self.charged), people, self._others)

    def _error(self, picks: Floats) -> float:
        """Of what picks more, or less, bring: wholly shared within cell and action. Shape (r, k)."""
        rows, _people = self._rows
        total = np.zeros((int(self.cells.max(initial=0)) + 1, len(self.offers)))
        np.add.at(total, self.cells[rows], picks * self.errors[rows])
        return float(np.sqrt((total**2).sum()))


def plan(
    effects: Sequence[Effect],
    tiers: Sequence[str],
    stages: Sequence[str],
    offers: Sequence[Offer],
    budget: float | None = None,
    *,
    allowed: ArrayLike | None = None,
    channel_budgets: Mapping[str, float] | None = None,
    most_contacts: float | None = None,
    most_by_channel: Mapping[str, float] | None = None,
    fatigue: ArrayLike | None = None,
    exploration: float = 0.0,
    level: float = 0.8,
) -> Plan:
    """
    Choose for every customer by what is believed of each playbook in the customer's tier and stage.

    Args:
        effects: From ``decisions.effects``. Of a cell without one, the playbook's effect for all cells is taken; an
            offer of whose playbook nothing is believed is not made.
        tiers: Of each customer; n of them.
        stages: The same.
        offers: k of them.
        budget: Money for everything.
        allowed: Where guards leave an offer. Shape (n, k).
        channel_budgets: Channel -> money.
        most_contacts: In all.
        most_by_channel: Channel -> contacts.
        fatigue: See ``choose``.
        exploration: See ``choose``.
        level: Of the intervals.

    Raises:
        ShapesDiffer: There is not one stage a tier, or ``allowed`` has another shape.
        InvalidLevel: The level is not between 0 and 1.
    """
    if len(stages) != len(tiers):
        raise ShapesDiffer(name="stages", shape=(len(stages),), expected=(len(tiers),))
    names = sorted(set(zip(tiers, stages, strict=True)))
    place = {name: number for number, name in enumerate(names)}
    cells = np.array([place[pair] for pair in zip(tiers, stages, strict=True)], dtype=np.intp)
    known = [[effect_in(effects, offer.playbook, *name) for offer in offers] for name in names]
    values = _by_cell(known, "mean", len(offers))[cells]
    if allowed is not None:
        mask = np.asarray(allowed, dtype=bool)
        if mask.shape != values.shape:
            raise ShapesDiffer(name="allowed", shape=mask.shape, expected=values.shape)
        values = np.where(mask, values, np.nan)
    costs = np.array([offer.cost for offer in offers])
    charged = costs + np.array([offer.coupon_cost for offer in offers])
    choice = choose(
        values,
        costs,
        budget,
        [offer.channel for offer in offers],
        channel_budgets,
        most_contacts=most_contacts,
        most_by_channel=most_by_channel,
        fatigue=fatigue,
        charged=charged,
        exploration=exploration,
    )
    chosen = choice.picked != NOTHING
    counts = np.zeros((len(names), len(offers)))
    np.add.at(counts, (cells[chosen], choice.picked[chosen]), 1.0)
    promises = [
        _promise(np.where(np.arange(len(offers)) == column, counts, 0.0), known, costs, charged, level)
        for column in range(len(offers))
    ]
    return Plan(
        choice=choice,
        offers=tuple(offers),
        total=_promise(counts, known, costs, charged, level),
        by_offer=tuple(promises),
        level=level,
        values=values,
        costs=costs,
        charged=charged,
        errors=np.nan_to_num(_by_cell(known, "sd", len(offers)))[cells],
        cells=cells,
        budget=budget,
    )


def _by_cell(known: list[list[Effect | None]], figure: str, offers: int) -> Floats:
    """One figure of each effect; NaN where there is none. Shape (cells, k)."""
    rows = [[np.nan if each is None else float(getattr(each, figure)) for each in row] for row in known]
    return np.array(rows, dtype=np.float64).reshape(len(known), offers)


def _promise(
    counts: Floats, known: list[list[Effect | None]], costs: Floats, charged: Floats, level: float
) -> Promise:
    """What so many picks a cell and offer bring; those that rest on one effect err together."""
    people: dict[Effect, float] = {}
    for row, column in np.argwhere(counts > 0.0):
        effect = known[row][column]
        if effect is not None:
            people[effect] = people.get(effect, 0.0) + float(counts[row, column])
    contacts = counts.sum(axis=0)
    profit = sum(count * effect.mean for effect, count in people.items()) - float((contacts * costs).sum())
    reach = quantile(level) * sqrt(sum((count * effect.sd) ** 2 for effect, count in people.items()))
    return Promise(
        contacts=int(contacts.sum()),
        spent=float((contacts * charged).sum()),
        profit=profit,
        low=profit - reach,
        high=profit + reach,
        assumed=int(sum(count for effect, count in people.items() if effect.is_assumed)),
    )
