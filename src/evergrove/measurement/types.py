"""What is measured of a playbook: who was assigned, what they brought since, and what that says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from evergrove.stats.mismatch import ALARM
from evergrove.stats.paired import Paired
from evergrove.stats.types import Difference, Sums

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from decimal import Decimal

PACKAGE = "evergrove.measurement"
"""Where the statements lie."""
PROGRAMME = "global"
"""The key under which all playbooks together stand: the layer of those who receive none of them."""

Basis = Literal["revenue", "margin"]
By = Literal["tier", "stage", "month", "period", "coupon"]
"""In what parts of the value ledger differ."""
DIMENSIONS: tuple[By, ...] = get_args(By)
NOBODY = Sums(0, 0.0, 0.0)
NOBODY_KNOWN = Paired(NOBODY, NOBODY, 0.0)


@dataclass(frozen=True)
class Cell:
    """
    One arm of one stratum of one layer, as the query sums it.

    Attributes:
        layer_key: The playbook; ``PROGRAMME`` for all.
        period: Of the global control, which is drawn anew now and then; empty for a playbook.
        probability: Of being treated, as stored at the assignment.
        tier: At the assignment.
        stage: At the assignment.
        arm: As assigned, "treated" or "control".
        month: Of the assignment: its first day.
        margin: Realised margin since the assignment.
        orders: Orders since the assignment.
        days: Days since the assignment, summed over the people.
        first_as_of: The earliest assignment.
        last_as_of: The latest one.
        complete: People whose window has passed.
        surrogate: Change of residual CLV since the assignment, of those of whom models say something.
        fitted_on: The last day that these models had seen; None where there are none.
        before: What was brought in the days before the assignment, where these were counted.
        products: Of it and the margin, summed over the people.
    """

    layer_key: str
    period: str
    probability: float
    tier: str
    stage: str
    arm: str
    month: date
    margin: Sums
    orders: Sums
    days: int
    first_as_of: date
    last_as_of: date
    complete: int
    surrogate: Sums = NOBODY
    fitted_on: date | None = None
    before: Sums = NOBODY
    products: float = 0.0

    @property
    def paired(self) -> Paired:
        """Margin beside what was brought before."""
        return Paired(self.margin, self.before, self.products)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """
    What one playbook, or the whole programme, has brought so far: treated less control, as assigned.

    Attributes:
        playbook: Its key; ``PROGRAMME`` for all playbooks together.
        as_of: The last day whose orders and refunds count.
        first_assigned: ``as_of`` of the first assignment.
        people_treated: Assigned to be treated, whether or not a message reached them.
        people_control: Assigned to be left alone.
        mean_treated: Realised margin of a treated customer; NaN without one.
        mean_control: The same of control.
        orders_treated: Orders of a treated customer.
        orders_control: The same of control.
        margin: The difference in realised margin per customer; None where nothing can be said.
        orders: The difference in orders per customer; None where nothing can be said.
        reason: Code of why ``margin`` is None.
        level: Probability between the bounds.
        strata: How many strata were compared.
        estimator: How ``margin`` was taken: "events", "welch" or "poststratified" (``stats.sparse_difference``), "cuped"
            where what each had brought before is taken out besides; "none" where nothing can be said.
        variance_left: Share of the variance of ``margin`` that is left by that; 1.0: nothing was taken out.
        planned_control: Share of control that the assignments aimed at.
        srm_p: P of numbers at least as far from that share.
        window_days: Days since the assignment, on average.
        window_needed: Days until the effect has shown: two p90 gaps between purchases; None while unknown.
        people_complete: For how many of both arms these days have passed.
        messages: Messages that left, or may have left.
        cost: What they cost; not taken off ``margin``.
        basis: What ``margin`` counts: net revenue, or the margin on it.
        surrogate: The difference in the change of residual CLV per customer since the assignment: told by models,
            raised by what was merely pulled forward, and read by nothing that decides; None where they say nothing.
        surrogate_people: Of both arms, of whom they say something: those who had bought before.
        surrogate_fitted_on: The last day that these models had seen, before these people were assigned.
        stopped_early: The day on which the playbook stopped itself because of such figures, which are biased since
            then: they were looked at until they were low; None: it did not.
    """

    playbook: str
    as_of: date
    first_assigned: date
    people_treated: int
    people_control: int
    mean_treated: float
    mean_control: float
    orders_treated: float
    orders_control: float
    margin: Difference | None
    orders: Difference | None
    reason: str | None
    level: float
    strata: int
    estimator: str
    variance_left: float
    planned_control: float
    srm_p: float
    window_days: float
    window_needed: int | None
    people_complete: int
    messages: int
    cost: Decimal
    basis: Basis
    surrogate: Difference | None = None
    surrogate_people: int = 0
    surrogate_fitted_on: date | None = None
    stopped_early: date | None = None

    @property
    def is_complete(self) -> bool:
        """Whether the window of everybody has passed."""
        return self.people_complete == self.people_treated + self.people_control

    @property
    def is_trustworthy(self) -> bool:
        """Whether the arms have the sizes that the assignment should have given them."""
        return self.srm_p >= ALARM

    def as_json(self) -> dict[str, Any]:
        """The same as texts and finite numbers, for figures and machines."""
        return {
            "playbook": self.playbook,
            "as_of": self.as_of.isoformat(),
            "first_assigned": self.first_assigned.isoformat(),
            "people_treated": self.people_treated,
            "people_control": self.people_control,
            "mean_treated": _finite(self.mean_treated),
            "mean_control": _finite(self.mean_control),
            "orders_treated": _finite(self.orders_treated),
            "orders_control": _finite(self.orders_control),
            "margin": _difference(self.margin),
            "total": total_of(_difference(self.margin), self.people_treated),
            "orders": _difference(self.orders),
            "reason": self.reason,
            "level": self.level,
            "estimator": self.estimator,
            "variance_left": round(self.variance_left, 6),
            "planned_control": round(self.planned_control, 6),
            "srm_p": self.srm_p,
            "trustworthy": self.is_trustworthy,
            "window_days": round(self.window_days, 2),
            "window_needed": self.window_needed,
            "people_complete": self.people_complete,
            "complete": self.is_complete,
            "messages": self.messages,
            "cost": str(self.cost),
            "basis": self.basis,
            "surrogate": _difference(self.surrogate),
            "surrogate_people": self.surrogate_people,
            "surrogate_fitted_on": _day(self.surrogate_fitted_on),
            "stopped_early": _day(self.stopped_early),
        }


def total_of(margin: Mapping[str, float] | None, people_treated: int) -> Mapping[str, float] | None:
    """What all who were treated brought more than they would have, with its bounds; None where nothing can be said."""
    if margin is None:
        return None
    return {name: margin[name] * people_treated for name in ("effect", "low", "high")}


def _difference(found: Difference | None) -> Mapping[str, float] | None:
    if found is None:
        return None
    return {name: getattr(found, name) for name in ("effect", "low", "high", "se", "p")}


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _finite(value: float) -> float | None:
    return value if value == value else None  # noqa: PLR0124 - NaN is what differs from itself
