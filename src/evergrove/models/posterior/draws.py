r"""
Draws of a fit's parameters from their posterior.

The prior is flat in the logarithms of the parameters (in Gamma-Gamma with q > 1). Proposals come from a
multivariate t around the maximum, with the exact observed information; weights from the likelihood put them
right, and their effective sample size says what the draws are worth.

Where the likelihood is no hill, because the data leave a direction open, the proposals follow its profile
instead. A flat prior would leave them to the bounds of the search there, so one weak prior enters, and only
then: the logarithms, times and money counted in the typical interval and the typical amount, are normal with
mean 0 and standard deviation 3. A warning names the parameters of which it says more than the data.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from evergrove.core import EvergroveWarning, Term, _
from evergrove.core.arguments import of_kind, whole
from evergrove.models.posterior.expansion import Expansion
from evergrove.models.posterior.refined import refined
from evergrove.models.posterior.ridge import ridge_of
from evergrove.models.posterior.target import target_of
from evergrove.models.posterior.weights import effective_size, normalised, resampled, student
from evergrove.models.types import SUMMARY, Fit, Summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.random import Generator

    from evergrove.models.posterior.target import Target
    from evergrove.models.types import Floats

Method = Literal["importance", "profile", "bootstrap"]

FIT = Term(_("a fit, as Model.fit(summary) gives it"))
RNG = Term(_("a generator of numpy: numpy.random.default_rng(1)"))
DRAWS = 200
DEGREES = 8.0  # of freedom: 8 % of the draws are lost where the posterior is normal
FEW_ROWS = 2000  # up to which every draw has its exact likelihood
ENOUGH_ROWS = 8192  # from which derivatives beyond the second are taken: they correct a correction
CHECKED = 6  # draws at which the expansion is compared with the exact likelihood
TRUSTED = 0.01  # of weight: as much as the expansion may move
ROUND_HILL = 0.7  # effective draws per proposal, below which the profile is walked
POOR = 0.25  # below which the draws are doubted
PER_DRAW = 2  # proposals along a profile
FEW_LOST = 0.35  # effective draws per proposal, below which proposals along a profile are refined
OPEN_SD = 1.5  # of a log parameter's draws: half of the weak prior's


class OpenDirection(EvergroveWarning):
    """Draws of parameters that the data do not pin down."""

    code = "models.open_direction"
    message = _(
        "{model}: draws of {parameters} follow the ridge along which the data fit equally well. How far they "
        "reach there is set by a weak prior (a factor of 20 up or down), not by the data."
    )
    hint = _(
        "Bands of forecasts stand, where the forecast hardly changes along the ridge; bands of these parameters "
        "mean nothing. Prefer another model, or give a longer history."
    )


class FewEffectiveDraws(EvergroveWarning):
    """The weights of the draws are very uneven."""

    code = "models.few_effective_draws"
    message = _(
        "{model}: {draws} draws of the parameters are worth only {effective} independent ones. Bands that rest on "
        "them are rough."
    )
    hint = _("Ask for more draws, or take `bootstrap` for a check; with a longer history this passes.")


@dataclass(frozen=True, eq=False)
class Posterior:
    """
    Equally weighted draws of a fit's parameters.

    Attributes:
        model: The model at the maximum.
        names: Of the parameters, in the literature's order.
        letters: Their values in the user's units, one draw a row. Shape (n, k).
        method: "importance": proposals around the maximum, flat prior; "profile": proposals along the profile
            of the flattest direction, weak prior; both with exact weights; "bootstrap": refits to resampled
            customers.
        proposed: Proposals that the draws were chosen from.
        effective: How many independent draws the weighted proposals are worth.
        warnings: What a reader of the draws should know.
    """

    model: Any
    names: tuple[str, ...]
    letters: Floats
    method: Method
    proposed: int
    effective: float
    warnings: tuple[EvergroveWarning, ...] = ()

    def __len__(self) -> int:
        return len(self.letters)

    @property
    def at(self) -> dict[str, Floats]:
        """The draws by parameter, shape (n,) each."""
        return dict(zip(self.names, self.letters.T, strict=True))

    def models(self) -> Iterator[Any]:
        """The model with each draw of its parameters."""
        for row in self.letters:
            letters: dict[str, Any] = dict(zip(self.names, map(float, row), strict=True))
            yield replace(self.model, **letters)

    def quantiles(self, *levels: float) -> dict[str, Floats]:
        """Quantiles of each parameter, shape (levels,)."""
        return {name: np.quantile(values, levels) for name, values in self.at.items()}


def draws(
    fit: Fit[Any],
    summary: Summary,
    n: int = DRAWS,
    *,
    rng: Generator,
) -> Posterior:
    """
    Draw the parameters of a fit from their posterior, under a prior that is flat in their logarithms.

    Args:
        fit: Of a transaction model or of Gamma-Gamma.
        summary: What it was fitted on.
        n: Draws.
        rng: Where the draws come from.

    Returns:
        The draws, equally weighted. ``effective`` says what they are worth; ``warnings`` are issued too.

    Raises:
        InvalidArgument: An argument is of another kind, or n is not positive.
        NoDraws: The model has covariates, or is no process and no Gamma-Gamma.
        NotItsSummary: The model was fitted on other histories.

    Source:
        Tierney and Kadane (1986), JASA 81, 82-86 (the quadratic around the maximum); Geweke (1989), Bayesian
        Inference in Econometric Models Using Monte Carlo Integration, Econometrica 57, 1317-1339 (weights).
    """
    of_kind("fit", fit, Fit, FIT)
    of_kind("summary", summary, Summary, SUMMARY)
    of_kind("rng", rng, np.random.Generator, RNG)
    n = whole("n", n, 1)
    target = target_of(fit, summary)
    found = None if target.at.flat else _around_the_top(target, n, rng)
    if found is None or found[1].effective < ROUND_HILL * n:
        found = _along_the_ridge(target.weakly_held(), n, rng)
    theta, about = found
    doubts = tuple(_doubts(target, theta, about))
    for doubt in doubts:
        warnings.warn(doubt, stacklevel=2)
    return Posterior(
        model=fit.model,
        names=target.names,
        letters=target.letters(theta),
        method=about.method,
        proposed=about.proposed,
        effective=about.effective,
        warnings=doubts,
    )


@dataclass(frozen=True)
class _About:
    """How draws came about."""

    method: Method
    proposed: int
    effective: float


def _doubts(target: Target, theta: Floats, about: _About) -> Iterator[EvergroveWarning]:
    """What to say of draws theta (n, k)."""
    if about.method == "profile":
        wide = theta.std(axis=0) > OPEN_SD
        wide[list(target.at.flat)] = True
        if wide.any():
            names = (name for name, open_ in zip(target.names, wide, strict=True) if open_)
            yield OpenDirection(model=target.title, parameters=", ".join(names))
    if about.effective < POOR * len(theta):
        yield FewEffectiveDraws(model=target.title, draws=len(theta), effective=round(about.effective))


def _around_the_top(target: Target, n: int, rng: Generator) -> tuple[Floats, _About]:
    """Draws theta (n, k) by a t around the maximum."""
    curvature, vectors = np.linalg.eigh(-target.at.hessian)
    axes = vectors / np.sqrt(curvature)
    z, log_density = student(n, len(curvature), DEGREES, rng)
    theta = target.at.theta + z @ axes.T
    height = _expanded(target, axes, z, theta)
    if height is None:
        height = target.values(theta)
    weight = normalised(height - log_density)
    about = _About("importance", n, effective_size(weight))
    return theta[resampled(weight, n, rng)], about


def _along_the_ridge(target: Target, n: int, rng: Generator) -> tuple[Floats, _About]:
    """Draws theta (n, k) along the profile of the flattest direction, refined where others are open too."""
    theta, log_density = ridge_of(target).draw(PER_DRAW * n, rng)
    log_weight = target.values(theta) - log_density
    theta, weight = refined(target, theta, log_weight, FEW_LOST * len(theta), rng)
    about = _About("profile", len(theta), effective_size(weight))
    return theta[resampled(weight, n, rng)], about


def _expanded(target: Target, axes: Floats, z: Floats, theta: Floats) -> Floats | None:
    """
    Log-likelihoods of many rows by expansion; None where there are few rows, or where it is not good enough.

    Good enough is a mean error of TRUSTED in the relative weights, measured at some of the draws.
    """
    rows = len(target.weights)
    if rows <= FEW_ROWS:
        return None
    step = max(rows // ENOUGH_ROWS, 1)
    part = target.surface(target.weights, step)
    share = float(target.weights[::step].sum()) / target.customers
    slope = axes.T @ target.at.gradient
    height = Expansion.around(part, target.at.theta, axes, slope, share)(z)
    inside = target.inside(theta)
    some = np.flatnonzero(inside)[np.linspace(0, inside.sum() - 1, CHECKED).astype(np.intp)]
    exact = target.values(theta[some])
    weight = np.exp(np.minimum(exact + np.square(z[some]).sum(axis=1) / 2, 0.0))
    off = weight * np.abs(np.expm1(np.clip(height[some] - exact, -1.0, 1.0)))
    return np.where(inside, height, -np.inf) if off.mean() < TRUSTED else None
