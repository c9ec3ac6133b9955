"""The log-likelihood that draws are made from: over scaled log parameters, on counts, within a box."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import InputError, _
from evergrove.models.gamma_gamma import GammaGamma
from evergrove.models.gamma_gamma_likelihood import Surface
from evergrove.models.gamma_gamma_rows import SpendFit, SpendRows
from evergrove.models.maximise import LARGEST_LOG, Optimum
from evergrove.models.process import TransactionModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from evergrove.models.maximise import Objective
    from evergrove.models.types import Fit, Floats, Summary

WEAK_SD = 3.0  # of a log parameter: a factor of 20 up or down, of 400 within two standard deviations
AWAY = 0.3  # posterior standard deviations: the search of a fit ends far closer to its maximum


class NotItsSummary(InputError):
    """Draws were asked for with another summary than the one that the model was fitted on."""

    code = "models.not_its_summary"
    message = _(
        "{model} was fitted on other histories: on these {customers} {customers:customer|customers} it is not "
        "at its maximum."
    )
    hint = _("Give the summary that `fit` was called with.")


class NoDraws(InputError):
    """Draws were asked for of a model that has none."""

    code = "models.no_draws"
    message = _("{model}: its parameters are not drawn here.")
    hint = _("Transaction models without covariates and Gamma-Gamma are; `log_covariance` serves for others.")


@dataclass(frozen=True, eq=False)
class Target:
    """
    A posterior density up to a constant: the likelihood of the data times a prior, flat on theta in a box.

    theta are the logarithms of the parameters, times and money divided by their scale, as the search of a fit
    has them; the box is the one that the search stays in.

    Attributes:
        title: The model's name for people.
        names: Of the parameters, k of them.
        scales: What one scaled unit of each is worth. Shape (k,).
        at: The maximum. Its ``flat`` names the parameters that the data do not identify.
        low: Lower edges of the box. Shape (k,).
        high: Upper edges. Shape (k,).
        weights: Customers of each distinct row. Shape (rows,).
        surface: Weights (rows,) and a step -> the log-likelihood of every step-th row with its derivatives.
        value: theta (k,) -> the log-likelihood of all rows, less a constant.
    """

    title: str
    names: tuple[str, ...]
    scales: Floats
    at: Optimum
    low: Floats
    high: Floats
    weights: Floats
    surface: Callable[[Floats, int], Objective]
    value: Callable[[Floats], float]

    @property
    def customers(self) -> float:
        """Whom the likelihood rests on."""
        return float(self.weights.sum())

    def letters(self, theta: Floats) -> Floats:
        """The parameters in the user's units, shape (n, k), of theta (n, k)."""
        return np.asarray(np.exp(theta) * self.scales)

    def inside(self, theta: Floats) -> Any:
        """Whether each point (n, k) lies in the box, shape (n,)."""
        return ((theta >= self.low) & (theta <= self.high)).all(axis=1)

    def weakly_held(self) -> Target:
        """
        The same under a weak prior on theta: normal, mean 0 (a typical size), standard deviation 3.

        Where the likelihood runs level for ever, a flat prior leaves the draws to the edges of the box.
        """

        def surface(weights: Floats, step: int) -> Objective:
            objective = self.surface(weights, step)

            def held(theta: Floats) -> tuple[float, Floats, Floats]:
                value, gradient, hessian = objective(theta)
                pull = theta / WEAK_SD**2
                curvature = hessian - np.eye(len(theta)) / WEAK_SD**2
                return value - float(theta @ pull) / 2, gradient - pull, curvature

            return held

        def value(theta: Floats) -> float:
            return self.value(theta) - float(theta @ theta) / (2 * WEAK_SD**2)

        return replace(self, surface=surface, value=value)

    def values(self, theta: Floats) -> Floats:
        """Log density of each point (n, k) relative to the maximum, shape (n,); -inf outside the box."""
        found = np.full(len(theta), -np.inf)
        top = self.value(self.at.theta)
        for i in np.flatnonzero(self.inside(theta)):
            found[i] = self.value(theta[i]) - top
        return np.where(np.isnan(found), -np.inf, found)


def target_of(fit: Fit[Any], summary: Summary) -> Target:
    """
    What a fit's draws are made from.

    Args:
        fit: Of a transaction model or of Gamma-Gamma.
        summary: What it was fitted on.

    Raises:
        NoDraws: It is the fit of another kind of model.
        NotItsSummary: It is not at its maximum there, or rests on another number of customers.
    """
    if isinstance(fit.model, TransactionModel):
        target = _of_process(fit.model, summary)
    elif isinstance(fit.model, GammaGamma) and isinstance(fit, SpendFit):
        target = _of_spend(fit.model, SpendRows.of(summary, fit.convention, first_day=fit.first_day))
    else:
        raise NoDraws(model=getattr(fit.model, "title", type(fit.model).__name__))
    if round(target.customers) != fit.customers:  # a few customers have no slope that would tell
        raise NotItsSummary(model=target.title, customers=round(target.customers))
    return target


def _of_process(model: TransactionModel, summary: Summary) -> Target:
    rows = summary.in_unit(model.unit).counts()
    scale = float(rows.weights @ rows.T) / max(float(rows.weights @ rows.frequency), 1e-300)
    scales = np.array([scale if name in model.times else 1.0 for name in model.parameters])
    x, t_x, T, weights = rows.frequency, rows.recency, rows.T, rows.weights
    constants: dict[str, int] = {name: getattr(model, name) for name in model.constants}

    def surface(weight: Floats, step: int) -> Objective:
        used = np.flatnonzero(weight)[::step]
        return type(model).surface(_rows_of(replace(rows, weight=weight), used), scale, **constants)

    def value(theta: Floats) -> float:
        letters: dict[str, Any] = dict(zip(model.parameters, np.exp(theta) * scales, strict=True))
        with np.errstate(over="ignore", invalid="ignore"):  # at the edges of the box: -inf or nan, weight 0
            return float(weights @ replace(model, **letters).row_log_likelihood(x, t_x, T))

    return _checked(model, scales, weights, surface, value, np.full(len(scales), -LARGEST_LOG))


def _rows_of(rows: Summary, used: NDArray[np.intp]) -> Summary:
    """Some rows of a summary, with all that it knows of each."""
    columns = {each.name: getattr(rows, each.name) for each in fields(rows)}
    part: dict[str, Any] = {name: v[used] for name, v in columns.items() if isinstance(v, np.ndarray)}
    return replace(rows, **part)


def _of_spend(model: GammaGamma, rows: SpendRows) -> Target:
    scale, weights = rows.mean_spend, rows.weight

    def surface(weight: Floats, step: int) -> Objective:
        used = np.flatnonzero(weight)[::step]
        return Surface.over(rows.n[used], rows.m[used] / scale, weight[used], rows.share[used])

    whole = surface(weights, 1)
    low = np.array([-LARGEST_LOG, 0.0, -LARGEST_LOG])  # q > 1: only then has spend a mean
    return _checked(model, np.array([1.0, 1.0, scale]), weights, surface, lambda theta: whole(theta)[0], low)


def _checked(
    model: Any,
    scales: Floats,
    weights: Floats,
    surface: Callable[[Floats, int], Objective],
    value: Callable[[Floats], float],
    low: Floats,
) -> Target:
    """With the derivatives at the model's own parameters, which must be at the top."""
    centre = np.log([float(getattr(model, name)) for name in model.parameters]) - np.log(scales)
    height, gradient, hessian = surface(weights, 1)(centre)
    curvature, axes = np.linalg.eigh(-hessian)
    slope, known = axes.T @ gradient, curvature > 1.0
    if not (slope[known] ** 2 < AWAY**2 * curvature[known]).all():
        raise NotItsSummary(model=model.title, customers=round(float(weights.sum())))
    return Target(
        title=model.title,
        names=model.parameters,
        scales=scales,
        at=Optimum(centre, height, gradient, hessian, 1, settled=True),
        low=low,
        high=np.full(len(scales), LARGEST_LOG),
        weights=weights,
        surface=surface,
        value=value,
    )
