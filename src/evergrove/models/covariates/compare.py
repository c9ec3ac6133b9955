"""Which of two fits the data speak for: the likelihood-ratio test, and two criteria."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from evergrove.core import _
from evergrove.models.covariates.errors import NotNested
from evergrove.models.covariates.links import links_of
from evergrove.models.covariates.model import WithCovariates
from evergrove.models.gamma_gamma_rows import SpendFit

if TYPE_CHECKING:
    from evergrove.models.types import Fit, Floats

UNDERSHOT = 1e-2  # twice the log-likelihood: more than a climb leaves to gain


class LikelihoodRatio(NamedTuple):
    """
    A likelihood-ratio test.

    Attributes:
        statistic: Twice the gain in log-likelihood.
        df: Slopes that the restricted fit does without.
        p_value: Chance of such a gain where the restriction holds: chi-squared with df degrees of freedom.
    """

    statistic: float
    df: int
    p_value: float


def likelihood_ratio(restricted: Fit[Any], full: Fit[Any]) -> LikelihoodRatio:
    """
    Test slopes that one fit has and another, nested in it, leaves out or shares.

    Args:
        restricted: A fit without some of the other's slopes, with two of them shared, or without covariates
            at all (``ParetoNbd.fit``; for a ``SpendRegression``, ``GammaGamma.fit`` of what it read).
        full: The larger fit, on the same customers.

    Returns:
        Statistic, degrees of freedom and p-value. The test needs many customers per slope: with a hundred or
        so it rejects somewhat too often.

    Raises:
        NotNested: The fits differ in model, unit, in customers or in what was read of them, have priors, or
            neither holds the other.

    Source:
        Wilks (1938), Annals of Mathematical Statistics 9(1), 60-62.
    """
    from scipy.special import chdtrc  # noqa: PLC0415 -- only a comparison asks

    _check_comparable(restricted, full)
    small, large = _spanned(restricted, full), _spanned(full, restricted)
    df = _rank(large) - _rank(small)
    if _rank(np.hstack([small, large])) > _rank(large) or df == 0:
        raise NotNested(reason=_("the second fit does not hold the first as a special case"))
    statistic = 2 * (full.log_likelihood - restricted.log_likelihood)
    if statistic < -UNDERSHOT:
        raise NotNested(reason=_("the larger fit has the smaller likelihood, so the data differ"))
    statistic = max(statistic, 0.0)
    return LikelihoodRatio(statistic, df, float(chdtrc(df, statistic)))


def aic(fit: Fit[Any]) -> float:
    """AIC: 2 k - 2 LL, for k free parameters; the smaller the better, on the same data and unit."""
    return 2 * len(fit.parameters) - 2 * fit.log_likelihood


def bic(fit: Fit[Any]) -> float:
    """BIC: k ln(customers) - 2 LL; the smaller the better, on the same data and unit."""
    return len(fit.parameters) * log(fit.customers) - 2 * fit.log_likelihood


def _check_comparable(restricted: Fit[Any], full: Fit[Any]) -> None:
    """Raise ``NotNested`` where two fits differ in more than their slopes."""
    one, other = (_base(fit) for fit in (restricted, full))
    if one is not other:
        raise NotNested(reason=_("they are of different models"))
    if _unit(restricted) != _unit(full):
        raise NotNested(reason=_("their units of time differ"))
    if _read(restricted) != _read(full):
        raise NotNested(reason=_("they rest on different customers"))
    if any(getattr(fit, "penalty", 0.0) > 0 for fit in (restricted, full)):
        raise NotNested(reason=_("a fit with priors has no maximum likelihood"))


def _base(fit: Fit[Any]) -> Any:
    """The model that is left where all slopes are 0: its class, but one name for those of spend."""
    if isinstance(fit, SpendFit):
        return SpendFit
    return type(fit.model.base if isinstance(fit.model, WithCovariates) else fit.model)


def _unit(fit: Fit[Any]) -> Any:
    """Of time; a model of spend has none."""
    return getattr(fit.model, "unit", None)


def _read(fit: Fit[Any]) -> tuple[Any, ...]:
    """Customers, and what of them was read: one likelihood is not another's."""
    return (
        fit.customers,
        fit.observation_end,
        getattr(fit, "convention", None),
        getattr(fit, "first_day", None),
    )


def _spanned(fit: Fit[Any], other: Fit[Any]) -> Floats:
    """The effects that a fit's slopes reach: a column per slope, a row per letter and covariate of either."""
    effects = sorted(
        {effect for each in (fit, other) for column in _slopes(each).values() for effect in column}
    )
    columns = [[column.get(effect, 0.0) for effect in effects] for column in _slopes(fit).values()]
    return np.array(columns, dtype=np.float64).reshape(len(columns), len(effects)).T


def _rank(columns: Floats) -> int:
    return int(np.linalg.matrix_rank(columns)) if columns.size else 0


def _slopes(fit: Fit[Any]) -> dict[str, dict[tuple[str, str], float]]:
    """Per slope, which letters it moves by which covariate, and in which direction."""
    if isinstance(fit, SpendFit):
        return {name: {("gamma", name): 1.0} for name in getattr(fit.model, "slopes", ())}
    if not isinstance(fit.model, WithCovariates):
        return {}
    links = links_of(type(fit.model.base), fit.model.dropout_form)[1]
    slopes: dict[str, dict[tuple[str, str], float]] = {}
    for parameter in fit.parameters[len(fit.model.base.parameters) :]:
        process, _dot, name = parameter.partition(".")
        moved = ("purchase", "dropout") if process == "both" else (process,)
        slopes[parameter] = {(link.letter, name): link.sign for link in links if link.process in moved}
    return slopes
