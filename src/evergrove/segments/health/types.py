"""What health is made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.models import Floats
    from evergrove.segments.measures.ratios import RateChange
    from evergrove.segments.types import Codes


class Part(IntEnum):
    """A component of health, in the order in which points stand."""

    PURCHASE_GAP = 0
    LOGIN = 1
    INTERACTION = 2
    COMPLAINTS = 3
    NPS = 4
    REFUNDS = 5


PARTS = tuple(part.name.lower() for part in Part)
"""Published names, by code."""


@dataclass(frozen=True, eq=False)
class Signs:
    """
    What customers did and said beside buying, aligned with ``customer_summary``; NaN where nothing is told.

    Attributes:
        login_silence: Days since the latest visit, login or use of the app. Shape (n,), as all others.
        interactions: Other events of the last window.
        interactions_before: The same in the window before.
        complaints: Tickets opened in the last window.
        open_complaints: Tickets that are open.
        nps: Latest answer, 0 to 10.
        refunds_12m: Refunds of the last 365 days.
        beyond_orders: Whether events, tickets or surveys are told at all; refunds are part of orders.
    """

    login_silence: Floats
    interactions: Floats
    interactions_before: Floats
    complaints: Floats
    open_complaints: Floats
    nps: Floats
    refunds_12m: Floats
    beyond_orders: bool

    def __len__(self) -> int:
        return len(self.login_silence)


@dataclass(frozen=True, eq=False)
class Health:
    """
    Health of every customer of ``customer_summary``.

    Attributes:
        score: 0 (gone) to 100 (all well). Shape (n,).
        reason: ``Part`` codes: what takes most away from 100; NO_CODE where nothing does. Shape (n,).
        points: Of each component, 0 to 100; NaN where it is not known. Shape (len(Part), n).
        chance: Calibrated chance of an order within the horizon; NaN where weights are by rule. Shape (n,).
        is_fitted: Whether weights were learned from this shop; else they are by rule.
    """

    score: Floats
    reason: Codes
    points: Floats
    chance: Floats
    is_fitted: bool


@dataclass(frozen=True, eq=False)
class Vitals:
    """
    How things stand with every customer of ``customer_summary``, and where they are heading.

    Attributes:
        health: Score, reason and components.
        orders: Change of the rate of repeat orders.
        spend: Change of the spend on them; unknown throughout without amounts.
        leaving: Chances of leaving the tier or the stage, by ``tier_30``, ``tier_90``, ``stage_30`` and ``stage_90``.
    """

    health: Health
    orders: RateChange
    spend: RateChange
    leaving: Mapping[str, Floats]
