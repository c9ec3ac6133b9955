"""Customers lived through with drawn parameters: what each may bring, and what all may bring together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import DAYS_PER, DAYS_PER_YEAR
from evergrove.models.covariates import WithCovariates
from evergrove.models.covariates.drawn import DRAWS, drawn, rebuilt
from evergrove.models.covariates.each import with_letters
from evergrove.models.gamma_gamma import GammaGamma
from evergrove.models.posterior import draws as posterior_draws
from evergrove.models.spend import SpendRegression
from evergrove.scoring.covariates.contest import slopes_of
from evergrove.scoring.outcomes import purchases_if_alive
from evergrove.scoring.returns import kept_share
from evergrove.scoring.spend import observed

if TYPE_CHECKING:
    from numpy.random import Generator

    from evergrove.models.types import Fit, Floats, Summary
    from evergrove.scoring.covariates.contest import Known
    from evergrove.scoring.types import SpendConvention


@dataclass(frozen=True, eq=False)
class Everybody:
    """
    Customers and what is known of them.

    Attributes:
        summary: All customers, in the unit of the process.
        known: Their covariates. Shape (n,) each.
        fitted: The rows that models were fitted on.
        known_fitted: The covariates of these.
        convention: Which days the spend model reads.
    """

    summary: Summary
    known: Known
    fitted: Summary
    known_fitted: Known
    convention: SpendConvention


def lived(
    process: Fit[Any], spend: Fit[Any] | None, everybody: Everybody, delta: float, *, rng: Generator
) -> tuple[Floats, float]:
    """
    Discounted spend of every customer within 365.25 days, once per draw of the parameters.

    Args:
        process: The fit of the purchase model.
        spend: That of the spend model; None counts purchases.
        everybody: The customers.
        delta: Continuous discount rate per unit of the process.
        rng: Where the draws come from.

    Returns:
        Amounts, shape (draws, n), and how many independent draws the process's parameters are worth.
    """
    models, effective = _process_draws(process, everybody, rng)
    money = None if spend is None else _spend_draws(spend, everybody, rng)
    at = everybody.summary
    horizon = DAYS_PER_YEAR / DAYS_PER[at.unit]
    n, m = observed(at, everybody.convention)
    kept = kept_share(spend, at)
    amounts = np.zeros((len(models), len(at)))
    for row, model in enumerate(models):
        base, moved = _own(model, everybody.known)
        chance = with_letters(base, moved).alive(at.frequency, at.recency, at.T)
        alive = rng.random(len(at)) < chance
        letters = {
            name: np.reshape(moved.get(name, getattr(base, name)), (-1, 1)) for name in base.parameters
        }
        year = purchases_if_alive(
            base, letters, horizon, at.frequency[:, None], at.T[:, None], rng, at.recency[:, None]
        )
        amount = np.where(alive, year.purchases[:, 0], 0.0)
        if money is not None:
            amount = _paid(amount, money[row], at, everybody.known, n, m, rng)
        amounts[row] = amount * np.exp(-delta * year.mean_time[:, 0])
    return amounts if kept is None else amounts * kept, effective


def _own(model: Any, known: Known) -> tuple[Any, dict[str, Floats]]:
    """The process, and those of its letters that differ between customers, shape (n,)."""
    if not isinstance(model, WithCovariates):
        return model, {}
    return model.base, model.letters({name: known[name] for name in model.covariates})


def _paid(
    purchases: Floats, model: Any, at: Summary, known: Known, n: Floats, m: Floats, rng: Generator
) -> Floats:
    """What drawn purchases bring, shape (n,): a customer's scale, then the mean of so many days."""
    gamma = (
        model.scale(slopes_of(model, at, known), len(at))
        if isinstance(model, SpendRegression)
        else model.gamma
    )
    bought = purchases > 0
    level = rng.standard_gamma(model.q + model.p * n)
    total = rng.standard_gamma(np.where(bought, model.p * purchases, 1.0))
    return np.where(bought, (gamma + n * m) * total / np.maximum(level, np.finfo(float).tiny), 0.0)


def _process_draws(fit: Fit[Any], everybody: Everybody, rng: Generator) -> tuple[tuple[Any, ...], float]:
    model = fit.model
    if not isinstance(model, WithCovariates):
        found = posterior_draws(fit, everybody.fitted, DRAWS, rng=rng)
        return tuple(found.models()), found.effective
    known = {name: everybody.known_fitted[name] for name in model.covariates}
    made = drawn(
        fit,
        len(model.base.parameters),
        rebuilt(model),
        lambda each: each.log_likelihood(everybody.fitted, known),
        rng=rng,
    )
    return made.models, made.effective


def _spend_draws(fit: Any, everybody: Everybody, rng: Generator) -> tuple[Any, ...]:
    model, at = fit.model, everybody.fitted
    if isinstance(model, GammaGamma):
        return tuple(posterior_draws(fit, at, DRAWS, rng=rng).models())
    known = slopes_of(model, at, everybody.known_fitted)
    letters = len(GammaGamma.parameters)

    def build(values: Any) -> SpendRegression:
        slopes = {name: values[name] for name in model.slopes}
        return SpendRegression(p=values["p"], q=values["q"], gamma=values["gamma"], slopes=slopes)

    def likelihood(each: SpendRegression) -> float:
        return each.log_likelihood(at, known, fit.convention, first_day=fit.first_day)

    return drawn(fit, letters, build, likelihood, rng=rng).models
