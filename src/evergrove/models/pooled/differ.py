"""Whether cohorts differ at all."""

from __future__ import annotations

import warnings
from math import isfinite
from typing import TYPE_CHECKING

from evergrove.core import EvergroveWarning
from evergrove.models.estimate import estimate
from evergrove.models.pooled.job import Model, together
from evergrove.models.pooled.types import Differ

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.models.pooled.job import Alone, Job


def differ(job: Job[Model], alone: Mapping[str, Alone[Model]]) -> Differ | None:
    """
    Test the fits of single cohorts against one fit of these cohorts.

    Source:
        Wilks (1938), Annals of Mathematical Statistics 9(1), 60-62.
    """
    from scipy.special import chdtrc  # noqa: PLC0415 -- a fit itself costs no import of scipy

    fits = {name: fit for name, (fit, _why) in alone.items() if fit is not None}
    if len(fits) < 2:
        return None
    one = job.pooled
    if len(fits) < len(job.rows):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", EvergroveWarning)
            these = together([job.rows[name] for name in fits])
            one = estimate(job.model, these, near=one.model, **job.constants)
    gain = sum(fit.log_likelihood for fit in fits.values()) - one.log_likelihood
    if not isfinite(gain):  # regular timing without the intervals: its density is not known
        return None
    df = len(job.model.parameters) * (len(fits) - 1)
    statistic = max(2 * float(gain), 0.0)
    return Differ(statistic, df, float(chdtrc(df, statistic)), len(fits))
