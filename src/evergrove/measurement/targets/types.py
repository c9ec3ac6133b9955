"""Targets, what was read for them in a month, and the board that puts the two together."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal

from evergrove.segments.language.writing import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from evergrove.core import Sentence
    from evergrove.segments.language.types import Condition
    from evergrove.stats import Estimate

FORMAT = "evergrove.targets/1"
Measure = Literal[
    "early_churn",
    "quarterly_repurchase",
    "cross_sell_share",
    "mature_share",
    "mature_churn",
    "referral_conversion",
]
Side = Literal["at_most", "at_least"]
At = Literal["start", "end"]
"""Where everybody stood before the first day of the month, or after its last."""
Verdict = Literal["met", "missed", "open", "unknown"]
Basis = Literal["published", "looked_back"]


@dataclass(frozen=True)
class Asked:
    """
    A measure of the shop's own, by two conditions: the share of some customers who are some others, too.

    Attributes:
        of: Whom the share is of.
        of_at: When they are asked for.
        who: Who of them is counted.
        who_at: When they are asked for.
        said: Both conditions in words, by language: of whom, and who.
    """

    of: Condition
    of_at: At
    who: Condition
    who_at: At
    said: Mapping[str, tuple[str, str]]

    def as_json(self) -> dict[str, Any]:
        """As it stands in documents."""
        return {
            "denominator": text_of(self.of),
            "denominator_at": self.of_at,
            "numerator": text_of(self.who),
            "numerator_at": self.who_at,
            "words": {language: list(both) for language, both in self.said.items()},
        }


@dataclass(frozen=True)
class Target:
    """
    What a measure should come to.

    Attributes:
        key: Its own; of the six, that of the measure.
        measure: What is read: one of the six, or the target's own key where it asks conditions.
        side: Whether it should lie at most or at least at the bound.
        bound: A share of one; of ``referral_conversion`` how many times as often.
        names: By language, where somebody has named it; else the measure's name stands.
        asked: The conditions of one that is none of the six.
    """

    key: str
    measure: str
    side: Side
    bound: float
    names: Mapping[str, str] = field(default_factory=dict)
    asked: Asked | None = None


@dataclass(frozen=True)
class Reading:
    """
    One measure as of one day.

    Attributes:
        measure: Which.
        first: The first day that counts.
        last: The last day that counts.
        customers: Of how many it speaks.
        estimate: With its interval; None where it cannot be given.
        method: Of the interval: "wilson", "bootstrap" or "log_ratio".
        reason: Why there is no estimate.
        annual: Of ``mature_churn``: the share that would be gone after four such quarters.
    """

    measure: str
    first: date
    last: date
    customers: int
    estimate: Estimate | None = None
    method: str = ""
    reason: Sentence | None = None
    annual: float | None = None

    def as_json(self) -> dict[str, Any]:
        """As it stands in documents."""
        found, why = self.estimate, self.reason
        return {
            "value": None if found is None else known(found.value),
            "low": None if found is None else known(found.low),
            "high": None if found is None else known(found.high),
            "customers": self.customers,
            "method": self.method or None,
            "first_day": self.first.isoformat(),
            "last_day": self.last.isoformat(),
            "annual": self.annual,
            "reason": None if why is None else why.code,
        }


@dataclass(frozen=True)
class Month:
    """
    All measures of one month.

    Attributes:
        month: Its first day.
        as_of: The last day whose orders count: its last day, or that of the newest run in it.
        basis: From what a run published, or looked back upon from today.
        readings: By measure.
        policy: By which tiers and stages customers were judged: name, version, and a sum of all rules.
    """

    month: date
    as_of: date
    basis: Basis
    readings: Mapping[str, Reading]
    policy: Mapping[str, Any] = field(default_factory=dict)

    def head(self) -> dict[str, Any]:
        """What is to be known of it beside its readings."""
        return {
            "month": f"{self.month:%Y-%m}",
            "as_of": self.as_of.isoformat(),
            "basis": self.basis,
            "policy": dict(self.policy),
        }


@dataclass(frozen=True)
class Standing:
    """
    A target and how far it is reached.

    Attributes:
        target: Which.
        reading: Of the month.
        verdict: Whether the whole interval lies on the right side of the bound, or on the wrong one, or neither.
        gap: By how much the value lies on the wrong side of the bound; below 0: on the right side.
        change: Since three months before, with its interval; None where one of the two is not known.
        way: Whether that change is for the "better" or the "worse", or "open".
        past: Value of each earlier month, the oldest first; None where it was not known.
    """

    target: Target
    reading: Reading
    verdict: Verdict
    gap: float | None
    change: Estimate | None
    way: Literal["better", "worse", "open"]
    past: tuple[tuple[date, float | None], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As it stands in documents."""
        moved = self.change
        return {
            "key": self.target.key,
            "measure": self.target.measure,
            "names": dict(self.target.names),
            "asks": None if self.target.asked is None else self.target.asked.as_json(),
            "side": self.target.side,
            "bound": self.target.bound,
            **self.reading.as_json(),
            "verdict": self.verdict,
            "gap": self.gap,
            "change": None if moved is None else known(moved.value),
            "change_low": None if moved is None else known(moved.low),
            "change_high": None if moved is None else known(moved.high),
            "way": self.way,
            "past": [{"month": f"{month:%Y-%m}", "value": value} for month, value in self.past],
        }


@dataclass(frozen=True)
class Board:
    """
    Where the customer base stands in one month.

    Attributes:
        month: What was read for it.
        level: Probability between the bounds of all intervals.
        standings: The six, then the shop's own.
        earlier: The months before, the oldest first.
    """

    month: Month
    level: float
    standings: tuple[Standing, ...]
    earlier: tuple[Month, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The whole document."""
        return {
            "format": FORMAT,
            **self.month.head(),
            "earlier": [each.head() for each in self.earlier],
            "level": self.level,
            "targets": [each.as_json() for each in self.standings],
        }


def known(value: float) -> float | None:
    """JSON has no NaN and no infinity."""
    return value if isfinite(value) else None
