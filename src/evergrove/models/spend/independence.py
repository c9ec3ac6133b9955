"""Does it hold that customers who come more often spend no more and no less a day? Gamma-Gamma assumes it."""

from __future__ import annotations

from dataclasses import dataclass
from math import atanh, erfc, log, sqrt, tanh
from typing import TYPE_CHECKING

import numpy as np

from evergrove.core import InputError, _
from evergrove.models.distinct import levels
from evergrove.models.special import digamma

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from evergrove.models.types import Floats

FEWEST = 10
NORMAL_95 = 1.959963984540054
EXACT = 1e-12  # of 1 - r^2: what rounding leaves of none


class TooFewRepeaters(InputError):
    """Too few customers who came back and spent something to correlate anything."""

    code = "models.too_few_repeaters"
    message = _(
        "{repeaters} {repeaters:repeater|repeaters} with a positive mean spend cannot show whether frequency and spend go together; it needs {needed}, who differ in both."
    )
    hint = _("The spend model without frequency needs no such test; give a longer history.")


@dataclass(frozen=True)
class Independence:
    """
    How frequency and spend go together among repeaters.

    Attributes:
        correlation: Of ln x and ln of the mean spend, the latter freed of what few days do to a logarithm.
        low: Lower end of its 95 % interval.
        high: Upper end.
        p_value: Two-sided, of no correlation.
        per_doubling: What twice the frequency does to spend a day: 0.05 is 5 % more. The size of the effect.
        repeaters: Customers that it rests on.
    """

    correlation: float
    low: float
    high: float
    p_value: float
    per_doubling: float
    repeaters: int

    @property
    def dependent(self) -> bool:
        """Whether independence is refuted at 5 %."""
        return self.p_value < 0.05


def independence(
    frequency: ArrayLike, days: ArrayLike, mean: ArrayLike, p: float, weight: ArrayLike | None = None
) -> Independence:
    r"""
    Test whether repeat frequency and mean spend are independent among repeaters.

    The plain rank correlation of frequency and mean spend is no test: the mean of few days is skewed, its
    median and logarithm lie below its expectation, and the more so the fewer days there are. On customers
    simulated without any dependence (CDNOW's parameters, 946 repeaters) it "finds" one in 22 of 100 data sets,
    in 97 of 100 with 10,000 repeaters. Under Gamma-Gamma the shortfall is known,

    .. math::

        E(\ln m \mid n, \nu) = \ln(p / \nu) + \psi(p n) - \ln(p n)

    so it is taken off ln m before that is correlated with ln x. The standard error is the influence function's,
    which does not ask that spread be the same at every frequency.

    Args:
        frequency: x. Shape (n,).
        days: Days that were averaged, x or x + 1. Shape (n,).
        mean: Their mean spend; customers without a repeat or a positive mean take no part. Shape (n,).
        p: Shape of a day's spend, of a fit that read the first days (see ``GammaGamma.fit``).
        weight: Customers per row; None means one each.

    Returns:
        Correlation with its interval, p-value and size.

    Raises:
        TooFewRepeaters: Fewer than ten, or all of one frequency, or of one spend.
    """
    x, n, m = (np.asarray(v, dtype=np.float64) for v in np.broadcast_arrays(frequency, days, mean))
    w = np.ones(len(x)) if weight is None else np.asarray(weight, dtype=np.float64)
    some = (x > 0) & (n > 0) & (m > 0) & np.isfinite(m)
    x, n, m, w = x[some], n[some], m[some], w[some]
    repeaters = round(w.sum())
    if repeaters < FEWEST:
        raise TooFewRepeaters(repeaters=repeaters, needed=FEWEST)
    counts, of = levels(n)
    shortfall = digamma(p * counts) - np.log(p * counts)
    often, spend = _standard(np.log(x), w), _standard(np.log(m) - shortfall[of], w)
    if often is None or spend is None:
        raise TooFewRepeaters(repeaters=repeaters, needed=FEWEST)
    (u, spread_of_x), (v, spread_of_m) = often, spend
    r = min(max(float(w @ (u * v) / w.sum()), -1.0), 1.0)
    influence = u * v - r * (u**2 + v**2) / 2
    error = sqrt(float(w @ influence**2)) / float(w.sum())
    if error == 0 or 1 - r * r < EXACT:  # spend is a function of frequency
        return Independence(r, r, r, 0.0, _per_doubling(r, spread_of_x, spread_of_m), repeaters)
    stretched = error / (1 - r * r)  # of atanh(r), whose interval stays within -1 and 1
    low, high = (tanh(atanh(r) + sign * NORMAL_95 * stretched) for sign in (-1, 1))
    p_value = erfc(abs(atanh(r)) / stretched / sqrt(2))
    return Independence(r, low, high, p_value, _per_doubling(r, spread_of_x, spread_of_m), repeaters)


def _standard(values: Floats, weight: Floats) -> tuple[Floats, float] | None:
    """Values less their mean over their spread, and the spread; None where they do not differ."""
    around = values - weight @ values / weight.sum()
    spread = sqrt(float(weight @ around**2 / weight.sum()))
    return (around / spread, spread) if spread > 1e-9 * (1 + np.abs(values).max()) else None


def _per_doubling(r: float, spread_of_x: float, spread_of_m: float) -> float:
    """The slope of ln m on ln x, as a relative change of m when x doubles."""
    return float(np.expm1(r * spread_of_m / spread_of_x * log(2)))
