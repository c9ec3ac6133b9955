"""Snapshots grow old: what is older than anybody asks for goes, and what the rest starts from stays."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from evergrove.warehouse.tables import generation, snapshot

if TYPE_CHECKING:
    from evergrove.warehouse import Snapshot

FIRST = date(2026, 3, 1)


def run(bench: Any, day: int) -> Snapshot:
    """A run as of a day of March, and an import after it; a night passes."""
    drafts = [bench.draft("scores", day)]
    with bench.ledger.writing() as connection:
        found: Snapshot = bench.warehouse.publish(
            connection, drafts, kind="run", as_of=FIRST + timedelta(days=day - 1)
        )
    bench.publish(bench.draft("orders", day), kind="facts")
    bench.wait(days=1)
    return found


def let_go(bench: Any, keep_days: int) -> int:
    """Let go of what is older."""
    with bench.ledger.writing() as connection:
        return int(bench.warehouse.retire_older(connection, timedelta(days=keep_days)))


def test_runs_of_the_last_days_stay_and_the_one_they_start_from(bench: Any) -> None:
    """Of ten nights three days are kept: the last four runs, and what one reads by day; imports between them too."""
    runs = [run(bench, day) for day in range(1, 11)]
    before = bench.files()

    assert let_go(bench, 3) == 10  # five runs and the imports after them
    assert let_go(bench, 3) == 0

    assert bench.warehouse.snapshots("run") == runs[5:]
    assert bench.files() == before
    assert bench.warehouse.sweep().files == 0  # somebody may still be reading

    bench.wait(hours=25)
    assert bench.warehouse.sweep().files == 9  # the orders of the fifth day are what the sixth run had seen
    assert [bench.rows(each, "scores") for each in runs[5:]] == [6, 7, 8, 9, 10]
    with bench.ledger.reading() as connection:
        assert len(connection.execute(select(snapshot.c.id)).all()) == 10
        assert len(connection.execute(select(generation.c.id)).all()) == 11


def test_a_gap_is_counted_in_days_and_not_in_runs(bench: Any) -> None:
    """After a pause of a month the run before it is what the next one starts from, however old it is."""
    early, late = [run(bench, day) for day in (1, 2, 3)], [run(bench, day) for day in (30, 31)]

    assert let_go(bench, 3) == 4
    assert bench.warehouse.snapshots("run") == [early[-1], *late]


def test_the_newest_run_stays_however_long_ago_it_was(bench: Any) -> None:
    """Nothing has run for years, and imports went on: what readers see stays."""
    last = run(bench, 1)
    for _year in range(3):
        bench.wait(days=365)
        bench.publish(bench.draft("orders", 2), kind="facts")

    assert let_go(bench, 1) == 0
    assert bench.warehouse.newest("run") == last


def test_before_the_first_run_nothing_is_let_go_of(bench: Any) -> None:
    """Imports alone."""
    bench.publish(bench.draft("orders", 2), kind="facts")

    assert let_go(bench, 1) == 0
    assert bench.warehouse.newest() is not None
