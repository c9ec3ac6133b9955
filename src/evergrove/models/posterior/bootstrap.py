"""The bootstrap on counts: customers drawn again, the model refitted from its maximum. A check of the posterior."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.models.maximise import climb
from evergrove.models.posterior.draws import Posterior
from evergrove.models.posterior.target import target_of

if TYPE_CHECKING:
    from numpy.random import Generator

    from evergrove.models.types import Fit, Summary

REPLICATES = 200
CLOSE = 1e-6  # as ``maximise.tolerance``: a thousandth of a standard error for a million customers
LIMIT = 60  # evaluations; five are usual


def bootstrap(
    fit: Fit[Any],
    summary: Summary,
    n: int = REPLICATES,
    *,
    rng: Generator,
) -> Posterior:
    """
    Refit to customers drawn with replacement: how the estimates would differ in other samples like this one.

    Identical customers are counted, so a sample is a draw of the counts (multinomial), and Newton's method
    needs a few steps from the maximum of all. Unlike the posterior, it does not believe that the model is true:
    where the two differ, the model does not fit the data.

    Args:
        fit: Of a transaction model or of Gamma-Gamma.
        summary: What it was fitted on.
        n: Refits.
        rng: Where the samples come from.

    Returns:
        One refit a row; ``effective`` counts those that arrived at a maximum, and only they are in it.

    Raises:
        NoDraws: The model has covariates, or is no process and no Gamma-Gamma.
        NotItsSummary: The model was fitted on other histories.

    Source:
        Efron (1979), Bootstrap Methods: Another Look at the Jackknife, Annals of Statistics 7, 1-26.
    """
    target = target_of(fit, summary)
    customers, shares = round(target.customers), target.weights / target.customers
    refits = []
    for _nth in range(n):
        counts = rng.multinomial(customers, shares).astype(np.float64)
        found = climb(target.surface(counts, 1), target.at.theta, customers, CLOSE, LIMIT)
        if found.settled:
            refits.append(found.theta)
    theta = np.array(refits).reshape(-1, len(target.names))
    return Posterior(
        model=fit.model,
        names=target.names,
        letters=target.letters(theta),
        method="bootstrap",
        proposed=n,
        effective=float(len(theta)),
    )
