"""Fitting at a given k, and choosing k by likelihood."""

from __future__ import annotations

import warnings
from dataclasses import replace
from math import nan
from typing import TYPE_CHECKING, TypeVar

from evergrove.core import EvergroveWarning, InputError, _
from evergrove.models.estimate import estimate
from evergrove.models.maximise import NotConverged

if TYPE_CHECKING:
    from evergrove.models.regular.cnbd import RegularBetaGeometric
    from evergrove.models.types import Fit, Summary

Model = TypeVar("Model", bound="RegularBetaGeometric")

TIE = 1e-6  # of log-likelihood: what rounding may make of equals


class InvalidRegularity(InputError):
    """A number of events to a purchase that no model has."""

    code = "models.invalid_regularity"
    message = _("{model}: k = {k} is not a whole number from 1 to {highest}.")
    hint = _("k = 1 is no regularity; 2 or 3 is usual in groceries. fit(summary) chooses it.")


class NoIntervals(InputError):
    """How regular purchases are cannot be told from their number and the last of them."""

    code = "models.no_intervals"
    message = _("{model} cannot choose k: the summary does not tell the intervals between purchases.")
    hint = _("Build it with summarize(), give log_intervals, or give k.")


def fit_with(model: type[Model], summary: Summary, k: int | None, highest: int) -> Fit[Model]:
    """
    Fit at the given k, or at the likeliest one; ties go to the smaller.

    The likelihood of a gamma's shape has one peak: the search ends where the next k is worse.

    Raises:
        NoRepeats: Nobody has come back, or no time has passed.
        NoIntervals: k is to be chosen, and the summary does not tell the intervals.
        InvalidRegularity: No model has this k.
        NotConverged: No start led to a maximum.
    """
    if k is not None and k not in range(1, highest + 1):
        raise InvalidRegularity(model=model.title, k=k, highest=highest)
    if k is None and summary.log_intervals is None:
        raise NoIntervals(model=model.title)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EvergroveWarning)  # those of the chosen fit are issued below
        chosen = _likeliest(model, summary.counts(), highest) if k is None else estimate(model, summary, k=k)
    if chosen.model.k > 1 and summary.log_intervals is None:
        chosen = replace(chosen, log_likelihood=nan)
    for doubt in chosen.warnings:
        warnings.warn(doubt, stacklevel=3)
    return chosen


def _likeliest(model: type[Model], rows: Summary, highest: int) -> Fit[Model]:
    best = estimate(model, rows, k=1)
    for k in range(2, highest + 1):
        # As many purchases: events come k / (k - 1) times as often.
        near = replace(best.model, k=k, alpha=best.model.alpha * (k - 1) / k)
        try:
            found = estimate(model, rows, near, k=k)
        except NotConverged:
            break
        if found.log_likelihood <= best.log_likelihood + TIE:
            break
        best = found
    return best
