"""What contenders say, and what it was worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    import numpy as np
    from numpy.typing import NDArray

    from evergrove.core import EvergroveWarning, Sentence
    from evergrove.models.types import Floats
    from evergrove.scoring.types import Split

    Labels = Callable[[Split], tuple[tuple[str, ...], NDArray[np.intp]]]
    """A way to divide the customers of an origin: names of the groups, and each customer's among them."""

Kind = Literal["naive", "model", "given"]
PurposeKey = Literal["ranking", "totals", "next_date", "churn"]


@dataclass(frozen=True, eq=False)
class Forecast:
    """
    What a contender says at an origin, one value per customer in the order of ``split.calibration``.

    ``None`` says nothing of the kind: such a contender is not judged by it.

    Attributes:
        purchases: Expected purchase days in the window. Shape (n,), as all others.
        spend: Expected net amount in the window.
        active: P(at least one purchase day in the window).
        log_score: Log probability of the number of purchase days that came.
        below: F(n - 1), the probability of fewer purchase days than came.
        upto: F(n), of as many at most.
        low: 10 % quantile of spend in the window.
        high: 90 % quantile.
        inside: Chance that the spend that came lies between the two, where outcomes that many share (nothing, say)
            are spread over the probability they had: .8 on average where the interval is right.
        next_days: Median days from the origin to the next order, given that one comes in the window.
        notes: What a reader of these numbers should know.
    """

    purchases: Floats
    spend: Floats | None = None
    active: Floats | None = None
    log_score: Floats | None = None
    below: Floats | None = None
    upto: Floats | None = None
    low: Floats | None = None
    high: Floats | None = None
    inside: Floats | None = None
    next_days: Floats | None = None
    notes: tuple[EvergroveWarning, ...] = ()


class Contender(Protocol):
    """Who forecasts: a closed-form model, a learned one, a naive rule."""

    @property
    def name(self) -> str:
        """Unique among the contenders."""

    def forecast(self, split: Split, earlier: tuple[Split, ...]) -> Forecast:
        """
        Say what will come in the window after ``split.origin``.

        Args:
            split: The origin. Of it only what was known on that day may be read: ``calibration``, ``fitted``,
                ``last_purchases``, ``last_spend``, ``last_next_days``, ``last_silence``,
                ``first_order_date`` and the length of the window. (A log score reads the count that came.)
            earlier: Splits whose windows ended on or before ``split.origin``, earliest first: their outcomes
                are known, and learned contenders train on them.

        Raises:
            EvergroveError: It has nothing to say at this origin; this is recorded in its words.
        """


@dataclass(frozen=True)
class Failure:
    """Why a contender said nothing at an origin; ``sentence`` keeps code and parameters for translation."""

    code: str
    sentence: Sentence


@dataclass(frozen=True)
class Deciles:
    """Means in ten equal groups by forecast, lowest first: what was said and what came."""

    forecast: tuple[float, ...]
    actual: tuple[float, ...]


@dataclass(frozen=True)
class Measures:
    """
    One contender against what happened; NaN where the data give no figure, None where it said nothing.

    Ranking and deciles refer to spend, without amounts to purchase days.

    Attributes:
        customers: Judged.
        actual_purchases: Purchase days that came.
        purchases: Purchase days forecast.
        bias: purchases / actual_purchases - 1.
        mae: Mean absolute error per customer, purchase days.
        wape: Sum of absolute errors over the sum of purchase days that came.
        rmse: Root mean squared error per customer, purchase days.
        spearman: Rank correlation of forecast and outcome; ties take their mid-rank.
        gini: Of the ranking by forecast, normalised by the perfect one; ties are neutral.
        decile_error: Mean absolute percentage error of the deciles' means.
        deciles: These means.
        actual_spend: Net amount that came; None without amounts, as the next five.
        spend: Net amount forecast.
        spend_bias: spend / actual_spend - 1.
        spend_mae: Per customer.
        spend_wape: Sum of absolute errors over the sum that came.
        spend_rmse: Per customer.
        log_score: Mean log probability of a customer's count.
        pit_share: Share of the randomised PIT of counts in [.1, .9], in expectation over the randomisation.
        pit: Its share in each tenth; .1 each is perfect.
        spend_inside: The same of the spend that came, within the levels of the 80 % interval.
        coverage: Share of customers whose spend lay within the 80 % interval.
        coverage_likely: The same over those whose forecast chance of no purchase is below .1.
        likely: How many these are.
        width: Mean width of the interval.
        returned: Customers who bought in the window.
        brier: Mean squared error of the chance to buy in the window.
        log_loss: Mean negative log probability of buying or not.
        auc: Chance that one who bought was given a higher chance than one who did not.
        reliability: Deciles by that chance.
        next_mae: Mean absolute error of the next order's date in days, among those who bought.
    """

    customers: int
    actual_purchases: float
    purchases: float
    bias: float
    mae: float
    wape: float
    rmse: float
    spearman: float
    gini: float
    decile_error: float
    deciles: Deciles
    actual_spend: float | None = None
    spend: float | None = None
    spend_bias: float | None = None
    spend_mae: float | None = None
    spend_wape: float | None = None
    spend_rmse: float | None = None
    log_score: float | None = None
    pit_share: float | None = None
    pit: tuple[float, ...] | None = None
    spend_inside: float | None = None
    coverage: float | None = None
    coverage_likely: float | None = None
    likely: int = 0
    width: float | None = None
    returned: int = 0
    brier: float | None = None
    log_loss: float | None = None
    auc: float | None = None
    reliability: Deciles | None = None
    next_mae: float | None = None


@dataclass(frozen=True)
class GroupRow:
    """
    One contender over the customers of one group, all origins together.

    Attributes:
        by: "cohort" (quarter of the first purchase), "band" (of realised spend), "frequency" (repeat
            purchases so far), or the name of a division given by the caller: "tier" as of the origin, say.
        label: Of the group.
        customers: Rows of a customer at an origin.
        actual_purchases: Mean purchase days that came.
        purchases: Mean purchase days forecast.
        mae: Of purchase days.
        actual_spend: Mean net amount that came; None without amounts or a forecast of them, as the next two.
        spend: Mean net amount forecast.
        spend_mae: Of net amounts.
    """

    by: str
    label: str
    customers: int
    actual_purchases: float
    purchases: float
    mae: float
    actual_spend: float | None = None
    spend: float | None = None
    spend_mae: float | None = None


@dataclass(frozen=True)
class Turn:
    """
    One contender at one origin.

    Attributes:
        origin: The last day whose orders counted.
        measures: None where it failed.
        failure: Why.
        notes: What a reader of its numbers should know.
        seconds: Time that the forecast took.
        memory_mb: By how much the process's peak memory rose above what it held before; None where the
            system does not tell.
    """

    origin: date
    measures: Measures | None
    failure: Failure | None
    notes: tuple[EvergroveWarning, ...]
    seconds: float
    memory_mb: float | None


@dataclass(frozen=True)
class Record:
    """
    Everything about one contender.

    Attributes:
        name: Its name.
        kind: A "naive" rule, a closed-form "model", or "given" by the caller.
        turns: One per origin, earliest first.
        pooled: Over all origins at which it did not fail; None where it always failed.
        groups: By cohort, band and past frequency.
    """

    name: str
    kind: Kind
    turns: tuple[Turn, ...]
    pooled: Measures | None
    groups: tuple[GroupRow, ...]


@dataclass(frozen=True)
class SeasonalFactor:
    """
    How much more a window brings than the model says without a calendar, learned one year before.

    Attributes:
        model: Whose forecast it corrects.
        origin: At which it is used.
        learned_from: The same day one year before.
        identified: False: too little history; both factors are then 1.
        reason: Why not, or how it was found; a sentence.
        ratio: Purchase days that came over those forecast, for customers known one year before; NaN if not
            identified, as the next three.
        standard_error: Of log ratio: outcomes and parameters.
        spend_ratio: Of net amounts; NaN without amounts.
        spend_standard_error: Of its logarithm.
        purchases: The factor on purchases: the ratio, shrunk to 1.
        spend: The factor on spend.
    """

    model: str
    origin: date
    learned_from: date
    identified: bool
    reason: Sentence
    ratio: float = float("nan")
    standard_error: float = float("nan")
    spend_ratio: float = float("nan")
    spend_standard_error: float = float("nan")
    purchases: float = 1.0
    spend: float = 1.0
