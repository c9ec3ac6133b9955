"""The search for a spend regression's maximum: covariates scaled, then put back."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.models.estimate import FlatRidge, search
from evergrove.models.gamma_gamma import STARTS
from evergrove.models.gamma_gamma_rows import SpendFit, SpendNotConverged
from evergrove.models.maximise import in_the_words_of
from evergrove.models.spend.design import LETTERS, Scaling
from evergrove.models.spend.regression_likelihood import Surface

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from evergrove.models.gamma_gamma_rows import SpendRows
    from evergrove.models.maximise import Optimum
    from evergrove.models.types import Floats

DEPTH = 3  # calls up to the user's line, at which warnings point


def climb(
    build: Callable[[dict[str, float]], Any],
    rows: SpendRows,
    z: Floats,
    names: Sequence[str],
    title: str,
    observation_end: date | None,
) -> SpendFit[Any]:
    """
    Fit a spend regression.

    Args:
        build: Parameters by name -> the model.
        rows: Days, means and shares.
        z: Covariates of these rows, shape (rows, k).
        names: Theirs, k of them.
        title: The model's name for people.
        observation_end: The last day whose orders counted.

    Raises:
        CovariateConstant: A covariate is the same for everybody.
        CovariatesCollinear: Some covariates follow from one another.
        SpendNotConverged: No start led to a maximum.
    """
    scaling, unit = Scaling.of(z, rows.weight, names), rows.mean_spend
    x = scaling.scaled(z)

    def surface(step: int) -> tuple[Surface, float]:
        n, m, design, weight, share = (v[::step] for v in (rows.n, rows.m, x, rows.weight, rows.share))
        return Surface.over(n, m / unit, design, weight, share), float(weight.sum())

    starts = [np.concatenate([np.log(start), np.zeros(len(names))]) for start in STARTS]
    with in_the_words_of(SpendNotConverged):
        found = search(surface, len(rows.n), starts, title)
    turn = scaling.back(len(LETTERS) - 1)
    theta, covariance = turn @ found.theta, turn @ found.covariance @ turn.T
    theta[2] += np.log(unit)
    values = np.concatenate([np.exp(theta[:3]), theta[3:]])
    letters = dict(zip((*LETTERS, *names), map(float, values), strict=True))
    model = build(letters)
    doubts = (*rows.doubts, *_flat(found, letters, title))
    for doubt in doubts:
        warnings.warn(doubt, stacklevel=DEPTH)
    per_unit = np.concatenate([values[:3], np.ones(len(names))])  # of a step of theta
    return SpendFit(
        model=model,
        log_likelihood=found.value - rows.customers * float(np.log(unit)),  # per unit of currency
        parameters=tuple(letters),
        standard_errors=dict(zip(letters, map(float, per_unit * np.sqrt(np.diag(covariance))), strict=True)),
        covariance=per_unit[:, None] * covariance * per_unit,
        log_covariance=covariance,
        evaluations=found.evaluations,
        gradient_norm=float(np.abs(found.gradient).max()) / rows.customers,
        customers=rows.customers,
        observation_end=observation_end,
        warnings=doubts,
        convention=rows.convention,
        first_day=rows.first_day,
    )


def _flat(found: Optimum, letters: dict[str, float], title: str) -> tuple[FlatRidge, ...]:
    """What the data do not pin down, in words."""
    names = [list(letters)[i] for i in found.flat]
    if not names:
        return ()
    shown = ", ".join(f"{name} = {letters[name]:.4g}" for name in names)
    return (FlatRidge(model=title, parameters=", ".join(names), values=shown),)
