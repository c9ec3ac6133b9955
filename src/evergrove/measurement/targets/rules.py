"""From counts to readings, and from readings to a verdict: no table, no clock."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from evergrove.core import Sentence, _
from evergrove.measurement.targets.types import Reading, Standing, Target
from evergrove.stats import Proportion, bootstrap_ratio, change, risk_ratio, wilson

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from typing import Literal

    from numpy.typing import NDArray

    from evergrove.measurement.targets.types import Month, Verdict
    from evergrove.stats import Estimate

SIX: tuple[Target, ...] = (
    Target("early_churn", "early_churn", "at_most", 0.20),
    Target("quarterly_repurchase", "quarterly_repurchase", "at_least", 0.50),
    Target("cross_sell_share", "cross_sell_share", "at_least", 0.30),
    Target("mature_share", "mature_share", "at_least", 0.60),
    Target("mature_churn", "mature_churn", "at_most", 0.05),
    Target("referral_conversion", "referral_conversion", "at_least", 2.0),
)
"""The targets of the definitions, section 5."""
BACK = 3
"""Months between a value and the one that its change is counted from: quarters that do not overlap."""
QUARTERS = 4

NOBODY = Sentence(
    "measurement.nobody_counted", _("No customer was in that position, so there is nothing to count.")
)
NO_LINES = Sentence(
    "measurement.no_lines",
    _("It needs order lines with categories or prices: evergrove ingest FILE --as order_lines."),
)
NO_AMOUNTS = Sentence(
    "measurement.no_amounts", _("The orders have no amounts, so there is no revenue to share.")
)
NO_REGISTRATIONS = Sentence(
    "measurement.no_registrations",
    _(
        "It needs registrations with their source: events of kind register (evergrove ingest FILE --as events)."
    ),
)
NO_REFERRALS = Sentence(
    "measurement.no_referrals",
    _(
        "Of those who registered, nobody was sent by a customer, or everybody was: there is nothing to compare."
    ),
)
NOT_COUNTED_THEN = Sentence(
    "measurement.not_counted_then",
    _("It was set, or set otherwise, after the month was counted last: the next run counts it."),
)
NO_CONSENT_THEN = Sentence(
    "measurement.no_consent_then", _("No run was made then, and consent is not looked back upon.")
)
NOT_PUBLISHED_THEN = Sentence(
    "measurement.not_published_then", _("The run of that time did not publish what the target asks for.")
)
TOO_SLOW = Sentence("measurement.target_too_slow", _("Counting was stopped: it took too long."))
SAID: Mapping[str, Sentence] = {
    sentence.code: sentence
    for sentence in (
        NOBODY,
        NO_LINES,
        NO_AMOUNTS,
        NO_REGISTRATIONS,
        NO_REFERRALS,
        NO_CONSENT_THEN,
        NOT_PUBLISHED_THEN,
        TOO_SLOW,
    )
}
"""Why there is no estimate, by code."""


def share(measure: str, days: tuple[date, date], counted: Proportion, level: float) -> Reading:
    """A share of customers; of ``mature_churn`` with what it comes to in a year."""
    if not counted.n:
        return Reading(measure, *days, 0, reason=NOBODY)
    annual = 1.0 - (1.0 - counted.mean) ** QUARTERS if measure == "mature_churn" else None
    return Reading(measure, *days, counted.n, wilson(counted, level), "wilson", annual=annual)


def part(
    measure: str,
    days: tuple[date, date],
    above: NDArray[Any],
    below: NDArray[Any],
    level: float,
) -> Reading:
    """A share of revenue; above and below are each customer's part. Shape (n,)."""
    if not len(below) or below.sum() <= 0.0:
        return Reading(measure, *days, len(below), reason=NOBODY)
    return Reading(measure, *days, len(below), bootstrap_ratio(above, below, level), "bootstrap")


def times(days: tuple[date, date], referred: Proportion, others: Proportion, level: float) -> Reading:
    """How many times as often the referred place a first order."""
    counted = referred.n + others.n
    if not referred.n or not others.n or not referred.successes + others.successes:
        reason = NO_REGISTRATIONS if not counted else NO_REFERRALS
        return Reading("referral_conversion", *days, counted, reason=reason)
    ratio = risk_ratio(referred, others, level)
    return Reading("referral_conversion", *days, counted, ratio, "log_ratio")


def standing(target: Target, month: Month, earlier: Sequence[Month]) -> Standing:
    """
    How far a target is reached.

    Args:
        target: Which.
        month: The one that is asked for.
        earlier: Months before it, the oldest first; one of them may lie ``BACK`` months before.
    """
    reading = month.readings[target.measure]
    before = next((each for each in earlier if months_between(each.month, month.month) == BACK), None)
    then = before.readings[target.measure].estimate if before else None
    moved = change(reading.estimate, then) if reading.estimate and then else None
    moved = moved if moved is not None and isfinite(moved.value) else None
    return Standing(
        target,
        reading,
        _verdict(target, reading.estimate),
        _gap(target, reading.estimate),
        moved,
        _way(target, moved),
        tuple((each.month, _value(each.readings[target.measure].estimate)) for each in earlier),
    )


def months_between(earlier: date, later: date) -> int:
    """Whole months between the first days of two months."""
    return 12 * (later.year - earlier.year) + later.month - earlier.month


def _verdict(target: Target, found: Estimate | None) -> Verdict:
    if found is None:
        return "unknown"
    at_most = target.side == "at_most"
    worst, best = (found.high, found.low) if at_most else (found.low, found.high)
    if not _holds(target, best):  # a bound that is NaN holds nowhere
        return "missed" if isfinite(best) else "open"
    return "met" if _holds(target, worst) else "open"


def _holds(target: Target, value: float) -> bool:
    return value <= target.bound if target.side == "at_most" else value >= target.bound


def _gap(target: Target, found: Estimate | None) -> float | None:
    if found is None or not isfinite(found.value):
        return None
    beyond = found.value - target.bound
    return beyond if target.side == "at_most" else -beyond


def _way(target: Target, moved: Estimate | None) -> Literal["better", "worse", "open"]:
    if moved is None or not (moved.low > 0.0 or moved.high < 0.0):
        return "open"
    return "better" if (moved.low > 0.0) == (target.side == "at_least") else "worse"


def _value(found: Estimate | None) -> float | None:
    return None if found is None or not isfinite(found.value) else found.value
