"""A month that is over stays as it was known: what comes in later changes no board of it."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.app import open_workspace
from evergrove.ingest import ReadOptions
from evergrove.pipeline.last_night import persons_of
from evergrove.pipeline.standings import HOLDS_DAYS, Known, Looking, run_of, show_known
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.app import Workspace

JUNE, JULY = date(2026, 6, 1), date(2026, 7, 1)


@pytest.mark.slow
def test_orders_that_come_in_later_change_no_month_that_is_over(begun_folder: Path, tmp_path: Path) -> None:
    """
    Everybody in growth turns out to have ordered in June, a month later.

    The board of June stays what it was, to the last digit, and that of July counts them: June is in its quarter.
    """
    late = tmp_path / "late.csv"
    with open_workspace(begun_folder) as here:
        before = here.targets(JUNE, past=0).as_json()
        newest = here.warehouse.newest("run")
        assert newest is not None
        with open_engine() as engine:
            here.warehouse.show(engine, newest, "tiers")
            grown = [name for (name,) in engine.run("select customer_id from tiers where stage = 'growth'")]
        rows = "".join(f"late-{n},{who},2026-06-20,50.00,paid\n" for n, who in enumerate(grown))
        late.write_text("order_id,customer_id,order_date,amount,status\n" + rows, encoding="utf-8")
        here.ingest([late], ReadOptions())
        assert here.targets(JUNE, past=0).as_json() == before
        here.run(date(2026, 7, 28))
        after, july = here.targets(JUNE, past=0).as_json(), here.targets(JULY, past=1)
    assert after == before
    assert (july.month.basis, july.month.as_of) == ("published", date(2026, 7, 28))
    (earlier,) = next(each for each in july.standings if each.target.key == "mature_share").past
    assert earlier[0] == JUNE
    share = {each["key"]: each["value"] for each in before["targets"]}
    assert earlier[1] == share["mature_share"]


@pytest.mark.slow
@pytest.mark.parametrize("begun_workspace", ["sqlite"], indirect=True)
def test_a_day_is_looked_back_upon_by_what_each_run_knew_of_persons(begun: Workspace) -> None:
    """Two ids that were found to be one person between two runs are two customers to the first, whoever asks first."""
    day, found = date(2026, 3, 31), []
    first = begun.warehouse.newest("run")
    begun.merge("C000000", "C000001")
    begun.run()
    second = begun.warehouse.newest("run")
    assert first is not None
    assert second is not None
    assert first.details["import_seq"] == second.details["import_seq"]
    looking = Looking(begun.warehouse, begun.warehouse.newest(), begun.settings)
    for run in (first, second, first):
        with begun.ledger.reading() as connection:
            known = Known(run, persons_of(connection, run))
        with open_engine() as engine:
            show_known(engine, begun.warehouse, begun.warehouse.newest(), begun.settings, known)
            looking.show(engine, None, day, known, "stood")
            found.append({name for (name,) in engine.run("select customer_id from stood")})

    assert found[0] == found[2]
    assert {"C000000", "C000001"} <= found[0]
    assert len(found[1]) == len(found[0]) - 1


def test_states_hold_until_the_next_run_but_not_for_ever() -> None:
    """Of several runs of one day the last; a week later nobody has looked."""
    days = (date(2026, 5, 30), date(2026, 5, 30), date(2026, 6, 30))
    runs: list[Any] = [SimpleNamespace(id=nth, as_of=day) for nth, day in enumerate(days)]
    _first, again, later = runs
    assert run_of(runs, date(2026, 5, 29)) is None
    assert run_of(runs, date(2026, 5, 31)) is again
    assert run_of(runs, days[0] + timedelta(days=HOLDS_DAYS)) is again
    assert run_of(runs, days[0] + timedelta(days=HOLDS_DAYS + 1)) is None
    assert run_of(runs, date(2026, 7, 1)) is later
