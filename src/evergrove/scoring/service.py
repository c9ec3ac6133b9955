"""The verb of this station: a customer base in, a valuation out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import DAYS_PER, EvergroveError, _
from evergrove.scoring.back_test import SHORTEST_CALIBRATION_DAYS, back_test, rolling_origins
from evergrove.scoring.choose import PREFERRED, choose_model, fit_model, tried
from evergrove.scoring.errors import NoDropout, NoModel, NoReturnCut, NotWidened, SimplerModel, UntestedModel
from evergrove.scoring.readiness import FORECASTS, INTERVALS, JUDGEMENTS, readiness
from evergrove.scoring.return_cut import NO_CUT, cut_from_back_test, cut_from_model
from evergrove.scoring.score import average_rate, foresee, score, steady_future
from evergrove.scoring.spend import evidence, fit_spend
from evergrove.scoring.splits import Histories
from evergrove.scoring.terms import terms_of
from evergrove.scoring.totals import total_up
from evergrove.scoring.tracking import track
from evergrove.scoring.types import Choice, Limit, Valuation

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from numpy.typing import NDArray

    from evergrove.core import EvergroveWarning
    from evergrove.customers import CustomerBase
    from evergrove.models.types import Fit, Floats
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
        intervals: Intervals of every customer and of the total.
        seed: Of all draws.
        convention: Which days the spend model reads.
        complete_from: Models are fitted on customers first seen on or after this day (left truncation);
            None: on all.
        repeats_by_day: Repeat purchase days of all customers on each day from the first order day to
            observation_end, for the tracking; None leaves the actual line out.
    """

    back_test: bool = True
    intervals: bool = True
    seed: int = 1
    convention: SpendConvention = "all_days"
    complete_from: date | None = None
    repeats_by_day: NDArray[Any] | None = None


@dataclass(frozen=True, eq=False)
class _Fits:
    """The fits on all data and how they came about."""

    choice: Choice
    process: Fit[Any] | None
    spend: Fit[Any] | None
    limits: tuple[Limit, ...]


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
        model: "auto", "pareto-nbd", "mbg-nbd", "bg-nbd" or "nbd".
        extras: What to work out beside the scores; None takes the defaults.
        announce: Called with a sentence when a stage begins.

    Raises:
        UnknownModel: No model has that name.
        NotConverged: The named model does not fit; with "auto" a simpler one stands in.
        InputError: A discount rate, a margin or an acquisition cost means nothing.
    """
    wanted = extras or Extras()
    terms = terms_of(settings)
    histories = Histories(base, settings.unit, wanted.complete_from)
    ready = readiness(base.frequency, base.T, base.mean_day_spend if base.has_amounts else None)
    announce(_("Fitting the models"))
    split = _holdout(histories, ready) if model == "auto" or wanted.back_test else None
    fits = _fit(histories, ready, model, split, wanted)
    known = evidence(fits.spend, histories.everybody, wanted.convention) if ready.amounts else None
    ready = replace(ready, limits=ready.limits + fits.limits)
    announce(_("Scoring every customer"))
    scores = _scores(fits, known, base, terms, settings, stages, ready)
    announce(_("Judging the forecast by the past"))
    judged = _judged(fits, split, histories, wanted) if wanted.back_test else None
    log_spread = NAN if judged is None else judged.log_spread
    bounds = (NAN, NAN)
    if wanted.intervals and known is not None and not set(INTERVALS) & set(ready.missing):
        announce(_("Drawing the intervals"))
        scores, bounds = _with_intervals(scores, fits, base, known, terms, log_spread, wanted.seed)
    cut = _cut(fits, scores, histories, stages, wanted)
    return Valuation(
        as_of=base.observation_end,
        first_date=histories.first_date,
        unit=settings.unit,
        terms=terms,
        active_days=stages.active_days,
        currency=settings.currency,
        choice=fits.choice,
        process=fits.process,
        spend=fits.spend,
        spend_convention=wanted.convention,
        scores=scores,
        totals=total_up(scores, bounds, log_spread, leaving=fits.choice.name != "nbd"),
        readiness=ready,
        back_test=judged,
        tracking=_tracking(fits, split, histories, wanted) if wanted.back_test else None,
        cut=cut,
        seed=wanted.seed,
        fitted_customers=len(histories.fitted),
        warnings=_warnings(ready, fits, wanted, bounds, log_spread, cut, stages),
    )


def _holdout(histories: Histories, ready: Readiness) -> Split | None:
    if not ready.holdout_days:
        return None
    as_of = histories.base.observation_end
    return histories.split(as_of - timedelta(days=ready.holdout_days), as_of)


def _fit(histories: Histories, ready: Readiness, model: str, split: Split | None, wanted: Extras) -> _Fits:
    """Both models on all data; what could not be fitted becomes a limit."""
    summary = histories.fitted
    limits: list[Limit] = []
    choice, process = Choice("", "average_rate"), None
    if ready.process and model == "auto":
        choice, process = choose_model(summary, split)
        limits += _limits_of_choice(choice, len(summary))
    elif ready.process:
        choice, process = Choice(model, "given"), fit_model(model, summary)
    spend = None
    if ready.spend:
        spend, failure = fit_spend(summary, wanted.convention)
        if failure is not None:
            limits.append(Limit(failure, instead=("expected_spend",)))
    return _Fits(choice, process, spend, tuple(limits))


def _limits_of_choice(choice: Choice, customers: int) -> tuple[Limit, ...]:
    """What a choice that fell back costs."""
    useless = [c for c in choice.candidates if c.name in PREFERRED and (c.failure is not None or c.flat)]
    names = ", ".join(c.name for c in useless)
    if choice.how == "fallback" and choice.name != "nbd":
        untested = UntestedModel(failed=names, model=choice.name)
        return (Limit(untested, missing=("choice_by_back_test",)),)
    if choice.how == "fallback":
        flat = all(c.failure is None for c in useless)
        reason = NoDropout(failed=names) if flat else SimplerModel(failed=names)
        return (Limit(reason, missing=("value_likely_lost",)),)
    if choice.how == "average_rate":
        last = next((c.failure for c in reversed(choice.candidates) if c.failure is not None), "")
        instead = ("expected_purchases_12m", "clv_12m")
        missing = tuple(name for name in FORECASTS if name not in instead)
        none = NoModel(customers=customers, reason=str(last))
        return (Limit(none, missing=missing + JUDGEMENTS, instead=instead),)
    return ()


def _scores(
    fits: _Fits,
    known: SpendEvidence | None,
    base: CustomerBase,
    terms: Terms,
    settings: ValueSettings,
    stages: StageSettings,
    ready: Readiness,
) -> Scores:
    if fits.process is None:
        rate = NAN if "expected_purchases_12m" in ready.missing else average_rate(base)
        future = steady_future(rate, len(base), terms.delta("day"))
    else:
        future = foresee(fits.process.model, base, terms.delta(settings.unit), stages.active_days)
    return score(future, None if known is None else known.expected, base, terms)


def _with_intervals(
    scores: Scores,
    fits: _Fits,
    base: CustomerBase,
    known: SpendEvidence,
    terms: Terms,
    log_spread: float,
    seed: int,
) -> tuple[Scores, tuple[float, float]]:
    """Bounds for every customer, and of the total."""
    from evergrove.scoring.intervals import HIGH, LOW, spend_distribution  # noqa: PLC0415 -- off the lean path
    from evergrove.scoring.total_interval import relative_totals, total_bounds  # noqa: PLC0415 -- as above

    if fits.process is None:
        return scores, (NAN, NAN)
    delta = terms.delta(fits.process.model.unit)
    spend = spend_distribution(fits.process, fits.spend, base, scores.p_alive, known, delta, seed)
    bounds = total_bounds(
        float(scores.clv_12m.sum()),
        relative_totals(fits.process, fits.spend, base, known, seed),
        terms.margin**2 * float(spend.variance().sum()),
        log_spread,
        seed,
    )
    low, high = terms.margin * spend.quantile(LOW), terms.margin * spend.quantile(HIGH)
    return replace(scores, clv_12m_low=low, clv_12m_high=high), bounds


def _judged(fits: _Fits, split: Split | None, histories: Histories, wanted: Extras) -> BackTest | None:
    """The back-test; None without a model or a holdout, or where the model did not fit at the origin."""
    if split is None or fits.process is None:
        return None
    name = fits.choice.name
    candidates = fits.choice.candidates if fits.choice.split_origin else (tried(name, split.fitted),)
    at_origin = {c.name: c.fit for c in candidates if c.fit is not None}
    if name not in at_origin:
        return None
    origins = rolling_origins(histories.first_date, split.until, split.days)
    earlier = [histories.split(day, day + timedelta(days=split.days)) for day in origins[1:]]
    log_scores = {c.name: c.log_score for c in candidates if c.log_score is not None}
    return back_test(name, split, earlier, at_origin, log_scores, wanted.convention)


def _tracking(fits: _Fits, split: Split | None, histories: Histories, wanted: Extras) -> Tracking | None:
    """Expected beside actual, from the fit that did not see the holdout where there is one."""
    if fits.process is None:
        return None
    model, start = fits.process.model, None
    if split is not None:
        at_origin = tried(fits.choice.name, split.fitted)
        for candidate in (*fits.choice.candidates, at_origin):
            if candidate.name == fits.choice.name and candidate.fit is not None:
                model, start = candidate.fit.model, split.origin + timedelta(days=1)
                break
    first = histories.first_date
    won_on = (histories.base.first_order_date - np.datetime64(first)).astype(np.int64)
    days = (histories.base.observation_end - first).days + 1
    return track(model, first, np.bincount(won_on, minlength=days), wanted.repeats_by_day, start)


def _cut(
    fits: _Fits, scores: Scores, histories: Histories, stages: StageSettings, wanted: Extras
) -> ReturnCut:
    """From a back-test where the history allows one, else from the model's own chances."""
    if fits.process is None:
        return NO_CUT
    as_of = histories.base.observation_end
    origin = as_of - timedelta(days=stages.active_days)
    if wanted.back_test and (origin - histories.first_date).days >= SHORTEST_CALIBRATION_DAYS:
        split = histories.split(origin, as_of)
        try:
            model = fit_model(fits.choice.name, split.fitted).model
        except EvergroveError:
            return cut_from_model(scores.p_active_180d, stages.return_share)
        at = split.calibration
        horizon = stages.active_days / DAYS_PER[model.unit]
        p_active: Floats = model.probability_active(horizon, at.frequency, at.recency, at.T)
        return cut_from_back_test(p_active, split.purchases, stages.return_share, origin)
    return cut_from_model(scores.p_active_180d, stages.return_share)


def _warnings(
    ready: Readiness,
    fits: _Fits,
    wanted: Extras,
    bounds: tuple[float, float],
    log_spread: float,
    cut: ReturnCut,
    stages: StageSettings,
) -> tuple[EvergroveWarning, ...]:
    """Everything that a reader should know, each once."""
    said: list[EvergroveWarning] = [limit.reason for limit in ready.limits]
    for fit in (fits.process, fits.spend):
        said += fit.warnings if fit is not None else ()
    if np.isfinite(bounds[0]) and not np.isfinite(log_spread) and ready.holdout_days:
        said.append(NotWidened())
    if fits.process is not None and wanted.back_test and cut.source == "none":
        said.append(NoReturnCut(days=stages.active_days, share=f"{stages.return_share:.0%}"))
    unique = {(warning.code, str(warning)): warning for warning in said}
    return tuple(unique.values())
