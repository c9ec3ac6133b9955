"""Before anything is sent: how many people a difference takes to be seen, and what difference so many can show."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, isfinite, sqrt
from statistics import NormalDist

from evergrove.stats.errors import ImpossibleRelativeEffect, InvalidLevel, NoDifferenceToFind
from evergrove.stats.normal import quantile

USUAL_POWER = 0.8
USUAL_LEVEL = 0.95


@dataclass(frozen=True)
class Foreseen:
    """
    One unit of an arm as it is expected to be.

    Attributes:
        mean: Of its figure.
        variance: The same, > 0.
    """

    mean: float
    variance: float

    @classmethod
    def share(cls, p: float) -> Foreseen:
        """
        A unit that has a property with probability p.

        Raises:
            InvalidLevel: Not between 0 and 1.
        """
        _check(p)
        return cls(p, p * (1.0 - p))


def people_needed(
    control: Foreseen,
    treated: Foreseen,
    *,
    control_share: float = 0.5,
    power: float = USUAL_POWER,
    level: float = USUAL_LEVEL,
) -> float:
    """
    People of both arms together that it takes to tell the arms apart, by a two-sided test.

    Args:
        control: A unit that is left alone.
        treated: A unit that is not.
        control_share: Of the people, who are left alone; between 0 and 1.
        power: Chance of an interval that leaves 0 out, if the arms are as foreseen.
        level: Of that interval.

    Returns:
        A number that is not rounded.

    Raises:
        InvalidLevel: A share, a power or a level is not between 0 and 1.
        NoDifferenceToFind: Both arms have the same mean, or one so near that no number of people would do.

    Source:
        The normal approximation with both arms' own variances: see any text on sample sizes.
    """
    _check(control_share)
    difference = treated.mean - control.mean
    if difference == 0.0 or not isfinite(difference):
        raise NoDifferenceToFind
    spread = control.variance / control_share + treated.variance / (1.0 - control_share)
    reach = _reach(power, level) / difference
    people = reach * reach * spread
    if not isfinite(people):
        raise NoDifferenceToFind
    return people


def people_needed_by_t(
    control: Foreseen,
    treated: Foreseen,
    *,
    control_share: float = 0.5,
    power: float = USUAL_POWER,
    level: float = USUAL_LEVEL,
) -> float:
    """
    The same for the t test, by the noncentral t distribution: for groups of a few dozen, where it takes some more.

    Args:
        control: A unit that is left alone.
        treated: A unit that is not.
        control_share: Of the people, who are left alone; between 0 and 1.
        power: Chance of an interval that leaves 0 out, if the arms are as foreseen.
        level: Of that interval.

    Returns:
        A number that is not rounded, of at least two people an arm.

    Raises:
        InvalidLevel: A share, a power or a level is not between 0 and 1.
        NoDifferenceToFind: As ``people_needed``.
    """
    from scipy.optimize import brentq  # noqa: PLC0415 - the price of a control group is told without it
    from scipy.special import nctdtr, stdtrit  # noqa: PLC0415

    normal = people_needed(control, treated, control_share=control_share, power=power, level=level)
    spreads = control.variance / control_share, treated.variance / (1.0 - control_share)
    shares = control_share, 1.0 - control_share

    def lacking(people: float) -> float:
        """Power that so many people fall short of what is asked for."""
        parts = [spread / people for spread in spreads]
        df = sum(parts) ** 2 / sum(
            part**2 / (share * people - 1.0) for part, share in zip(parts, shares, strict=True)
        )
        beyond, away = stdtrit(df, (1.0 + level) / 2.0), abs(treated.mean - control.mean) / sqrt(sum(parts))
        return power - float(1.0 - nctdtr(df, away, beyond) + nctdtr(df, away, -beyond))

    fewest = 2.0 / min(shares)
    if lacking(fewest) <= 0.0:
        return fewest
    return float(brentq(lacking, fewest, 2.0 * normal + 10.0 * fewest, xtol=1e-6))


def smallest_difference(
    unit: Foreseen,
    n_treated: float,
    n_control: float,
    *,
    power: float = USUAL_POWER,
    level: float = USUAL_LEVEL,
) -> float:
    """
    The difference that so many people can show, if the variance of a unit is the same in both arms; in its unit.

    Raises:
        InvalidLevel: A power or a level is not between 0 and 1.
    """
    return _reach(power, level) * sqrt(unit.variance * (1.0 / n_treated + 1.0 / n_control))


def smallest_relative(
    unit: Foreseen,
    n_treated: float,
    n_control: float,
    *,
    power: float = USUAL_POWER,
    level: float = USUAL_LEVEL,
) -> float:
    """
    The same as a share of the control's mean, whose own uncertainty then counts, too.

    The standard error of a relative effect e is, by the delta method with one variance for both arms,
    c * sqrt(1/n_treated + (1 + e)^2/n_control), where c is standard deviation over mean; set equal to e over the
    reach, that is a quadratic in e.

    Raises:
        InvalidLevel: A power or a level is not between 0 and 1.
        NoDifferenceToFind: The mean is 0: there is nothing to take a share of.
        ImpossibleRelativeEffect: So few control people show no effect of any size: their own mean is too uncertain.
    """
    if unit.mean == 0.0:
        raise NoDifferenceToFind
    k = _reach(power, level) ** 2 * unit.variance / unit.mean**2
    a, b, c = 1.0 - k / n_control, -2.0 * k / n_control, -k * (1.0 / n_treated + 1.0 / n_control)
    if a <= 0.0:
        raise ImpossibleRelativeEffect(control=round(n_control), needed=ceil(k))
    return (-b + sqrt(b * b - 4.0 * a * c)) / (2.0 * a)


def power_of(
    difference: float, unit: Foreseen, n_treated: float, n_control: float, *, level: float = USUAL_LEVEL
) -> float:
    """
    Chance that an interval leaves 0 out, if the difference is this; on either side, as a two-sided test counts it.

    Raises:
        InvalidLevel: The level is not between 0 and 1.
    """
    return _found(difference / sqrt(unit.variance * (1.0 / n_treated + 1.0 / n_control)), level)


def power_of_relative(
    effect: float, unit: Foreseen, n_treated: float, n_control: float, *, level: float = USUAL_LEVEL
) -> float:
    """
    The same of an effect as a share of the control's mean; see ``smallest_relative`` for its standard error.

    Raises:
        InvalidLevel: The level is not between 0 and 1.
        NoDifferenceToFind: The mean is 0.
    """
    if unit.mean == 0.0:
        raise NoDifferenceToFind
    of_mean = sqrt(unit.variance) / abs(unit.mean)
    return _found(effect / (of_mean * sqrt(1.0 / n_treated + (1.0 + effect) ** 2 / n_control)), level)


def _found(errors_away: float, level: float) -> float:
    beyond, normal = quantile(level), NormalDist()
    return normal.cdf(errors_away - beyond) + normal.cdf(-errors_away - beyond)


def _reach(power: float, level: float) -> float:
    """Standard errors from 0 at which a difference is found with that chance; the far side adds next to nothing."""
    _check(power)
    return quantile(level) + NormalDist().inv_cdf(power)


def _check(share: float) -> None:
    if not 0.0 < share < 1.0:
        raise InvalidLevel(level=share)
