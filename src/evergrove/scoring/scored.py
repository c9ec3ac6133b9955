"""
Between two fits: the models of an earlier day score the customers of today.

A nightly run fits anew only when ``refit_due`` says so; on the days between, ``score_with`` reads the parameters
back and asks them about today's customers. On the day of the fit it gives what the fit gave, to the last bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, Any

from evergrove.scoring.kept import kept_document, read_kept
from evergrove.scoring.margins import terms_for
from evergrove.scoring.readiness import INTERVALS, readiness
from evergrove.scoring.recalibration import recalibrate
from evergrove.scoring.score import purchase_chance
from evergrove.scoring.service import scores_by, with_intervals
from evergrove.scoring.shop import rate_of
from evergrove.scoring.spend import evidence
from evergrove.scoring.totals import total_up

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from evergrove.customers import CustomerBase
    from evergrove.models.types import Floats
    from evergrove.scoring.shop import ShopFigures
    from evergrove.scoring.terms import Terms
    from evergrove.scoring.types import ReturnCut, Scores, Totals, Valuation
    from evergrove.settings import StageSettings, ValueSettings

SOON_DAYS = 7
"""Horizon of ``p_purchase_7d``: who would buy so soon anyway needs no reminder."""


@dataclass(frozen=True, eq=False)
class Scored:
    """
    What a nightly run knows of its customers' future, whether the models were fitted today or earlier.

    Attributes:
        scores: Per customer, in the order of ``customer_summary``.
        p_purchase_7d: P(at least one purchase within 7 days). Shape (n,); NaN without a model.
        totals: Of the base; their bounds are NaN where nobody asked for them.
        cut: Below which p_active customers count as churned.
        terms: On which value is counted today; those in the document are of the day of the fit.
        model: Name of the process; "" where none could be fitted.
        runner_up: Name of the next best model; "" without one.
        document: The models, as a JSON document for ``score_with``.
    """

    scores: Scores
    p_purchase_7d: Floats
    totals: Totals
    cut: ReturnCut
    terms: Terms
    model: str
    runner_up: str
    document: Mapping[str, Any]


def scored_by(valuation: Valuation, base: CustomerBase, stages: StageSettings) -> Scored:
    """What a fit of today says, in the form in which ``score_with`` says it on later days."""
    process = None if valuation.process is None else valuation.process.model
    return Scored(
        scores=valuation.scores,
        p_purchase_7d=purchase_chance(process, base, SOON_DAYS),
        totals=valuation.totals,
        cut=valuation.cut,
        terms=valuation.terms,
        model=valuation.choice.name,
        runner_up=valuation.runner_up.model.name if valuation.runner_up else "",
        document=kept_document(valuation, stages),
    )


def score_with(
    base: CustomerBase,
    document: Mapping[str, Any],
    settings: ValueSettings,
    stages: StageSettings,
    *,
    intervals: bool = True,
    total_interval: bool = False,
) -> Scored:
    """
    Score today's customers with the models of an earlier day; nothing is fitted.

    Args:
        base: Today's customers.
        document: From ``kept_document``.
        settings: Today's terms: discount rate, margin, acquisition cost.
        stages: Horizon of p_active.
        intervals: Draw the interval of every customer.
        total_interval: That of the total as well, of all customers together.

    Raises:
        UnknownFormat: Another kind of document, or another version.
        DamagedModel: Something is missing in it.
        InputError: A discount rate, a margin or an acquisition cost means nothing.
    """
    scored, bounded = score_then_bound(base, document, settings, stages, total_interval=total_interval)
    return bounded() if intervals else scored


def score_then_bound(
    base: CustomerBase,
    document: Mapping[str, Any],
    settings: ValueSettings,
    stages: StageSettings,
    *,
    total_interval: bool = False,
) -> tuple[Scored, Callable[[], Scored]]:
    """
    What ``score_with`` says without intervals, and what says the rest: it may be called beside other work.

    Raises:
        UnknownFormat, DamagedModel, InputError: As ``score_with``.
    """
    kept = read_kept(document)
    fits, shop = kept.fits, kept.shop
    terms = terms_for(settings, base, None if shop is None else shop.margin)
    can = _can(base, shop)
    summary, of_all = base.summary(kept.unit), None if shop is None else shop.mean_spend
    known = evidence(fits.spend, summary, kept.convention, of_all) if can.amounts else None
    points, soon = (
        scores_by(fits, known, base, terms, stages, can.rate),
        purchase_chance(kept.process, base, SOON_DAYS),
    )

    def of(scores: Scores, bounds: tuple[float, float]) -> Scored:
        scores, bounds = recalibrate(scores, bounds, fits.recalibration, () if shop is None else shop.steps)
        return Scored(
            scores=scores,
            p_purchase_7d=soon,
            totals=total_up(scores, bounds, kept.log_spread, leaving=fits.choice.name != "nbd"),
            cut=kept.cut,
            terms=terms,
            model=fits.choice.name,
            runner_up=fits.runner_up.model.name if fits.runner_up else "",
            document=document,
        )

    def bounded() -> Scored:
        if known is None or not can.intervals:
            return of(points, (nan, nan))
        scores, bounds, _grid = with_intervals(
            points,
            fits,
            base,
            known,
            terms,
            kept.calibration,
            kept.seed,
            of_total=total_interval,
            grid=None if shop is None else shop.grid,
        )
        return of(scores, bounds)

    return of(points, (nan, nan)), bounded


@dataclass(frozen=True)
class _Can:
    """What can be given: amounts, intervals, and the rate of purchases for where there is no model."""

    amounts: bool
    intervals: bool
    rate: float


def _can(base: CustomerBase, shop: ShopFigures | None) -> _Can:
    """As it was on the day of the fit; of documents that do not say it, as it is of these customers."""
    if shop is not None:
        return _Can(shop.has_amounts, shop.has_intervals, shop.rate)
    ready = readiness(base.frequency, base.T, base.mean_day_spend if base.has_amounts else None)
    return _Can(ready.amounts, not set(INTERVALS) & set(ready.missing), rate_of(base, ready))
