"""Where the one standard error ends that a preferred model may lie behind."""

from __future__ import annotations

import numpy as np
import pytest

from evergrove.scoring.choose import compared, order_of_choice
from evergrove.scoring.types import Candidate


@pytest.mark.parametrize(
    ("lead", "first"),
    [(1.9, "pareto-nbd"), (2.1, "mbg-nbd"), (3.9, "mbg-nbd")],
)
def test_the_preferred_model_may_lie_one_standard_error_behind_and_no_more(lead: float, first: str) -> None:
    """100 customers, a paired difference with a standard deviation of .2: the sum's standard error is 2."""
    noise = np.tile([-1.0, 1.0], 50) * 0.2
    scores = {"pareto-nbd": np.full(100, -1.0), "mbg-nbd": -1.0 + lead / 100 + noise}
    tried = [Candidate(name=name, eligible=True) for name in scores]

    assert order_of_choice(compared(tried, scores))[0] == first
