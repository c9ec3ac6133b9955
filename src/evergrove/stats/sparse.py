"""A difference of means of what few customers bring: an interval that holds what it promises."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

from scipy.optimize import brentq
from scipy.special import gammaincinv, ndtr, stdtrit

from evergrove.stats.errors import InvalidLevel, NoComparison, NoVariance, TooFewUnits
from evergrove.stats.strata import poststratified, whole
from evergrove.stats.types import Difference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.stats.strata import Stratum

MANY_EVENTS = 100.0
"""With at least so many effective events in both arms each speaks for itself, and Welch's interval is taken."""
JEFFREYS = 0.5
"""
What is added to the count of events for both limits.

A third is closer to the nominal coverage on average, and far too sure where the smaller arm has no event at all: 64 %
for 80 %, against 81 %, in the simulated shops where none of 15 control customers bought.
"""


def sparse_difference(strata: Sequence[Stratum], level: float = 0.95) -> tuple[Difference, str]:
    r"""
    Treated less control where most units bring nothing and few bring much, as in weeks of a shop.

    There the mean and the variance of a small arm err together: by chance few buyers give a low mean *and* a
    low variance, and Welch's interval is too sure of itself just then. Over 600 simulated shops of four weeks its
    80 % intervals hold the truth in 74 % where 7 of 60 control customers buy and in 73 % where 3 of 30 do (95 %: 87
    and 86); those given here do in 81 % and 83 % (95 and 97). Where no control customer buys at all it has none to
    give, and leaving such results out would leave out the largest overestimates.

    An arm's mean is taken for the sum of :math:`x = \bar y / k` events of size :math:`k`, whose variance
    :math:`k \mu` grows with their mean: :math:`k = \frac{s^2}{n \bar y}` with :math:`s^2` and :math:`\bar y` pooled over both arms,
    within strata. Limits of one arm, and of the difference from them:

    .. math::

        \mu_{q} = k \, \Gamma^{-1}_q(x + \tfrac12), \quad
        d_{low} = d - \sqrt{(\bar y_t - \mu_{t,low})^2 + (\mu_{c,high} - \bar y_c)^2}

    and the other way round for the upper one. With many events in both arms, or where the pooled mean is not
    positive, it is ``poststratified``.

    Args:
        strata: (control, treated) of each stratum, at least two units in each arm; see ``pooled``.
        level: Probability between the bounds, in (0, 1).

    Returns:
        The difference, with the standard error at the pooled mean, and how it was taken: "events", "welch" or
        "poststratified".

    Raises:
        TooFewUnits: There is no stratum, or one has fewer than two units in an arm.
        NoVariance: Nobody differs from anybody else.
        InvalidLevel: The level is not a probability.

    Source:
        Limits of a count of events: Jeffreys', as in Brown, Cai and DasGupta (2003), Statistica Sinica 13, 19-49; of a difference
        from those of its parts: Newcombe (1998), Statistics in Medicine 17, 873-890, method 10.
    """
    if not 0.0 < level < 1.0:
        raise InvalidLevel(level=level)
    arms = _arms(strata)
    if arms is None:
        return _by_variance(strata, level)
    control, treated, df = arms
    if min(control.events, treated.events) >= MANY_EVENTS:
        return _by_variance(strata, level)
    low, high = _bounds(control, treated, df, level)
    effect = treated.mean - control.mean
    se = sqrt(control.variance + treated.variance)
    return Difference(effect, low, high, se, _p(control, treated, df), df, level), "events"


def has_many_events(strata: Sequence[Stratum]) -> bool:
    """
    Whether both arms hold so many that each may speak for itself, counted at the mean of both together.

    That count says nothing of which arm has brought more: what is chosen by it leaves the difference unbiased, as a count
    at each arm's own mean would not.
    """
    try:
        arms = _arms(strata)
    except NoComparison:
        return False
    return arms is not None and min(arm.expected_events for arm in arms[:2]) >= MANY_EVENTS


class _Arm:
    """One arm as events of one size."""

    def __init__(self, mean: float, size: float, pooled_mean: float) -> None:
        self.mean, self.size = mean, size
        self.events = max(mean, 0.0) / size
        self.expected_events = pooled_mean / size
        self.variance = size * pooled_mean

    def limits(self, tail: float) -> tuple[float, float]:
        """Lower and upper limit, each missed with this probability; they hold the estimate."""
        shape = self.events + JEFFREYS
        low, high = (self.size * float(gammaincinv(shape, at)) for at in (tail, 1.0 - tail))
        return min(low, self.mean), max(high, self.mean)


def _arms(strata: Sequence[Stratum]) -> tuple[_Arm, _Arm, float] | None:
    """Control, treated, and degrees of freedom; None where the pooled mean is not positive."""
    people = sum(arm.n for arm in whole(strata))
    means, sizes, pooled_mean = [0.0, 0.0], [0.0, 0.0], 0.0
    for stratum in strata:
        if min(arm.n for arm in stratum) < 2:
            raise TooFewUnits(control=stratum[0].n, treated=stratum[1].n)
        n = sum(arm.n for arm in stratum)
        share = n / people
        variance = sum(arm.variance * (arm.n - 1) for arm in stratum) / (n - 2)
        pooled_mean += share * sum(arm.total for arm in stratum) / n
        for k, arm in enumerate(stratum):
            means[k] += share * arm.mean
            sizes[k] += share**2 * variance / arm.n
    if not all(sizes):
        raise NoVariance(arm="control", n=whole(strata)[0].n)
    if pooled_mean <= 0.0:
        return None
    control, treated = (
        _Arm(mean, size / pooled_mean, pooled_mean) for mean, size in zip(means, sizes, strict=True)
    )
    return control, treated, float(people - 2 * len(strata))


def _by_variance(strata: Sequence[Stratum], level: float) -> tuple[Difference, str]:
    return poststratified(strata, level), "welch" if len(strata) == 1 else "poststratified"


def _bounds(control: _Arm, treated: _Arm, df: float, level: float) -> tuple[float, float]:
    tail = float(ndtr(-stdtrit(df, (1.0 + level) / 2.0)))  # of the normal, as far out as that of t
    return _at(control, treated, tail)


def _at(control: _Arm, treated: _Arm, tail: float) -> tuple[float, float]:
    (low_c, high_c), (low_t, high_t) = control.limits(tail), treated.limits(tail)
    effect = treated.mean - control.mean
    low = effect - sqrt((treated.mean - low_t) ** 2 + (high_c - control.mean) ** 2)
    return low, effect + sqrt((high_t - treated.mean) ** 2 + (control.mean - low_c) ** 2)


def _p(control: _Arm, treated: _Arm, df: float) -> float:
    """One less the level at which a bound touches 0, so that p and interval never contradict each other."""

    def distance(level: float) -> float:
        """How far 0 lies outside the interval; it falls as the level rises."""
        low, high = _bounds(control, treated, df, level)
        return max(low, -high)

    narrowest, widest = 1e-9, 1.0 - 1e-12
    if distance(narrowest) <= 0.0:
        return 1.0
    if distance(widest) >= 0.0:
        return 1.0 - widest
    return 1.0 - float(brentq(distance, narrowest, widest, xtol=1e-12))
