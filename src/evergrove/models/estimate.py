"""From counts to a fit: scaled units, several starts, many rows taken in two steps, doubts put into words."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from math import log
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from evergrove.core import EvergroveWarning, InputError, _
from evergrove.core.arguments import of_kind
from evergrove.models.maximise import LARGEST_LOG, NotConverged, maximise
from evergrove.models.types import SUMMARY, Fit, Floats, Summary

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evergrove.models.maximise import Objective, Optimum
    from evergrove.models.process import TransactionModel

Model = TypeVar("Model", bound="TransactionModel")

STILL = {"a": -LARGEST_LOG, "b": LARGEST_LOG, "s": -LARGEST_LOG, "beta": LARGEST_LOG}
"""Logarithms of scaled parameters at which nobody ever leaves: with them BG, MBG and Pareto/NBD are NBD."""
NO_WORSE = 3.0  # of log-likelihood: half of what two parameters gain by chance in one case of twenty

COARSE_ROWS = 8192  # as many rows find the right hill; then eight times as many, at last all


class NoRepeats(InputError):
    """Nobody has come back: a purchase process has nothing to learn from."""

    code = "models.no_repeats"
    message = _(
        "{model} cannot be fitted: of {customers} {customers:customer|customers} none has bought on a second day."
    )
    hint = _("Give a longer history. Do several purchases of one customer carry one customer id?")


class FlatRidge(EvergroveWarning):
    """Some parameters are not identified: very different values fit the data as well."""

    code = "models.flat_ridge"
    message = _("{model}: the data do not pin down {parameters}; very different values fit as well.")
    hint = _(
        "Totals over all customers can still be right, but how customers differ is not to be read off this "
        "fit ({values}). Prefer another model, or give a longer history."
    )


@dataclass(frozen=True)
class Sample:
    """Whom a fit rests on."""

    title: str
    customers: float
    observation_end: Any = None


def estimate(model: type[Model], summary: Summary, near: Model | None = None, **constants: int) -> Fit[Model]:
    """
    Fit a transaction model by maximum likelihood.

    Time is scaled so that the mean interval between purchases is 1: the starts and the search know no unit.

    Args:
        model: Which one.
        summary: Histories of everybody who bought.
        near: A model in the summary's unit: the climb starts there, and from one point besides.
        constants: What is given and not estimated, as the model's own arguments.

    Where no climb arrives, the model is tried as its simpler self, in which nobody leaves: customers without any
    dropout leave it a ridge of parameters that all say so.

    Raises:
        NoRepeats: No repeat purchase, or no time passed.
        NotConverged: No start led to a maximum, and that nobody leaves fits worse.
    """
    of_kind("summary", summary, Summary, SUMMARY)
    rows = summary.counts()
    repeats = float(rows.weights @ rows.frequency)
    exposure = float(rows.weights @ rows.T)
    if repeats == 0 or exposure == 0:
        raise NoRepeats(model=model.title, customers=round(rows.customers))
    scale = exposure / repeats
    sample = Sample(model.title, rows.customers, rows.observation_end)

    def surface(step: int) -> tuple[Objective, float]:
        part = rows.every(step)
        return model.surface(part, scale, **constants), part.customers

    scales = {name: scale if name in model.times else 1.0 for name in model.parameters}
    starts = model.starts(rows, scale, **constants)
    if near is not None:
        starts = [np.log([getattr(near, name) / scales[name] for name in model.parameters]), *starts[:1]]
    try:
        found = search(surface, len(rows), starts, model.title)
    except NotConverged as error:
        found = _where_nobody_leaves(surface, len(rows), model, error)
    return concluded(
        lambda letters: model(**letters, **constants, unit=rows.unit),
        found,
        sample,
        scales=scales,
        # The density of each of the repeats is per unit of time: per scaled unit it is larger by the scale.
        log_likelihood=found.value - repeats * log(scale),
        depth=3,
    )


def _where_nobody_leaves(
    surface: Callable[[int], tuple[Objective, float]], rows: int, model: type[Model], error: NotConverged
) -> Optimum:
    """
    The climb that starts where nobody leaves, if it arrives no lower than the others came; else their error.

    Args:
        surface: As in ``search``.
        rows: How many rows there are.
        model: Which one.
        error: That of the climbs before.
    """
    if not set(STILL) & set(model.parameters):
        raise error
    found = search(
        surface, rows, [np.array([STILL.get(name, 0.0) for name in model.parameters])], model.title
    )
    if found.value < error.reached - NO_WORSE:
        raise error
    return found


def search(
    surface: Callable[[int], tuple[Objective, float]], rows: int, starts: Sequence[Floats], title: str
) -> Optimum:
    """
    Climb from all starts; with many rows on a part of them first, and from the best on ever more of them.

    Args:
        surface: k -> the objective over every k-th row, and the customers in these.
        rows: How many rows there are.
        starts: Points to climb from, scaled log parameters.
        title: The model's name for people.

    Raises:
        NotConverged: No start led to a maximum.
    """
    spent, part = 0, COARSE_ROWS
    while 4 * part < rows:
        objective, weight = surface(-(-rows // part))
        try:
            coarse = maximise(objective, starts, weight=weight, model=title, tolerance=1e-4)
        except NotConverged:
            break  # all rows decide, from where it stands
        starts, spent, part = [coarse.theta], spent + coarse.evaluations, 8 * part
    objective, weight = surface(1)
    found = maximise(objective, starts, weight=weight, model=title)
    return replace(found, evaluations=found.evaluations + spent)


def concluded(
    build: Callable[[dict[str, float]], Any],
    found: Optimum,
    sample: Sample,
    *,
    scales: dict[str, float],
    log_likelihood: float,
    depth: int,
    doubts: tuple[EvergroveWarning, ...] = (),
) -> Fit[Any]:
    """
    Turn an optimum in scaled log parameters into a fit in the user's units, and issue its warnings.

    Args:
        build: Parameters by name -> the model.
        found: Where the climb ended.
        sample: Whom it rests on.
        scales: What one scaled unit of each parameter is worth, in the order of the literature.
        log_likelihood: In the user's units.
        depth: How many calls up the user's line stands, at which warnings point.
        doubts: Warnings already known.
    """
    names = tuple(scales)
    values: Floats = np.exp(found.theta) * np.array(list(scales.values()))
    letters = dict(zip(names, map(float, values), strict=True))
    model = build(letters)
    if found.flat:
        flat = [names[i] for i in found.flat]
        shown = ", ".join(f"{name} = {letters[name]:.4g}" for name in flat)
        doubts = (*doubts, FlatRidge(model=sample.title, parameters=", ".join(flat), values=shown))
    for doubt in doubts:
        warnings.warn(doubt, stacklevel=depth + 1)
    errors: Floats = values * np.sqrt(np.diag(found.covariance))
    return Fit(
        model=model,
        log_likelihood=log_likelihood,
        parameters=names,
        standard_errors=dict(zip(names, map(float, errors), strict=True)),
        covariance=values[:, None] * found.covariance * values,
        log_covariance=found.covariance,
        evaluations=found.evaluations,
        gradient_norm=float(np.abs(found.gradient).max()) / sample.customers,
        customers=round(sample.customers),
        observation_end=sample.observation_end,
        warnings=doubts,
    )
