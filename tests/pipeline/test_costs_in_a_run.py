"""Tables beside orders in a workspace: basis, traits, cost by source and readiness of a run, and its replay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from evergrove.app.weeks import READ
from evergrove.pipeline.export import NothingTold
from evergrove.pipeline.ingest_tables import ingest_tables
from evergrove.testing.workspaces import write_people
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from evergrove.app import Workspace

one_database = pytest.mark.parametrize("begun_workspace", ["sqlite"], indirect=True)
END = "2026-06-30"


def last_day(workspace: Workspace) -> date:
    """Of the newest run."""
    run = workspace.warehouse.newest("run")
    assert run is not None
    assert run.as_of is not None
    return run.as_of


def orders_of(workspace: Workspace) -> list[tuple[str, str, float]]:
    """Order, customer, amount of every order."""
    from evergrove.ingest import show_facts

    with open_engine() as engine:
        assert show_facts(engine, workspace.warehouse, workspace.warehouse.newest())
        found: list[Any] = engine.run(
            f"select order_id, customer_id, amount from orders where order_date <= date '{END}' order by order_id"
        )
        return found


def tell(workspace: Workspace, path: Path, table: str, header: str, rows: list[str]) -> None:
    """Import a file of a declared table."""
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    (outcome,) = ingest_tables(workspace, [path], table, READ, workspace.clock)
    assert outcome.rows.good == len(rows)


def exported(workspace: Workspace, table: str, path: Path) -> dict[str, Any]:
    """A published table as columns."""
    workspace.export(table, path)
    with open_engine() as engine:
        found: dict[str, Any] = engine.arrow(f"select * from read_parquet('{path}')").to_pydict()
        return found


@one_database
def test_tables_make_the_basis_of_a_run_and_its_replay(begun: Workspace, tmp_path: Path) -> None:
    """Costs of a half of the orders: margin; spend: net profit. Each run is replayed with the tables of its night."""
    orders = orders_of(begun)
    with pytest.raises(NothingTold):
        begun.export("traits", tmp_path / "traits.csv")
    half = orders[::2]
    tell(
        begun,
        tmp_path / "costs.csv",
        "costs",
        "order_id,kind,amount",
        [f"{o},goods,{float(a) / 2:.2f}" for o, _c, a in half],
    )
    first = begun.run(last_day(begun))
    assert (first.is_new, first.basis) == (True, "margin")
    assert [warning.code for warning in first.warnings if warning.code.startswith("scoring.costs")] == [
        "scoring.costs_partly_known"
    ]
    traits = exported(begun, "traits", tmp_path / "traits.parquet")
    assert float(sum(a or 0 for a in traits["cost_of_goods"])) == pytest.approx(
        sum(round(float(a) / 2, 2) for _o, _c, a in half), abs=0.005
    )
    assert set(traits["channels_12m"]) == {None}
    assert begun.replay(first.as_of).is_equal

    again = begun.run(first.as_of)
    assert not again.is_new
    tell(begun, tmp_path / "spend.csv", "spend", "date,source,spend", ["2026-06-01,meta,1000.01"])
    second = begun.run(first.as_of)
    assert (second.is_new, second.basis) == (True, "net_profit")
    cac = exported(begun, "cac_by_source", tmp_path / "cac.parquet")
    traits = exported(begun, "traits", tmp_path / "later.parquet")
    won = sum(cac["customers"])
    assert float(sum(cac["spend"])) == 1000.01
    known = [a for a in traits["acquisition_cost"] if a is not None]
    assert len(known) == won
    assert (float(sum(known)) == 1000.01) == bool(won)
    assert begun.replay(second.as_of).is_equal
    scores = exported(begun, "scores", tmp_path / "scores.parquet")
    assert {basis for basis in scores["basis"] if basis} == {"net_profit"}


@one_database
def test_a_run_says_how_ready_the_data_are(begun: Workspace, tmp_path: Path) -> None:
    """Contact coverage from the people of the workspace, anonymous revenue from what imports rejected."""
    lines = ["X1,,2026-06-29,400,paid", "X2,,2026-06-29,100.5,paid"]
    path = tmp_path / "guests.csv"
    path.write_text(
        "\n".join(["order_id,customer_id,order_date,amount,status", "X3,G,2026-06-29,9.5,paid", *lines])
    )
    begun.ingest([path], READ)
    ready = {check.name: check for check in begun.run(last_day(begun)).readiness}

    anonymous = ready["anonymous"].figure
    assert anonymous is not None
    revenue = float(sum(a for *_rest, a in orders_of(begun)))
    assert anonymous == pytest.approx(500.5 / (500.5 + revenue), rel=0.1)  # the shop has refunds too
    before = ready["contactable"].figure
    customers = sorted({c for _o, c, _a in orders_of(begun)})
    assert before is not None
    begun.ingest_customers([write_people(tmp_path / "no.csv", dict.fromkeys(customers, "no"))], READ)
    after = {check.name: check for check in begun.run(dry_run=True).readiness}["contactable"]
    assert (before > 0, after.figure, after.is_met) == (True, 0.0, False)
