"""The data sets that the published figures rest on, and what a summary refuses and compresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.core import DAYS_PER
from evergrove.models import InvalidSummary, Summary
from evergrove.models.distinct import levels

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.models.conftest import Holdout

    from evergrove.core import Unit


def test_cdnow_has_its_published_size(cdnow: Summary, cdnow_holdout: Holdout) -> None:
    """2,357 customers, 2,457 repeat purchases, 1,016 distinct histories, 1,882 purchases later."""
    assert len(cdnow) == 2357
    assert cdnow.frequency.sum() == 2457
    assert len(cdnow.counts()) == 1016
    assert cdnow_holdout.purchases.sum() == 1882
    assert cdnow_holdout.spend.sum() == pytest.approx(70_976, abs=0.5)


def test_grocery_and_apparel_have_their_published_sizes(
    grocery: Summary, apparel: Callable[[int], Summary]
) -> None:
    """Customers and repeat purchases as printed beside the figures."""
    assert (len(grocery), grocery.frequency.sum()) == (1525, 5569)
    assert (len(apparel(104)), apparel(104).frequency.sum()) == (600, 1266)


def test_the_rounded_summary_has_946_repeaters(cdnow_rounded: Summary) -> None:
    """The spend model's classic sample."""
    assert (cdnow_rounded.frequency > 0).sum() == 946
    assert np.isnan(cdnow_rounded.monetary_value).sum() == 1411  # type: ignore[arg-type]


def test_counts_keep_every_customer(cdnow: Summary) -> None:
    """Distinct rows in lexicographic order, weights that add up, and the same from counts of counts."""
    counts = cdnow.counts()
    rows = np.stack([counts.frequency, counts.recency, counts.T])
    truth, occurs = np.unique(np.stack([cdnow.frequency, cdnow.recency, cdnow.T]), axis=1, return_counts=True)
    np.testing.assert_array_equal(rows, truth)
    np.testing.assert_array_equal(counts.weights, occurs)
    again = counts.counts()
    np.testing.assert_array_equal(again.weights, occurs)
    np.testing.assert_array_equal(again.T, counts.T)


@pytest.mark.parametrize("unit", ["day", "week", "month"])
def test_counts_do_not_depend_on_the_unit(cdnow: Summary, unit: Unit) -> None:
    """Whole days are recognised in any unit: 1,016 distinct histories."""
    counts = cdnow.in_unit(unit).counts()
    assert len(counts) == 1016
    assert counts.unit == unit
    np.testing.assert_allclose(counts.T.max() * DAYS_PER[unit], 272, rtol=1e-12)


def test_times_between_days_stay_apart() -> None:
    """Hours are no whole days: rows are told apart to the last digit, and equal ones still meet."""
    T = np.array([1.0, 1.0 + 1e-6, 1.0 + 1e-6, 2.5, 1.0])
    counts = Summary(frequency=np.zeros(5), recency=np.zeros(5), T=T).counts()
    np.testing.assert_array_equal(counts.T, [1.0, 1.0 + 1e-6, 2.5])
    np.testing.assert_array_equal(counts.weights, [2, 2, 1])


def test_levels_of_days_and_of_anything_are_alike() -> None:
    """The table of days and the sort give the same levels and codes; so do times too far apart for it."""
    random = np.random.default_rng(8)
    days = random.integers(0, 800, 5000) / 7
    for values in (days, random.gamma(2.0, 3.0, 5000), days * 1e6, np.zeros(0)):
        found, codes = levels(values, 7.0)
        np.testing.assert_array_equal(found, np.unique(values))
        np.testing.assert_array_equal(found[codes], values)


@pytest.mark.parametrize(
    ("x", "t_x", "T", "rule"),
    [
        (1.5, 1.0, 2.0, "frequency is a whole number >= 0"),
        (-1.0, 0.0, 2.0, "frequency is a whole number >= 0"),
        (1.0, 3.0, 2.0, "recency <= T"),
        (0.0, 1.0, 2.0, "recency = 0 where frequency = 0"),
        (1.0, np.nan, 2.0, "x, t_x and T are finite"),
        (1.0, -1.0, 2.0, "recency >= 0"),
    ],
)
def test_impossible_histories_are_refused(x: float, t_x: float, T: float, rule: str) -> None:
    """The error names the rule, how many break it, the first one and the likely cause."""
    with pytest.raises(InvalidSummary) as raised:
        Summary(frequency=np.array([0.0, x]), recency=np.array([0.0, t_x]), T=np.array([5.0, T]))
    assert str(raised.value).startswith(f"{rule} fails for 1 of 2 customers (first: row 1, ")
    assert "observation_end" in str(raised.value)


def test_a_summary_cannot_be_changed(cdnow: Summary) -> None:
    """Arrays are frozen with it."""
    with pytest.raises(ValueError, match="read-only"):
        cdnow.frequency[0] = 99
