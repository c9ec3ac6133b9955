"""Maximum likelihood of a model whose customers differ by covariates, in the user's units and in words."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING, Generic

import numpy as np

from evergrove.core import Term, _
from evergrove.core.arguments import of_kind
from evergrove.models.covariates.climb import Task
from evergrove.models.covariates.design import Layout, distinct, slope_name, standardised
from evergrove.models.covariates.each import Base
from evergrove.models.covariates.errors import CovariateNotShared, InvalidSlope
from evergrove.models.covariates.links import PROCESSES, links_of
from evergrove.models.covariates.model import WithCovariates
from evergrove.models.covariates.table import Covariates
from evergrove.models.estimate import FlatRidge
from evergrove.models.types import SUMMARY, Fit, Summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.models.covariates.links import DropoutForm, Process
    from evergrove.models.covariates.model import Known
    from evergrove.models.maximise import Optimum
    from evergrove.models.types import Floats

    Chosen = Mapping[Process, Sequence[str]]


PRIORS = Term(_("standard deviations by the covariates' names"))


@dataclass(frozen=True, eq=False)
class CovariateFit(Fit[WithCovariates[Base]], Generic[Base]):
    """
    A fit with covariates: ``Fit``, whose parameters are letters, then slopes.

    ``parameters`` holds the base's letters, then ``purchase.gender``, ``dropout.gender`` and so on, or
    ``both.gender`` once for a shared slope: their number is that of free parameters. ``covariance`` is that of
    letters and slopes; in ``log_covariance`` letters are logarithms and slopes stand as they are.
    ``log_likelihood`` is without priors, ``standard_errors`` are with them.

    Attributes:
        penalty: What the priors took off the log-likelihood; 0 without any.
    """

    penalty: float = 0.0


def fit_covariates(
    model: type[Base],
    summary: Summary,
    covariates: Known,
    *,
    purchase: Sequence[str] | None = None,
    dropout: Sequence[str] | None = None,
    shared: Sequence[str] = (),
    prior_sd: Mapping[str, float] | None = None,
    dropout_form: DropoutForm | None = None,
) -> CovariateFit[Base]:
    """
    Fit a model whose customers differ by known covariates as well as by chance.

    Args:
        model: ``ParetoNbd``, ``BgNbd`` or ``MbgNbd``.
        summary: Histories of everybody who bought, those who never came back included.
        covariates: Columns by name, in the order of the summary's rows; in any unit. No column for the
            intercept, and none that is known only after the first purchase.
        purchase: Those that move the purchase rate; None means all.
        dropout: Those that move dropout; None means all.
        shared: Those with one slope for both: whoever buys faster leaves sooner by the same factor.
        prior_sd: For some covariates, the standard deviation of a normal prior around 0 on their slopes, in
            the slopes' own unit: for many columns of few customers each. Nothing else is penalised.
        dropout_form: How dropout follows its covariates; see ``links``. None is the model's usual form.

    Returns:
        The fit. ``warnings`` says what is not identified; the same warnings are issued.

    Raises:
        CovariateRows: More or fewer rows of covariates than of the summary.
        CovariateUnknown: A name under purchase, dropout, shared or prior_sd is no column.
        CovariateConstant: A covariate does not vary.
        CovariatesCollinear: Some follow from one another.
        NoRepeats: Nobody has come back, or no time has passed.
        NotConverged: No start led to a maximum.
    """
    of_kind("summary", summary, Summary, SUMMARY)
    of_kind("prior_sd", prior_sd or {}, Mapping, PRIORS)
    known, priors = Covariates.of(covariates), prior_sd or {}
    form, links = links_of(model, dropout_form)
    chosen = _chosen(known, purchase, dropout, staying=any(link.process == "staying" for link in links))
    _check_names(known, chosen, shared, priors)
    known.check_rows(len(summary))
    layout = Layout.of(model.parameters, links, chosen, shared)
    raw = distinct(summary, known.matrix(layout.columns))
    rows, mean, spread = standardised(raw, layout, chosen)
    task = Task(model, layout, rows, _precision(layout, chosen, shared, priors, spread))
    fit = _concluded(task, form, chosen, shared, layout.in_covariates(mean, spread))
    for doubt in fit.warnings:
        warnings.warn(doubt, stacklevel=2)
    return fit


def _chosen(
    known: Covariates, purchase: Sequence[str] | None, dropout: Sequence[str] | None, *, staying: bool
) -> Chosen:
    """The covariates of each process, each once."""
    on_purchase = tuple(dict.fromkeys(known.names if purchase is None else purchase))
    on_dropout = tuple(dict.fromkeys(known.names if dropout is None else dropout))
    return {"purchase": on_purchase, "dropout": on_dropout, "staying": on_dropout if staying else ()}


def _check_names(
    known: Covariates, chosen: Chosen, shared: Sequence[str], priors: Mapping[str, float]
) -> None:
    for names in (*chosen.values(), shared, priors):
        known.check_known(names)
    once = [name for name in shared if name not in chosen["purchase"] or name not in chosen["dropout"]]
    if once:
        raise CovariateNotShared(names=", ".join(once))
    for name, sd in priors.items():
        if not 0 < sd < np.inf:
            raise InvalidSlope(what="prior_sd", name=name, value=sd)


def _precision(
    layout: Layout, chosen: Chosen, shared: Sequence[str], priors: Mapping[str, float], spread: Floats
) -> Floats:
    """1 / variance of the priors on the slopes of standardised covariates; 0 where there is none."""
    precision = np.zeros(len(layout.names))
    for process, names in chosen.items():
        for name in (name for name in names if name in priors):
            sd = priors[name] * spread[layout.columns.index(name)]
            precision[layout.names.index(slope_name(process, name, shared))] = sd**-2
    return precision


def _concluded(
    task: Task[Base], form: DropoutForm, chosen: Chosen, shared: Sequence[str], in_covariates: Floats
) -> CovariateFit[Base]:
    """Climb, and turn the optimum into the user's units of time and of covariates."""
    found, scale, histories, names = task.climb(), task.scale, task.rows.histories, task.layout.names
    letters = task.layout.letters
    theta = in_covariates @ found.theta
    theta[: len(letters)] += [log(scale) if name in task.model.times else 0.0 for name in letters]
    worth = np.ones(len(names))
    worth[: len(letters)] = np.exp(theta[: len(letters)])
    values = dict(zip(names, map(float, [*worth[: len(letters)], *theta[len(letters) :]]), strict=True))
    slopes = {
        process: {name: values[slope_name(process, name, shared)] for name in chosen[process]}
        for process in PROCESSES
    }
    base = task.model(**{name: values[name] for name in letters}, unit=histories.unit)
    log_covariance = in_covariates @ found.covariance @ in_covariates.T
    covariance = worth[:, None] * log_covariance * worth
    penalty = task.surface().penalty(found.theta)
    return CovariateFit(
        model=WithCovariates(base, **slopes, dropout_form=form),
        # The density of each of the repeats is per unit of time: per scaled unit it is larger by the scale.
        log_likelihood=found.value + penalty - task.repeats * log(scale),
        parameters=names,
        standard_errors=dict(zip(names, map(float, np.sqrt(np.diag(covariance))), strict=True)),
        covariance=covariance,
        log_covariance=log_covariance,
        evaluations=found.evaluations,
        gradient_norm=float(np.abs(found.gradient).max()) / histories.customers,
        customers=round(histories.customers),
        observation_end=histories.observation_end,
        warnings=_doubts(task.model.title, found, values),
        penalty=penalty,
    )


def _doubts(title: str, found: Optimum, values: Mapping[str, float]) -> tuple[FlatRidge, ...]:
    """What the data do not pin down."""
    flat = [list(values)[at] for at in found.flat]
    if not flat:
        return ()
    shown = ", ".join(f"{name} = {values[name]:.4g}" for name in flat)
    return (FlatRidge(model=title, parameters=", ".join(flat), values=shown),)
