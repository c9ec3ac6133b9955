"""Fitting at a given k, and choosing k by likelihood."""

from __future__ import annotations

import warnings
from dataclasses import replace
from math import nan
from typing import TYPE_CHECKING, Any, TypeVar

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
        chosen = estimate(model, summary, k=k or 1)
        if k is None:
            chosen = _from(chosen, model, summary.counts(), highest)
    if chosen.model.k > 1 and summary.log_intervals is None:
        chosen = replace(chosen, log_likelihood=nan)
    for doubt in chosen.warnings:
        warnings.warn(doubt, stacklevel=3)
    return chosen


def fit_if_regular(model: type[Model], summary: Summary, steady: Fit[Any], highest: int) -> Fit[Model] | None:
    """
    The likeliest fit with k > 1; None where k = 1 is as likely.

    Args:
        model: With regular timing.
        summary: With the intervals in it.
        steady: The fit of the same model with k = 1 (BG/NBD, MBG/NBD) on this summary: it is not made again.
        highest: The largest k.

    Raises:
        NoIntervals: The summary does not tell the intervals between purchases.
    """
    if summary.log_intervals is None:
        raise NoIntervals(model=model.title)
    first = model(**steady.model.as_dict(), k=1, unit=steady.model.unit)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EvergroveWarning)  # they travel in Fit.warnings
        begun: Fit[Model] = replace(steady, model=first)
        found = _from(begun, model, summary.counts(), highest)
    return found if found.model.k > 1 else None


def _from(best: Fit[Model], model: type[Model], rows: Summary, highest: int) -> Fit[Model]:
    """The likeliest of a fit and those with larger k."""
    for k in range(best.model.k + 1, highest + 1):
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
