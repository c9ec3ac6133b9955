"""Shares, ratios of shares and differences of estimates, each with an interval."""

from __future__ import annotations

from math import exp, inf, isnan, log, nan, sqrt

from evergrove.stats.normal import quantile, two_sided_p
from evergrove.stats.types import Estimate, Proportion


def wilson(share: Proportion, level: float = 0.8) -> Estimate:
    """
    A share with Wilson's score interval: never outside 0 and 1, and of use with few units.

    Args:
        share: Successes among units.
        level: Probability between the bounds.

    Returns:
        NaN everywhere without a unit.

    Source:
        Wilson (1927), JASA 22, 209-212; formula (1) of Newcombe (1998), Statistics in Medicine 17, 857-872.
    """
    n = share.n
    if not n:
        return Estimate(nan, nan, nan, level)
    z, p = quantile(level), share.mean
    scale = 1.0 + z * z / n
    middle = (p + z * z / (2 * n)) / scale
    half = z * sqrt(p * (1.0 - p) / n + z * z / (4 * n * n)) / scale
    # At its ends the bound is the share itself, which rounding may miss by a bit.
    low = 0.0 if share.successes == 0 else middle - half
    high = 1.0 if share.successes == n else middle + half
    return Estimate(p, low, high, level)


def jeffreys(share: Proportion, level: float = 0.8) -> Estimate:
    """
    A share with the equal-tailed interval of the posterior under Jeffreys' prior, Beta(1/2, 1/2).

    Args:
        share: Successes among units.
        level: Probability between the bounds.

    Returns:
        NaN everywhere without a unit; the lower bound is 0 without a success, the upper one 1 without a failure.

    Source:
        Brown, Cai and DasGupta (2001), Interval estimation for a binomial proportion, Statistical Science 16, 101-133.
    """
    from scipy.special import betaincinv  # noqa: PLC0415 - nothing else here needs scipy

    n, hits, tail = share.n, share.successes, _tail(level)
    if not n:
        return Estimate(nan, nan, nan, level)
    a, b = hits + 0.5, n - hits + 0.5
    low = 0.0 if hits == 0 else float(betaincinv(a, b, tail))
    high = 1.0 if hits == n else float(betaincinv(a, b, 1.0 - tail))
    return Estimate(share.mean, low, high, level)


def newcombe(control: Proportion, treated: Proportion, level: float = 0.95) -> Estimate:
    """
    The difference of two shares, treated less control, with Newcombe's hybrid of two score intervals.

    Of use with few units, and never outside -1 and 1.

    Args:
        control: Successes of the untreated.
        treated: Successes of the treated.
        level: Probability between the bounds.

    Returns:
        NaN where an arm has no unit.

    Source:
        Newcombe (1998), Statistics in Medicine 17, 873-890, method 10.
    """
    return change(wilson(treated, level), wilson(control, level))


def agresti_caffo(control: Proportion, treated: Proportion, level: float = 0.95) -> Estimate:
    """
    The difference of two shares, treated less control: Wald's interval after one success and one failure more an arm.

    The estimate is the plain difference, which need not be the middle of the bounds.

    Args:
        control: Successes of the untreated.
        treated: Successes of the treated.
        level: Probability between the bounds.

    Returns:
        NaN where an arm has no unit.

    Source:
        Agresti and Caffo (2000), Simple and effective confidence intervals for proportions and differences of
        proportions, The American Statistician 54, 280-288.
    """
    z = quantile(level)
    if not control.n or not treated.n:
        return Estimate(nan, nan, nan, level)
    more = [Proportion(arm.n + 2, arm.successes + 1) for arm in (control, treated)]
    middle = more[1].mean - more[0].mean
    half = z * sqrt(sum(arm.variance / arm.n for arm in more))
    low, high = max(middle - half, -1.0), min(middle + half, 1.0)
    return Estimate(treated.mean - control.mean, low, high, level)


def risk_ratio(ours: Proportion, others: Proportion, level: float = 0.8) -> Estimate:
    """
    How many times as frequent something is here as there, with Katz's interval on the logarithm.

    Where one side has no success, half a unit is added to every cell for the interval (Walter's estimate), so that
    it says how far the data go; the ratio itself stays 0, or infinite.

    Args:
        ours: Successes here.
        others: Successes there.
        level: Probability between the bounds.

    Returns:
        NaN where a side has no unit, or nobody anywhere has the property.

    Source:
        Katz et al. (1978), Biometrics 34, 469-474.
    """
    if not ours.n or not others.n or not ours.successes + others.successes:
        return Estimate(nan, nan, nan, level)
    add = 0.0 if ours.successes and others.successes else 0.5
    a, n = ours.successes + add, ours.n + add
    b, m = others.successes + add, others.n + add
    middle, half = log(a / n) - log(b / m), quantile(level) * sqrt(max(1 / a - 1 / n + 1 / b - 1 / m, 0.0))
    value = ours.mean / others.mean if others.successes else inf
    low = 0.0 if not ours.successes else exp(middle - half)
    return Estimate(value, low, exp(middle + half) if others.successes else inf, level)


def same_share_p(ours: Proportion, others: Proportion) -> float:
    """
    P of shares at least as far apart, were they the same: the two-sample score test with the pooled share.

    Its square is Pearson's chi-square of the fourfold table without a correction. 1 where nobody, or everybody,
    has the property.
    """
    if not ours.n or not others.n:
        return 1.0
    pooled = (ours.successes + others.successes) / (ours.n + others.n)
    variance = pooled * (1.0 - pooled) * (1 / ours.n + 1 / others.n)
    return 1.0 if variance <= 0.0 else two_sided_p((ours.mean - others.mean) / sqrt(variance))


def change(now: Estimate, before: Estimate) -> Estimate:
    """
    How far one estimate lies from another that does not depend on it, from the bounds of both.

    Each side of the interval is made of the distances that matter to it, so that skew bounds stay skew. With
    Wilson's bounds this is Newcombe's interval of a difference of shares.

    Args:
        now: The later one.
        before: The earlier one, of the same level.

    Returns:
        NaN where either is unknown.

    Source:
        Newcombe (1998), Statistics in Medicine 17, 873-890, method 10; Zou and Donner (2008), ibid. 27, 1693-1702.
    """
    if isnan(now.value) or isnan(before.value):
        return Estimate(nan, nan, nan, now.level)
    moved = now.value - before.value
    down = sqrt((now.value - now.low) ** 2 + (before.high - before.value) ** 2)
    up = sqrt((now.high - now.value) ** 2 + (before.value - before.low) ** 2)
    return Estimate(moved, moved - down, moved + up, now.level)


def _tail(level: float) -> float:
    """Probability beyond each bound."""
    quantile(level)  # a level that is none is refused
    return 0.5 - level / 2.0
