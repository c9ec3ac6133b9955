"""Whether a playbook loses money for sure, looked at every night: what stops it by itself. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from evergrove.measurement.adjusting import adjustment, compared
from evergrove.measurement.rules import comparable, sizes_of, strata_of
from evergrove.measurement.types import NOBODY_KNOWN
from evergrove.stats import NoComparison, always_valid, srm_within, whole
from evergrove.stats.mismatch import ALARM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.measurement.types import Cell

LOSES_MONEY = "measurement.loses_money"
LEVEL = 0.95
LEAST_PEOPLE = 50
"""
In each arm, before anything is stopped: with fewer people the sequence's normal approximation is not to be trusted.
"""


@dataclass(frozen=True)
class Loss:
    """
    A playbook that loses money, at whatever look.

    Attributes:
        profit: A treated person, margin less contact cost; currency.
        high: Upper bound of the one-sided confidence sequence, below 0.
        cost: Contact cost of a treated person, which is in ``profit``.
        people_treated: Whose window is over.
        people_control: The same.
        level: Of the sequence.
    """

    profit: float
    high: float
    cost: float
    people_treated: int
    people_control: int
    level: float = LEVEL

    def params(self) -> dict[str, Any]:
        """Fields of the reason's sentence."""
        return {
            "profit": self.profit,
            "high": self.high,
            "cost": self.cost,
            "treated": self.people_treated,
            "control": self.people_control,
            "level": self.level,
        }


def losing(cells: Sequence[Cell], cost: float, level: float = LEVEL) -> Loss | None:
    """
    The loss of a playbook, where the whole one-sided confidence sequence of its profit lies below 0.

    Args:
        cells: Of one playbook: capped figures of whole windows.
        cost: Contact cost of a treated person.
        level: Of the sequence.

    Returns:
        None: it may well earn something, too little is known, or the arms have not the sizes they should have.
    """
    paired = comparable(strata_of(cells, attrgetter("paired"), NOBODY_KNOWN))
    if not paired or srm_within(sizes_of(cells)) < ALARM:
        return None
    taken = adjustment(paired)
    strata = [(taken.of(control), taken.of(treated)) for control, treated in paired]
    control, treated = whole(strata)
    if min(control.n, treated.n) < LEAST_PEOPLE:
        return None
    try:
        found, _estimator = compared(strata, level, is_adjusted=taken.theta != 0.0)
    except NoComparison:
        return None
    profit = replace(found, effect=found.effect - cost)
    watched = always_valid(profit, control.n + treated.n, side="less")
    if watched.high >= 0.0:
        return None
    return Loss(watched.effect, watched.high, cost, treated.n, control.n, level)
