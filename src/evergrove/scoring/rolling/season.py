"""
What the calendar adds to a model that knows none: how last year's window went against its forecast.

Customers known at the same day one year before are forecast by the model as it stood then; what they bought in
the window after that day, over the forecast, is the season. Customers won since do not enter: growth is no season.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import exp, isfinite, log
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import DAYS_PER, EvergroveError, Sentence, _
from evergrove.scoring.rolling.types import SeasonalFactor

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from evergrove.models.process import TransactionModel
    from evergrove.models.types import Fit, Floats
    from evergrove.scoring.rolling.memory import Fits
    from evergrove.scoring.types import Split

LEAST_MONTHS = 13
PRIOR_SD = 0.35
"""
Of the logarithm of a season before anything is seen: two standard deviations are a window of twice, or of half,
the usual sales. A factor whose own error is as large is taken for half; one known to 3 % for 99 %.
"""
LARGEST = 4.0
"""No factor goes further from 1 than this, up or down: a window of ten orders the year before could say anything."""
FEWEST_PURCHASES = 30
STEP = 0.01
WIDEST_SD = 2.0  # of a log parameter, as for draws: on a flat ridge the quadratic form means nothing beyond

FOUND = _(
    "The same window one year before brought {came} {came:purchase day|purchase days}, where {said} were forecast."
)
SHORT = _("not identifiable: the data begin on {first}, less than 13 months before {origin}")
LONG = _("not identifiable: a window of {days} {days:day|days} is longer than a year")
UNFITTED = _("not identifiable: one year before, {reason}")
FEW = _(
    "not identifiable: {came} {came:purchase day is|purchase days are} too few in the same window one year before"
)


def year_before(day: date) -> date:
    """The same day of the calendar one year before; 28 February for the 29th."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


@dataclass(frozen=True, eq=False)
class Seasons:
    """
    Where seasonal factors come from.

    Attributes:
        first_date: The first order day.
        split: (origin, until) -> the customers of a day in the past and what came after it.
    """

    first_date: date
    split: Callable[[date, date], Split]
    _known: dict[tuple[str, date], SeasonalFactor] = field(default_factory=dict, init=False, repr=False)

    def factor(self, fits: Fits, split: Split) -> SeasonalFactor:
        """
        How much more the window after an origin brings than a model says.

        Args:
            fits: The model's.
            split: The origin.

        Returns:
            The factor; 1 where it is not identifiable, with the reason.
        """
        key = fits.name, split.origin
        if key not in self._known:
            self._known[key] = self._learn(fits, split)
        return self._known[key]

    @property
    def found(self) -> tuple[SeasonalFactor, ...]:
        """All that was asked for, by model and origin."""
        return tuple(self._known[key] for key in sorted(self._known))

    def _learn(self, fits: Fits, split: Split) -> SeasonalFactor:
        origin, before = split.origin, year_before(split.origin)

        def unknown(template: str, **params: object) -> SeasonalFactor:
            reason = Sentence("scoring.no_season", template, params)
            return SeasonalFactor(fits.name, origin, before, identified=False, reason=reason)

        if (origin - self.first_date).days < LEAST_MONTHS * DAYS_PER["month"]:
            return unknown(SHORT, first=self.first_date, origin=origin)
        if split.days > (origin - before).days:
            return unknown(LONG, days=split.days)
        then = self.split(before, before + (split.until - origin))
        came = int(then.purchases.sum())
        if came < FEWEST_PURCHASES:
            return unknown(FEW, came=came)
        try:
            fit, per_day = fits.process(then), fits.spend_per_day(then)
        except EvergroveError as error:
            return unknown(UNFITTED, reason=Sentence(error.code, error.message, error.params))
        return _compared(fits.name, origin, then, fit, per_day)


def _compared(
    name: str, origin: date, then: Split, fit: Fit[TransactionModel], per_day: Floats | None
) -> SeasonalFactor:
    """The factor from one year before: ratio of totals, its error, shrunk to 1."""
    at, horizon = then.calibration.in_unit(fit.model.unit), then.horizon(fit.model.unit)
    said = fit.model.expected_purchases(horizon, at.frequency, at.recency, at.T)
    parameters = total_variance(fit, then)
    ratio, error = _ratio(then.purchases, said, parameters)
    came, expected = int(then.purchases.sum()), round(float(said.sum()))
    found = SeasonalFactor(
        name,
        origin,
        then.origin,
        identified=True,
        reason=Sentence("scoring.season", FOUND, {"came": came, "said": expected}),
        ratio=ratio,
        standard_error=error,
        purchases=shrunk(ratio, error),
        spend=shrunk(ratio, error),
    )
    if then.spend is None or per_day is None or not float(then.spend.sum()) > 0:
        return found
    spend_ratio, spend_error = _ratio(then.spend, said * per_day, parameters)
    return replace(
        found,
        spend_ratio=spend_ratio,
        spend_standard_error=spend_error,
        spend=shrunk(spend_ratio, spend_error),
    )


def shrunk(ratio: float, error: float) -> float:
    """A ratio drawn to 1 by its own uncertainty: exp of the posterior mean of its logarithm."""
    if not ratio > 0 or not isfinite(error):
        return 1.0
    drawn = log(ratio) * PRIOR_SD**2 / (PRIOR_SD**2 + error**2)
    return exp(min(max(drawn, -log(LARGEST)), log(LARGEST)))


def _ratio(came: Floats, said: Floats, parameters: float) -> tuple[float, float]:
    """What came over what was said, and the standard error of its logarithm: outcomes and parameters."""
    total = float(said.sum())
    if not total > 0:
        return float("nan"), float("inf")
    ratio = float(came.sum()) / total
    # Each customer's miss of the forecast as raised by the season: their squares add up to its variance.
    outcomes = float(np.square(came - ratio * said).sum()) / total**2
    return ratio, float(np.sqrt(outcomes / max(ratio, 1e-12) ** 2 + parameters))


def total_variance(fit: Fit[TransactionModel], split: Split) -> float:
    """
    Variance of the logarithm of a forecast total that the parameters' uncertainty brings: g' V g.

    Args:
        fit: Its covariance of log parameters is V; the gradient g is taken by differences.
        split: Whose total.
    """
    rows = np.unique(np.linspace(0, len(split.calibration) - 1, 2000).astype(np.intp))
    at, horizon = split.calibration.in_unit(fit.model.unit), split.horizon(fit.model.unit)
    x, t_x, T = at.frequency[rows], at.recency[rows], at.T[rows]

    def log_total(**letters: Any) -> float:
        model = replace(fit.model, **letters)
        return log(max(float(model.expected_purchases(horizon, x, t_x, T).sum()), 1e-300))

    slopes = []
    for name in fit.parameters:
        value = float(getattr(fit.model, name))
        up, down = log_total(**{name: value * exp(STEP)}), log_total(**{name: value * exp(-STEP)})
        slopes.append((up - down) / (2 * STEP))
    values, vectors = np.linalg.eigh(np.nan_to_num(fit.log_covariance, posinf=WIDEST_SD**2))
    along = np.array(slopes) @ vectors
    return float(np.square(along) @ np.clip(values, 0.0, WIDEST_SD**2))


def stretch(total: Callable[[float], float], horizon: float, factor: float) -> float:
    """
    How long a window without a season brings what this one brings with it.

    A season is a faster clock: chances, counts and intervals of the busy window are those of a longer one.

    Args:
        total: Length of a window -> expected purchases in it, increasing.
        horizon: Of the window as it is.
        factor: On its purchases.

    Returns:
        The longer (or shorter) horizon; at most twice ``LARGEST`` times as long, where lives end too soon.
    """
    if factor == 1.0:
        return horizon
    wanted, low, high = factor * total(horizon), 0.0, 2 * LARGEST * horizon
    at = horizon * factor
    for _step in range(12):  # secant through the nearer end: the curve is smooth and nearly straight
        got = total(at)
        if abs(got - wanted) <= 1e-6 * wanted:
            break
        low, high = (at, high) if got < wanted else (low, at)
        nearer = at * wanted / got if got > 0 else high
        at = nearer if low < nearer < high else (low + high) / 2
    return at
