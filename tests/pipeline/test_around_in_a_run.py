"""Categories and subscriptions in a workspace: heard from the next fit on, told with their rule, and replayed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.app.weeks import READ
from evergrove.core import SetClock
from evergrove.pipeline.ingest_tables import ingest_tables
from evergrove.testing.workspaces import silent
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from evergrove.app import Workspace

one_database = pytest.mark.parametrize("begun_workspace", ["sqlite"], indirect=True)


def last_day(workspace: Workspace) -> date:
    """Of the newest run."""
    run = workspace.warehouse.newest("run")
    assert run is not None
    assert run.as_of is not None
    return run.as_of


def tell(workspace: Workspace, path: Path, table: str, header: str, rows: list[str]) -> None:
    """Import a file of a declared table."""
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    (outcome,) = ingest_tables(workspace, [path], table, READ, workspace.clock)
    assert outcome.rows.good == len(rows)


def stood(workspace: Workspace, path: Path, table: str = "tiers") -> dict[str, dict[str, Any]]:
    """A published table: customer to column to value."""
    workspace.export(table, path)
    with open_engine() as engine:
        rows = engine.arrow(f"select * from read_parquet('{path}')").to_pylist()
    return {row["customer_id"]: row for row in rows}


def run_on(workspace: Workspace, day: date) -> None:
    """On the morning after."""
    assert isinstance(workspace.clock, SetClock)
    workspace.clock.moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) + timedelta(days=1)
    workspace.run(day)


@pytest.mark.slow
@one_database
def test_a_subscription_tells_the_stage_from_the_next_fit_on(begun: Workspace, tmp_path: Path) -> None:
    """Told for the first time it moves nobody; at the next fit who cancelled is churned, by our doing; replays agree."""
    day = last_day(begun)
    before = stood(begun, tmp_path / "before.parquet")
    living = sorted(name for name, row in before.items() if row["stage"] in {"growth", "mature", "new"})
    gone = sorted(name for name, row in before.items() if row["stage"] == "churned")
    left, waits, runs = living[0], living[1], gone[0]
    rows = [
        f"S1,{left},ended,{day - timedelta(days=400)},{day}",
        f"S2,{waits},past_due,{day - timedelta(days=400)},",
        f"S3,{runs},active,{day - timedelta(days=400)},",
    ]
    header = "subscription_id,customer_id,status,started_on,ended_on"
    tell(begun, tmp_path / "subscriptions.csv", "subscriptions", header, rows)

    begun.run(day)
    unmoved = stood(begun, tmp_path / "unmoved.parquet")
    assert {name: row["stage"] for name, row in unmoved.items()} == {n: r["stage"] for n, r in before.items()}
    fitted = day + timedelta(days=7)
    run_on(begun, fitted)
    after = stood(begun, tmp_path / "after.parquet")

    assert (after[left]["stage"], after[left]["stage_reason"]) == (
        "churned",
        "segments.stage_subscription_ended",
    )
    assert after[waits]["stage_reason"] == "segments.stage_subscription_past_due"
    assert after[runs]["stage"] not in {"churned", "decline"}
    for replayed in (day, fitted):
        again = begun.replay(replayed, silent)
        assert again.published == again.replayed


@pytest.mark.slow
@one_database
def test_order_lines_give_categories_a_rhythm_that_is_kept_and_replayed(
    begun: Workspace, tmp_path: Path
) -> None:
    """Every order has a line of one of two categories; the next fit keeps their rhythms with the run."""
    day = last_day(begun)
    run, newest = begun.warehouse.newest("run"), begun.warehouse.newest()
    assert newest is not None
    with open_engine() as engine:
        begun.warehouse.show(engine, newest, "orders")
        orders = engine.run("select order_id, customer_id from orders where order_id is not null")
    lines = [f"{order},{'tea' if hash_of(customer) else 'coats'},s1,1" for order, customer in orders]
    tell(begun, tmp_path / "lines.csv", "order_lines", "order_id,category,sku,quantity", lines)
    assert run is not None
    assert "categories" not in run.details["placement"]["cuts"]

    run_on(begun, day + timedelta(days=7))

    newest = begun.warehouse.newest("run")
    assert newest is not None
    found = newest.details["placement"]["cuts"]["categories"]
    assert sorted(each["category"] for each in found) == ["coats", "tea"]
    assert all(each["gaps"] >= 100 for each in found)
    rules = {row["stage_reason"] for row in stood(begun, tmp_path / "after.parquet").values()}
    assert rules & {"segments.stage_decline_category_rhythm", "segments.stage_churned_category_rhythm"}
    assert "segments.stage_decline_shop_rhythm" not in rules
    for replayed in (day, day + timedelta(days=7)):
        again = begun.replay(replayed, silent)
        assert again.published == again.replayed


def hash_of(customer: str) -> bool:
    """Half of the customers."""
    return sum(map(ord, customer)) % 2 == 0
