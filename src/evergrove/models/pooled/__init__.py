"""Cohorts that borrow strength from one another: parameters shrunk by empirical Bayes."""

from evergrove.models.pooled.errors import FewCohorts, NoCohorts
from evergrove.models.pooled.expectation import Expectation
from evergrove.models.pooled.fit import fit_cohorts
from evergrove.models.pooled.types import CohortEstimate, CohortFit, Differ, Spread

__all__ = [
    "CohortEstimate",
    "CohortFit",
    "Differ",
    "Expectation",
    "FewCohorts",
    "NoCohorts",
    "Spread",
    "fit_cohorts",
]
