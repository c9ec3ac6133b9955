"""Kaplan and Meier's survival curve: what the data say of retention without any model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.models.contractual.periods import whole_periods

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from evergrove.models.contractual.periods import Period
    from evergrove.models.contractual.tenures import Tenures
    from evergrove.models.types import Floats


@dataclass(frozen=True, eq=False)
class KaplanMeier:
    r"""
    The product-limit estimate.

    .. math::

        \hat S(t) = \prod_{s \le t} \left( 1 - \frac{d_s}{n_s} \right)

    with d_s of n_s customers lost in period s. It knows nothing beyond the longest tenure.

    Attributes:
        curve: S(0), S(1), ..., S(last); NaN from where nobody was left to observe. Shape (last + 1,).
        errors: Greenwood's standard errors, shape (last + 1,).
        period: The period that t counts.

    Source:
        Kaplan and Meier (1958), Nonparametric Estimation from Incomplete Observations, JASA 53, 457-481.
    """

    curve: Floats
    errors: Floats
    period: Period

    @classmethod
    def fit(cls, tenures: Tenures) -> KaplanMeier:
        """Estimate the curve."""
        n, d = tenures.at_risk, tenures.lost
        with np.errstate(invalid="ignore", divide="ignore"):  # 0 / 0: nobody to observe
            kept = 1 - d / n
            spread = np.cumsum(np.where(d > 0, d / (n * (n - d)), 0.0))
        curve = np.append(1.0, np.cumprod(kept))
        with np.errstate(invalid="ignore"):  # 0 x infinity where all have left
            errors = curve * np.sqrt(np.append(0.0, spread))
        return cls(curve=curve, errors=np.where(curve == 0, 0.0, errors), period=tenures.period)

    def survival(self, t: ArrayLike) -> Floats:
        """P(still a customer after t periods), shape (n,); NaN beyond the data."""
        at = whole_periods("t", t, 0)
        known = np.append(self.curve, np.nan)
        return np.asarray(known[np.minimum(at, len(self.curve)).astype(np.int64)])

    @property
    def median(self) -> float:
        """The first period after which no more than half are left; NaN where more than half outlive the data."""
        below = np.flatnonzero(self.curve <= 0.5)
        return float(below[0]) if len(below) else np.nan
