"""From one summary a cohort to parameters a cohort: those of small cohorts drawn towards those of all."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from math import sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from evergrove.core import DAYS_PER, DAYS_PER_YEAR, EvergroveWarning, Term, _
from evergrove.core.arguments import of_kind, one_of
from evergrove.models.pooled.between import Shape, information_about
from evergrove.models.pooled.differ import differ
from evergrove.models.pooled.errors import FewCohorts, NoCohorts
from evergrove.models.pooled.expectation import log_slopes
from evergrove.models.pooled.job import Job, Model, repeats, together
from evergrove.models.pooled.modes import pool
from evergrove.models.pooled.types import CohortEstimate, CohortFit, Spread
from evergrove.models.types import SUMMARY, Summary

if TYPE_CHECKING:
    from evergrove.models.pooled.job import Alone
    from evergrove.models.pooled.modes import Pooling
    from evergrove.models.types import Fit, Floats

COHORTS = Term(_("a summary for each cohort, by its name"))
FEWEST = 3  # cohorts: two differ in some way whatever they are, and nobody can say how much cohorts do
LEVEL = 0.8  # of the interval of the spread
NOUGHT = 1e-9  # of the variance of a logarithm: none


def fit_cohorts(
    model: type[Model], cohorts: Mapping[str, Summary], *, correlated: bool = False, **constants: int
) -> CohortFit[Model]:
    r"""
    Fit a model to cohorts that are alike, but not the same: small ones borrow strength from the others.

    The log parameters of cohort j are :math:`\theta_j \sim N(\mu, \Sigma)`. Mean and covariance are estimated
    from all cohorts (restricted marginal likelihood, the cohorts' likelihoods taken as normal around their
    modes), then each cohort's parameters are the likeliest under its own data and that distribution. A cohort
    of which nothing is known gets the population's values; a large one keeps its own.

    Args:
        model: Any transaction model.
        cohorts: A summary for each, by name; an acquisition cohort holds who first bought in one month, say.
        correlated: Let parameters differ together. Without it :math:`\Sigma` is diagonal, which a dozen cohorts
            can carry: then four variances in place of ten entries give the better forecasts, even where
            parameters do differ together.
        constants: What is given and not estimated, as the model's own arguments (``k``).

    Returns:
        The estimates. Doubt about :math:`\mu` is in the intervals, doubt about :math:`\Sigma` is not.

    Raises:
        NoCohorts: There is none.
        NoRepeats: Nobody of any cohort has come back, or no time has passed.
        NotConverged: No maximum was found.

    Warns:
        FewCohorts: Fewer than three have a history; all get the pooled fit.

    Source:
        Stiratelli, Laird and Ware (1984), Biometrics 40(4), 961-971; Harville (1977), JASA 72(358), 320-338;
        of empirical Bayes, Morris (1983), Parametric Empirical Bayes Inference, JASA 78(381), 47-55.
    """
    of_kind("cohorts", cohorts, Mapping, COHORTS)
    if not cohorts:
        raise NoCohorts
    for summary in cohorts.values():
        of_kind("cohorts", summary, Summary, SUMMARY)
    for name in constants:
        one_of(name, name, model.constants)
    unit = next(iter(cohorts.values())).unit
    rows = {name: summary.in_unit(unit).counts() for name, summary in cohorts.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EvergroveWarning)  # a cohort's flat ridge is what its prior is for
        pooled: Fit[Model] = model.fit(together(list(rows.values())), **constants)
        fixed = {name: int(getattr(pooled.model, name)) for name in model.constants}
        job = Job(model, rows, pooled, fixed)
        alone = {name: job.alone(summary) for name, summary in rows.items()}
    known = sum(float(summary.weights @ summary.T) > 0 for summary in rows.values())
    if known < FEWEST:
        doubt = FewCohorts(known=known, needed=FEWEST)
        warnings.warn(doubt, stacklevel=2)
        return _pooled_for_all(job, alone, (*pooled.warnings, doubt))
    return _shrunken(job, alone, correlated=correlated)


def _estimate(
    job: Job[Model],
    name: str,
    alone: Alone[Model],
    model: Model,
    log_covariance: Floats,
    weight: float,
) -> CohortEstimate[Model]:
    rows = job.rows[name]
    return CohortEstimate(
        name=name,
        customers=round(rows.customers),
        repeats=round(repeats(rows)),
        alone=alone[0],
        why_not_alone=alone[1],
        model=model,
        log_covariance=log_covariance,
        weight=weight,
    )


def _pooled_for_all(
    job: Job[Model], alone: Mapping[str, Alone[Model]], doubts: tuple[EvergroveWarning, ...]
) -> CohortFit[Model]:
    """Where nobody can say how much cohorts differ."""
    pooled = job.pooled
    cohorts = {
        name: _estimate(job, name, alone[name], pooled.model, pooled.log_covariance, 0.0) for name in job.rows
    }
    return CohortFit(
        pooled=pooled,
        population=pooled.model,
        mean_covariance=pooled.log_covariance,
        between=np.zeros_like(pooled.log_covariance),
        between_errors=None,
        spread=None,
        differ=differ(job, alone),
        cohorts=cohorts,
        parameters=job.model.parameters,
        rounds=0,
        warnings=doubts,
    )


def _shrunken(job: Job[Model], alone: Mapping[str, Alone[Model]], *, correlated: bool) -> CohortFit[Model]:
    """Estimate the population, and each cohort under it."""
    k = len(job.model.parameters)
    shape = Shape.full(k) if correlated else Shape.diagonal(k)
    surfaces = [job.model.surface(rows, job.scale, **job.constants) for rows in job.rows.values()]
    sizes = [rows.customers for rows in job.rows.values()]
    found = pool(surfaces, sizes, job.theta(job.pooled.model), shape, job.model.title)
    population = job.at(found.mean)
    slopes = log_slopes(population, DAYS_PER_YEAR / DAYS_PER[population.unit])
    doubt = np.asarray(np.linalg.pinv(information_about(found.marginal, shape)), dtype=np.float64)
    weights = _weights(found, slopes)
    cohorts = {
        name: _estimate(job, name, alone[name], job.at(found.modes[j]), found.posterior[j], weights[j])
        for j, name in enumerate(job.rows)
    }
    return CohortFit(
        pooled=job.pooled,
        population=population,
        mean_covariance=found.marginal.mean_covariance,
        between=found.covariance,
        between_errors=np.sqrt(np.diag(doubt)[shape.rows == shape.columns]),
        spread=_spread(found.covariance, doubt, shape, slopes),
        differ=differ(job, alone),
        cohorts=cohorts,
        parameters=job.model.parameters,
        rounds=found.rounds,
        warnings=job.pooled.warnings,
    )


def _weights(found: Pooling, slopes: Floats) -> list[float]:
    """Share of the variance between cohorts that each one's own data settle, along ``slopes``."""
    before = float(slopes @ found.covariance @ slopes)
    if before < NOUGHT:
        return [0.0] * len(found.modes)
    left = np.einsum("a,jab,b->j", slopes, found.given_mean, slopes)
    return [float(share) for share in np.clip(1 - left / before, 0.0, 1.0)]


def _spread(covariance: Floats, doubt: Floats, shape: Shape, slopes: Floats) -> Spread:
    """The variance along ``slopes`` with its Wald interval, cut at 0; shown as standard deviations."""
    both = np.where(shape.rows == shape.columns, 1.0, 2.0) * slopes[shape.rows] * slopes[shape.columns]
    variance, error = float(slopes @ covariance @ slopes), sqrt(float(both @ doubt @ both))
    reach = NormalDist().inv_cdf((1 + LEVEL) / 2) * error
    return Spread(sqrt(variance), sqrt(max(variance - reach, 0.0)), sqrt(variance + reach))
