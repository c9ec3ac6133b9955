"""What forecasts want of the data, line by line: a line that is not met makes figures less sure and stops nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.customers import CustomerBase

Unit = Literal["count", "days", "share"]
LOYAL_ORDERS = 3


@dataclass(frozen=True)
class Wanted:
    """
    One line of the checklist, whatever the data.

    Attributes:
        title: What is counted.
        unit: Of the figure and the threshold.
        threshold: From where on, or up to where, it is met.
        at_most: Whether the figure should not exceed the threshold; else it should reach it.
        degrades: What suffers where it is not met.
    """

    title: str
    unit: Unit
    threshold: float
    degrades: str
    at_most: bool = False


CHECKLIST: Mapping[str, Wanted] = {
    "buyers": Wanted(
        _("Customers who have bought"),
        "count",
        500,
        _("Few histories to learn from: intervals are wide, and tiers by quantile are coarse."),
    ),
    "history": Wanted(
        _("Days of history"),
        "days",
        180,
        _("Too short to see who has left: chances of being active and residual value rest on little."),
    ),
    "last_order": Wanted(
        _("Days since the newest order"),
        "days",
        30,
        _("Silence that is only a missing import passes for leaving: everybody seems less active."),
        at_most=True,
    ),
    "loyal": Wanted(
        _("Customers with 3 orders or more"),
        "count",
        10,
        _("No rhythm to measure: dates of next orders and single customers' rates lean on the average."),
    ),
    "contactable": Wanted(
        _("Customers with an address that may be written to"),
        "share",
        0.5,
        _(
            "Playbooks reach few: less of the value at stake can be acted upon, and effects take longer to show."
        ),
    ),
    "anonymous": Wanted(
        _("Revenue of orders without a customer"),
        "share",
        0.1,
        _("Repeat purchases are missed: rates, values and tiers come out too low."),
        at_most=True,
    ),
}
"""After Klaviyo's conditions for predictions (reference of connectors, 10), which degrade here and never block."""


@dataclass(frozen=True)
class Check:
    """
    One line of the checklist for some data.

    Attributes:
        name: Key of ``CHECKLIST``.
        figure: What was counted; None where it is not known here.
    """

    name: str
    figure: float | None

    @property
    def wanted(self) -> Wanted:
        """The line."""
        return CHECKLIST[self.name]

    @property
    def is_met(self) -> bool | None:
        """Whether it is; None where the figure is not known."""
        if self.figure is None:
            return None
        wanted = self.wanted
        return self.figure <= wanted.threshold if wanted.at_most else self.figure >= wanted.threshold

    def as_json(self) -> dict[str, object]:
        """For summary.json and ``--json``."""
        wanted = self.wanted
        return {
            "name": self.name,
            "figure": self.figure,
            "unit": wanted.unit,
            "threshold": wanted.threshold,
            "at_most": wanted.at_most,
            "met": self.is_met,
        }


def checklist(
    base: CustomerBase, *, contactable: float | None = None, anonymous: float | None = None
) -> tuple[Check, ...]:
    """
    Hold the data against what forecasts want of them.

    Args:
        base: The customers; one at least.
        contactable: Share of them with a usable address and the consent to be written to; None: not known here.
        anonymous: Share of the revenue whose orders name no customer, 0..1; None: there are no amounts.
    """
    end = np.datetime64(base.observation_end, "D")
    silence = (end - base.last_order_date.max()) / np.timedelta64(1, "D")
    figures: dict[str, float | None] = {
        "buyers": float(len(base)),
        "history": float(base.T.max() + 1),
        "last_order": float(silence),
        "loyal": float((base.orders >= LOYAL_ORDERS).sum()),
        "contactable": contactable,
        "anonymous": anonymous,
    }
    return tuple(Check(name, figures[name]) for name in CHECKLIST)
