"""Measured intervals hold the simulator's true effect: two shops here, 200 in ``benchmarks.coverage``."""

from __future__ import annotations

from dataclasses import replace

import pytest
from benchmarks.coverage import EVEN, lived
from benchmarks.covered import covered

from evergrove.simulation import Responses

STRONG = replace(EVEN, customers=1500, days=8, responses=Responses(extra=6.0, deterred=0.0))
SEEDS = (1, 2)


@pytest.mark.slow
@pytest.mark.long
def test_a_few_shops_measure_what_is_true() -> None:
    """
    Of six intervals three hold the truth at least (fewer do by chance once in 59), and there is no bias.

    Messages work six times as strongly as usual: intervals that are wide enough to hold anything would hold
    "no effect" as well, and must not.
    """
    intervals = [each for seed in SEEDS for each in lived(STRONG, seed)]
    given = [each for each in intervals if each.low is not None]
    found = covered(given)

    assert len(given) == 6
    assert found.share.mean * 6 >= 3
    assert abs(found.error.mean) <= 3 / 6**0.5
    assert all(each.truth > 0 for each in given)
    assert any(each.low is not None and each.low > 0 for each in given)
