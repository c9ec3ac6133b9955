"""A workspace whose last night was published by a release without bands goes on from its tiers."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from evergrove.core import SetClock
from evergrove.segments.codes import TIERS
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.app import Workspace

NIGHT = datetime(2026, 7, 2, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
OLD = (
    "customer_id, tier, stage, action, tier_since, stage_since, realised_tier, lower_checks, last_check, "
    "lower_cause, returned_on, tier_reason, stage_reason"
)
"""The columns that a night had before each criterion held a band."""


def stored(workspace: Workspace) -> list[Path]:
    """The files of the newest tiers."""
    run = workspace.warehouse.newest("run")
    assert run is not None
    return [workspace.folder / "warehouse" / file.path for file in run.tables["tiers"].files]


@pytest.mark.parametrize("begun_workspace", ["sqlite"], indirect=True)
def test_the_night_after_an_upgrade_holds_what_the_night_before_held(begun: Workspace) -> None:
    """
    One customer was held a tier above the figures, on one check of the day before.

    In the night after the upgrade everybody has a band for each criterion, the held customer is held in all of
    them, nobody falls, and no move has another cause than the customer or the clock.
    """
    (path,) = stored(begun)
    with open_engine() as engine:
        rows = engine.arrow(f"select {OLD} from read_parquet('{path}') order by customer_id").to_pylist()
        held = next(
            row["customer_id"] for row in rows if row["tier"] == "low" and row["realised_tier"] == "low"
        )
        engine.create("older", f"select {OLD} from read_parquet('{path}')")
        engine.run(
            "update older set tier = 'potential', lower_checks = 1, last_check = tier_since, "
            f"tier_reason = 'segments.tier_held_checks' where customer_id = '{held}'"
        )
        engine.run(f"copy older to '{path}' (format parquet)")
    before = {row["customer_id"]: row["tier"] for row in rows} | {held: "potential"}
    assert isinstance(begun.clock, SetClock)
    begun.clock.moment = NIGHT

    outcome = begun.run()

    (path,) = stored(begun)
    with open_engine() as engine:
        now = engine.arrow(f"select * from read_parquet('{path}')").to_pylist()
    assert {cause for axis, _from, _to, cause in outcome.moves if axis == "tier"} <= {"evidence", "clock"}
    assert not [
        row["customer_id"]
        for row in now
        if row["tier"] is not None and TIERS.index(row["tier"]) < TIERS.index(before[row["customer_id"]])
    ]
    standing = next(row for row in now if row["customer_id"] == held)
    assert [standing[f"{name}_band"] for name in ("spend", "frequency", "average_order")] == ["potential"] * 3
    assert all((row["spend_band"] is None) == (row["tier"] is None) for row in now)
