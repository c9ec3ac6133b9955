"""A learned contender: trained on windows that ended by the origin, it forecasts value, activity and the next date."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from evergrove.core import InputError, _
from evergrove.models.learned import Growth, Stretch, fit_quantiles, fit_value_head
from evergrove.scoring.learned.features import SIZES, Features
from evergrove.scoring.rolling.types import Forecast

if TYPE_CHECKING:
    from evergrove.models.learned import QuantileHead
    from evergrove.models.types import Floats
    from evergrove.scoring.types import Split

FEWEST_ROWS = 300
FEWEST_BUYERS = 120
"""Two leaves of 30 in two thirds of them, and some choice between features."""
MEDIAN = 2


class TooLittlePast(InputError):
    """A learned model has too little past to learn from."""

    code = "scoring.too_little_past"
    message = _(
        "By {origin}, {windows} earlier {windows:window|windows} had ended, with {customers} {customers:customer|customers} of whom {buyers} bought; learning needs {needed} {needed:customer|customers} and {needed_buyers} {needed_buyers:buyer|buyers}."
    )
    hint = _("Choose a shorter window, or give more history.")


@dataclass(frozen=True, eq=False)
class LearnedContender:
    """
    Boosted trees on what was known of each customer, and a process's opinion among it.

    Attributes:
        features: What is known at an origin.
        growth: Of the trees.
        intervals: Whether to give bounds of spend.
        name: Among the contenders.
    """

    features: Features = field(default_factory=Features)
    growth: Growth = Growth()
    intervals: bool = True
    name: str = "learned"

    def forecast(self, split: Split, earlier: tuple[Split, ...]) -> Forecast:
        """
        Learn from earlier windows, and say what will come in this one.

        Raises:
            NeedsMl: scikit-learn is not installed.
            TooLittlePast: Too few customers, or buyers, in windows that have ended.
        """
        past = past_of(split, earlier)
        known, tables = self.features.at(split), [self.features.at(each).X for each in past]
        learned = np.concatenate(tables)
        head = fit_value_head([_stretch(past, learned)], known.names, self.growth, SIZES)
        spend = None if split.last_spend is None else head.expected("spend", known.X)[:, 0]
        low, high = self._bounds(split, past, learned) if self.intervals else (None, None)
        return Forecast(
            purchases=head.expected("purchases", known.X)[:, 0],
            spend=spend,
            active=head.chance(known.X)[:, 0],
            low=low,
            high=high,
            next_days=self.dates(split, past).predict(known.X)[:, MEDIAN],
        )

    def dates(self, split: Split, past: tuple[Split, ...]) -> QuantileHead:
        """Quantiles of days to the next order, given one in the window, from windows that have ended."""
        names = self.features.at(split).names
        tables = [self.features.at(each).X for each in past]
        came = np.concatenate([_next_days(each) for each in past])
        bought = np.isfinite(came)
        table = np.concatenate(tables)[bought], came[bought]
        return fit_quantiles(table, names, (1.0, float(split.days)), self.growth)

    def _bounds(
        self, split: Split, past: tuple[Split, ...], learned: Floats
    ) -> tuple[Floats | None, Floats | None]:
        came = [each.spend for each in past if each.spend is not None]
        if split.last_spend is None or len(came) < len(past):
            return None, None
        table = learned, np.concatenate(came)
        known = self.features.at(split)
        head = fit_quantiles(table, known.names, (0.0, float(table[1].max())), self.growth, levels=(0.1, 0.9))
        said = head.predict(known.X)
        return said[:, 0], said[:, 1]


def past_of(split: Split, earlier: tuple[Split, ...]) -> tuple[Split, ...]:
    """
    The earlier windows that had ended by an origin.

    Raises:
        TooLittlePast: They hold too little.
    """
    past = tuple(each for each in earlier if each.until <= split.origin)
    customers = sum(len(each.purchases) for each in past)
    buyers = sum(int((each.purchases > 0).sum()) for each in past)
    if customers < FEWEST_ROWS or buyers < FEWEST_BUYERS:
        raise TooLittlePast(
            origin=split.origin,
            windows=len(past),
            customers=customers,
            buyers=buyers,
            needed=FEWEST_ROWS,
            needed_buyers=FEWEST_BUYERS,
        )
    return past


def _stretch(past: tuple[Split, ...], X: Floats) -> Stretch:
    purchases = np.concatenate([each.purchases for each in past])
    came = {"purchases": purchases}
    spent = [each.spend for each in past if each.spend is not None]
    if len(spent) == len(past):
        came["spend"] = np.concatenate(spent)
    nobody_yet = np.ones(len(purchases), dtype=np.bool_)
    return Stretch(float(past[-1].days), X, purchases > 0, came, nobody_yet)


def _next_days(split: Split) -> Floats:
    nobody = np.full(len(split.purchases), np.nan)
    return nobody if split.next_days is None else split.next_days
