"""Cells: interpolated values are the direct ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.models.nbd import Nbd
from evergrove.scoring.cells import Cells, cells_of, smallest_scale

if TYPE_CHECKING:
    from evergrove.models.types import Floats

MODEL = Nbd(r=0.385, alpha=12.07)


def form(x: Floats, T: Floats) -> Floats:
    """Two analytic functions of log(alpha + T), one of them steep for large x."""
    left = ((MODEL.alpha + T) / (MODEL.alpha + T + 26)) ** (MODEL.r + x)
    return np.stack([(MODEL.r + x) / (MODEL.alpha + T), 1 - left])


def base(customers: int, days: int) -> tuple[np.ndarray, np.ndarray]:
    """Customers in many cells."""
    rng = np.random.default_rng(5)
    return np.minimum(rng.geometric(0.05, customers) - 1, 400), rng.integers(0, days, customers)


def spread(cells: Cells) -> Floats:
    """Both forms, per customer."""
    return cells.spread(form)


@pytest.mark.parametrize("days", [365, 1100, 4000])
def test_interpolated_values_are_the_direct_ones(days: int) -> None:
    """To 1e-10 of the largest, for a base large enough that nodes are cheaper than cells."""
    x, T = base(200_000, days)

    cells = cells_of(x, T, "week", smallest_scale(MODEL))

    assert cells.to_days is not None
    direct = form(x.astype(float), T / 7)
    assert np.abs(spread(cells) / direct - 1).max() < 1e-9
    assert len(cells.x) < 20_000


def test_a_small_base_is_evaluated_where_it_stands() -> None:
    """No interpolation where it would cost more than it saves."""
    x, T = base(500, 1000)

    cells = cells_of(x, T, "week", smallest_scale(MODEL))

    assert cells.to_days is None
    np.testing.assert_array_equal(spread(cells), form(x.astype(float), T / 7))


@pytest.mark.parametrize("T", [np.zeros(3, np.int64), np.array([7, 7, 8])])
def test_ages_that_hardly_differ_need_no_interpolation(T: np.ndarray) -> None:
    """A base won on one day has one age."""
    x = np.array([0, 3, 3])

    np.testing.assert_array_equal(spread(cells_of(x, T, "day", 1.0)), form(x.astype(float), T.astype(float)))


def test_a_base_without_customers_has_no_cells() -> None:
    """Nothing to evaluate, nothing returned."""
    empty = np.zeros(0, np.int64)

    assert cells_of(empty, empty, "week", 1.0).spread(lambda x, _: x).shape == (0,)
