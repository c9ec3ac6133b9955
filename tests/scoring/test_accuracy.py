"""Measures of accuracy against hand-worked cases and properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergrove.scoring.accuracy import (
    bin_means,
    concentration,
    decile_mape,
    frequency_bins,
    midranks,
    neutral_deciles,
    normalised_gini,
    root_mean_square,
)

amounts = st.lists(st.floats(0, 1e4), min_size=2, max_size=40)


def test_ties_share_the_mean_of_their_ranks() -> None:
    """Two that tie for places 2 and 3 both stand at 2.5."""
    assert midranks(np.array([5.0, 7.0, 7.0, 9.0])).tolist() == [1, 2.5, 2.5, 4]


def test_the_gini_of_one_who_spends_everything() -> None:
    """Of n customers one spends all: G = (n - 1) / n."""
    spend = np.array([0.0, 0.0, 0.0, 10.0])

    assert concentration(spend, spend) == pytest.approx(0.75)


def test_a_perfect_ranking_scores_one_and_its_reverse_minus_one() -> None:
    """Normalised by the perfect ranking."""
    spend = np.array([1.0, 2.0, 3.0, 10.0])

    assert normalised_gini(spend, spend * 7) == pytest.approx(1)
    assert normalised_gini(spend, -spend) == pytest.approx(-1)


def test_a_forecast_that_says_the_same_of_everybody_ranks_nobody() -> None:
    """Ties are neutral: a constant forecast has a Gini of 0, whatever the order of rows."""
    spend = np.array([9.0, 1.0, 0.0, 4.0, 2.0])

    assert normalised_gini(spend, np.ones(5)) == pytest.approx(0)


@given(amounts, st.permutations(range(40)))
def test_the_order_of_rows_does_not_matter(values: list[float], shuffled: list[int]) -> None:
    """Gini and deciles are the same for shuffled customers, ties included."""
    actual = np.array(values)
    forecast = np.round(actual / 3)
    order = [i for i in shuffled if i < len(values)]

    assert concentration(actual[order], forecast[order]) == pytest.approx(
        concentration(actual, forecast), nan_ok=True
    )
    for here, there in zip(
        neutral_deciles(forecast[order], actual[order]), neutral_deciles(forecast, actual), strict=True
    ):
        np.testing.assert_allclose(here, there)


def test_decile_errors_are_relative_and_leave_out_deciles_without_spend() -> None:
    """Every decile forecast at half of what it spent: 50 %; deciles that spent nothing have no percentage."""
    actual = np.repeat(np.arange(10.0), 5)

    assert decile_mape(actual / 2, actual) == pytest.approx(0.5)


def test_bins_of_frequency_end_with_seven_and_more() -> None:
    """The published table has eight bins."""
    labels, bin_of = frequency_bins(np.array([0.0, 6.0, 7.0, 29.0]))

    assert labels[-2:] == ("6", "7+")
    assert bin_of.tolist() == [0, 6, 7, 7]
    means = bin_means(np.array([1.0, 2.0, 3.0, 5.0]), bin_of, len(labels))
    assert means[7] == 4
    assert np.isnan(means[3])


def test_nothing_known_has_no_root_mean_square() -> None:
    """Origins whose ratio is not defined do not count."""
    assert root_mean_square([3.0, float("nan"), 4.0]) == pytest.approx(np.sqrt(12.5))
    assert np.isnan(root_mean_square([]))
