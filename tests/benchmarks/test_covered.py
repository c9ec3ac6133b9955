"""Counting how often intervals hold the truth: by hand, and against shops drawn with dependent intervals."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.covered import Interval, clustered, covered, table


def interval(seed: int, truth: float, playbook: str = "L2", effect: float | None = 0.0) -> Interval:
    """From -1 to 1, or none at all."""
    low, high, se = (None, None, None) if effect is None else (effect - 1.0, effect + 1.0, 0.8)
    return Interval(seed, playbook, 10, 7, truth, effect, low, high, se)


def test_bounds_hold_what_lies_between_them() -> None:
    """A truth on the bound is held; without bounds there is nothing to say."""
    assert [interval(1, truth).holds for truth in (0.9, 1.0, 1.1, -1.1)] == [True, True, False, False]
    assert interval(1, 0.0, effect=None).holds is None
    assert interval(1, -0.4, effect=0.4).error == pytest.approx(1.0)


def test_the_clustered_error_is_the_one_counted_by_hand() -> None:
    """Three shops with (1, 1), (1, 0) and (0) held: mean 3/5; residual sums 0.8, -0.2, -0.6."""
    found = clustered([(1, 1.0), (1, 1.0), (2, 1.0), (2, 0.0), (3, 0.0)])

    assert found.mean == pytest.approx(0.6)
    assert (found.intervals, found.seeds) == (5, 3)
    assert found.se == pytest.approx((3 / 2 * (0.64 + 0.04 + 0.36)) ** 0.5 / 5)


def test_the_clustered_error_is_that_of_the_mean() -> None:
    """Over 2,000 repetitions with three equal values a shop, the standard deviation of the mean is met."""
    rng = np.random.default_rng(3)
    held = rng.random((2000, 40)) < 0.8
    found = [clustered([(seed, float(v)) for seed, v in enumerate(row) for _ in range(3)]) for row in held]

    spread = np.std([each.mean for each in found])
    assert np.mean([each.se for each in found]) == pytest.approx(spread, rel=0.05)


@pytest.mark.parametrize(("rate", "within"), [(0.80, True), (0.60, False), (0.97, False)])
def test_another_coverage_is_noticed(rate: float, within: bool) -> None:  # noqa: FBT001 - a parametrised expectation
    """200 shops with three intervals each."""
    rng = np.random.default_rng(5)
    intervals = [
        interval(seed, 0.0 if rng.random() < rate else 5.0, playbook)
        for seed in range(200)
        for playbook in ("L2", "L5", "T1b")
    ]

    assert covered(intervals).holds is within


def test_what_could_not_be_measured_is_counted_apart() -> None:
    """It is neither held nor missed."""
    found = covered([interval(1, 0.0), interval(2, 3.0), interval(2, 0.0, effect=None)])

    assert (found.share.mean, found.share.intervals, found.without) == (0.5, 2, 1)
    assert found.bias.mean == pytest.approx(-1.5)
    assert found.error.mean == pytest.approx(-1.5 / 0.8)
    assert found.control == (7, 7, 7)


def test_one_shop_proves_nothing() -> None:
    """Without a second cluster there is no standard error, and so no verdict in favour."""
    assert not covered([interval(1, 0.0)] * 10).holds


def test_the_table_names_what_was_found() -> None:
    """Rows by playbook and for all, the verdict, the machine."""
    found = covered([interval(seed, 0.0 if seed % 5 else 9.0) for seed in range(50)])
    design = {"name": "even", "customers": 3000, "days": 28, "refit_days": 29}
    part = {"design": design, "seeds": 50, "seconds": 12.0, "processor_seconds_per_shop": 0.5}
    machine = {"processor": "a processor", "cores": 2, "load_average": [0.1, 0.1, 0.1]}

    page = table(
        {"commit": "abc", "machine": machine, "workers": 2, "parts": [part | {"found": found.as_json()}]}
    )

    assert "| L2 | 50 | 0.800 |" in page
    assert "| all | 50 | 0.800 |" in page
    assert "is within 3 standard errors of 80%" in page
    assert "Mean of estimate - truth: -1.80, standard error 0.51." in page  # 3.6 / 7 by hand
    assert "own standard error: -2.250, standard error 0.643." in page
