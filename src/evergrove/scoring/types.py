"""What scoring hands on: scores beside their choice, their back-test, their totals and their limits."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal

from evergrove.core import DAYS_PER
from evergrove.scoring.calibration import AS_MODELLED

if TYPE_CHECKING:
    from datetime import date

    import numpy as np
    from numpy.typing import NDArray

    from evergrove.core import EvergroveError, EvergroveWarning, Unit
    from evergrove.customers import LastYear
    from evergrove.models.process import TransactionModel
    from evergrove.models.types import Fit, Floats, Summary
    from evergrove.scoring.calibration import Calibration
    from evergrove.scoring.champions import Champions
    from evergrove.scoring.shop import ShopFigures
    from evergrove.scoring.terms import Basis, Terms

How = Literal["given", "champion", "back_test", "short_history", "fallback", "average_rate"]
CutSource = Literal["back_test", "model", "none"]
SpendConvention = Literal["all_days", "repeat_days"]


@dataclass(frozen=True, eq=False)
class Split:
    """
    One origin in the past: what was known at it, and what came in the window after it.

    All arrays stand in the order of ``calibration``'s rows: customers whose first order came by ``origin``.

    Attributes:
        origin: The last day whose orders counted.
        until: The last day of the window after it.
        calibration: The summary as of ``origin``, one row a customer, without look-ahead.
        fitted: The rows of it that models are fitted on: fewer where histories start mid-life.
        purchases: Purchase days in (origin, until]. Shape (n,).
        spend: Net amount in the same window, refunds dated in it included. Shape (n,); None without amounts.
        last_purchases: Repeat purchase days in the window of equal length that ends with ``origin``: the
            first purchase of all is no repeat, and cannot come again. Shape (n,).
        last_spend: Net amount in that earlier window, first purchases likewise left out. Shape (n,); None
            without amounts.
        first_order_date: First purchase day. Shape (n,), datetime64[D]; None where unknown, as the next three.
        next_days: Days from ``origin`` to the first purchase day after it; NaN without one by ``until``.
        last_next_days: The same one window earlier: days into it of the first purchase day in it.
        last_silence: Days from the last purchase day before that earlier window to its beginning; NaN for
            customers who came later. With ``last_purchases`` it tells what a silence led to last time.
        last_year: What the customers did in the 365 days that end with ``origin``: what tiers look at.
    """

    origin: date
    until: date
    calibration: Summary
    fitted: Summary
    purchases: Floats
    spend: Floats | None
    last_purchases: Floats
    last_spend: Floats | None
    first_order_date: NDArray[np.datetime64] | None = None
    next_days: Floats | None = None
    last_next_days: Floats | None = None
    last_silence: Floats | None = None
    last_year: LastYear | None = None

    @property
    def days(self) -> int:
        """Length of the window, in days."""
        return (self.until - self.origin).days

    def horizon(self, unit: Unit) -> float:
        """Length of the window, in ``unit``."""
        return self.days / DAYS_PER[unit]


@dataclass(frozen=True)
class Candidate:
    """
    One model on the calibration window: how it fitted and how well it foretold the holdout.

    Attributes:
        name: As ``--model`` takes it.
        fit: None where the fit failed.
        failure: The error of a failed fit.
        flat: The fit lies on a flat ridge: its parameters are not pinned down.
        log_score: Sum over customers of the log probability of their holdout count; None without a holdout.
        behind: How far the log score lies behind that of the best model that may be chosen; 0 for that one,
            negative for a model that did better but is reported only.
        standard_error: Of the paired difference ``behind``; 0 for the best.
        eligible: May be chosen by ``auto``.
    """

    name: str
    fit: Fit[TransactionModel] | None = None
    failure: EvergroveError | None = None
    flat: bool = False
    log_score: float | None = None
    behind: float | None = None
    standard_error: float | None = None
    eligible: bool = False


@dataclass(frozen=True)
class Choice:
    """
    Which model was chosen and why.

    Attributes:
        name: The chosen model; "" where none could be fitted (``how`` is then "average_rate").
        how: "given" by the user; the "champion" of a rolling back-test, or as good as it; by the "back_test" on one
            holdout; Pareto/NBD for want of a holdout ("short_history");
            a simpler model because the preferred ones failed ("fallback"); none at all ("average_rate").
        candidates: All models that ``auto`` tried; empty where the model was given.
        split_origin: Last day of the calibration window; None without a holdout.
    """

    name: str
    how: How
    candidates: tuple[Candidate, ...] = ()
    split_origin: date | None = None


@dataclass(frozen=True, eq=False)
class Scores:
    """
    One row per customer, in the order of ``customer_summary``; NaN is published as NULL.

    Money is on ``basis`` (see ``evergrove.scoring.score.Terms``), probabilities lie in [0, 1].

    Attributes:
        p_alive: P(alive at as_of).
        p_active_180d: P(at least one purchase within ``stages.active_days``, by default 180).
        p_active_12m: P(at least one purchase within 365.25 days); stands beside an interval of [0, 0].
        expected_purchases_12m: Expected purchase days within 365.25 days.
        expected_spend: Expected net amount of a purchase day; revenue, whatever the basis.
        historic_value: What was realised so far, on the basis.
        clv_12m: Expected value of the next 365.25 days, discounted.
        clv_12m_low: Lower end of the 80 % interval of discounted 12-month value, held to past origins where
            there are any; NaN with ``--no-intervals``.
        clv_12m_high: Upper end.
        clv_12m_runner_up: ``clv_12m`` by the next best model of the back-test; NaN without one.
        clv: Residual value: the same without a horizon.
        clv_total: historic_value + clv.
        simple_clv: Average order x orders a year x lifetime in years.
        next_order_date: Days after as_of to the median next purchase, >= 1; NaN where a purchase within
            365 days is less likely than not. Whole numbers.
        next_order_p25: The same for the 25 % quantile.
        next_order_p75: The same for the 75 % quantile.
    """

    p_alive: Floats
    p_active_180d: Floats
    p_active_12m: Floats
    expected_purchases_12m: Floats
    expected_spend: Floats
    historic_value: Floats
    clv_12m: Floats
    clv_12m_low: Floats
    clv_12m_high: Floats
    clv_12m_runner_up: Floats
    clv: Floats
    clv_total: Floats
    simple_clv: Floats
    next_order_date: Floats
    next_order_p25: Floats
    next_order_p75: Floats

    def columns(self) -> dict[str, Floats]:
        """All columns by name, without a copy."""
        return {column.name: getattr(self, column.name) for column in fields(self)}

    def __len__(self) -> int:
        return len(self.p_alive)


@dataclass(frozen=True)
class Interval:
    """An estimate with the bounds between which it lies with probability ``level``."""

    estimate: float
    low: float
    high: float
    level: float = 0.80


@dataclass(frozen=True)
class Totals:
    """
    What the whole base is worth, on the scores' basis; NaN where a figure cannot be given.

    Attributes:
        customers: Customers scored.
        historic_value: Sum of historic_value.
        clv_12m: Value at stake in 12 months; bounds are NaN without intervals.
        clv: Sum of residual values.
        clv_total: historic_value + clv.
        simple_clv: Sum of the simple figure.
        expected_purchases_12m: Sum.
        value_likely_lost: Sum of (clv_12m if alive) x (1 - p_alive).
        lost_of_alive_value: The same as a share of the sum of (clv_12m if alive).
        log_spread: Root mean square of log(actual / forecast) totals over the back-test's origins: what the
            interval was widened by; NaN without a back-test (then the interval is not widened, and says so).
    """

    customers: int
    historic_value: float
    clv_12m: Interval
    clv: float
    clv_total: float
    simple_clv: float
    expected_purchases_12m: float
    value_likely_lost: float
    lost_of_alive_value: float
    log_spread: float


@dataclass(frozen=True)
class Judged:
    """
    One forecaster against what happened in the window after an origin.

    Attributes:
        name: A model's name, "last_period" (same as last period) or "average_rate" (average rate so far).
        purchases: Forecast total of purchase days.
        bias: purchases / actual - 1.
        mae: Mean absolute error per customer, purchase days.
        rmse: Root mean squared error per customer, purchase days.
        by_frequency: Mean forecast per customer in each of the back-test's bins of past frequency.
        log_score: Sum of log probabilities of the counts; None for the naive ones.
        spend: Forecast total of net amounts; None without amounts, as the next four.
        spend_bias: spend / actual - 1.
        spend_rmse: Per customer.
        gini: Of the ranking by forecast spend, normalised by the perfect ranking; ties are neutral.
        decile_mape: Mean absolute percentage error of mean spend over the deciles of the forecast.
    """

    name: str
    purchases: float
    bias: float
    mae: float
    rmse: float
    by_frequency: tuple[float, ...]
    log_score: float | None = None
    spend: float | None = None
    spend_bias: float | None = None
    spend_rmse: float | None = None
    gini: float | None = None
    decile_mape: float | None = None


@dataclass(frozen=True)
class OriginTotal:
    """One origin's totals: ``log_ratio`` = log(actual / forecast), of spend, or of purchases without amounts."""

    origin: date
    until: date
    actual: float
    forecast: float
    log_ratio: float


@dataclass(frozen=True)
class BackTest:
    """
    What the models would have said at an origin in the past, beside what then happened.

    Attributes:
        origin: Last day of the calibration window.
        until: Last day of the holdout.
        customers: Customers known at the origin.
        purchases: Actual purchase days in the holdout.
        spend: Actual net amount in the holdout; None without amounts.
        bins: Labels of the bins of past frequency ("0" to "6", "7+").
        bin_customers: Customers per bin.
        bin_actual: Mean actual purchase days per customer and bin.
        judged: The models that fitted, the chosen one first, then the naive baselines.
        past_spend_gini: Normalised Gini of ranking by past spend alone; None without amounts.
        origins: Up to three rolling origins, latest first: the chosen model's totals.
        log_spread: Root mean square of their log ratios.
        calibration: What these origins say of the width of intervals.
        every: Every so-many-th customer was looked at, and counts and totals are theirs; 1 is all.
    """

    origin: date
    until: date
    customers: int
    purchases: float
    spend: float | None
    bins: tuple[str, ...]
    bin_customers: tuple[int, ...]
    bin_actual: tuple[float, ...]
    judged: tuple[Judged, ...]
    past_spend_gini: float | None
    origins: tuple[OriginTotal, ...]
    log_spread: float
    every: int = 1
    calibration: Calibration = AS_MODELLED


@dataclass(frozen=True)
class ReturnCut:
    """
    Below which p_active a customer counts as churned.

    Attributes:
        cut: Customers with p_active_180d < cut are churned; NaN where none can be given (then silence decides).
        source: Chosen on a "back_test"; from the "model"'s own probabilities; "none".
        returned: Share of those below it that came back within ``active_days``, seen (or, from the model,
            expected).
        customers_below: How many stood below it at the origin (today, from the model).
        origin: The back-test's origin; None otherwise.
    """

    cut: float
    source: CutSource
    returned: float
    customers_below: int
    origin: date | None = None


@dataclass(frozen=True, eq=False)
class Tracking:
    """
    Repeat purchases per week, expected beside actual.

    Attributes:
        week_end: Days from the first order day to the end of each week. Shape (w,).
        expected: Expected repeat purchase days in each week, given when customers were won. Shape (w,).
        actual: What happened; NaN where unknown. Shape (w,).
        first_day: The first order day.
        holdout_start: The first day after the fit's data; None where the fit saw everything.
    """

    week_end: NDArray[Any]
    expected: Floats
    actual: Floats
    first_day: date
    holdout_start: date | None


@dataclass(frozen=True)
class Limit:
    """
    Figures that cannot be given, or not as defined, and why.

    Attributes:
        reason: Code and sentence.
        missing: Names of the columns and figures that are NULL.
        instead: Names of the figures that come from a simpler estimate; ``reason`` says from which.
    """

    reason: EvergroveWarning
    missing: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()


@dataclass(frozen=True)
class Readiness:
    """
    What the data can carry.

    Attributes:
        limits: Empty when everything can be given.
        process: A transaction model may be fitted.
        spend: A spend model may be fitted.
        amounts: There are amounts at all.
        holdout_days: Length of the holdout; 0 where the history is too short for one.
    """

    limits: tuple[Limit, ...]
    process: bool
    spend: bool
    amounts: bool
    holdout_days: int

    @property
    def missing(self) -> tuple[str, ...]:
        """Every figure that cannot be given, once, in order of appearance."""
        return tuple(dict.fromkeys(name for limit in self.limits for name in limit.missing))


@dataclass(frozen=True, eq=False)
class Valuation:
    """
    Everything that scoring says about a customer base.

    Attributes:
        as_of: The last day whose orders count.
        first_date: The first order day.
        unit: Unit of time of the models' parameters.
        terms: Discount rate, margin, acquisition cost: what money means in ``scores`` and ``totals``.
        active_days: Horizon of ``p_active_180d``.
        currency: As declared; "" if not.
        choice: Which model and why.
        process: The chosen model's fit on all data; None where none could be fitted.
        runner_up: The fit of the next best model by the back-test; None without one.
        spend: The spend model's fit; None where none could be fitted.
        spend_convention: Which days it was fitted on.
        scores: Per customer.
        totals: Of the base.
        readiness: What could not be given.
        back_test: None where not asked for or not possible.
        tracking: None likewise.
        cut: From which p_active_180d customers count as churned.
        warnings: What a reader of the numbers should know, each once.
        seed: Of the draws behind the intervals.
        fitted_customers: Customers that the models were fitted on (fewer than scored after left truncation).
        dates: The fit of the model of next orders' dates, where a rolling back-test found a better one for them.
        champions: What was taken over from a rolling back-test; None without one.
        shop: What scores take from the shop as a whole.
    """

    as_of: date
    first_date: date
    unit: Unit
    terms: Terms
    active_days: int
    currency: str
    choice: Choice
    process: Fit[TransactionModel] | None
    runner_up: Fit[TransactionModel] | None
    spend: Fit[Any] | None
    spend_convention: SpendConvention
    scores: Scores
    totals: Totals
    readiness: Readiness
    back_test: BackTest | None
    tracking: Tracking | None
    cut: ReturnCut
    seed: int
    fitted_customers: int
    warnings: tuple[EvergroveWarning, ...] = field(default=())
    dates: Fit[TransactionModel] | None = None
    champions: Champions | None = None
    shop: ShopFigures | None = None

    @property
    def basis(self) -> Basis:
        """What money means: revenue, margin or net profit."""
        return self.terms.basis
