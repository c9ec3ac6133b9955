"""Measures of regularity on the intervals themselves."""

from __future__ import annotations

import csv
from math import inf, isnan
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.stats import gamma

from evergrove.models.regular import regularity
from evergrove.models.regular.regularity import gamma_shapes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_grocery_is_bought_regularly(shared: Callable[[str], Path]) -> None:
    """F52 on 2006 (2007 is not shipped): 2.463 on 713 customers by pairs, 3.893 on 158 by their own intervals."""
    with shared("clv/grocery_2006.csv").open(encoding="utf-8") as stream:
        rows = [(row["customer_id"], row["date"]) for row in csv.DictReader(stream)]
    customer, day = zip(*rows, strict=True)

    found = regularity(customer, np.array(day, dtype="datetime64[D]"))

    assert (found.pairs, found.customers) == (713, 158)
    assert found.wheat_morrison == pytest.approx(2.463, abs=0.01)
    assert found.median_shape == pytest.approx(3.893, abs=0.01)


def test_rows_may_come_in_any_order_unit_and_number_a_day() -> None:
    """Two purchases at one time are one; a shape has no unit."""
    day = np.array([1.0, 4.0, 9.0, 9.0, 2.0, 3.0, 8.0])
    who = np.array(["a", "a", "a", "a", "b", "b", "b"])
    found = regularity(who, day, fewest_intervals=2)
    shuffled = np.random.default_rng(0).permutation(len(day))

    again = regularity(who[shuffled], day[shuffled] * 24, fewest_intervals=2)

    assert (found.pairs, found.customers) == (2, 2)
    assert again.wheat_morrison == pytest.approx(found.wheat_morrison, rel=1e-12)
    assert again.median_shape == pytest.approx(found.median_shape, rel=1e-10)
    # Shares 3/8 and 1/6 of the last two intervals.
    spread = ((3 / 8 - 1 / 2) ** 2 + (1 / 6 - 1 / 2) ** 2) / 2
    assert found.wheat_morrison == pytest.approx((1 - 4 * spread) / (8 * spread), rel=1e-12)


def test_a_shape_is_the_likeliest_one() -> None:
    """The maximum that SciPy finds by search."""
    random = np.random.default_rng(8)
    samples = [random.gamma(shape, 3.0, 30) for shape in (0.2, 1.0, 4.0, 80.0)]

    found = gamma_shapes(
        np.array([each.mean() for each in samples]), np.array([np.log(each).mean() for each in samples])
    )

    for shape, sample in zip(found, samples, strict=True):
        direct, _place, _scale = gamma.fit(sample, floc=0)
        assert shape == pytest.approx(direct, rel=1e-5)


def test_clockwork_and_nothing() -> None:
    """Equal intervals have no finite shape; without two intervals of anybody there is nothing to say."""
    clockwork = regularity(np.repeat([1, 2], 12), np.tile(np.arange(12.0), 2))
    assert (clockwork.wheat_morrison, clockwork.median_shape) == (inf, inf)
    for nothing in (regularity([], []), regularity([1, 2, 2], [5.0, 1.0, 3.0])):
        assert (nothing.pairs, nothing.customers) == (0, 0)
        assert isnan(nothing.wheat_morrison)
        assert isnan(nothing.median_shape)
