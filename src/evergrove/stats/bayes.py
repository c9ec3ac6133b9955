"""Bayes: a prior belief and the data of an experiment, as chances and expected losses that a person can act on."""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc, exp, pi, sqrt
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.special import betaln

from evergrove.core.arguments import number, one_of, whole
from evergrove.core.messages import _
from evergrove.core.sentences import Term
from evergrove.stats.comparing import baseline, relative_by_delta, welch
from evergrove.stats.normal import quantile

if TYPE_CHECKING:
    from evergrove.stats.types import Proportion, Sample

Scale = Literal["absolute", "relative"]
"""In the unit of the figure, or as a share of the control's mean."""
FINITE = Term(_("a finite number"))
ABOVE_NOUGHT = Term(_("a finite number above 0"))


@dataclass(frozen=True)
class Prior:
    """
    What is believed of the effect before the data: a normal distribution.

    Attributes:
        mean: Of the effect, in the unit of the scale.
        variance: The same, squared, > 0.
        scale: Of both. An analysis on the other scale translates them by the control's mean.
    """

    mean: float
    variance: float
    scale: Scale = "absolute"

    def __post_init__(self) -> None:
        number("mean", self.mean, FINITE)
        number("variance", self.variance, ABOVE_NOUGHT, above=0.0)
        one_of("scale", self.scale, ("absolute", "relative"))

    def on(self, scale: Scale, base: float) -> Prior:
        """
        The same belief on a scale.

        Args:
            scale: Wanted.
            base: The absolute value of the control's mean, > 0.
        """
        if scale == self.scale:
            return self
        factor = 1.0 / base if scale == "relative" else base
        return Prior(self.mean * factor, self.variance * factor * factor, scale)


@dataclass(frozen=True)
class Posterior:
    """
    What is believed of the effect after the data: a normal distribution.

    Attributes:
        effect: Its mean, treated less control.
        low: Lower bound of the equal-tailed credible interval.
        high: Upper bound.
        sd: Standard deviation.
        chance_to_win: Of an effect above 0.
        risk_keep: What keeping the control is expected to lose, in the unit of the effect: E[max(effect, 0)].
        risk_ship: What treating everybody is expected to lose: E[max(-effect, 0)].
        level: Probability between the bounds.
        scale: Of all these figures.
    """

    effect: float
    low: float
    high: float
    sd: float
    chance_to_win: float
    risk_keep: float
    risk_ship: float
    level: float
    scale: Scale


def posterior(
    control: Sample,
    treated: Sample,
    prior: Prior | None = None,
    *,
    scale: Scale = "absolute",
    level: float = 0.95,
) -> Posterior:
    r"""
    The normal posterior of the effect, from sums.

    .. math::

        \frac{1}{sd^2} = \frac{1}{se^2} + \frac{1}{v_0}, \quad
        effect = sd^2 \left(\frac{d}{se^2} + \frac{m_0}{v_0}\right)

    with the difference d of ``welch``, or of ``relative_by_delta`` on the relative scale. Without a prior every effect
    is as likely as any other beforehand. A chance to win of 95 % is not a p of 5 %, and looking every day until it is
    reached finds an effect where there is none.

    Args:
        control: Untreated, as assigned.
        treated: Treated, as assigned.
        prior: Of the effect; translated if it is on the other scale.
        scale: Of the analysis.
        level: Probability between the bounds, in (0, 1).

    Raises:
        ZeroBaseline: The control's mean is 0 and a share of it is needed.
        NoComparison: As ``welch`` does.

    Source:
        Gelman et al. (2013), Bayesian Data Analysis, 3rd edition, section 2.5.
    """
    one_of("scale", scale, ("absolute", "relative"))
    reach = quantile(level)
    found = (welch if scale == "absolute" else relative_by_delta)(control, treated, level)
    mean, variance = found.effect, found.se**2
    if prior is not None:
        base = baseline(control) if prior.scale != scale else 1.0
        known = prior.on(scale, base)
        mean, variance = _updated(mean, variance, known)
    sd = sqrt(variance)
    keep, ship = risk(mean, sd)
    wins = 0.5 * erfc(-mean / sd / sqrt(2.0))
    return Posterior(mean, mean - reach * sd, mean + reach * sd, sd, wins, keep, ship, level, scale)


def risk(mean: float, sd: float) -> tuple[float, float]:
    """
    Expected losses of keeping the control and of treating everybody, were the effect normal.

    Args:
        mean: Of the effect.
        sd: Of the effect, > 0; it may be any number of times smaller than the mean.

    Returns:
        E[max(effect, 0)] and E[max(-effect, 0)], both >= 0; their difference is the mean.

    Raises:
        InvalidArgument: A figure is not finite, or sd not above 0.
    """
    mu, spread = number("mean", mean, FINITE), number("sd", sd, ABOVE_NOUGHT, above=0.0)
    away = abs(mu) / spread
    density = exp(-0.5 * away * away) / sqrt(2.0 * pi)
    less = max(spread * (density - away * 0.5 * erfc(away / sqrt(2.0))), 0.0)
    return (mu + less, less) if mu >= 0.0 else (less, less - mu)


def chance_of_more(control: Proportion, treated: Proportion, prior: tuple[int, int] = (1, 1)) -> float:
    r"""
    P(treated share > control share), exactly, with a beta prior of whole numbers for each.

    .. math::

        P = \sum_{i=0}^{a_t - 1} \frac{B(a_c + i, b_c + b_t)}{(b_t + i) \, B(1 + i, b_t) \, B(a_c, b_c)}

    Of use with few successes, where the normal posterior is not to be trusted.

    Args:
        control: Successes of the untreated.
        treated: Successes of the treated.
        prior: Successes and failures known beforehand of either, at least 1 each; (1, 1) is flat.

    Raises:
        InvalidArgument: The prior is not of whole numbers from 1 on.

    Source:
        Miller (2015), Formulas for Bayesian A/B testing, evanmiller.org/bayesian-ab-testing.html.
    """
    a, b = (whole("prior", each, 1) for each in prior)
    a_c, b_c = a + control.successes, b + control.n - control.successes
    a_t, b_t = a + treated.successes, b + treated.n - treated.successes
    # The sum has as many terms as one of the four has successes or failures: the fewest are taken.
    fewest = min(a_c, b_c, a_t, b_t)
    if fewest == a_t:
        return _more(a_c, b_c, a_t, b_t)
    if fewest == b_c:
        return _more(b_t, a_t, b_c, a_c)
    if fewest == a_c:
        return 1.0 - _more(a_t, b_t, a_c, b_c)
    return 1.0 - _more(b_c, a_c, b_t, a_t)


def _more(a_c: int, b_c: int, a_t: int, b_t: int) -> float:
    """P(Beta(a_t, b_t) > Beta(a_c, b_c)) as a sum of a_t terms."""
    i = np.arange(a_t)
    terms = betaln(a_c + i, b_c + b_t) - np.log(b_t + i) - betaln(1 + i, b_t) - betaln(a_c, b_c)
    return min(float(np.exp(terms).sum()), 1.0)


def _updated(mean: float, variance: float, prior: Prior) -> tuple[float, float]:
    weight = prior.variance / (prior.variance + variance)
    return weight * mean + (1.0 - weight) * prior.mean, weight * variance
