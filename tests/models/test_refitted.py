"""A climb that starts from an earlier fit ends where one from everywhere ends."""

from __future__ import annotations

import numpy as np
import pytest

from evergrove.models import BgNbd, MbgNbd, ParetoNbd, Summary


def summary_of(seed: int, n: int = 4000) -> Summary:
    """Customers of a Pareto/NBD shop, lived through purchase by purchase."""
    rng = np.random.default_rng(seed)
    T = rng.uniform(20, 100, n)
    rate, hazard = rng.gamma(0.8, 1 / 8, n), rng.gamma(0.7, 1 / 15, n)
    life = np.minimum(rng.exponential(1, n) / hazard, T)
    x = rng.poisson(rate * life).astype(np.float64)
    recency = np.where(x > 0, life * rng.beta(np.maximum(x, 1), 1), 0.0)
    return Summary(frequency=x, recency=recency, T=T, unit="week")


@pytest.mark.parametrize("model", [ParetoNbd, BgNbd, MbgNbd])
def test_the_start_does_not_matter(model: type[ParetoNbd | BgNbd | MbgNbd]) -> None:
    """Parameters and likelihood from an earlier fit's parameters are those of a climb from all starts."""
    earlier = model.fit(summary_of(1))
    later = summary_of(2)
    again, anew = earlier.model.refitted(later), model.fit(later)
    assert again.log_likelihood == pytest.approx(anew.log_likelihood, abs=1e-7)
    assert again.log_likelihood > earlier.model.log_likelihood(later)
    found = [getattr(again.model, name) for name in anew.parameters]
    assert found == pytest.approx([getattr(anew.model, name) for name in anew.parameters], rel=1e-5)
