"""Expected repeat purchases by week are those of all customers won so far."""

from datetime import date

import numpy as np
import pytest

from evergrove.models.pareto_nbd import ParetoNbd
from evergrove.scoring.tracking import expected_by_day, track

MODEL = ParetoNbd(r=0.553, alpha=10.578, s=0.606, beta=11.669)
FIRST = date(1997, 1, 1)


def test_expected_purchases_add_up_over_cohorts() -> None:
    """On each day the sum over acquisition days of E[X(age)]."""
    won = np.array([5, 0, 3, 0, 0, 2, 0, 0, 0, 1])

    found = expected_by_day(MODEL, won)

    for day in range(len(won)):
        ages = (day - np.arange(day + 1)) / 7
        expected = sum(n * MODEL.expected_purchases_new(age) for n, age in zip(won, ages, strict=False))
        assert found[day] == pytest.approx(expected, rel=1e-10, abs=1e-12)


def test_three_years_need_no_evaluation_for_each_day() -> None:
    """Interpolated in log time, and the same."""
    won = np.zeros(1100)
    won[0] = 1.0

    found = expected_by_day(MODEL, won)

    for day in (1, 2, 30, 500, 1099):
        assert found[day] == pytest.approx(MODEL.expected_purchases_new(day / 7), rel=1e-9)


def test_the_unit_of_time_makes_no_difference() -> None:
    """A model in days tracks the same weeks."""
    won = np.random.default_rng(1).poisson(3, 100)
    in_days = ParetoNbd(r=0.553, alpha=10.578 * 7, s=0.606, beta=11.669 * 7, unit="day")

    np.testing.assert_allclose(
        expected_by_day(in_days, won), expected_by_day(MODEL, won), rtol=1e-9, atol=1e-12
    )


def test_weeks_are_whole_and_start_with_the_first_order() -> None:
    """A last week of under seven days is left out: it would look like a collapse."""
    won, repeats = np.ones(24, dtype=int), np.arange(24)

    found = track(MODEL, FIRST, won, repeats, date(1997, 1, 15))

    assert found.week_end.tolist() == [6, 13, 20]
    assert found.actual.tolist() == [sum(range(7)), sum(range(7, 14)), sum(range(14, 21))]
    assert found.expected.sum() == pytest.approx(expected_by_day(MODEL, won)[20])
    assert (found.first_day, found.holdout_start) == (FIRST, date(1997, 1, 15))


def test_without_actual_purchases_the_line_is_unknown() -> None:
    """NaN, not nought."""
    assert np.isnan(track(MODEL, FIRST, np.ones(14, dtype=int), None, None).actual).all()
