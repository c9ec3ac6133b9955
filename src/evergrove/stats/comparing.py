"""Treated against control from sums: Welch's interval, absolute or as a share of the control."""

from __future__ import annotations

from math import expm1, inf, isfinite, log, sqrt
from typing import TYPE_CHECKING

from scipy.special import stdtr, stdtrit

from evergrove.stats.errors import (
    InvalidLevel,
    NoLogarithm,
    NoVariance,
    TooFewUnits,
    UnknownMean,
    ZeroBaseline,
)
from evergrove.stats.types import Difference, Relative

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.stats.sequential import AlwaysValid
    from evergrove.stats.types import Sample, Side


def welch(control: Sample, treated: Sample, level: float = 0.95, side: Side = "two-sided") -> Difference:
    r"""
    The difference of two means without the assumption of equal variances.

    .. math::

        d = \bar y_t - \bar y_c, \quad se^2 = s_t^2 / n_t + s_c^2 / n_c

    with t quantiles at Welch and Satterthwaite's degrees of freedom. This absolute scale is the one on which
    decisions are taken.

    Args:
        control: Untreated, as assigned.
        treated: Treated, as assigned, whether or not anything reached them.
        level: Probability between the bounds, in (0, 1).
        side: Both bounds, or one only.

    Raises:
        TooFewUnits: An arm has fewer than two units.
        NoVariance: All units of an arm are alike.
        InvalidLevel: The level is not a probability.

    Source:
        Welch (1947), The generalization of "Student's" problem, Biometrika 34, 28-35.
    """
    check_arms(control, treated)
    variance = treated.variance / treated.n + control.variance / control.n
    return interval_of(treated.mean - control.mean, variance, freedom(control, treated), level, side)


def relative_by_delta(
    control: Sample, treated: Sample, level: float = 0.95, side: Side = "two-sided"
) -> Difference:
    r"""
    The difference as a share of the control's mean, by the delta method.

    .. math::

        d = (\bar y_t - \bar y_c) / |\bar y_c|, \quad
        se^2 = \frac{s_t^2}{n_t \bar y_c^2} + \frac{s_c^2 \bar y_t^2}{n_c \bar y_c^4}

    Its p can contradict that of ``welch``; ``relative`` has none and its interval is closer. The divisor is the
    absolute value, so that a change from -10 to -5 is +0.5.

    Args:
        control: Untreated.
        treated: Treated.
        level: Probability between the bounds.
        side: Both bounds, or one only.

    Raises:
        ZeroBaseline: The control's mean is 0.
        NoComparison: As ``welch`` does.

    Source:
        Deng, Knoblich and Lu (2018), Applying the delta method in metric analytics, KDD, section 2.2.
    """
    check_arms(control, treated)
    base = baseline(control)
    variance = treated.variance / (treated.n * base**2) + control.variance * treated.mean**2 / (
        control.n * base**4
    )
    effect = (treated.mean - control.mean) / base
    return interval_of(effect, variance, freedom(control, treated), level, side)


def relative(control: Sample, treated: Sample, level: float = 0.95, side: Side = "two-sided") -> Relative:
    r"""
    The effect as a share of the control's mean, with an interval on the log scale.

    .. math::

        \log \frac{\bar y_t}{\bar y_c} \pm t \sqrt{\frac{s_t^2}{n_t \bar y_t^2} + \frac{s_c^2}{n_c \bar y_c^2}}

    Where a mean is not positive there is no logarithm, and ``relative_by_delta`` stands in.

    Args:
        control: Untreated.
        treated: Treated.
        level: Probability between the bounds.
        side: Both bounds, or one only.

    Raises:
        ZeroBaseline: The control's mean is 0.
        NoComparison: As ``welch`` does.

    Source:
        As tea-tasting has it; by the delta method on logarithms.
    """
    check_arms(control, treated)
    if min(control.mean, treated.mean) <= 0:
        plain = relative_by_delta(control, treated, level, side)
        return Relative(plain.effect, plain.low, plain.high, level)
    return as_share(log_ratio(control, treated, level, side))


def log_ratio(control: Sample, treated: Sample, level: float = 0.95, side: Side = "two-sided") -> Difference:
    """
    The logarithm of treated over control: what ``relative`` says before it is turned into a share.

    For whoever goes on with it, such as to an interval that may be watched (``always_valid``).

    Args:
        control: Untreated, with a mean above 0.
        treated: Treated, likewise.
        level: Probability between the bounds.
        side: Both bounds, or one only.

    Raises:
        NoLogarithm: A mean is not above 0.
        NoComparison: As ``welch`` does.
    """
    check_arms(control, treated)
    for name, arm in (("control", control), ("treated", treated)):
        if arm.mean <= 0.0:
            raise NoLogarithm(arm=name, mean=arm.mean)
    variance = sum(arm.variance / (arm.n * arm.mean**2) for arm in (treated, control))
    effect = log(treated.mean / control.mean)
    return interval_of(effect, variance, freedom(control, treated), level, side)


def as_share(logarithm: Difference | AlwaysValid) -> Relative:
    """The effect as a share of the control's mean, from the logarithm of treated over control."""
    effect, low, high = (expm1(bound) for bound in (logarithm.effect, logarithm.low, logarithm.high))
    return Relative(effect, low, high, logarithm.level)


def interval_of(
    effect: float, variance: float, df: float, level: float, side: Side = "two-sided"
) -> Difference:
    """
    An estimate with the interval that its variance gives it.

    Args:
        effect: The estimate.
        variance: Of the estimate, > 0.
        df: Degrees of freedom of the t distribution.
        level: Probability between the bounds, in (0, 1).
        side: Both bounds, or one only.

    Raises:
        InvalidLevel: The level is not a probability.
    """
    if not 0.0 < level < 1.0:
        raise InvalidLevel(level=level)
    se = sqrt(variance)
    if side == "greater":
        low, high, p = effect - float(stdtrit(df, level)) * se, inf, float(stdtr(df, -effect / se))
    elif side == "less":
        low, high, p = -inf, effect + float(stdtrit(df, level)) * se, float(stdtr(df, effect / se))
    else:
        reach = float(stdtrit(df, (1.0 + level) / 2.0)) * se
        low, high, p = effect - reach, effect + reach, 2.0 * float(stdtr(df, -abs(effect) / se))
    return Difference(effect, low, high, se, p, df, level)


def satterthwaite(parts: Sequence[tuple[float, int]]) -> float:
    """
    Degrees of freedom of a variance that is a sum of independent parts.

    Args:
        parts: Each part and its own degrees of freedom; their sum is > 0.

    Source:
        Satterthwaite (1946), An approximate distribution of estimates of variance components, Biometrics 2, 110-114.
    """
    whole = sum(part for part, _df in parts)
    # Shares of the whole first: squares of very small variances would underflow to 0 / 0.
    return 1.0 / sum((part / whole) ** 2 / df for part, df in parts if part)


def check_arms(control: Sample, treated: Sample) -> None:
    """
    Refuse arms whose uncertainty cannot be told.

    Raises:
        TooFewUnits: An arm has fewer than two units.
        UnknownMean: An arm's mean is not a finite number.
        NoVariance: All units of an arm are alike.
    """
    if min(control.n, treated.n) < 2:
        raise TooFewUnits(treated=treated.n, control=control.n)
    for name, arm in (("control", control), ("treated", treated)):
        if not isfinite(arm.mean):
            raise UnknownMean(arm=name)
        if not arm.variance > 0.0:
            raise NoVariance(arm=name, n=arm.n)


def freedom(control: Sample, treated: Sample) -> float:
    """Degrees of the difference itself, whatever the scale it is shown on, as growthbook counts them."""
    return satterthwaite([(arm.variance / arm.n, arm.n - 1) for arm in (treated, control)])


def baseline(control: Sample) -> float:
    """
    What an effect is a share of: the absolute value of the control's mean.

    Raises:
        ZeroBaseline: It is 0.
    """
    if not control.mean:
        raise ZeroBaseline
    return abs(control.mean)
