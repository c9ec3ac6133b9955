"""Shops of known truth for intervals: Pareto/NBD purchases with Gamma-Gamma spend, in continuous time."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import EvergroveWarning
from evergrove.models import GammaGamma, ParetoNbd, Summary
from evergrove.models.posterior import draws
from evergrove.scoring.types import Split

if TYPE_CHECKING:
    from evergrove.models.types import Fit, Floats

PROCESS = ParetoNbd(r=0.9, alpha=8.0, s=0.8, beta=30.0)
SPEND = GammaGamma(p=6.25, q=3.74, gamma=15.44)
DAYS = 364


@dataclass(frozen=True, eq=False)
class Shop:
    """What was known at an origin, what came in the 364 days after it, and the fits to the former."""

    split: Split
    process: Fit[Any]
    spend: Fit[Any]

    @property
    def summary(self) -> Summary:
        """What was known."""
        return self.split.calibration

    @property
    def alive(self) -> Floats:
        """P(alive) under the fitted parameters."""
        known = self.summary
        return np.asarray(self.process.model.alive(known.frequency, known.recency, known.T))

    @property
    def truth(self) -> tuple[Fit[Any], Fit[Any]]:
        """Fits that know the parameters which made the shop."""
        return known(self.process, PROCESS), known(self.spend, SPEND)


def known(fit: Fit[Any], model: Any) -> Fit[Any]:
    """A fit whose parameters are known."""
    return replace(fit, model=model, posterior=None, log_covariance=np.zeros_like(fit.log_covariance))


def split_of(customers: int, seed: int) -> Split:
    """Customers of 26 to 104 weeks, seen for so long and followed for 52 more."""
    rng = np.random.default_rng(seed)
    T = rng.integers(26 * 7, 104 * 7, customers) / 7
    rate = rng.gamma(PROCESS.r, 1 / PROCESS.alpha, customers)
    life = rng.exponential(1 / rng.gamma(PROCESS.s, 1 / PROCESS.beta, customers))
    seen = np.minimum(life, T)
    x = rng.poisson(rate * seen).astype(np.float64)
    # The last of x uniform times on (0, seen) is seen * U^(1/x).
    t_x = np.where(x > 0, seen * rng.random(customers) ** (1 / np.maximum(x, 1)), 0.0)
    after = rng.poisson(rate * np.clip(life - T, 0, DAYS / 7)).astype(np.float64)
    scale = SPEND.gamma / rng.gamma(SPEND.q, 1.0, customers)
    mean = scale * rng.gamma(SPEND.p * (x + 1)) / (x + 1)
    spent = np.where(after > 0, scale * rng.standard_gamma(SPEND.p * after), 0.0)
    origin = date(2025, 1, 1)
    known = Summary(frequency=x, recency=t_x, T=T, mean_day_spend=mean)
    return Split(origin, origin + timedelta(days=DAYS), known, known, after, spent, after, None)


@cache
def shop_of(customers: int, seed: int, n: int = 200) -> Shop:
    """The same with both fits, and draws of their parameters."""
    split = split_of(customers, seed)
    known = split.calibration
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EvergroveWarning)  # a small shop may lie on a ridge: that is meant
        process, spend = ParetoNbd.fit(known), GammaGamma.fit(known)
        drawn = [draws(fit, known, n, rng=np.random.default_rng(seed)) for fit in (process, spend)]
    return Shop(split, replace(process, posterior=drawn[0]), replace(spend, posterior=drawn[1]))
