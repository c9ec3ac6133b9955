"""Whether covariates help: each model with them against the best without, on what was held out."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from math import nan, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import EvergroveError, EvergroveWarning
from evergrove.models.covariates import WithCovariates, fit_covariates
from evergrove.models.spend import FREQUENCY, SpendRegression, covariates_of
from evergrove.scoring.choose import (
    IMPOSSIBLE,
    PREFERRED,
    fit_model,
    holdout_log_scores,
    is_flat,
    model_class,
    tried,
)
from evergrove.scoring.covariates.types import Contest
from evergrove.scoring.returns import with_returns_said
from evergrove.scoring.spend import fit_spend, observed
from evergrove.scoring.spend_choice import FEWEST_JUDGES, Court, choose_spend

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from evergrove.models.types import Fit, Floats, Summary
    from evergrove.scoring.types import SpendConvention, Split

    Known = Mapping[str, Floats]


@dataclass(frozen=True, eq=False)
class HeldOut:
    """
    An origin with covariates.

    Attributes:
        split: The origin, and what came.
        known: Covariates of its customers. Shape (n,) each.
        fitted: Which of them models are fitted on. Shape (n,).
    """

    split: Split
    known: Known
    fitted: NDArray[np.bool_]

    @property
    def known_fitted(self) -> Known:
        """Covariates of those that models are fitted on."""
        return {name: values[self.fitted] for name, values in self.known.items()}


def attempt(fit: Callable[[], Fit[Any]]) -> Fit[Any] | None:
    """A fit, its warnings kept in it alone; None where it fails or lies on a flat ridge."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EvergroveWarning)
        try:
            found = fit()
        except (EvergroveError, ArithmeticError, np.linalg.LinAlgError, ValueError):
            return None
    return None if is_flat(found) else found


def gain_of(plain: str, rival: str, scores: Floats | None, others: Floats) -> Contest:
    """A contest from the log scores of the same customers with and without covariates, shape (n,) each."""
    if scores is None:
        return Contest(plain, rival, nan, nan, len(others))
    lead = scores - others
    return Contest(plain, rival, float(lead.sum()), sqrt(len(lead)) * float(lead.std()), len(lead))


def contest_purchases(held: HeldOut | None, summary: Summary, known: Known) -> tuple[Fit[Any], Contest]:
    """
    Choose a purchase model and fit it on all data.

    Without covariates it is Pareto/NBD unless MBG/NBD foretold the holdout better by more than one standard
    error, and so it is with them; the one with covariates replaces the one without by the same rule.

    Args:
        held: The origin; None without a holdout: then it is Pareto/NBD without covariates.
        summary: All data that models are fitted on.
        known: Covariates of its customers.

    Raises:
        EvergroveError: The chosen model does not fit to all data.
    """
    plain = PREFERRED[0]
    outcome = Contest(plain, plain, nan, nan, 0)
    if held is not None:
        plain, scores = _best_plain(held)
        rivals = {name: each for name in PREFERRED if (each := _with(held, name)) is not None}
        rival = _preferred(rivals) if rivals else plain
        outcome = gain_of(plain, rival, rivals.get(rival), scores)
        if outcome.wins:
            chosen: Any = model_class(rival)
            fit = attempt(lambda: fit_covariates(chosen, summary, known))
            if fit is not None:
                return fit, outcome
    return fit_model(plain, summary), outcome


def _best_plain(held: HeldOut) -> tuple[str, Floats]:
    """The model without covariates, and its log scores."""
    found = {name: candidate.fit for name in PREFERRED if (candidate := tried(name, held.split.fitted)).fit}
    scores = {name: holdout_log_scores(fit.model, held.split) for name, fit in found.items()}
    name = _preferred(scores)
    return name, scores[name]


def _preferred(scores: Mapping[str, Floats]) -> str:
    """The first of the preferred models that is there, unless the second is better by over a standard error."""
    first, *others = [name for name in PREFERRED if name in scores]
    return next((each for each in others if gain_of(first, each, scores[each], scores[first]).wins), first)


def _with(held: HeldOut, name: str) -> Floats | None:
    """Log scores of a model with all covariates on both of its processes; None where it does not fit."""
    chosen: Any = model_class(name)
    fit = attempt(lambda: fit_covariates(chosen, held.split.fitted, held.known_fitted))
    if fit is None:
        return None
    model: WithCovariates[Any] = fit.model
    at = held.split.calibration.in_unit(model.unit)
    scores = model.log_probability_of_purchases(
        held.split.purchases, held.split.horizon(model.unit), at.frequency, at.recency, at.T, held.known
    )
    return np.maximum(scores, IMPOSSIBLE)


def contest_spend(
    held: HeldOut | None, summary: Summary, known: Known, convention: SpendConvention
) -> tuple[Fit[Any] | None, Contest | None]:
    """
    Choose a spend model and fit it on all data: a regression on the covariates, or what ``spend_choice`` takes.

    Arguments as for ``contest_purchases``; the fit is None without amounts, or where none could be made.
    """
    plain = choose_spend(summary, None if held is None else held.split, convention)
    court = None if held is None else Court.over(held.split, convention)
    if plain.fit is None or held is None or court is None or court.judges < FEWEST_JUDGES:
        return plain.fit, None
    at_origin = fit_spend(held.split.fitted, convention, plain.form)[0]
    if at_origin is None:
        return plain.fit, None
    frequency = plain.form.startswith("frequency")
    rival = attempt(
        lambda: SpendRegression.fit(
            held.split.fitted, held.known_fitted, frequency=frequency, convention=convention
        )
    )
    outcome = gain_of(
        plain.fit.model.name,
        SpendRegression.name,
        None if rival is None else _spend_scores(court, rival.model, held.known),
        _spend_scores(court, at_origin.model, {}),
    )
    if not outcome.wins:
        return plain.fit, outcome
    fit: Any = attempt(
        lambda: SpendRegression.fit(summary, known, frequency=frequency, convention=convention)
    )
    if fit is None:
        return plain.fit, outcome
    # What goes back without naming an order is no matter of these slopes: it is taken off either way.
    returns = getattr(plain.fit, "returns", None)
    return with_returns_said(replace(fit, returns=returns), summary), outcome


def slopes_of(model: Any, summary: Summary, known: Known) -> dict[str, Floats]:
    """What a spend model with slopes wants to know of customers; nothing for one without."""
    slopes = getattr(model, "slopes", {})
    every = covariates_of(summary, known, frequency=FREQUENCY in slopes)
    return {name: every[name] for name in slopes}


def _spend_scores(court: Court, model: Any, known: Known) -> Floats:
    """Log density of each judge's held-out mean, shape (judges,)."""
    at = court.split.calibration
    n, m = (values[court.rows] for values in observed(at, court.convention))
    wanted = {name: values[court.rows] for name, values in slopes_of(model, at, known).items()}
    more = (wanted,) if hasattr(model, "slopes") else ()
    return np.asarray(model.log_predictive(n, m, court.days, court.mean, *more))
