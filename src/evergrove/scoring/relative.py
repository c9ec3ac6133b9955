"""A spend model with slopes is Gamma-Gamma in each customer's own money."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from evergrove.scoring.spend import SpendEvidence

if TYPE_CHECKING:
    from evergrove.models.gamma_gamma_rows import SpendFit
    from evergrove.models.types import Fit, Floats


def in_relative_money(
    fit: Fit[Any] | None, known: SpendEvidence
) -> tuple[Fit[Any] | None, SpendEvidence, Floats]:
    """
    Count each customer's money in what his covariates multiply spend by, before anything of it goes back.

    Args:
        fit: Of the spend model, or None.
        known: Of each customer's spend.

    Returns:
        Gamma-Gamma's fit given the slopes, or None; the evidence in that money; what its unit is worth after
        returns, shape (n,), 1 for all where there are neither slopes nor returns.
    """
    worth = np.ones(len(known.days)) if known.kept is None else known.kept
    if fit is None or known.relative is None:
        return fit, SpendEvidence(known.days, known.mean, known.expected / worth), worth
    from evergrove.models.spend import given_slopes  # noqa: PLC0415 -- only where spend is regressed

    r = known.relative
    return (
        given_slopes(cast("SpendFit[Any]", fit)),
        SpendEvidence(known.days, known.mean / r, known.expected / (r * worth)),
        r * worth,
    )
