"""Intervals that may be watched: they hold the truth at every look at once, however often somebody looks."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, expm1, inf, log, log1p, sqrt
from typing import TYPE_CHECKING

from evergrove.core.arguments import one_of, whole
from evergrove.stats.errors import InvalidLevel

if TYPE_CHECKING:
    from evergrove.stats.types import Difference, Side

USUAL_PLAN = 5000
SIDES = ("two-sided", "greater", "less")


@dataclass(frozen=True)
class AlwaysValid:
    """
    A difference with bounds of a confidence sequence.

    Attributes:
        effect: The estimate.
        low: Lower bound; minus infinity for the side "less".
        high: Upper bound; infinity for the side "greater".
        se: Standard error of the estimate.
        p: The smallest level error at which this boundary leaves 0 out; it may be looked at as often as one likes.
        n: Units of both arms that the estimate stands on.
        planned: Units for which the boundary was tuned.
        level: Probability that the bounds hold the truth at all looks.
    """

    effect: float
    low: float
    high: float
    se: float
    p: float
    n: int
    planned: int
    level: float


def always_valid(
    found: Difference, n: int, *, planned: int = USUAL_PLAN, side: Side = "two-sided"
) -> AlwaysValid:
    r"""
    The interval for whoever looks every day and stops when it leaves 0 out.

    .. math::

        d \pm se \sqrt{\frac{2 (n \rho^2 + 1)}{n \rho^2} \log \frac{\sqrt{n \rho^2 + 1}}{\alpha}}, \quad
        \rho^2 = \frac{-2 \log \alpha + \log(-2 \log \alpha + 1)}{n^*}

    One-sided, :math:`\rho` is that of :math:`2 \alpha`, and the logarithm is :math:`\log(1 + \sqrt{n \rho^2 + 1} /
    2 \alpha)`. It is wider than the interval for one look, about 1.55 times at :math:`n = n^*`; with any other number
    of units it is wider still, and it holds all the same.

    It is asymptotic, and leans on the standard error from the first look on. Where few buy and the control group is
    small, watch ``sparse_difference``: of 4,000 campaigns without an effect, 0.6 % buyers and a tenth of the people in
    control, Welch's standard error alarms in one of six, that at the pooled mean in one of thirty
    (benchmarks/results/false_alarms.md).

    Decide beforehand which of the two is shown: an estimate that somebody stopped on is too large on average.

    Args:
        found: A difference on any scale (``welch``, ``poststratified``, ``cuped``, ``log_ratio`` ...). Its effect,
            standard error and level are used, its bounds and p are not.
        n: Units of both arms together.
        planned: Units at which the interval is to be closest; fixed before anybody looks.
        side: Both bounds, or one only. A lower bound alone, or an upper one, is what a rule for stopping takes.

    Raises:
        InvalidLevel: The level is not a probability, or not above one half for one side.
        InvalidArgument: There is no unit, or none is planned.

    Source:
        Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2024), Time-uniform central limit theory and asymptotic
        confidence sequences, Annals of Statistics 52, 2613-2640.
    """
    one_of("side", side, SIDES)
    units = whole("n", n, 1)
    rho = tuning(planned, found.level, one_sided=side != "two-sided")
    k = units * rho * rho
    reach = found.se * sqrt(2.0 * (k + 1.0) / k * _height(sqrt(k + 1.0), 1.0 - found.level, side))
    low = -inf if side == "less" else found.effect - reach
    high = inf if side == "greater" else found.effect + reach
    away = found.effect / found.se
    p = _p(-away if side == "less" else away, k, side)
    return AlwaysValid(found.effect, low, high, found.se, p, units, planned, found.level)


def tuning(planned: int, level: float = 0.95, *, one_sided: bool = False) -> float:
    """
    The boundary's rho: the one that is closest at so many units.

    Raises:
        InvalidLevel: The level is not a probability, or not above one half for one side.
        InvalidArgument: Nothing is planned.
    """
    if not (0.5 if one_sided else 0.0) < level < 1.0:
        raise InvalidLevel(level=level)
    missed = -2.0 * log((2.0 if one_sided else 1.0) * (1.0 - level))
    return sqrt((missed + log1p(missed)) / whole("planned", planned, 1))


def _height(root: float, alpha: float, side: Side) -> float:
    return log(root / alpha) if side == "two-sided" else log1p(root / (2.0 * alpha))


def _p(away: float, k: float, side: Side) -> float:
    """The alpha at which the bound touches 0, rho being kept: with another rho it would be another sequence."""
    height = away * away * k / (2.0 * (k + 1.0))
    if side == "two-sided":
        return min(1.0, sqrt(k + 1.0) * exp(-height))
    if away <= 0.0 or height == 0.0:
        return 1.0
    # exp overflows where p is far below any number that is shown
    return min(1.0, sqrt(k + 1.0) / (2.0 * expm1(height))) if height < 700.0 else 0.0
