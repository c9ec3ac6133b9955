"""The verb of this station: a customer base in, a valuation out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import _
from evergrove.scoring.calibration import AS_MODELLED
from evergrove.scoring.cost_notes import cost_notes
from evergrove.scoring.errors import NoReturnCut, NotWidened
from evergrove.scoring.fits import check_model, fit_all
from evergrove.scoring.look_back import churn_cut, holdout, judge_past, judged_fits, track_weeks
from evergrove.scoring.margins import terms_for
from evergrove.scoring.posteriors import with_posteriors
from evergrove.scoring.readiness import INTERVALS, readiness
from evergrove.scoring.recalibration import recalibrate
from evergrove.scoring.returns import refunds_expected
from evergrove.scoring.sample import past_of
from evergrove.scoring.score import (
    discounted_year,
    foresee,
    next_order_days,
    score,
    steady_future,
)
from evergrove.scoring.shop import measured, rate_of
from evergrove.scoring.spend import evidence
from evergrove.scoring.splits import Histories
from evergrove.scoring.totals import total_up
from evergrove.scoring.types import Valuation

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from numpy.typing import NDArray

    from evergrove.core import EvergroveWarning
    from evergrove.customers import CustomerBase
    from evergrove.scoring.calibration import Calibration
    from evergrove.scoring.champions import Champions
    from evergrove.scoring.fits import Fits
    from evergrove.scoring.intervals import Grid
    from evergrove.scoring.spend import SpendEvidence
    from evergrove.scoring.terms import Terms
    from evergrove.scoring.types import (
        BackTest,
        Readiness,
        ReturnCut,
        Scores,
        SpendConvention,
        Split,
        Tracking,
    )
    from evergrove.settings import StageSettings, ValueSettings
    from evergrove.warehouse import Engine

    Announce = Callable[[str], None]

NAN = float("nan")


def silence(_sentence: str) -> None:
    """Announce nothing."""


@dataclass(frozen=True)
class Extras:
    """
    What to work out beside the scores; the lean path leaves all of it out.

    Attributes:
        back_test: Hold back part of the data: back-test, tracking, and the cut of the stages.
        intervals: Intervals of every customer.
        total_interval: That of the total as well.
        seed: Of all draws.
        convention: Which days the spend model reads.
        complete_from: Models are fitted on customers first seen on or after this day (left truncation);
            None: on all. At past origins what was known on them decides instead, where there is an ``engine``.
        engine: Holds the base's tables; with it a large base is sampled for looking back. None looks back at all.
        champions: Of a rolling back-test; with "auto" a model that was plainly worse in it gives way. None without.
        repeats_by_day: Repeat purchase days of all customers on each day from the first order day to
            observation_end, for the tracking; None leaves the actual line out.
    """

    back_test: bool = True
    intervals: bool = True
    total_interval: bool = True
    seed: int = 1
    convention: SpendConvention = "all_days"
    complete_from: date | None = None
    engine: Engine | None = None
    champions: Champions | None = None
    repeats_by_day: NDArray[Any] | None = None


def value_customers(
    base: CustomerBase,
    settings: ValueSettings,
    stages: StageSettings,
    model: str = "auto",
    extras: Extras | None = None,
    announce: Announce = silence,
) -> Valuation:
    """
    Choose, fit, score, judge.

    Args:
        base: One customer at least.
        settings: Unit, discount rate, margin, acquisition cost, currency.
        stages: Horizon of p_active and the share that may come back.
        model: "auto", or one of ``choose.NAMED``.
        extras: What to work out beside the scores; None takes the defaults.
        announce: Called with a sentence when a stage begins.

    Raises:
        UnknownModel: No model has that name.
        NotConverged: The named model does not fit; with "auto" a simpler one stands in.
        InputError: A discount rate, a margin or an acquisition cost means nothing.
    """
    check_model(model)
    wanted, terms = extras or Extras(), terms_for(settings, base)
    looking_back = model == "auto" or wanted.back_test
    with past_of(base, wanted.engine if looking_back else None) as past:
        then = None if wanted.engine is None else known_then(wanted.engine, base)
        histories = Histories(base, past, settings.unit, wanted.complete_from, then)
        return _value(histories, terms, settings, stages, model, wanted, announce)


def known_then(engine: Engine, base: CustomerBase) -> Callable[[date], date | None]:
    """Day -> from when on histories are whole, as told on that day."""
    from evergrove.customers import left_truncation  # noqa: PLC0415 -- the lean path never looks back

    return lambda day: left_truncation(engine, base, day).fit_from


def _value(
    histories: Histories,
    terms: Terms,
    settings: ValueSettings,
    stages: StageSettings,
    model: str,
    wanted: Extras,
    announce: Announce,
) -> Valuation:
    """Choose, fit, score, judge: one stage a line."""
    base = histories.base
    ready = readiness(base.frequency, base.T, base.mean_day_spend if base.has_amounts else None)
    announce(_("Fitting the models"))
    split = holdout(histories, ready) if model == "auto" or wanted.back_test else None
    fits = fit_all(histories.fitted, ready, model, split, wanted.convention, wanted.champions)
    ready = replace(ready, limits=ready.limits + fits.limits)
    known = evidence(fits.spend, histories.everybody, wanted.convention) if ready.amounts else None
    announce(_("Scoring every customer"))
    as_said = scores = scores_by(fits, known, base, terms, stages, rate_of(base, ready))
    past = _Past()
    if wanted.back_test and fits.process is not None:
        announce(_("Judging the forecast by the past"))
        past = _look_back(fits, split, histories, wanted)
    bounds, grid = (NAN, NAN), None
    if wanted.intervals and known is not None and not set(INTERVALS) & set(ready.missing):
        announce(_("Drawing the intervals"))
        fits = with_posteriors(fits, histories.fitted, wanted.seed)
        scores, bounds, grid = with_intervals(
            scores, fits, base, known, terms, past.calibration, wanted.seed, of_total=wanted.total_interval
        )
    scores, bounds = recalibrate(scores, bounds, fits.recalibration)
    cut = churn_cut(fits.choice.name, scores.p_active_180d, histories, stages, look_back=wanted.back_test)
    return Valuation(
        as_of=base.observation_end,
        first_date=histories.first_date,
        unit=settings.unit,
        terms=terms,
        active_days=stages.active_days,
        currency=settings.currency,
        choice=fits.choice,
        process=fits.process,
        runner_up=fits.runner_up,
        spend=fits.spend,
        spend_convention=wanted.convention,
        scores=scores,
        totals=total_up(scores, bounds, past.log_spread, leaving=fits.choice.name != "nbd"),
        readiness=ready,
        back_test=past.back_test,
        tracking=past.tracking,
        cut=cut,
        seed=wanted.seed,
        fitted_customers=len(histories.fitted),
        warnings=(
            *_of_fits(ready, fits),
            *refunds_expected(base),
            *cost_notes(terms, settings.cac),
            *_of_judgement(ready, wanted, bounds, past.log_spread, cut, stages),
        ),
        dates=fits.dates,
        champions=fits.champions,
        shop=measured(base, ready, wanted.convention, terms, as_said, grid, fits.recalibration),
    )


@dataclass(frozen=True, eq=False)
class _Past:
    """What looking back gave."""

    back_test: BackTest | None = None
    tracking: Tracking | None = None

    @property
    def log_spread(self) -> float:
        return NAN if self.back_test is None else self.back_test.log_spread

    @property
    def calibration(self) -> Calibration:
        return AS_MODELLED if self.back_test is None else self.back_test.calibration


def _look_back(fits: Fits, split: Split | None, histories: Histories, wanted: Extras) -> _Past:
    """Back-test and tracking of the chosen model."""
    if fits.process is None:
        return _Past()
    name = fits.choice.name
    at_origin, log_scores = ({}, {}) if split is None else judged_fits(fits.choice, split)
    judged = None
    if split is not None:
        judged = judge_past(name, split, at_origin, log_scores, histories, wanted.convention)
    weeks = track_weeks(fits.process, at_origin.get(name), split, histories, wanted.repeats_by_day)
    return _Past(judged, weeks)


def scores_by(
    fits: Fits,
    known: SpendEvidence | None,
    base: CustomerBase,
    terms: Terms,
    stages: StageSettings,
    rate: float,
) -> Scores:
    """
    Every column of every customer from the fits; the interval's two are NaN.

    Args:
        fits: Without a process everybody buys at the average rate.
        known: Of each customer's spend; None without amounts.
        base: The customers.
        terms: Discount rate, margin, acquisition cost.
        stages: Horizon of p_active.
        rate: Repeat purchases of a customer and day, for where there is no process; NaN where that is not known.
    """
    if fits.process is None:
        future = steady_future(rate, len(base), terms.delta("day"))
    else:
        future = foresee(fits.process.model, base, terms.delta(fits.process.model.unit), stages.active_days)
    if fits.dates is not None:
        dated = next_order_days(fits.dates.model, base, np.isfinite(future.next_days[1]))
        future = replace(future, next_days=dated)
    rival = None
    if fits.runner_up is not None:
        rival = discounted_year(fits.runner_up.model, base, terms.delta(fits.runner_up.model.unit))
    return score(future, None if known is None else known.expected, base, terms, rival)


def with_intervals(
    scores: Scores,
    fits: Fits,
    base: CustomerBase,
    known: SpendEvidence,
    terms: Terms,
    calibration: Calibration,
    seed: int,
    *,
    of_total: bool,
    grid: Grid | None = None,
) -> tuple[Scores, tuple[float, float], Grid | None]:
    """Bounds for every customer and, where asked for, of the total, else these are NaN; and how they were drawn."""
    from evergrove.scoring.intervals import spend_distribution  # noqa: PLC0415 -- off the lean path
    from evergrove.scoring.total_interval import relative_totals, total_bounds  # noqa: PLC0415 -- as above

    if fits.process is None:
        return scores, (NAN, NAN), None
    delta = terms.delta(fits.process.model.unit)
    spend = spend_distribution(fits.process, fits.spend, base, scores.p_alive, known, delta, seed, grid=grid)
    low, high = (terms.expected(spend.quantile(level)) for level in calibration.levels())
    scores, bounds = replace(scores, clv_12m_low=low, clv_12m_high=high), (NAN, NAN)
    if of_total:
        relative = relative_totals(fits.process, fits.spend, base, known, seed)
        variance = float(terms.variance(spend.variance()).sum())
        bounds = total_bounds(float(scores.clv_12m.sum()), relative, variance, calibration.log_spread, seed)
    return scores, bounds, spend.grid


def _of_fits(ready: Readiness, fits: Fits) -> tuple[EvergroveWarning, ...]:
    """What the data and the fits leave to be said, each sentence once."""
    said: list[EvergroveWarning] = [limit.reason for limit in ready.limits]
    for fit in (fits.process, fits.spend):
        said += fit.warnings if fit is not None else ()
        said += fit.posterior.warnings if fit is not None and fit.posterior is not None else ()
    return tuple({(warning.code, str(warning)): warning for warning in said}.values())


def _of_judgement(
    ready: Readiness,
    wanted: Extras,
    bounds: tuple[float, float],
    log_spread: float,
    cut: ReturnCut,
    stages: StageSettings,
) -> list[EvergroveWarning]:
    """What looking back, or not looking back, leaves to be said."""
    said: list[EvergroveWarning] = []
    if np.isfinite(bounds[0]) and not np.isfinite(log_spread) and ready.holdout_days:
        said.append(NotWidened())
    if ready.process and wanted.back_test and cut.source == "none" and cut.origin is not None:
        said.append(NoReturnCut(days=stages.active_days, share=f"{stages.return_share:.0%}"))
    return said
