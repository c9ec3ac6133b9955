"""A process that is killed at any of its durable writes leaves a whole import, or none."""

from __future__ import annotations

import os
import shutil
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.core import SetClock
from evergrove.ingest import ReadOptions
from evergrove.ledger import open_ledger
from evergrove.pipeline import ingest_files
from evergrove.testing.kill import kill_points

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FIRST = "order_id,customer_id,order_date,amount\nA1,ann,2026-05-01,10\nA2,ben,2026-05-02,20\n"
SECOND = (
    "order_id,customer_id,order_date,amount\nA2,ben,2026-05-02,25\nA3,,2026-05-03,30\nA4,cem,2026-05-04,40\n"
)


def reopened(shop: Any, folder: Path) -> Any:
    """The same workspace, as another process opens it."""
    return type(shop)(folder, open_ledger(folder / "ledger.sqlite"), SetClock(shop.clock.moment))


@pytest.mark.slow
@pytest.mark.usefixtures("kill_sweep")
def test_a_kill_loses_nothing_and_leaves_nothing_half(new_shop: Callable[[str], Any], tmp_path: Path) -> None:
    """At every kill point: before or after, never between; the next command brings the rest, once."""
    shop = new_shop("killed")
    files = [shop.write(FIRST, "first.csv"), shop.write(SECOND, "second.csv")]
    empty = shutil.copytree(shop.folder, tmp_path / "empty")
    whole = new_shop("whole")
    ingest_files(whole, files, ReadOptions(), whole.clock)
    after_first = {"A1": 10.0, "A2": 20.0}
    after_both = {"A1": 10.0, "A2": 25.0, "A4": 40.0}

    def prepare() -> None:
        shutil.rmtree(shop.folder)
        shutil.copytree(empty, shop.folder)

    def run() -> None:
        child = reopened(shop, shop.folder)
        ingest_files(child, files, ReadOptions(), child.clock)

    def held(seen: Any) -> dict[str, float]:
        if seen.warehouse.newest() is None:
            return {}
        return {order: amount for order, _customer, amount in seen.orders()}

    def verify() -> None:
        seen = reopened(shop, shop.folder)
        assert held(seen) in ({}, after_first, after_both)
        newest = seen.warehouse.newest()
        assert newest is None or seen.warehouse.verify(newest, deep=True) == []
        outcome = ingest_files(seen, files, ReadOptions(), seen.clock)
        assert sum(file.rows.good for file in outcome.files) == 4
        assert seen.facts() == whole.facts()
        seen.clock.moment += timedelta(hours=25)
        seen.warehouse.sweep()
        named = {
            file.path
            for snapshot in seen.warehouse.snapshots()
            for generation in snapshot.tables.values()
            for file in generation.files
        }
        folder = seen.folder / "warehouse"
        assert {str(path.relative_to(folder)) for path in folder.glob("*/*")} == named
        seen.ledger.close()

    proving = "EVERGROVE_PROVE" in os.environ
    points = kill_points(run, verify, prepare=prepare, every=1 if proving else 21)
    assert points > (40 if proving else 2)
