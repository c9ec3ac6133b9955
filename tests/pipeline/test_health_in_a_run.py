"""Health, trends and the change of clv as a run publishes them, and their replay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sqlalchemy import select, update

from evergrove.app.weeks import READ
from evergrove.core import SetClock
from evergrove.pipeline.compared import run_then
from evergrove.pipeline.ingest_tables import ingest_tables
from evergrove.testing.workspaces import silent
from evergrove.warehouse import Snapshot, open_engine
from evergrove.warehouse.tables import snapshot

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


def exported(workspace: Workspace, table: str, path: Path) -> dict[str, dict[str, Any]]:
    """A published table: customer to column to value."""
    workspace.export(table, path)
    with open_engine() as engine:
        rows = engine.arrow(f"select * from read_parquet('{path}')").to_pylist()
    return {row["customer_id"]: row for row in rows}


@one_database
def test_what_customers_say_beside_buying_is_part_of_their_health(begun: Workspace, tmp_path: Path) -> None:
    """
    A detractor with open complaints who stays away loses health, to nobody else's cost.

    Of weights of .15 each, logins take (100 - 4.4) and complaints (100 - 19.0): logins are the reason.
    """
    day = last_day(begun)
    before = exported(begun, "health", tmp_path / "before.parquet")
    assert {row["health_basis"] for row in before.values()} == {"rule"}
    well = max(before, key=lambda name: (before[name]["health"], name))
    assert before[well]["health"] > 40
    visits = [f"E{n},{well},login,{day - timedelta(days=170)}" for n in range(3)]
    tell(begun, tmp_path / "events.csv", "events", "event_id,customer_id,event,timestamp", visits)
    tickets = [f"T{n},{well},{day - timedelta(days=5)}" for n in range(4)]
    tell(begun, tmp_path / "tickets.csv", "tickets", "ticket_id,customer_id,opened_at", tickets)
    later = f"S2,{well},{day + timedelta(days=1)},nps,10"  # not seen by the night
    answers = [f"S1,{well},{day},nps,0", later]
    tell(
        begun, tmp_path / "surveys.csv", "surveys", "response_id,customer_id,answered_at,kind,score", answers
    )

    begun.run(day)

    after = exported(begun, "health", tmp_path / "after.parquet")
    assert (after[well]["nps"], after[well]["complaints"]) == (0.0, pytest.approx(100 * 0.75**4 * 0.6))
    assert after[well]["login"] == pytest.approx(40 * 10 / 90)
    assert after[well]["health"] < before[well]["health"]
    assert after[well]["health_reason"] == "login"
    others = set(after) - {well}
    assert {after[name]["complaints"] for name in others} == {100.0}
    assert all(after[name]["health"] >= before[name]["health"] - 1e-9 for name in others)
    assert begun.replay(day, silent).is_equal


@one_database
def test_low_health_is_decline_from_the_next_fit_on(begun: Workspace, tmp_path: Path) -> None:
    """
    Complaints, a bad answer and no login for half a year bring a customer who is near decline below 40.

    Told for the first time they move nobody; when models are fitted again the move is our doing, not the customer's.
    """
    day = last_day(begun)
    before = exported(begun, "health", tmp_path / "before.parquet")
    stages = exported(begun, "tiers", tmp_path / "tiers.parquet")
    near = [
        n for n in before if stages[n]["stage"] in {"growth", "mature", "new"} and before[n]["health"] < 65
    ]
    shaky = max(near, key=lambda name: (before[name]["health"], name))
    tell(
        begun,
        tmp_path / "events.csv",
        "events",
        "event_id,customer_id,event,timestamp",
        [f"E1,{shaky},login,{day - timedelta(days=200)}"],
    )
    tickets = [f"T{n},{shaky},{day - timedelta(days=5)}" for n in range(9)]
    tell(begun, tmp_path / "tickets.csv", "tickets", "ticket_id,customer_id,opened_at", tickets)
    answers = [f"S1,{shaky},{day},nps,0"]
    tell(
        begun, tmp_path / "surveys.csv", "surveys", "response_id,customer_id,answered_at,kind,score", answers
    )

    begun.run(day)

    health = exported(begun, "health", tmp_path / "low.parquet")
    assert health[shaky]["health"] < 40
    unmoved = exported(begun, "tiers", tmp_path / "unmoved.parquet")
    assert {name: row["stage"] for name, row in unmoved.items()} == {n: r["stage"] for n, r in stages.items()}
    assert isinstance(begun.clock, SetClock)
    fitted = day + timedelta(days=7)
    begun.clock.moment = datetime(fitted.year, fitted.month, fitted.day, 12, tzinfo=UTC) + timedelta(days=1)
    begun.run(fitted)
    placed = exported(begun, "tiers", tmp_path / "placed.parquet")
    assert placed[shaky]["stage"] == "decline"
    moved = [row for row in moves(begun, tmp_path) if (row["customer_id"], row["axis"]) == (shaky, "stage")]
    if placed[shaky]["stage_reason"] == "segments.stage_decline_health":  # else silence said so on its own
        assert moved[-1]["cause"] == "model"
        assert '"health_limit":40' in moved[-1]["evidence"]
    for replayed in (day, fitted):
        assert begun.replay(replayed, silent).is_equal


@one_database
def test_a_night_that_knew_nothing_of_health_is_replayed_and_gone_on_from(begun: Workspace) -> None:
    """As an earlier version left it: no table, nothing learned. Its replay is equal, and so is that of the next night."""
    day = last_day(begun)
    with begun.ledger.writing() as connection:
        (row,) = connection.execute(select(snapshot.c.id, snapshot.c.details).where(snapshot.c.kind == "run"))
        details = dict(row.details)
        del details["warnings"]
        details["digests"] = {name: said for name, said in details["digests"].items() if name != "health"}
        connection.execute(update(snapshot).where(snapshot.c.id == row.id).values(details=details))
    assert begun.replay(day, silent).is_equal
    assert isinstance(begun.clock, SetClock)
    begun.clock.moment += timedelta(days=1)

    begun.run(day + timedelta(days=1))

    newest = begun.warehouse.newest("run")
    assert newest is not None
    assert newest.details["warnings"]["format"] == "evergrove.warning/1"
    replayed = begun.replay(day + timedelta(days=1), silent)
    assert replayed.is_equal
    assert "health" in replayed.published


def moves(workspace: Workspace, folder: Path) -> list[dict[str, Any]]:
    """All moves, in order."""
    path = folder / "moves.parquet"
    workspace.export("transitions", path)
    with open_engine() as engine:
        found: list[dict[str, Any]] = engine.arrow(
            f"select * from read_parquet('{path}') order by run_seq"
        ).to_pylist()
        return found


@one_database
def test_the_change_of_clv_is_against_the_run_of_90_days_before(begun: Workspace, tmp_path: Path) -> None:
    """The difference of two published tables; NULL with a reason in a first night; the same again in a replay."""
    first = last_day(begun)
    start = exported(begun, "health", tmp_path / "first.parquet")
    assert {(row["clv_change_90d"], row["clv_change_note"]) for row in start.values()} == {
        (None, "no_earlier_run")
    }
    then = exported(begun, "scores", tmp_path / "then.parquet")
    assert isinstance(begun.clock, SetClock)
    day = first + timedelta(days=91)
    begun.clock.moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) + timedelta(days=1)

    begun.run(day)

    now = exported(begun, "scores", tmp_path / "now.parquet")
    health = exported(begun, "health", tmp_path / "health.parquet")
    assert {row["clv_then_as_of"] for row in health.values()} == {first}
    changes = [health[name]["clv_change_90d"] for name in health]
    wanted = [now[name]["clv"] - then[name]["clv"] for name in health]
    np.testing.assert_allclose(np.array(changes, dtype=float), wanted, rtol=0, atol=1e-9)
    assert max(changes) < 0  # nobody ordered since
    assert begun.replay(day, silent).is_equal


@pytest.mark.parametrize(
    ("back", "found"),
    [([75, 105], None), ([76], 76), ([104], 104), ([100, 88, 93], 88), ([89, 91], 91), ([], None)],
)
def test_the_run_nearest_to_90_days_before_is_taken(back: list[int], found: int | None) -> None:
    """Within two weeks of it; of two as near the earlier."""
    as_of = datetime(2026, 6, 30, tzinfo=UTC).date()
    runs = [
        Snapshot(n, "run", as_of - timedelta(days=days), {}, {}, datetime(2026, 6, 30, tzinfo=UTC))
        for n, days in enumerate(back)
    ]

    chosen = run_then(runs, as_of)

    assert (chosen.as_of if chosen else None) == (as_of - timedelta(days=found) if found else None)
