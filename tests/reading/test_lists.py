"""Lists of the ledger on both databases, rows of a conflict, and the checklist of a run."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from tests.conftest import BEGUN

from evergrove.app import create_workspace, open_workspace
from evergrove.ingest import ReadOptions
from evergrove.reading import (
    UnknownImport,
    UnknownRun,
    import_at,
    imports_page,
    orders_of,
    rejected_page,
    run_at,
    runs_page,
)
from evergrove.reading.readiness import readiness

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.app import Workspace
    from evergrove.core import SetClock

HEADER = "order_id,customer_id,order_date,amount,status\n"


def test_imports_and_runs_are_paged_on_both_databases(begun: Workspace, tmp_path: Path) -> None:
    """Pages of one row name every import and every run once, the newest first, and each is found by its number."""
    file = tmp_path / "more.csv"
    file.write_text(f"{HEADER}Z1,C000001,2026-07-01,10.00,paid\nZ2,,2026-07-01,7.50,paid\n")
    begun.ingest([file], ReadOptions())
    with begun.ledger.reading() as connection:
        seen, before = [], None
        while True:
            rows, before = imports_page(connection, limit=1, before=before)
            seen += [row.seq for row in rows]
            if before is None:
                break
        assert seen == sorted(seen, reverse=True) == list(range(len(seen), 0, -1))
        newest = import_at(connection, seen[0])
        assert {**newest.rows} == {"read": 2, "good": 1, "rejected": 1, "duplicate": 0}
        assert [(line.line, bool(line.raw)) for line in rejected_page(begun.folder, newest)[0]] == [(3, True)]
        assert repr(rejected_page(begun.folder, newest)[0][0]).count("7.50") == 0
        (run,), more = runs_page(connection)
        assert more is None
        found = run_at(connection, run.id)
        assert found.tables["scores"] > 0
        assert set(found.digests) <= set(found.tables)
        assert "salt" not in str(found)
        with pytest.raises(UnknownImport):
            import_at(connection, 99)
        with pytest.raises(UnknownRun):
            run_at(connection, 99)


def test_an_order_that_two_claim_is_shown_to_whom_it_belongs(here: Workspace, tmp_path: Path) -> None:
    """The first customer keeps the order; the other, of whom only the conflict is known, has none."""
    for n, (customer, amount) in enumerate((("first", 10), ("second", 20), ("first", 30))):
        file = tmp_path / f"{n}.csv"
        file.write_text(f"{HEADER}SAME,{customer},2026-06-20,{amount}.00,paid\n")
        here.ingest([file], ReadOptions(), exported_at=BEGUN + timedelta(hours=n))
    assert [str(row["amount"]) for row in orders_of(here, "first").orders] == ["30.0000"]
    assert orders_of(here, "second").orders == []


def test_the_checklist_is_that_of_the_run(here: Workspace) -> None:
    """What is read afterwards is what the run itself printed."""
    expected = here.run(date(2026, 6, 30), dry_run=True).readiness
    assert readiness(here) == (date(2026, 6, 30), expected)


def test_before_the_first_run_old_orders_are_told_to_be_old(tmp_path: Path, clock: SetClock) -> None:
    """A file of two years ago is no shop that sold yesterday: its silence counts to the last whole day."""
    file = tmp_path / "old.csv"
    file.write_text(f"{HEADER}A1,first,2024-06-01,10.00,paid\nA2,first,2024-06-29,12.00,paid\n")
    create_workspace(tmp_path / "shop", chosen={}, key_file=tmp_path / "key", clock=clock)
    with open_workspace(tmp_path / "shop", clock) as shop:
        shop.ingest([file], ReadOptions())
        day, checks = readiness(shop)

    silence = next(each for each in checks if each.name == "last_order")
    yesterday = clock.now().date() - timedelta(days=1)
    assert day == date(2024, 6, 29)
    assert (silence.figure, silence.is_met) == ((yesterday - day).days, False)
