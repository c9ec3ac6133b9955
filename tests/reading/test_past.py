"""One customer over the nights that are kept."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from evergrove.reading.past import past_of
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.app import Workspace


@pytest.mark.slow
def test_each_kept_night_is_a_point(here: Workspace, night: Callable[..., int]) -> None:
    """Nights stand in order with what their own files say; of too many the first and the last stay."""
    snapshots = [run.id for run in here.warehouse.snapshots("run")]
    snapshots += [night("C000002"), night(), night("C000002")]

    every, few = past_of(here, "C000002", 60), past_of(here, "C000002", 2)

    assert [each["snapshot"] for each in every] == snapshots
    assert [each["as_of"] for each in every] == [
        date(2026, 6, 30),
        *(date(2026, 7, day) for day in (1, 2, 3)),
    ]
    assert [each["snapshot"] for each in few] == [snapshots[0], snapshots[-1]]
    with open_engine() as engine:
        for point, run in zip(every, here.warehouse.snapshots("run"), strict=True):
            here.warehouse.show(engine, run, "scores")
            sql = "select clv_12m, p_alive, historic_value from scores where customer_id = 'C000002'"
            assert engine.run(sql) == [(point["clv_12m"], point["p_alive"], point["historic_value"])]
            engine.drop("scores")
    assert past_of(here, "nobody", 60) == []
