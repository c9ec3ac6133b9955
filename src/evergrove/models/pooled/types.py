"""What is known of each cohort, and of how cohorts differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import numpy as np

from evergrove.models.pooled.expectation import Expectation, expected_new

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.core import EvergroveError, EvergroveWarning, Horizon
    from evergrove.models.process import TransactionModel
    from evergrove.models.types import Fit, Floats

Model_co = TypeVar("Model_co", bound="TransactionModel", covariant=True)


class Differ(NamedTuple):
    """
    Likelihood-ratio test of separate fits against one fit of the same cohorts.

    Attributes:
        statistic: Twice the gain in log-likelihood.
        df: Parameters that one fit does without.
        p_value: Chance of such a gain where cohorts do not differ. Too large, so on the safe side, where some of
            the separate fits lie on a flat ridge: their parameters count in full.
        cohorts: How many could be fitted alone, and are compared.
    """

    statistic: float
    df: int
    p_value: float
    cohorts: int


class Spread(NamedTuple):
    """
    How cohorts differ in what they are expected to buy in their first year.

    Attributes:
        sd: Standard deviation between cohorts of the logarithm of expected purchases.
        low: Lower end of its 80 % interval, 0 where the data allow no difference.
        high: Upper end.
    """

    sd: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class CohortEstimate(Generic[Model_co]):
    """
    One cohort.

    Attributes:
        name: As given.
        customers: In it.
        repeats: Repeat purchases of theirs.
        alone: The fit on this cohort alone; None where there is none.
        why_not_alone: Why there is none.
        model: With the shrunken parameters: between those of the cohort alone and those of all cohorts.
        log_covariance: Of their logarithms, the doubt about the cohorts' mean included; shape (k, k).
        weight: How much of the difference between cohorts in first-year purchases the cohort's own data settle:
            0, it has the population's values; 1, it keeps its own.
    """

    name: str
    customers: int
    repeats: int
    alone: Fit[Model_co] | None
    why_not_alone: EvergroveError | None
    model: Model_co
    log_covariance: Floats
    weight: float

    def expected_purchases_new(self, horizon: Horizon, level: float = 0.8) -> Expectation:
        """Expected repeat purchases of a new customer of this cohort within ``horizon``, with their interval."""
        return expected_new(self.model, self.log_covariance, horizon, level)

    def expected_purchases_alone(self, horizon: Horizon, level: float = 0.8) -> Expectation | None:
        """The same by the fit on this cohort alone; None where there is none."""
        alone = self.alone
        return None if alone is None else expected_new(alone.model, alone.log_covariance, horizon, level)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "customers": self.customers,
            "repeats": self.repeats,
            "weight": self.weight,
            "parameters": self.model.as_dict(),
            "log_covariance": self.log_covariance.tolist(),
            "alone": self.alone.model.as_dict() if self.alone else None,
            "why_not_alone": self.why_not_alone.code if self.why_not_alone else None,
        }


@dataclass(frozen=True, eq=False)
class CohortFit(Generic[Model_co]):
    """
    Cohorts that borrow strength from one another.

    Attributes:
        pooled: One fit of everybody, as if cohorts did not differ.
        population: The model at the mean of the cohorts' log parameters.
        mean_covariance: Of this mean, shape (k, k).
        between: Covariance between cohorts of log parameters, shape (k, k).
        between_errors: Standard errors of the variances on its diagonal, shape (k,); None where not identified.
        spread: The same as first-year purchases; None where not identified.
        differ: Whether cohorts differ at all; None where fewer than two could be fitted alone, or where the
            likelihood is not known (regular timing without ``log_intervals``).
        cohorts: Each by its name, in the order given.
        parameters: Names in the literature's order.
        rounds: Turns that the estimate took to settle.
        warnings: What a reader of the numbers should know.
    """

    pooled: Fit[Model_co]
    population: Model_co
    mean_covariance: Floats
    between: Floats
    between_errors: Floats | None
    spread: Spread | None
    differ: Differ | None
    cohorts: Mapping[str, CohortEstimate[Model_co]]
    parameters: tuple[str, ...]
    rounds: int
    warnings: tuple[EvergroveWarning, ...] = ()

    @property
    def identified(self) -> bool:
        """Whether the difference between cohorts could be estimated."""
        return self.between_errors is not None

    @property
    def between_sd(self) -> dict[str, float]:
        """Standard deviation between cohorts of each log parameter."""
        deviations = map(float, np.sqrt(np.diag(self.between)))
        return dict(zip(self.parameters, deviations, strict=True))

    def expected_purchases_new(self, horizon: Horizon, level: float = 0.8) -> Expectation:
        """Expected repeat purchases of any new customer, by the pooled fit, with their interval."""
        return expected_new(self.pooled.model, self.pooled.log_covariance, horizon, level)

    def as_dict(self) -> dict[str, Any]:
        """For JSON: finite numbers, texts, lists, dicts and None."""
        errors = self.between_errors
        return {
            "model": self.population.name,
            "unit": self.population.unit,
            "pooled": self.pooled.model.as_dict(),
            "population": self.population.as_dict(),
            "mean_covariance": self.mean_covariance.tolist(),
            "between": self.between.tolist(),
            "between_errors": None if errors is None else errors.tolist(),
            "spread": self.spread._asdict() if self.spread else None,
            "differ": self.differ._asdict() if self.differ else None,
            "cohorts": {name: cohort.as_dict() for name, cohort in self.cohorts.items()},
            "warnings": [warning.code for warning in self.warnings],
        }
