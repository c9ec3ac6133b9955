"""The overview that a run publishes: the same figures as elsewhere, and the same again in a replay."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from evergrove.app import open_workspace
from evergrove.app.files import silent
from evergrove.app.weeks import READ
from evergrove.core import SetClock
from evergrove.pipeline.overview import BASE, MONTHS, SOURCES, read_parts
from evergrove.pipeline.replay import replay_runs
from evergrove.report.overview import FORMAT
from evergrove.testing.workspaces import copy_of, write_orders
from evergrove.warehouse import open_engine, statement

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evergrove.app import Workspace

FIRST, LATER = date(2026, 6, 30), date(2026, 7, 29)


@pytest.fixture(scope="module")
def here(begun_on_sqlite: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A workspace with a night, some orders, and another night a month later."""
    folder = tmp_path_factory.mktemp("overview")
    clock = SetClock(datetime(2026, 7, 30, 3, tzinfo=ZoneInfo("Asia/Shanghai")))
    with open_workspace(copy_of(begun_on_sqlite[0], folder / "workspace"), clock) as opened:
        for day, who in ((FIRST + timedelta(days=3), ("N1", "N2")), (LATER, ("N1", "C000002", "C000003"))):
            orders = write_orders(folder / f"{day}.csv", day, dict.fromkeys(who, 900.0))
            opened.ingest([orders], READ)
        opened.run(LATER)
        yield opened


def parts(here: Workspace) -> dict[str, Any]:
    """What the newest run published."""
    run = here.warehouse.newest("run")
    assert run is not None
    with open_engine() as engine:
        return read_parts(engine, here.warehouse, run)


def asked(here: Workspace, sql: str, **values: Any) -> list[tuple[Any, ...]]:
    """Rows of a question to the newest run's tables."""
    run = here.warehouse.newest("run")
    assert run is not None
    with open_engine() as engine:
        for table in ("scores", "tiers", "transitions"):
            here.warehouse.show(engine, run, table)
        return engine.run(sql, **values)


@pytest.mark.slow
def test_the_overview_adds_up_to_the_published_tables(here: Workspace) -> None:
    """Customers, value, and the grid, held against what the run says of each customer."""
    found = parts(here)[BASE]
    assert (found["format"], found["as_of"]) == (FORMAT, LATER.isoformat())
    ((customers, value, active),) = asked(
        here,
        "select count(*), sum(clv_12m), sum(p_active_180d) from scores where first_order_date is not null",
    )
    figures = found["figures"]
    assert figures["customers"]["value"] == customers
    assert figures["value_at_stake"]["value"] == pytest.approx(value, abs=0.01)
    assert figures["value_at_stake"]["low"] <= value <= figures["value_at_stake"]["high"]
    assert figures["active_share"]["value"] == pytest.approx(active / customers, abs=1e-3)
    grid = {(row["tier"], row["stage"]): row for row in found["grid"]["rows"] if row["customers"]}
    rows = asked(
        here,
        "select t.tier, t.stage, count(*), sum(s.clv_12m) from tiers t left join scores s using (customer_id)"
        " where t.stage is not null group by all",
    )
    assert set(grid) == {(tier, stage) for tier, stage, _count, _sum in rows}
    for tier, stage, count, worth in rows:
        assert grid[tier, stage]["customers"] == count
        assert grid[tier, stage]["clv_12m"] == pytest.approx(worth or 0.0, abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("axis", ["tier", "stage"])
def test_flows_are_those_of_the_stored_moves(here: Workspace, axis: str) -> None:
    """From the states of two runs comes what the monthly review finds by the moves between them."""
    flows = parts(here)[BASE]["flows"]
    assert (flows["since"], flows["until"], flows["same_policy"]) == (
        FIRST.isoformat(),
        LATER.isoformat(),
        True,
    )
    found = {(each["from"], each["to"]): each["customers"] for each in flows[axis]}
    moved = asked(here, statement("evergrove.segments", "flows"), axis=axis, start=FIRST, end=LATER)
    assert found == {(before, after): customers for before, after, customers in moved}
    assert any(before == "newcomer" for before, _after in found)


@pytest.mark.slow
def test_the_grid_says_what_changed_within_a_month(here: Workspace) -> None:
    """Cells of the run a month before, empty ones of today among them; and its figures beside today's."""
    found = parts(here)[BASE]
    before = sum(row["before"]["customers"] for row in found["grid"]["rows"])
    first = here.warehouse.snapshots("run")[0]
    with open_engine() as engine:
        here.warehouse.show(engine, first, "tiers")
        assert before == engine.value("select count(stage) from tiers")
        then = read_parts(engine, here.warehouse, first)[BASE]
    assert found["before"]["as_of"] == then["as_of"] == FIRST.isoformat()
    assert found["before"]["figures"]["value_at_stake"] == then["figures"]["value_at_stake"]["value"]
    assert then["before"] is None
    assert then["flows"] is None
    assert found["drift"]["actual"] == 2  # C000002 and C000003; N1 and N2 came later
    assert found["drift"]["expected"] == pytest.approx(then["ahead"]["purchases"] * 29 / 30, abs=0.1)


@pytest.mark.slow
def test_cohorts_go_on_from_what_they_have_brought(here: Workspace) -> None:
    """Forecasts only rise; all customers stand in some row; after 12 months the sum is that of the scores."""
    found = parts(here)[MONTHS]
    table = {row["start"]: row for row in found["rows"]}
    assert SOURCES not in parts(here)  # nobody told from where customers came
    for row in table.values():
        ahead = [row["value_now"], *row["forecast"]["value"]]
        assert ahead == sorted(ahead)
        assert row["retention"][0] == 1.0
    oldest = min(table)
    months = {"month": 1, "quarter": 3}[found["period"]]
    ((revenue, customers),) = asked(
        here,
        "select sum(expected_purchases_12m * expected_spend), count(*) from scores where first_order_date >= $start"
        " and first_order_date < $start + to_months($months)",
        start=date.fromisoformat(oldest),
        months=months,
    )
    row = table[oldest]
    assert row["customers"] == customers
    assert row["forecast"]["value"][-1] - row["value_now"] == pytest.approx(revenue / customers, abs=0.02)


@pytest.mark.slow
def test_a_replay_comes_to_the_same_overview(here: Workspace) -> None:
    """It is part of what a run promises; where the run a month before is gone, it is not compared."""
    replays = list(replay_runs(here.ledger, here.warehouse, here.settings, silent))
    for each in replays:
        assert "overview" in each.published
        assert each.published == each.replayed
