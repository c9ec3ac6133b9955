"""Which playbook a customer belongs to, and who was once of high value."""

from __future__ import annotations

import calendar
from datetime import date
from typing import TYPE_CHECKING, Protocol

import numpy as np

from evergrove.segments.codes import Action, Criterion, Direction, Stage, Tier
from evergrove.segments.tiers.assign import USUAL, criteria_of, tiers_by

if TYPE_CHECKING:
    from evergrove.customers import MonthEndFigures
    from evergrove.segments.tiers.policy import TierPolicy
    from evergrove.segments.types import Bools, Codes, Numbers, TierBounds

MONTHS_BACK = 24
WINDOW_DAYS = 365
LONGEST_MONTHS = 31 * MONTHS_BACK
AMOUNTS = (Criterion.SPEND, Criterion.CLV_12M, Criterion.CLV_TOTAL)
"""Criteria that the net revenue of past months tells, or stands in for."""

# Rows: stage; columns: no tier, low, medium, potential, high. Where the tier would decide and there is none
# (data without amounts), the playbook of the stage itself stands in: L3 for growth, L4 for mature.
_BY_TIER = (Action.T4, Action.T3, Action.T2, Action.T1)
PLAYBOOKS: tuple[tuple[Action, ...], ...] = (
    (Action.L1,) * 5,
    (Action.L2,) * 5,
    (Action.L3, *_BY_TIER),
    (Action.L4, *_BY_TIER),
    (Action.L5,) * 5,
    (Action.L6,) * 5,
    (Action.L3, *_BY_TIER),
)


def playbook(stage: Stage, tier: Tier | None, *, was_high: bool = False) -> Action:
    """The playbook of one cell; ``was_high`` counts for churned customers only."""
    if stage == Stage.CHURNED and was_high:
        return Action.T4h
    return PLAYBOOKS[stage][0 if tier is None else tier + 1]


def assign_actions(stage: Codes, tier: Codes, was_high: Bools, direction: Codes | None = None) -> Codes:
    """
    The playbook of every customer as ``Action`` codes, shape (n,).

    Where the tier decides, T2 takes in a rising frequency below the potential tier too: potential is a customer who
    comes more often, low one who does not.

    Args:
        stage: ``Stage`` codes. Shape (n,).
        tier: ``Tier`` codes; NO_CODE without one. Shape (n,).
        was_high: Who was of high value and churned. Shape (n,).
        direction: ``Direction`` codes of the frequency; None: nobody's is known. Shape (n,).
    """
    action: Codes = np.array(PLAYBOOKS, dtype=np.int8).ravel()[
        stage * np.int8(len(Tier) + 1) + tier + np.int8(1)
    ]
    action[(stage == Stage.CHURNED) & was_high] = Action.T4h
    if direction is not None:
        action[(direction == Direction.RISING) & np.isin(action, (Action.T3, Action.T4))] = Action.T2
    return action


class MonthEnds(Protocol):
    """Gives figures of the past; ``evergrove.customers.month_end_figures`` bound to an engine is one."""

    def __call__(self, rows: Numbers, month_ends: tuple[date, ...], least_spend: float, /) -> MonthEndFigures:
        """
        The figures of some customers at some month ends.

        Args:
            rows: Rows of ``customer_summary``.
            month_ends: Days in the past.
            least_spend: Month ends at which the paid amounts of the 365 days, refunds not deducted, come to
                less need not be among the figures: the customer cannot have been of high tier then.
        """


def month_ends(as_of: date, months: int = MONTHS_BACK) -> tuple[date, ...]:
    """The last days of the latest ``months`` full months, none later than ``as_of``; latest first."""
    ends: list[date] = []
    year, month = as_of.year, as_of.month
    while len(ends) < months:
        end = date(year, month, calendar.monthrange(year, month)[1])
        if end <= as_of:
            ends.append(end)
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return tuple(ends)


def least_high_spend(bounds: TierBounds, rules: TierPolicy = USUAL) -> float:
    """
    The least net revenue over 12 months with which a customer can be high; 0 where a policy does not tell.

    As a rule high takes two of the three top bands. Either spend is one of them, or frequency and average order are,
    and then spend = orders x average order is at least the product of these two bounds. Where every criterion must
    reach its band, an amount among them is the least.
    """
    if rules.is_standard:
        return min(bounds.spend[-1], bounds.frequency[-1] * bounds.average_order[-1])
    if rules.combine not in {"all", "predicted"} or not rules.first_high:
        return 0.0
    amounts = [bounds[each][rules.first_high - 1] for each in AMOUNTS if each in rules.criteria]
    return max(amounts, default=0.0)


def may_have_been_high(
    stage: Codes, orders: Numbers, silence: Numbers, bounds: TierBounds, rules: TierPolicy
) -> Bools:
    """
    Churned customers who can have been high at a month end, as far as columns at hand tell.

    High needs an order within the 12 months before the earliest month end; and as a rule the potential band on
    frequency, so that many orders in life.
    """
    recently_enough: Bools = silence <= LONGEST_MONTHS + WINDOW_DAYS
    churned: Bools = stage == Stage.CHURNED
    if not rules.is_standard:
        return churned & recently_enough
    first = 1 if rules.frequency_basis == "repeat_orders" else 0
    often_enough: Bools = orders - first >= bounds.frequency[1]
    return churned & often_enough & recently_enough


def high_at_any(customers: int, figures: MonthEndFigures, bounds: TierBounds, rules: TierPolicy) -> Bools:
    """
    Who was of high tier at any of the month ends given, by today's bounds. Shape (customers,).

    What was predicted then nobody knows any more: the net revenue of the 12 months stands in for it.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        average = figures.spend_12m / figures.orders_12m
    spend = figures.spend_12m
    criteria = criteria_of(
        spend, figures.orders_12m, figures.repeat_orders_12m, average, rules, clv_12m=spend, clv_total=spend
    )
    was_high = np.zeros(customers, dtype=np.bool_)
    was_high[figures.row[tiers_by(criteria, bounds, rules).tier == Tier.HIGH]] = True
    return was_high
