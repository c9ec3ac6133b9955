"""What a fit with covariates found: effects with their errors."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from evergrove.models.estimate import FlatRidge

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.core import EvergroveWarning
    from evergrove.models.maximise import Optimum
    from evergrove.models.types import Floats

Model = TypeVar("Model")
Model_co = TypeVar("Model_co", covariant=True)


@dataclass(frozen=True, eq=False)
class EffectsFit(Generic[Model_co]):
    """
    A maximum likelihood fit whose parameters may be of either sign.

    Attributes:
        model: The model at the maximum.
        log_likelihood: At the maximum, without the penalty of any prior.
        parameters: Names, in the order of ``covariance``.
        estimates: Per parameter.
        standard_errors: Per parameter, from the observed information (with the priors', where there are any).
        covariance: Of the estimates, shape (k, k).
        evaluations: Likelihood evaluations spent.
        gradient_norm: Largest element of the gradient per customer, all columns being scaled to one.
        customers: Customers fitted on.
        warnings: What a reader of the numbers should know; each prints as a sentence.
    """

    model: Model_co
    log_likelihood: float
    parameters: tuple[str, ...]
    estimates: dict[str, float]
    standard_errors: dict[str, float]
    covariance: Floats
    evaluations: int
    gradient_norm: float
    customers: int
    warnings: tuple[EvergroveWarning, ...] = ()


def concluded(
    build: Callable[[Floats], Model],
    found: Optimum,
    *,
    title: str,
    names: tuple[str, ...],
    back: Floats,
    log_likelihood: float,
    customers: float,
    doubts: tuple[EvergroveWarning, ...],
    depth: int,
) -> EffectsFit[Model]:
    """
    Turn an optimum in scaled coordinates into a fit in the user's, and issue its warnings.

    Args:
        build: Estimates, shape (k,) -> the model.
        found: Where the climb ended.
        title: The model's name for people.
        names: Of the parameters, in the order of the coordinates.
        back: Scaled coordinates -> the user's, shape (k, k).
        log_likelihood: Without any penalty.
        customers: Whom it rests on.
        doubts: Warnings already known.
        depth: How many calls up the user's line stands.
    """
    values: Floats = back @ found.theta
    covariance = back @ found.covariance @ back.T
    if found.flat:
        flat = [i for i in found.flat if i < len(names)]
        shown = ", ".join(f"{names[i]} = {values[i]:.4g}" for i in flat)
        doubts = (
            *doubts,
            FlatRidge(model=title, parameters=", ".join(names[i] for i in flat), values=shown),
        )
    for doubt in doubts:
        warnings.warn(doubt, stacklevel=depth + 1)
    errors = np.sqrt(np.diag(covariance))
    return EffectsFit(
        model=build(values),
        log_likelihood=log_likelihood,
        parameters=names,
        estimates=dict(zip(names, map(float, values), strict=True)),
        standard_errors=dict(zip(names, map(float, errors), strict=True)),
        covariance=covariance,
        evaluations=found.evaluations,
        gradient_norm=float(np.abs(found.gradient).max()) / customers,
        customers=round(customers),
        warnings=doubts,
    )
