"""Closed-form models as contenders: purchases by a process, money by the spend model, with or without a season."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from evergrove.core import DAYS_PER
from evergrove.scoring.calibration import calibrated
from evergrove.scoring.choose import MODELS, fit_model
from evergrove.scoring.counts import count_chances
from evergrove.scoring.distinct_histories import histories_of
from evergrove.scoring.intervals import spend_distribution
from evergrove.scoring.predictive import placed
from evergrove.scoring.rolling.memory import Fits
from evergrove.scoring.rolling.season import stretch
from evergrove.scoring.rolling.types import Forecast
from evergrove.scoring.spend_fits import SpendFits
from evergrove.stats.pit import chance_within

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from evergrove.models.process import TransactionModel
    from evergrove.models.types import Fit, Floats, Summary
    from evergrove.scoring.predictive import Foretold
    from evergrove.scoring.rolling.season import Seasons
    from evergrove.scoring.types import Split

WITH_SEASON = "+season"
DRAWS = 200
"""Per cell: a bound is known to 2 points of its level there, and coverage is a mean over all cells."""
MOST_EARLIER = 3
"""Origins that an interval is held to, the latest: as many as today's scores are."""


@dataclass(frozen=True, eq=False)
class Said:
    """
    What was said of a window, and where what came lay in it: known once the window is over.

    Attributes:
        forecast: What was said.
        told: Of each customer's spend; None without amounts or intervals.
    """

    forecast: Forecast
    told: Foretold | None = None


@dataclass(frozen=True, eq=False)
class ModelContender:
    """
    A transaction model with the spend model.

    Attributes:
        fits: Its fits, and those of the spend model.
        seasons: Where its seasonal factor comes from; None forecasts without a calendar.
        seed: Of the draws behind the interval.
        intervals: Whether to draw it; its levels are those that held at earlier origins.
        plain: What it said without a calendar, by window: its seasonal twin says the same where there is none.
        said: What it said itself, by window.
    """

    fits: Fits
    seasons: Seasons | None = None
    seed: int = 1
    intervals: bool = True
    plain: dict[tuple[date, date], Said] = field(default_factory=dict, repr=False)
    said: dict[tuple[date, date], Said] = field(default_factory=dict, init=False, repr=False)

    @property
    def name(self) -> str:
        """The model's, with "+season" behind it where the calendar counts."""
        return self.fits.name + (WITH_SEASON if self.seasons else "")

    def forecast(self, split: Split, earlier: tuple[Split, ...]) -> Forecast:
        """
        Fit on what was known at the origin and ask the process everything about the window.

        Raises:
            EvergroveError: The process could not be fitted.
        """
        key = split.origin, split.until
        factor = None if self.seasons is None else self.seasons.factor(self.fits, split)
        if factor is not None and factor.identified:
            price = factor.spend / factor.purchases
            window = self._window(split).with_season(factor.purchases, price)
            self.said[key] = self._said(window, earlier)
        else:
            if key not in self.plain:
                self.plain[key] = self._said(self._window(split), earlier)
            self.said[key] = self.plain[key]
        return self.said[key].forecast

    def _window(self, split: Split) -> _Window:
        fit = self.fits.process(split)
        at = split.calibration.in_unit(fit.model.unit)
        return _Window(fit, split, at, fit.model.alive(at.frequency, at.recency, at.T))

    def _said(self, window: _Window, earlier: tuple[Split, ...]) -> Said:
        split, purchases = window.split, window.purchases()
        chances = count_chances(window.model, window.at, window.alive, split.purchases, window.horizon)
        per_day = self.fits.spend_per_day(split)
        said = Forecast(
            purchases=purchases,
            spend=None if per_day is None else purchases * per_day * window.price,
            active=window.active(),
            log_score=chances.log_score,
            below=chances.below,
            upto=chances.upto,
            next_days=window.next_days(),
            notes=window.fit.warnings,
        )
        return self._with_interval(said, window, earlier) if self.intervals else Said(said)

    def _with_interval(self, said: Forecast, window: _Window, earlier: tuple[Split, ...]) -> Said:
        """The interval between the levels that held at earlier origins, whose windows are over by this one."""
        split, known = window.split, self.fits.spend.known(window.split)
        if known is None:
            return Said(said)
        drawn = spend_distribution(
            window.fit,
            self.fits.spend.at(split),
            histories_of(split.calibration),
            window.alive,
            known,
            0.0,
            self.seed,
            draws=DRAWS,
            days=split.days * window.pace,
        )
        before = [self.said.get((each.origin, each.until)) for each in earlier if each.until <= split.origin]
        held = calibrated([one.told for one in before if one and one.told][-MOST_EARLIER:])
        low, high = (drawn.quantile(level) * window.price for level in held.levels())
        if split.spend is None:
            return Said(replace(said, low=low, high=high))
        told = placed(drawn, split.spend / window.price)
        inside = chance_within(told.below, told.upto, *held.levels())
        return Said(replace(said, low=low, high=high, inside=inside), told)


@dataclass(frozen=True, eq=False)
class _Window:
    """
    A fitted process before a window.

    Attributes:
        fit: The process.
        split: The origin.
        at: Histories in the process's unit.
        alive: P(alive). Shape (n,).
        pace: How much faster than usual the clock runs: a busy season is a longer window.
        price: How much more than usual a purchase day brings.
    """

    fit: Fit[TransactionModel]
    split: Split
    at: Summary
    alive: Floats
    pace: float = 1.0
    price: float = 1.0

    @property
    def model(self) -> TransactionModel:
        return self.fit.model

    @property
    def usual(self) -> float:
        """Length of the window by the calendar, in the model's unit."""
        return self.split.horizon(self.model.unit)

    @property
    def horizon(self) -> float:
        return self.usual * self.pace

    @property
    def _history(self) -> tuple[Floats, Floats, Floats]:
        return self.at.frequency, self.at.recency, self.at.T

    def purchases(self, horizon: float | None = None) -> Floats:
        return self.model.expected_purchases(self.horizon if horizon is None else horizon, *self._history)

    def active(self) -> Floats:
        return self.model.probability_active(self.horizon, *self._history)

    def next_days(self) -> Floats:
        """Median time to the next purchase given one in the window, in calendar days."""
        median = self.model.next_purchase_quantile(0.5, self.horizon, *self._history)
        return median / self.pace * DAYS_PER[self.model.unit]

    def with_season(self, factor: float, price: float) -> _Window:
        longer = stretch(lambda length: float(self.purchases(length).sum()), self.usual, factor)
        return replace(self, pace=longer / self.usual, price=price)


def model_contenders(
    names: Sequence[str] = MODELS,
    seasons: Seasons | None = None,
    seed: int = 1,
    spend: SpendFits | None = None,
) -> tuple[ModelContender, ...]:
    """
    Models by name, each without and, where ``seasons`` are given, with its seasonal factor.

    Args:
        names: As ``--model`` takes them.
        seasons: Where seasonal factors come from.
        seed: Of the draws behind intervals.
        spend: The spend model that all share.

    Raises:
        UnknownModel: When one forecasts whose name no model has.
    """
    money = spend or SpendFits()
    shared = [Fits(name, partial(fit_model, name), money) for name in names]
    plain = [ModelContender(fits, seed=seed) for fits in shared]
    if seasons is None:
        return tuple(plain)
    return tuple(twin for one in plain for twin in (one, replace(one, seasons=seasons)))
