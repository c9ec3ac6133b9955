"""What the models would have said at an origin in the past, beside two naive rules and what then happened."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import log
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import DAYS_PER, EvergroveError
from evergrove.scoring.accuracy import (
    bin_means,
    decile_mape,
    frequency_bins,
    normalised_gini,
    root_mean_square,
)
from evergrove.scoring.calibration import calibrated
from evergrove.scoring.choose import fit_model
from evergrove.scoring.predictive import spend_foretold, thinned
from evergrove.scoring.spend_fits import SpendFits
from evergrove.scoring.splits import SHORTEST_CALIBRATION_DAYS
from evergrove.scoring.types import BackTest, Judged, OriginTotal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from evergrove.models.types import Fit, Floats, Summary
    from evergrove.scoring.predictive import Foretold
    from evergrove.scoring.types import Split

    Splits = Callable[[date, date], Split]

MOST_ORIGINS = 3
JUDGED = 4000  # customers of an origin whose intervals are judged: their share is known to .6 points
DRAWS = 400  # per cell of these
SEED = 1  # of these draws: they decide a factor, not what is published of a customer
SHORTEST_RATE_DAYS = 30.0


def rolling_origins(first: date, as_of: date, window_days: int) -> tuple[date, ...]:
    """
    Up to three origins, latest first, each a window before the last, with 13 weeks of history at least.

    Args:
        first: The first order day.
        as_of: The last day whose orders count: the latest window ends with it.
        window_days: Length of each window; 0 gives no origin.
    """
    if window_days <= 0:
        return ()
    back = range(window_days, window_days * MOST_ORIGINS + 1, window_days)
    days = ((as_of - first).days - n for n in back)
    return tuple(
        as_of.fromordinal(as_of.toordinal() - n)
        for n, history in zip(back, days, strict=True)
        if history >= SHORTEST_CALIBRATION_DAYS
    )


def forecast_purchases(fit: Fit[Any], split: Split) -> Floats:
    """Expected purchase days of each customer in the window after the origin, shape (n,)."""
    at = split.calibration.in_unit(fit.model.unit)
    purchases: Floats = fit.model.expected_purchases(
        split.horizon(fit.model.unit), at.frequency, at.recency, at.T
    )
    return purchases


def average_rate(summary: Summary, values: Floats, horizon: float) -> Floats:
    """
    Each customer's average so far, carried on: values / T x horizon.

    A history counts as 30 days at least: a first order yesterday is no rate of one a day.
    """
    rate: Floats = values / np.maximum(summary.T, SHORTEST_RATE_DAYS / DAYS_PER[summary.unit])
    return rate * horizon


def past_spend(summary: Summary) -> Floats | None:
    """Net amount of all purchase days so far, shape (n,); None without amounts."""
    if summary.mean_day_spend is None:
        return None
    return np.nan_to_num(summary.mean_day_spend * (summary.frequency + 1))


def judge(
    name: str,
    split: Split,
    purchases: Floats,
    spend: Floats | None,
    log_score: float | None = None,
) -> Judged:
    """
    One forecast against what happened.

    Args:
        name: Of the forecaster.
        split: What happened.
        purchases: Forecast purchase days per customer, in the order of the split. Shape (n,).
        spend: Forecast net amount per customer; None without amounts.
        log_score: Sum of log probabilities, where the forecaster gives any.
    """
    labels, bin_of = frequency_bins(split.calibration.frequency)
    error = purchases - split.purchases
    actual = float(split.purchases.sum())
    judged = Judged(
        name=name,
        purchases=float(purchases.sum()),
        bias=_relative(float(purchases.sum()), actual),
        mae=float(np.abs(error).mean()) if len(error) else float("nan"),
        rmse=float(np.sqrt(np.square(error).mean())) if len(error) else float("nan"),
        by_frequency=bin_means(purchases, bin_of, len(labels)),
        log_score=log_score,
    )
    if spend is None or split.spend is None:
        return judged
    return _with_spend(judged, spend, split.spend)


def _with_spend(judged: Judged, spend: Floats, actual: Floats) -> Judged:
    return replace(
        judged,
        spend=float(spend.sum()),
        spend_bias=_relative(float(spend.sum()), float(actual.sum())),
        spend_rmse=float(np.sqrt(np.square(spend - actual).mean())) if len(spend) else float("nan"),
        gini=normalised_gini(actual, spend),
        decile_mape=decile_mape(spend, actual),
    )


def _relative(forecast: float, actual: float) -> float:
    return forecast / actual - 1 if actual else float("nan")


def judge_all(
    split: Split,
    fits: Mapping[str, Fit[Any]],
    log_scores: Mapping[str, float],
    money: SpendFits,
) -> tuple[Judged, ...]:
    """The fitted models, in the order given, then "last_period" and "average_rate"."""
    per_day = _per_day(money, split)
    judged = []
    for name, fit in fits.items():
        purchases = forecast_purchases(fit, split)
        spend = None if per_day is None else purchases * per_day
        judged.append(judge(name, split, purchases, spend, log_scores.get(name)))
    at = split.calibration
    horizon = split.horizon(at.unit)
    so_far = past_spend(at)
    judged.append(judge("last_period", split, split.last_purchases, split.last_spend))
    judged.append(
        judge(
            "average_rate",
            split,
            average_rate(at, at.frequency, horizon),
            None if so_far is None else average_rate(at, so_far, horizon),
        )
    )
    return tuple(judged)


@dataclass(frozen=True, eq=False)
class AtOrigin:
    """
    The chosen model as fitted at one origin.

    Attributes:
        total: Against the total of the window after it.
        told: Where each customer's spend lay in what was foretold of it; None without amounts.
    """

    total: OriginTotal
    told: Foretold | None


def _per_day(money: SpendFits, split: Split) -> Floats | None:
    """Expected net amount of a purchase day, shape (n,); None without amounts."""
    known = money.known(split)
    return None if known is None else known.expected


def at_origin(fit: Fit[Any], split: Split, money: SpendFits) -> AtOrigin:
    """The chosen model as fitted at an origin, against what came in the window after it."""
    forecast, actual, told = forecast_purchases(fit, split), split.purchases, None
    per_day = _per_day(money, split)
    if per_day is not None and split.spend is not None:
        forecast, actual = forecast * per_day, split.spend
        few = thinned(split, JUDGED)
        told = spend_foretold(fit, money.at(split), few, money.convention, seed=SEED, draws=DRAWS)
    happened, said = float(actual.sum()), float(forecast.sum())
    ratio = log(happened / said) if happened > 0 and said > 0 else float("nan")
    return AtOrigin(OriginTotal(split.origin, split.until, happened, said, ratio), told)


def _at_earlier(near: Fit[Any], earlier: Sequence[Split], money: SpendFits) -> list[AtOrigin]:
    """The same at earlier origins, the model refitted at each; origins where it does not fit are left out."""
    found = []
    for split in earlier:
        try:
            fit = fit_model(near.model.name, split.fitted, near)
        except EvergroveError:
            continue
        found.append(at_origin(fit, split, money))
    return found


def back_test(
    chosen: str,
    split: Split,
    earlier: Sequence[Split],
    fits: Mapping[str, Fit[Any]],
    log_scores: Mapping[str, float],
    money: SpendFits | None = None,
    every: int = 1,
) -> BackTest:
    """
    Judge models and naive rules at one origin, and the chosen model's totals at up to three.

    Args:
        chosen: Name of the chosen model.
        split: The origin that the choice was made at.
        earlier: Further origins, latest first.
        fits: Fits on ``split.fitted`` by model name, the chosen one among them.
        log_scores: Their log scores on the holdout, by model name.
        money: The spend model at each origin, which knows no more than was known there; None: Gamma-Gamma on means.
        every: Every so-many-th customer is in the splits.
    """
    first, money = {chosen: fits[chosen]}, money or SpendFits()
    labels, bin_of = frequency_bins(split.calibration.frequency)
    so_far = past_spend(split.calibration)
    here = at_origin(fits[chosen], split, money)
    past = (here, *_at_earlier(fits[chosen], earlier, money))
    ratios = [each.total.log_ratio for each in past]
    return BackTest(
        origin=split.origin,
        until=split.until,
        customers=len(split.purchases),
        purchases=float(split.purchases.sum()),
        spend=None if split.spend is None else float(split.spend.sum()),
        bins=labels,
        bin_customers=tuple(int(n) for n in np.bincount(bin_of, minlength=len(labels))),
        bin_actual=bin_means(split.purchases, bin_of, len(labels)),
        judged=judge_all(split, first | dict(fits), log_scores, money),
        past_spend_gini=None
        if so_far is None or split.spend is None
        else normalised_gini(split.spend, so_far),
        origins=tuple(each.total for each in past),
        log_spread=root_mean_square(ratios),
        calibration=calibrated([each.told for each in past if each.told is not None], ratios),
        every=every,
    )
