"""A log of random offers: rules where it comes in, parts of it, outcomes drawn in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from evergrove.core.arguments import InvalidArgument
from evergrove.models.uplift import InvalidTrial, Trial
from evergrove.models.uplift.trial import folds

GOOD: dict[str, Any] = {
    "X": np.zeros((4, 2)),
    "features": ("a", "b"),
    "arm": np.array([0, 1, 0, 1]),
    "outcome": np.array([0.0, 1.0, 2.0, 3.0]),
    "probability": np.array([0.5, 0.5]),
    "offers": ("mail",),
}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"arm": np.array([0, 2, 0, 1])}, "0 <= arm <= k fails for 1 of 4 rows of the log .first: row 1."),
        ({"outcome": np.array([0.0, np.nan, 1.0, np.inf])}, "outcome"),
        ({"X": np.array([[0, 0], [0, 0], [np.inf, 0], [0, 0]])}, "X < inf fails for 1 of 4 rows"),
        ({"probability": np.array([0.6, 0.5])}, r"sum\(probability\) = 1 fails for 4"),
        ({"probability": np.array([1.5, -0.5])}, "0 <= probability <= 1"),
        ({"probability": np.array([1.0, 0.0])}, r"probability\[arm\] > 0 fails for 2"),
        ({"probability": np.array([np.nan, 0.5])}, "probability"),
        ({"arm": np.array([0, 1])}, r"arm.shape"),
        ({"features": ("a",)}, r"X.shape"),
        ({"offers": ()}, "shape"),
        ({"unit": np.array([1, 2])}, "unit.shape"),
    ],
)
def test_a_broken_rule_is_named_with_its_first_row(changed: dict[str, Any], said: str) -> None:
    """Nothing is learned from such a log."""
    with pytest.raises(InvalidTrial, match=said) as refused:
        Trial(**(GOOD | changed))
    assert refused.value.code == "models.invalid_trial"


def test_a_log_cannot_be_changed_afterwards() -> None:
    """Its arrays are read-only; those that were given are not."""
    given = GOOD["outcome"].copy()
    trial = Trial(**(GOOD | {"outcome": given}))

    with pytest.raises(ValueError, match="read-only"):
        trial.outcome[0] = 9.0
    given[0] = 9.0
    assert trial.probability.shape == (4, 2)
    np.testing.assert_array_equal(trial.taken, [0.5] * 4)


def test_outcomes_beyond_a_quantile_are_drawn_in() -> None:
    """Gains and losses each by their own; zeros stay zeros, and so does whatever lies inside."""
    came = np.concatenate([np.zeros(900), np.arange(1.0, 101.0), [1e6], [-5.0, -1e5]])
    n = len(came)
    arm = np.arange(n) % 2
    trial = Trial(np.zeros((n, 1)), ("a",), arm, came, np.array([0.5, 0.5]), ("mail",))

    capped = trial.capped(0.99).outcome

    assert capped.max() == pytest.approx(np.quantile(came[came > 0], 0.99))
    assert capped.min() == pytest.approx(np.quantile(came[came < 0], 0.01))
    inside = (came > capped.min()) & (came < capped.max())
    np.testing.assert_array_equal(capped[inside], came[inside])
    with pytest.raises(InvalidArgument, match=r"such as 0\.999"):
        trial.capped(1.0)


def test_parts_keep_the_rows_of_a_unit_together() -> None:
    """Five parts of about the same size, always the same ones."""
    unit = np.random.default_rng(1).integers(0, 500, 3000)

    found = folds(unit)

    assert all(len(np.unique(found[unit == each])) == 1 for each in np.unique(unit))
    counts = [len(np.unique(unit[found == part])) for part in range(5)]
    assert max(counts) - min(counts) <= 1
    np.testing.assert_array_equal(found, folds(unit))
    assert (found != folds(unit, seed=2)).any()
