"""The naive rules that every contender has to beat; each says what it can."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.core import EvergroveError, _
from evergrove.scoring.back_test import average_rate, past_spend
from evergrove.scoring.rolling.types import Forecast

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.models.types import Floats
    from evergrove.scoring.types import Split

FEWEST_KNOWN = 30
GROUPS = 10


class NobodyKnownBefore(EvergroveError):
    """A rule that learns from the window before has nobody to learn from."""

    code = "scoring.nobody_known_before"
    message = _(
        "{known} {known:customer was|customers were} known one window before {origin}; the rule needs {needed}."
    )
    hint = _("Choose a shorter window, or give more history.")


@dataclass(frozen=True)
class AverageRate:
    """Each customer goes on at the average so far; the next order comes a mean gap after the last."""

    name: str = "average_rate"

    def forecast(self, split: Split, earlier: tuple[Split, ...]) -> Forecast:
        """Repeats, and all that was spent, per day of history, over the window; of a month at least."""
        del earlier
        at = split.calibration
        horizon, so_far = split.horizon(at.unit), past_spend(at)
        return Forecast(
            purchases=average_rate(at, at.frequency, horizon),
            spend=None if so_far is None else average_rate(at, so_far, horizon),
            next_days=_own_gap(split),
        )


@dataclass(frozen=True)
class LastPeriod:
    """The window brings what the window before it brought; who comes, comes when the median customer came."""

    name: str = "last_period"

    def forecast(self, split: Split, earlier: tuple[Split, ...]) -> Forecast:
        """Repeat purchases and their money in the window that ends with the origin."""
        del earlier
        return Forecast(
            purchases=split.last_purchases,
            spend=split.last_spend,
            next_days=np.full(len(split.purchases), _median_wait(split)),
        )


@dataclass(frozen=True)
class PastSpend:
    """Who has spent most will spend most; all together as much as in the window before."""

    name: str = "past_spend"

    def forecast(self, split: Split, earlier: tuple[Split, ...]) -> Forecast:
        """The last window's repeat purchases and money, shared out by all that was spent or bought so far."""
        del earlier
        at, so_far = split.calibration, past_spend(split.calibration)
        spend = None if so_far is None or split.last_spend is None else _shared_out(split.last_spend, so_far)
        return Forecast(purchases=_shared_out(split.last_purchases, at.frequency + 1), spend=spend)


@dataclass(frozen=True)
class Recency:
    """A silence leads to what as long a silence led to in the window before."""

    name: str = "recency"

    def forecast(self, split: Split, earlier: tuple[Split, ...]) -> Forecast:
        """
        Means of the window before, in ten groups of customers by their silence at its beginning.

        Raises:
            NobodyKnownBefore: Too few were customers then.
        """
        del earlier
        known, learned_in, now = _silence_groups(split)

        def means(values: Floats, prior: float = 0.0) -> Floats:
            """Of each group now; ``prior`` stands in with the weight of one customer."""
            counts = np.bincount(learned_in, minlength=GROUPS)
            sums = np.bincount(learned_in, weights=values[known], minlength=GROUPS)
            found: Floats = ((sums + prior) / np.maximum(counts + (prior > 0), 1))[now]
            return found

        came_back = (split.last_purchases > 0).astype(np.float64)
        return Forecast(
            purchases=means(split.last_purchases),
            spend=None if split.last_spend is None else means(split.last_spend),
            active=means(came_back, float(came_back[known].mean())),
            next_days=_group_medians(split, known, learned_in)[now],
        )


BASELINES = (AverageRate(), LastPeriod(), PastSpend(), Recency())
NAIVE = frozenset(rule.name for rule in BASELINES)


def _silence_days(split: Split) -> Floats:
    at = split.calibration.in_unit("day")
    return at.T - at.recency


def _silence_groups(split: Split) -> tuple[NDArray[np.bool_], NDArray[np.intp], NDArray[np.intp]]:
    """Who was known one window before (n,); their group by silence then (known,); everybody's now (n,)."""
    silence = np.full(len(split.purchases), np.nan) if split.last_silence is None else split.last_silence
    known = np.isfinite(silence)
    if int(known.sum()) < FEWEST_KNOWN:
        raise NobodyKnownBefore(known=int(known.sum()), origin=split.origin, needed=FEWEST_KNOWN)
    then = silence[known]
    # Bounds are silences that occurred, and none is the shortest: no group is empty.
    inner = np.unique(np.quantile(then, np.arange(1, GROUPS) / GROUPS, method="inverted_cdf"))
    bounds = inner[inner > then.min()]
    learned_in, now = (np.searchsorted(bounds, days, side="right") for days in (then, _silence_days(split)))
    return known, np.asarray(learned_in), np.asarray(now)


def _median_wait(split: Split) -> float:
    """Of those who came back in the window before, days into it of the first order; else half a window."""
    waits = np.zeros(0)
    if split.last_next_days is not None and split.last_silence is not None:
        came = np.isfinite(split.last_next_days) & np.isfinite(split.last_silence)
        waits = split.last_next_days[came]
    return float(np.median(waits)) if len(waits) else split.days / 2


def _group_medians(split: Split, known: NDArray[np.bool_], group: NDArray[np.intp]) -> Floats:
    """The median wait in each group of silences; the median of all where nobody of it came. Shape (10,)."""
    medians = np.full(GROUPS, _median_wait(split))
    if split.last_next_days is not None:
        waits = split.last_next_days[known]
        for k in range(GROUPS):
            here = waits[(group == k) & np.isfinite(waits)]
            medians[k] = np.median(here) if len(here) else medians[k]
    return medians


def _own_gap(split: Split) -> Floats:
    """Mean gap less the silence so far, tomorrow at the earliest; the median wait without a gap."""
    at = split.calibration.in_unit("day")
    gap = at.recency / np.maximum(at.frequency, 1.0)
    due = np.maximum(gap - _silence_days(split), 1.0)
    return np.where(at.frequency > 0, due, _median_wait(split))


def _shared_out(flow: Floats, by: Floats) -> Floats:
    """A total shared out by another quantity; that quantity itself where there is no total."""
    total, whole = float(flow.sum()), float(by.sum())
    return by * (total / whole) if total > 0 and whole > 0 else by
