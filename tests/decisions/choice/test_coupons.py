"""The price guard: who gets which face."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from evergrove.decisions.choice import choose, guard
from evergrove.decisions.choice.errors import ShapesDiffer, UnknownGuard

RNG = np.random.default_rng(12)
PEOPLE = 900
CELLS = np.array(["low", "middle", "high"])[np.arange(PEOPLE) % 3]
GROUPS = ["coupon", "coupon", "coupon", None, "lone"]
CHARGED = np.array([1.0, 2.0, 3.0, 0.5, 1.0])
WORTH = RNG.normal([0.8, 1.2, 1.4, 0.3, 0.5], 1.0, (PEOPLE, 5)) + (CELLS == "high")[:, None] * np.array(
    [0.0, 0.2, 1.5, 0.0, 0.0]
)
IDS = [f"C-{number}" for number in range(PEOPLE)]


def guarded(mode: Any, worth: Any = WORTH) -> Any:
    """The guard at a budget that is enough for some."""
    return guard(
        worth,
        GROUPS,
        mode,
        cells=CELLS,
        customer_ids=IDS,
        salt="salt",
        round_key="autumn",
        choosing=chosen,
        charged=CHARGED,
    )


def chosen(worth: Any) -> Any:
    """At a budget that is enough for some."""
    return choose(worth, CHARGED, 400.0, after_cost=True)


def test_a_whole_cell_gets_one_face() -> None:
    """The one that is published, and every action that is not another face stays."""
    found = guarded("cell")

    for cell in ("low", "middle", "high"):
        faces = found.allowed[cell == CELLS][:, :3]
        assert (faces == faces[0]).all()
        assert faces[0].sum() == 1
        assert faces[0].argmax() == found.faces[cell, "coupon"]
    assert found.allowed[:, 3:].all()
    assert set(found.faces) == {(cell, "coupon") for cell in CELLS}


def test_a_cells_face_does_not_turn_on_one_customer() -> None:
    """Changing what one customer would pay changes nobody else's, nor their own."""
    other = WORTH.copy()
    other[5, :3] = [9.0, -9.0, -9.0]

    np.testing.assert_array_equal(guarded("cell").allowed, guarded("cell", other).allowed)


def test_the_faces_of_cells_are_near_the_best_of_all_27() -> None:
    """Each cell's face tried with each other's."""
    values = []
    for faces in np.ndindex(3, 3, 3):
        face = np.array(faces)[np.arange(PEOPLE) % 3]
        masked = WORTH.copy()
        masked[:, :3][face[:, None] != np.arange(3)] = np.nan
        values.append(chosen(masked).value)
    found = chosen(np.where(guarded("cell").allowed, WORTH, np.nan)).value

    assert found >= 0.995 * max(values)
    assert found > np.mean(values)


def test_random_faces_are_even_and_do_not_turn_on_what_anybody_would_pay() -> None:
    """A third each within 4 standard errors; the same for all other worths, and again at the next asking."""
    found = guarded("random")
    counts = found.allowed[:, :3].sum(axis=0)

    assert (np.abs(counts - PEOPLE / 3.0) < 4.0 * np.sqrt(PEOPLE * 2.0 / 9.0)).all()
    assert (found.allowed[:, :3].sum(axis=1) == 1).all()
    assert found.chance == {"coupon": pytest.approx(1.0 / 3.0)}
    np.testing.assert_array_equal(found.allowed, guarded("random", -WORTH).allowed)


def test_the_guard_costs_something_and_no_guard_nothing() -> None:
    """Free choice of faces brings most, cells more than a coin."""
    free, cell, coin = (
        chosen(np.where(guarded(mode).allowed, WORTH, np.nan)).value for mode in ("free", "cell", "random")
    )

    assert guarded("free").allowed.all()
    assert free > cell > coin


def test_what_is_no_guard_is_refused() -> None:
    """An unknown mode, and groups of other actions."""
    with pytest.raises(UnknownGuard):
        guarded("fair")
    with pytest.raises(ShapesDiffer):
        guarded("cell", WORTH[:, :4])
