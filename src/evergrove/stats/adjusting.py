"""CUPED: what was known of customers before they were assigned is taken out of what they did afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING, Literal

from evergrove.core.arguments import day, one_of
from evergrove.stats.comparing import as_share, baseline, check_arms, interval_of, welch
from evergrove.stats.errors import LateCovariate
from evergrove.stats.types import Relative

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from evergrove.stats.paired import Paired, WithCovariate
    from evergrove.stats.strata import Stratum
    from evergrove.stats.types import Difference, Side

Pooling = Literal["within", "together"]
"""Theta from how units differ within their arms, or, as growthbook has it for means, from both arms as one sample."""


@dataclass(frozen=True)
class Adjusted:
    """
    A difference after the adjustment, beside the one before it.

    Attributes:
        difference: Adjusted: the one that decides, if that was fixed beforehand.
        plain: Unadjusted.
        theta: Slope of the outcome on the covariate; 0 where the covariate does not vary, and nothing was adjusted.
        variance_left: Variance of the adjusted difference over that of the plain one.
    """

    difference: Difference
    plain: Difference
    theta: float
    variance_left: float

    @property
    def is_applied(self) -> bool:
        """Whether there was anything to adjust by; what is shown says so."""
        return self.theta != 0.0


@dataclass(frozen=True)
class _Arm:
    """An adjusted arm as a comparison sees it."""

    n: int
    mean: float
    variance: float


def cuped(
    control: WithCovariate,
    treated: WithCovariate,
    *,
    covariate_ends: date | str,
    assigned: date | str,
    level: float = 0.95,
    side: Side = "two-sided",
    pooling: Pooling = "within",
) -> Adjusted:
    r"""
    The difference less what the arms differed by beforehand, times theta.

    .. math::

        d = \bar y_t - \bar y_c - \theta (\bar x_t - \bar x_c), \quad
        \theta = \frac{\sum_a (n_a - 1) \, s_{xy,a}}{\sum_a (n_a - 1) \, s_{xx,a}}

    Welch's interval of y - theta x. Spend of the year before is the usual x: the better it foretells spend, the
    narrower the interval; it costs nothing where it foretells nothing.

    Args:
        control: Untreated, as assigned: ``Paired`` for means, ``PairedRatio`` for ratios of sums.
        treated: Treated, as assigned.
        covariate_ends: The last day whose figures are in the covariate.
        assigned: The day on which the arms were drawn; the covariate must end before it.
        level: Probability between the bounds, in (0, 1).
        side: Both bounds, or one only.
        pooling: Where theta comes from. "together" lets the effect itself into theta where the arms differ.

    Raises:
        LateCovariate: The covariate holds days that the campaign may have moved.
        TooFewUnits: An arm has fewer than two units.
        NoVariance: All units of an arm are alike, before or after the adjustment.
        InvalidLevel: The level is not a probability.

    Source:
        Deng, Xu, Kohavi and Walker (2013), Improving the sensitivity of online controlled experiments by utilizing
        pre-experiment data, WSDM, 123-132; of ratios: section 5.
    """
    check_covariate(covariate_ends, assigned)
    check_arms(control.outcome, treated.outcome)
    slope = theta([(control, treated)], pooling)
    plain = welch(control.outcome, treated.outcome, level, side)
    found = welch(_less(control, slope), _less(treated, slope), level, side)
    return Adjusted(found, plain, slope, (found.se / plain.se) ** 2)


def cuped_relative(
    control: WithCovariate,
    treated: WithCovariate,
    *,
    covariate_ends: date | str,
    assigned: date | str,
    level: float = 0.95,
    side: Side = "two-sided",
) -> Relative:
    r"""
    The adjusted effect as a share of the control's *unadjusted* mean, with an interval on the log scale.

    .. math:: \log(\bar y_c + d) - \log \bar y_c

    by the delta method over outcome and covariate of both arms. Where one of the two is not positive,
    ``cuped_relative_by_delta`` stands in.

    Args:
        control: Untreated.
        treated: Treated.
        covariate_ends: As for ``cuped``.
        assigned: As for ``cuped``.
        level: Probability between the bounds.
        side: Both bounds, or one only.

    Raises:
        ZeroBaseline: The control's mean is 0.
        NoComparison: As ``cuped`` does.
    """
    found = cuped(control, treated, covariate_ends=covariate_ends, assigned=assigned, level=level, side=side)
    base, slope = control.outcome.mean, found.theta
    reached = base + found.difference.effect
    if min(base, reached) <= 0.0:
        plain = cuped_relative_by_delta(
            control, treated, covariate_ends=covariate_ends, assigned=assigned, level=level, side=side
        )
        return Relative(plain.effect, plain.low, plain.high, level)
    variance = _combined(control, -1.0 / base, slope / reached) + _combined(
        treated, 1.0 / reached, -slope / reached
    )
    return as_share(interval_of(log(reached / base), variance, found.difference.df, level, side))


def cuped_relative_by_delta(
    control: WithCovariate,
    treated: WithCovariate,
    *,
    covariate_ends: date | str,
    assigned: date | str,
    level: float = 0.95,
    side: Side = "two-sided",
    pooling: Pooling = "within",
) -> Difference:
    """
    The same by the delta method on the ratio itself; its p can contradict that of ``cuped``.

    With the pooling "together" it is growthbook's arithmetic for means, which takes the plain treated mean for the
    adjusted one where it weighs the control's variance.

    Args:
        control: Untreated.
        treated: Treated.
        covariate_ends: As for ``cuped``.
        assigned: As for ``cuped``.
        level: Probability between the bounds.
        side: Both bounds, or one only.
        pooling: Where theta comes from.

    Raises:
        ZeroBaseline: The control's mean is 0.
        NoComparison: As ``cuped`` does.
    """
    base = baseline(control.outcome)
    found = cuped(
        control,
        treated,
        covariate_ends=covariate_ends,
        assigned=assigned,
        level=level,
        side=side,
        pooling=pooling,
    )
    effect, mean, slope = found.difference.effect, control.outcome.mean, found.theta
    reached = mean + effect if pooling == "within" else treated.outcome.mean
    variance = _combined(control, -reached / mean / base, slope / base) + _combined(
        treated, 1.0 / base, -slope / base
    )
    return interval_of(effect / base, variance, found.difference.df, level, side)


def cuped_strata(
    strata: Sequence[tuple[Paired, Paired]],
    *,
    covariate_ends: date | str,
    assigned: date | str,
    pooling: Pooling = "within",
) -> list[Stratum]:
    """
    Strata whose figures are adjusted, for ``poststratified``: strata and covariate each take out their part.

    Theta is one for all strata, from how units differ within the arms of each.

    Args:
        strata: (control, treated) of each stratum.
        covariate_ends: As for ``cuped``.
        assigned: As for ``cuped``.
        pooling: Where theta comes from.

    Returns:
        As many strata, of sums of y - theta (x - the mean of all x).

    Raises:
        LateCovariate: The covariate holds days that the campaign may have moved.
    """
    check_covariate(covariate_ends, assigned)
    slope = theta(strata, pooling)
    before = [arm.before for stratum in strata for arm in stratum]
    people = sum(arm.n for arm in before)
    centre = sum(arm.total for arm in before) / people if people else 0.0
    return [(control.less(slope, centre), treated.less(slope, centre)) for control, treated in strata]


def theta(strata: Sequence[tuple[WithCovariate, ...]], pooling: Pooling = "within") -> float:
    """
    The slope of outcome on covariate; 0 where the covariate does not vary.

    Args:
        strata: (control, treated) of each stratum, or of the only one; within the arms there may be more of them.
        pooling: Within the arms, or within strata over both arms as one sample.
    """
    one_of("pooling", pooling, ("within", "together"))
    products = squares = 0.0
    for stratum in strata:
        known = [arm for arm in stratum if arm.n > 1]
        products += sum((arm.n - 1) * arm.covariance for arm in known)
        squares += sum((arm.n - 1) * arm.before.variance for arm in known)
        if pooling == "together" and len(known) == 2:
            one, other = known
            weight = one.n * other.n / (one.n + other.n)
            apart = one.before.mean - other.before.mean
            products += weight * apart * (one.outcome.mean - other.outcome.mean)
            squares += weight * apart * apart
    return products / squares if squares > 0.0 else 0.0


def check_covariate(covariate_ends: date | str, assigned: date | str) -> None:
    """
    Refuse a covariate that the campaign itself may have moved.

    Args:
        covariate_ends: The last day whose figures are in the covariate.
        assigned: The day on which the arms were drawn.

    Raises:
        LateCovariate: The former is not before the latter.
        InvalidArgument: One of them is no day.
    """
    ends, drawn = day("covariate_ends", covariate_ends), day("assigned", assigned)
    if ends >= drawn:
        raise LateCovariate(ends=ends, assigned=drawn)


def _less(arm: WithCovariate, slope: float) -> _Arm:
    mean = arm.outcome.mean - (slope * arm.before.mean if slope else 0.0)
    return _Arm(arm.n, mean, _combined(arm, 1.0, -slope) * arm.n)


def _combined(arm: WithCovariate, of_outcome: float, of_before: float) -> float:
    """Variance of a weighted sum of an arm's two means."""
    # Of a ratio over nothing before, the covariate's figures are not known, and theta is 0.
    if not of_before:
        return of_outcome**2 * arm.outcome.variance / arm.n
    mixed = 2.0 * of_outcome * of_before * arm.covariance
    return max(of_outcome**2 * arm.outcome.variance + mixed + of_before**2 * arm.before.variance, 0.0) / arm.n
