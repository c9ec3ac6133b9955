"""Who falls due after a night, as a run published it, and what is said of the days ahead."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from evergrove.core import SetClock
from evergrove.export.due import DUE
from evergrove.pipeline.doctor_due import moved_before_due
from evergrove.pipeline.due import DAYS, NoDueDays, due, look_ahead
from evergrove.pipeline.export import NothingPublished
from evergrove.segments.clock.types import BECAUSE, HORIZON
from evergrove.testing.workspaces import silent
from evergrove.warehouse import Snapshot, open_engine
from evergrove.warehouse.tables import snapshot

if TYPE_CHECKING:
    from evergrove.app import Workspace

one_database = pytest.mark.parametrize("begun_workspace", ["sqlite"], indirect=True)


def newest(workspace: Workspace) -> Snapshot:
    """The newest run."""
    run = workspace.warehouse.newest("run")
    assert run is not None
    return run


def rows_of(workspace: Workspace) -> dict[str, dict[str, Any]]:
    """Tiers and due days of everybody."""
    with open_engine() as engine:
        for table in (DUE, "tiers"):
            assert workspace.warehouse.show(engine, newest(workspace), table)
        found = engine.arrow("select * from due join tiers using (customer_id)").to_pylist()
        assert len(found) == engine.value("select count(*) from tiers")
    return {row["customer_id"]: row for row in found}


@one_database
def test_every_night_publishes_when_everybody_is_due(begun: Workspace) -> None:
    """A day ahead for each customer, at most a year; who is churned will not churn, and a replay says the same."""
    rows, day = rows_of(begun), newest(begun).as_of
    assert day is not None

    for row in rows.values():
        assert day < row["due_on"] <= day + timedelta(days=HORIZON)
        assert row["because"] in BECAUSE
        assert (row["because"] == "horizon") == (row["due_on"] == day + timedelta(days=HORIZON))
        for slips in ("decline_on", "churn_on"):
            assert row[slips] is None or row[slips] >= row["due_on"]
        assert row["churn_on"] is None or row["stage"] != "churned"
        assert row["decline_on"] is None or row["stage"] not in {"decline", "churned"}
    assert {row["because"] for row in rows.values()} > {"horizon"}
    assert begun.replay(day, silent).is_equal


@one_database
def test_a_service_asks_whom_time_may_have_moved_by_a_day(begun: Workspace) -> None:
    """The day before all are due nobody is; on the last day ahead all are but those without anything to come."""
    rows, day = rows_of(begun), newest(begun).as_of
    assert day is not None

    assert due(begun.warehouse, day) == ()
    for ahead in (1, 40, HORIZON - 1):
        by = day + timedelta(days=ahead)
        assert list(due(begun.warehouse, by)) == sorted(c for c, row in rows.items() if row["due_on"] <= by)
    for outside in (day - timedelta(days=1), day + timedelta(days=HORIZON)):
        with pytest.raises(NoDueDays, match=str(day)):
            due(begun.warehouse, outside)


@one_database
def test_the_days_ahead_add_up(begun: Workspace) -> None:
    """By day and by cause the same customers; those who slip are counted from their own days; late days come first."""
    rows, day = rows_of(begun), newest(begun).as_of
    assert day is not None

    found = look_ahead(begun.warehouse)

    until = day + timedelta(days=DAYS)
    named = [row for row in rows.values() if row["due_on"] <= until and row["because"] != "horizon"]
    assert found.due == len(named) == sum(found.because.values())
    assert found.customers == len(rows)
    assert found.churn[1] == sum(
        row["churn_on"] is not None and row["churn_on"] <= until for row in rows.values()
    )
    assert found.decline[0] <= found.decline[1]
    later = look_ahead(begun.warehouse, day + timedelta(days=20))
    assert min(later.days) == day + timedelta(days=21)
    overdue = sum(row["due_on"] <= day + timedelta(days=21) for row in rows.values())
    assert sum(later.days[day + timedelta(days=21)].values()) == overdue
    assert later.run_as_of == day
    with pytest.raises(NoDueDays):
        look_ahead(begun.warehouse, day - timedelta(days=1))
    with pytest.raises(NoDueDays):
        look_ahead(begun.warehouse, day + timedelta(days=HORIZON - DAYS))


@one_database
def test_a_night_of_an_earlier_release_has_no_due_days_and_is_replayed_without(begun: Workspace) -> None:
    """Its snapshot holds no such table: nobody can be told, and the replay is equal all the same."""
    run = newest(begun)
    with begun.ledger.writing() as connection:
        asked = select(snapshot.c.details, snapshot.c.tables).where(snapshot.c.id == run.id)
        details, tables = (dict(each) for each in connection.execute(asked).one())
        details["digests"] = {name: said for name, said in details["digests"].items() if name != DUE}
        tables["tables"] = {name: made for name, made in tables["tables"].items() if name != DUE}
        new = {"details": details, "tables": tables}
        connection.execute(update(snapshot).where(snapshot.c.id == run.id).values(**new))

    with pytest.raises(NothingPublished):
        look_ahead(begun.warehouse)
    assert run.as_of is not None
    assert begun.replay(run.as_of, silent).is_equal


@one_database
def test_the_doctor_finds_whom_time_moved_before_he_was_due(begun: Workspace) -> None:
    """A night that moves only who was due is sound; held against an index that names them later, it is not."""
    assert isinstance(begun.clock, SetClock)
    run = newest(begun)
    assert run.as_of is not None
    rows = rows_of(begun)
    day = min(row["due_on"] for row in rows.values() if row["decline_on"] == row["due_on"])
    assert day < run.as_of + timedelta(days=7)  # nothing is fitted anew until then
    begun.clock.moment += day - run.as_of

    begun.run(day)

    assert moved_before_due(begun.warehouse) == []
    with begun.ledger.writing() as connection:
        asked = select(snapshot.c.tables).where(snapshot.c.id == run.id)
        tables = dict(connection.execute(asked).scalar_one())
        tables["tables"] = {**tables["tables"], DUE: newest(begun).tables[DUE].id}
        connection.execute(update(snapshot).where(snapshot.c.id == run.id).values(tables=tables))
    (found,) = moved_before_due(begun.warehouse)
    assert found.code == "pipeline.moved_before_due"
    assert rows[str(found.params["example"])]["due_on"] <= day
