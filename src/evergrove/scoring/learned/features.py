"""What is known of each customer at an origin, as the columns that trees learn from."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from evergrove.core import DAYS_PER, EvergroveError
from evergrove.scoring.choose import fit_model
from evergrove.scoring.rolling.memory import Fits
from evergrove.scoring.spend_fits import SpendFits

if TYPE_CHECKING:
    from datetime import date

    from evergrove.core import EvergroveWarning
    from evergrove.models.types import Floats
    from evergrove.scoring.types import Split

MODEL = "pareto-nbd"
SUMMARY = (
    "frequency", "recency", "T", "silence", "rate", "gap", "silence_in_gaps", "regularity",
)  # fmt: skip
BEHAVIOUR = ("last_purchases", "last_next_days", "last_silence", "pace")
MONEY = ("mean_day_spend", "mean_repeat_spend", "spend_so_far", "spend_rate", "last_spend")
PROCESS = ("p_alive", "p_active", "expected_purchases", "median_wait")
PROCESS_MONEY = ("expected_spend", "expected_value")
SIZES = {"purchases": "expected_purchases", "spend": "expected_value"}
"""What measures how large an outcome is likely to be; see ``evergrove.models.learned.Worth``."""
LEAST_DAYS = 30.0
"""A rate over fewer days says more of chance than of the customer."""


@dataclass(frozen=True, eq=False)
class Known:
    """
    A table of features.

    Attributes:
        names: Of its columns.
        X: NaN where unknown. Shape (n, f).
        notes: What could not be told.
    """

    names: tuple[str, ...]
    X: Floats
    notes: tuple[EvergroveWarning, ...] = ()


@dataclass(frozen=True, eq=False)
class Features:
    """
    Features at origins, each worked out once.

    Attributes:
        fits: The transaction model asked for its opinion, fitted at each origin on what was known there.
    """

    fits: Fits = field(default_factory=lambda: Fits(MODEL, partial(fit_model, MODEL), SpendFits()))
    _known: dict[tuple[date, date], Known] = field(default_factory=dict, init=False, repr=False)

    def at(self, split: Split) -> Known:
        """
        What was known of each customer on the day of an origin; nothing that came after it is read.

        Args:
            split: The origin; of what follows it only the length of the window counts.

        Returns:
            One row a customer, in the order of ``split.calibration``.
        """
        key = split.origin, split.until
        if key not in self._known:
            columns = {**_summary(split), **_behaviour(split), **_money(split), **self._process(split)}
            X = np.column_stack([np.asarray(column, dtype=np.float64) for column in columns.values()])
            X[~np.isfinite(X)] = np.nan
            X.flags.writeable = False
            self._known[key] = Known(tuple(columns), X)
        return self._known[key]

    def _process(self, split: Split) -> dict[str, Floats]:
        """A process's own opinion; NaN throughout where it could not be fitted."""
        names = PROCESS if split.last_spend is None else PROCESS + PROCESS_MONEY
        try:
            fit = self.fits.process(split)
        except EvergroveError:
            return {name: np.full(len(split.calibration), np.nan) for name in names}
        at, horizon = split.calibration.in_unit(fit.model.unit), split.horizon(fit.model.unit)
        history = at.frequency, at.recency, at.T
        purchases = fit.model.expected_purchases(horizon, *history)
        wait = fit.model.next_purchase_quantile(0.5, horizon, *history)
        said = [
            fit.model.alive(*history),
            fit.model.probability_active(horizon, *history),
            purchases,
            wait * DAYS_PER[fit.model.unit],
        ]
        per_day = self.fits.spend_per_day(split) if split.last_spend is not None else None
        if per_day is not None:
            said += [per_day, purchases * per_day]
        return dict(zip(names, said, strict=True))


def _summary(split: Split) -> dict[str, Floats]:
    at = split.calibration.in_unit("day")
    x, silence = at.frequency, at.T - at.recency
    gap = np.where(x > 0, at.recency / np.maximum(x, 1.0), np.nan)
    logs = at.log_intervals
    # Mean log gap less log mean gap: 0 like clockwork, -0.58 at random, lower in bursts.
    regularity = np.full(len(x), np.nan) if logs is None else logs / np.maximum(x, 1.0) - np.log(gap)
    columns = (
        x,
        at.recency,
        at.T,
        silence,
        (x + 1) / np.maximum(at.T, LEAST_DAYS),
        gap,
        silence / gap,
        regularity,
    )
    return dict(zip(SUMMARY, columns, strict=True))


def _behaviour(split: Split) -> dict[str, Floats]:
    at, nobody = split.calibration.in_unit("day"), np.full(len(split.calibration), np.nan)
    usual = at.frequency / np.maximum(at.T, LEAST_DAYS) * split.days
    columns = (
        split.last_purchases,
        nobody if split.last_next_days is None else split.last_next_days,
        nobody if split.last_silence is None else split.last_silence,
        split.last_purchases - usual,
    )
    return dict(zip(BEHAVIOUR, columns, strict=True))


def _money(split: Split) -> dict[str, Floats]:
    """Nothing without amounts."""
    at = split.calibration.in_unit("day")
    if split.last_spend is None or at.mean_day_spend is None or at.monetary_value is None:
        return {}
    so_far = at.mean_day_spend * (at.frequency + 1)
    rate = so_far / np.maximum(at.T, LEAST_DAYS) * split.days
    columns = (at.mean_day_spend, at.monetary_value, so_far, rate, split.last_spend)
    return dict(zip(MONEY, columns, strict=True))
