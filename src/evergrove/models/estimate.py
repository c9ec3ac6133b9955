"""From a summary to a fit: distinct rows, scaled time, several starts, doubts put into words."""

from __future__ import annotations

import warnings
from dataclasses import replace
from math import log
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from evergrove.core import EvergroveWarning, InputError, _
from evergrove.models.maximise import NotConverged, maximise
from evergrove.models.types import Fit, Floats, Summary

if TYPE_CHECKING:
    from evergrove.models.maximise import Optimum
    from evergrove.models.process import TransactionModel

Model = TypeVar("Model", bound="TransactionModel")

COARSE_ROWS = 8192  # as many distinct histories find the right hill; the last steps take all of them


class NoRepeats(InputError):
    """Nobody has come back: a purchase process has nothing to learn from."""

    code = "models.no_repeats"
    message = _("{model} cannot be fitted: none of {customers} customers has bought on a second day.")
    hint = _("Give a longer history. Do several purchases of one customer carry one customer id?")


class FlatRidge(EvergroveWarning):
    """Some parameters are not identified: very different values fit the data as well."""

    code = "models.flat_ridge"
    message = _("{model}: the data do not pin down {parameters}; very different values fit as well.")
    hint = _(
        "Totals over all customers can still be right, but how customers differ is not to be read off this "
        "fit ({values}). Prefer another model, or give a longer history."
    )


def estimate(model: type[Model], summary: Summary) -> Fit[Model]:
    """
    Fit a transaction model by maximum likelihood.

    Time is scaled so that the mean interval between purchases is 1: the starts and the search know no unit.
    Large data sets are first climbed on every k-th distinct row, from all starts; the best of these is
    polished on all rows.

    Raises:
        NoRepeats: No repeat purchase, or no time passed.
        NotConverged: No start led to a maximum.
    """
    rows = summary.counts()
    repeats = float(rows.weights @ rows.frequency)
    exposure = float(rows.weights @ rows.T)
    if repeats == 0 or exposure == 0:
        raise NoRepeats(model=model.title, customers=round(summary.customers))
    scale = exposure / repeats
    found = _search(model, rows, scale)
    # The density of each of the repeats is per unit of time: per scaled unit it is larger by the scale.
    return _fit(model, found, rows, scale, found.value - repeats * log(scale))


def _search(model: type[Model], rows: Summary, scale: float) -> Optimum:
    starts, spent = model.starts(rows, scale), 0
    if len(rows) > 4 * COARSE_ROWS:
        coarse = _every(rows, -(-len(rows) // COARSE_ROWS))
        try:
            found = maximise(
                model.surface(coarse, scale),
                starts,
                weight=coarse.customers,
                model=model.title,
                tolerance=1e-4,
            )
        except NotConverged:
            pass  # the full data decide
        else:
            starts, spent = [found.theta], found.evaluations
    found = maximise(model.surface(rows, scale), starts, weight=rows.customers, model=model.title)
    return replace(found, evaluations=found.evaluations + spent)


def _every(rows: Summary, step: int) -> Summary:
    """Every ``step``-th row; rows are sorted, so this is a stratified sample."""
    return Summary(
        frequency=rows.frequency[::step],
        recency=rows.recency[::step],
        T=rows.T[::step],
        unit=rows.unit,
        weight=rows.weights[::step],
    )


def _fit(
    model: type[Model], found: Optimum, rows: Summary, scale: float, log_likelihood: float
) -> Fit[Model]:
    letters = model.parameters
    in_time = np.array([name in model.times for name in letters])
    values = np.exp(found.theta) * np.where(in_time, scale, 1.0)
    doubts = _doubts(model, found, values)
    for doubt in doubts:
        warnings.warn(doubt, stacklevel=4)  # the caller of fit
    log_covariance = found.covariance
    errors: Floats = values * np.sqrt(np.diag(log_covariance))
    return Fit(
        model=model(**dict(zip(letters, map(float, values), strict=True)), unit=rows.unit),
        log_likelihood=log_likelihood,
        parameters=letters,
        standard_errors=dict(zip(letters, map(float, errors), strict=True)),
        covariance=values[:, None] * log_covariance * values,
        log_covariance=log_covariance,
        evaluations=found.evaluations,
        gradient_norm=float(np.abs(found.gradient).max()) / rows.customers,
        customers=round(rows.customers),
        observation_end=rows.observation_end,
        warnings=doubts,
    )


def _doubts(model: type[Model], found: Optimum, values: Floats) -> tuple[EvergroveWarning, ...]:
    """What of the estimate is not to be believed."""
    if not found.flat:
        return ()
    names = [model.parameters[i] for i in found.flat]
    shown = ", ".join(f"{model.parameters[i]} = {values[i]:.4g}" for i in found.flat)
    return (FlatRidge(model=model.title, parameters=", ".join(names), values=shown),)
