"""The chance that an expected annual figure keeps a bound, beside customers whose true figures are known."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

from evergrove.models import GammaGamma, ParetoNbd
from evergrove.segments.codes import Criterion
from evergrove.segments.tiers.outlook import Outlook

if TYPE_CHECKING:
    from evergrove.models import Floats

PROCESS = ParetoNbd(r=0.9, alpha=40.0, s=0.6, beta=300.0, unit="day")
SPEND = GammaGamma(p=4.0, q=5.0, gamma=400.0)
DRAWS = 400_000


@dataclass
class Customer:
    """One history, once a row: the columns of a base that an outlook reads."""

    frequency: Floats
    recency: Floats
    T: Floats
    orders: Floats
    historic_value: Floats
    mean_day_spend: Floats
    has_amounts: bool = True

    def summary(self, _unit: str) -> Any:
        """What the spend model reads."""
        return SimpleNamespace(
            frequency=self.frequency, mean_day_spend=self.mean_day_spend, __len__=lambda: len(self.T)
        )

    def __len__(self) -> int:
        return len(self.T)


def outlook(x: int, silence: float, age: float, mean: float) -> Outlook:
    """Of one customer, under known models."""
    one = np.ones(1)
    base = Customer(
        one * x, one * (age - silence), one * age, one * (x + 1), one * mean * (x + 1), one * mean
    )
    fits = SimpleNamespace(spend=SimpleNamespace(model=SPEND))
    kept = SimpleNamespace(process=PROCESS, fits=fits, unit="day", convention="all_days", shop=None)
    return Outlook(cast("Any", base), cast("Any", kept))


def posterior(x: int, silence: float, age: float, mean: float) -> tuple[Floats, Floats]:
    """Draws of a customer's annual purchases and spend a day, weighed by what the history says, by the definition."""
    rng = np.random.default_rng(5)
    rate = rng.gamma(PROCESS.r, 1 / PROCESS.alpha, DRAWS)
    leaving = rng.gamma(PROCESS.s, 1 / PROCESS.beta, DRAWS)
    recency = age - silence
    # Pareto/NBD likelihood of x purchases, the last at recency, given rate and leaving, split by being alive.
    total = rate + leaving
    alive = rate**x * np.exp(-total * age)
    gone = rate**x * leaving / total * (np.exp(-total * recency) - np.exp(-total * age))
    year = (1 - np.exp(-leaving * 365.25)) / leaving
    lives = rng.random(DRAWS) < alive / (alive + gone)
    keep = rng.choice(DRAWS, DRAWS, p=(alive + gone) / (alive + gone).sum())
    scale = rng.gamma(SPEND.q + SPEND.p * (x + 1), 1 / (SPEND.gamma + mean * (x + 1)), DRAWS)
    return (rate * year * lives)[keep], SPEND.p / scale


@pytest.mark.parametrize(("x", "silence", "age", "mean"), [(8, 20.0, 600.0, 120.0), (2, 100.0, 500.0, 90.0)])
@pytest.mark.parametrize("share", [0.5, 1.0, 1.3])
def test_chances_are_those_of_the_posterior(
    x: int, silence: float, age: float, mean: float, share: float
) -> None:
    """
    Against weighed draws of rate, leaving and spend.

    What differs is the time that is left: the outlook counts its mean, the draws each their own. Where dropout is
    slow that moves a chance by less than two points.
    """
    purchases, spend = posterior(x, silence, age, mean)
    alive = purchases > 0
    said = outlook(x, silence, age, mean)
    rows = np.zeros(1, dtype=np.int64)
    bounds = {
        Criterion.FREQUENCY: (purchases, share * purchases[alive].mean()),
        Criterion.SPEND: (purchases * spend, share * (purchases * spend)[alive].mean()),
        Criterion.AVERAGE_ORDER: (np.where(alive, spend, 0.0), share * spend.mean()),
    }
    for criterion, (truth, bound) in bounds.items():
        found = said.keeps(criterion, np.array([bound]), rows)[0]
        assert found == pytest.approx((truth >= bound).mean(), abs=0.025), criterion


def test_a_bound_of_nothing_is_kept_by_whoever_is_alive() -> None:
    """And an infinite one by nobody."""
    said, rows = outlook(3, 30.0, 300.0, 50.0), np.zeros(1, dtype=np.int64)

    for criterion in (Criterion.SPEND, Criterion.FREQUENCY, Criterion.AVERAGE_ORDER):
        least, most = (said.keeps(criterion, np.array([bound]), rows)[0] for bound in (0.0, np.inf))
        assert (least, most) == (
            pytest.approx(PROCESS.alive(*(np.array([v]) for v in (3.0, 270.0, 300.0)))[0]),
            0,
        )


def test_a_chance_falls_with_the_bound() -> None:
    """Monotone: what keeps more keeps less."""
    said, rows = outlook(5, 40.0, 400.0, 70.0), np.zeros(40, dtype=np.int64)

    for criterion in (Criterion.SPEND, Criterion.FREQUENCY, Criterion.AVERAGE_ORDER):
        assert (np.diff(said.keeps(criterion, np.linspace(0.1, 3000.0, 40), rows)) <= 0).all()


def test_without_a_model_there_is_no_outlook() -> None:
    """Checks and dwell alone decide then."""
    assert getattr(SimpleNamespace(process=None).process, "r", None) is None
