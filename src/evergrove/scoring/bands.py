"""``eg.intervals``: what parameters, what outcomes, and what both leave open, per customer and in total."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import nan
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, get_args

import numpy as np

from evergrove.core import DAYS_PER, Term, _, in_units, per_unit_rate
from evergrove.core.arguments import InvalidArgument, number, of_kind, one_of, whole
from evergrove.models.posterior import draws as posterior_draws
from evergrove.models.process import InvalidHorizon, TransactionModel
from evergrove.models.types import SUMMARY, Fit, Summary
from evergrove.scoring.calibration import AS_MODELLED, LEVEL
from evergrove.scoring.cells import cells_of, smallest_scale
from evergrove.scoring.distinct_histories import DistinctHistories, histories_of
from evergrove.scoring.intervals import spend_distribution
from evergrove.scoring.parameter_bands import expected_under_draws
from evergrove.scoring.spend import SpendEvidence, evidence
from evergrove.scoring.streams import stream
from evergrove.scoring.total_interval import total_bounds
from evergrove.scoring.types import Interval, SpendConvention

if TYPE_CHECKING:
    from evergrove.core import Horizon
    from evergrove.models.posterior import Posterior
    from evergrove.models.types import Floats
    from evergrove.scoring.calibration import Calibration
    from evergrove.scoring.intervals import SpendDistribution
    from evergrove.scoring.parameter_bands import UnderDraws
    from evergrove.scoring.score import Histories

Kind = TypeVar("Kind")
LEVELS = Term(_("a probability between 0 and 1: 0.8 runs from the 10 % to the 90 % quantile"))
PROCESS = Term(_("the fit of a transaction model, as Model.fit(summary) gives it"))
SPEND = Term(_("the fit of a spend model, as eg.GammaGamma.fit(summary) gives it"))


@dataclass(frozen=True, eq=False)
class Band:
    """An estimate for every customer with its bounds, shape (n,) each."""

    estimate: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, eq=False)
class BySource(Generic[Kind]):
    """
    One figure with its bounds, by where the doubt comes from.

    Attributes:
        parameters: Bounds of the *expected* figure: the parameters are not known exactly.
        outcomes: Bounds of what will come if they were: people do not do what is expected of them.
        combined: Bounds of what will come: both, and with a calibration the errors of the past.
    """

    parameters: Kind
    outcomes: Kind
    combined: Kind


@dataclass(frozen=True, eq=False)
class Intervals:
    """
    What ``intervals`` found.

    Attributes:
        of: Discounted "value" within the horizon; without a spend model "purchases", undiscounted.
        level: Of all bounds.
        horizon_days: How far ahead.
        p_alive: P(alive), with the bounds that the parameters leave; what comes of it is yes or no.
        customers: The figure of each customer, in the order of the summary.
        total: Its sum over the customers.
        process: Draws of the process's parameters.
        spend: Draws of the spend model's; None without one.
        calibration: By what the combined bounds were widened.
    """

    of: Literal["value", "purchases"]
    level: float
    horizon_days: float
    p_alive: Band
    customers: BySource[Band]
    total: BySource[Interval]
    process: Posterior | None
    spend: Posterior | None
    calibration: Calibration


def intervals(
    process: Fit[TransactionModel],
    summary: Summary,
    spend: Fit[Any] | None = None,
    *,
    horizon: Horizon = "12 months",
    annual_rate: float = 0.10,
    level: float = LEVEL,
    seed: int = 1,
    convention: SpendConvention = "all_days",
    calibration: Calibration = AS_MODELLED,
) -> Intervals:
    """
    How sure one can be of each customer and of all together.

    A fit without draws of its parameters gets them here, which takes the summary that it was fitted on. For
    other customers attach them before: ``replace(fit, posterior=draws(fit, fitted_on, rng=rng))``.

    Args:
        process: The fit of a transaction model.
        summary: The customers, one a row.
        spend: The spend model's fit; without it purchases are counted.
        horizon: How far ahead: a number in the model's unit, or a text.
        annual_rate: Effective annual discount rate of value; purchases are not discounted.
        level: Of all bounds; .8 runs from the 10 % to the 90 % quantile.
        seed: Of all draws.
        convention: Which days the spend model read.
        calibration: From earlier origins (``evergrove.scoring.calibration``).

    Raises:
        InvalidArgument: An argument is of another kind, or the level lies outside of (0, 1).
        NotItsSummary: A fit without draws was fitted on other histories.
        InvalidHorizon: The horizon is no length of time.
    """
    _check(process, summary, spend, convention)
    level, seed = number("level", level, LEVELS, above=0.0, below=1.0), whole("seed", seed)
    days = _days(horizon, process.model)
    process, spend = _with_draws(process, spend, summary, seed)
    plain, base = AS_MODELLED.levels(level), histories_of(summary)
    known = _counted(len(summary)) if spend is None else evidence(spend, summary, convention)
    delta = 0.0 if spend is None else per_unit_rate(annual_rate, process.model.unit)
    here = summary.in_unit(process.model.unit)
    alive = process.model.probability_alive(here.frequency, here.recency, here.T)
    under = expected_under_draws(process, spend, base, known, delta, days, seed, plain)

    def drawn(process: Fit[TransactionModel], spend: Fit[Any] | None) -> SpendDistribution:
        return spend_distribution(process, spend, base, alive, known, delta, seed, days=days)

    outcomes, combined = drawn(_sure(process), None if spend is None else _sure(spend)), drawn(process, spend)
    expected = _expected(process.model, base, alive, known, delta, days)
    return Intervals(
        of="purchases" if spend is None else "value",
        level=level,
        horizon_days=days,
        p_alive=Band(alive, *under.p_alive),
        customers=BySource(
            Band(expected, *under.expected),
            Band(expected, *(outcomes.quantile(each) for each in plain)),
            Band(expected, *(combined.quantile(each) for each in calibration.levels(level))),
        ),
        total=_total(float(expected.sum()), under, outcomes, calibration.log_spread, level, seed),
        process=process.posterior,
        spend=None if spend is None else spend.posterior,
        calibration=calibration,
    )


def _check(process: Any, summary: Any, spend: Any, convention: str) -> None:
    """Refuse arguments of another kind: a model in place of its fit, a table in place of its summary."""
    of_kind("process", process, Fit, PROCESS)
    of_kind("process", process.model, TransactionModel, PROCESS)
    of_kind("summary", summary, Summary, SUMMARY)
    if spend is not None:
        of_kind("spend", spend, Fit, SPEND)
        if isinstance(spend.model, TransactionModel):
            raise InvalidArgument(name="spend", value=spend, wanted=SPEND)
    one_of("convention", convention, get_args(SpendConvention))


def _days(horizon: Horizon, model: TransactionModel) -> float:
    length = in_units(horizon, model.unit)
    if not 0 < length < np.inf:
        raise InvalidHorizon(horizon=length, unit=model.unit)
    return length * DAYS_PER[model.unit]


def _with_draws(
    process: Fit[TransactionModel],
    spend: Fit[Any] | None,
    summary: Summary,
    seed: int,
) -> tuple[Fit[TransactionModel], Fit[Any] | None]:
    """The fits with draws of their parameters; a spend model with slopes is drawn from its covariance."""
    if process.posterior is None:
        process = replace(process, posterior=posterior_draws(process, summary, rng=stream(seed, "process")))
    if spend is not None and spend.posterior is None and not getattr(spend.model, "slopes", None):
        spend = replace(spend, posterior=posterior_draws(spend, summary, rng=stream(seed, "spend")))
    return process, spend


def _sure(fit: Fit[Any]) -> Fit[Any]:
    """The fit as if its parameters were known."""
    return replace(fit, posterior=None, log_covariance=np.zeros_like(fit.log_covariance))


def _counted(customers: int) -> SpendEvidence:
    """Every purchase counts 1."""
    none = np.zeros(customers)
    return SpendEvidence(none, none, np.ones(customers))


def _expected(
    model: TransactionModel, base: Histories, alive: Floats, known: SpendEvidence, delta: float, days: float
) -> Floats:
    """Expected value within the horizon, shape (n,)."""
    horizon = days / DAYS_PER[model.unit]
    cells = cells_of(base.frequency, base.T, model.unit, smallest_scale(model), model.phases)
    bought = cells.spread(lambda x, T: model.discounted_if_alive(horizon, delta, x, T))
    if_alive = DistinctHistories.among(base, model.unit).weighed(model, bought)
    return alive * known.expected * if_alive


def _total(
    expected: float,
    under: UnderDraws,
    outcomes: SpendDistribution,
    log_spread: float,
    level: float,
    seed: int,
) -> BySource[Interval]:
    """The sum over all customers."""
    levels, relative = ((1 - level) / 2, (1 + level) / 2), under.totals / expected
    variance, sure = float(outcomes.variance().sum()), np.ones_like(under.totals)

    def bounded(relative: Floats, variance: float, spread: float) -> Interval:
        low, high = total_bounds(expected, relative, variance, spread, seed, levels=levels)
        return Interval(expected, low, high, level)

    return BySource(
        bounded(relative, 0.0, nan), bounded(sure, variance, nan), bounded(relative, variance, log_spread)
    )
