"""SQLite's log does not grow without end where a process serves for weeks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, Integer, MetaData, Table, Text, func, select

from evergrove.ledger import open_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.ledger import Ledger

NOTES = Table("note_of_a_test", MetaData(), Column("id", Integer, primary_key=True), Column("text", Text))


def write(ledger: Ledger, rows: int = 50) -> None:
    """So many short transactions."""
    for _each in range(rows):
        with ledger.writing() as connection:
            connection.execute(NOTES.insert().values(text="x" * 2000))


def test_a_log_that_is_moved_begins_anew(tmp_path: Path) -> None:
    """Its file keeps the length of the longest stretch; without moving it would have that of all of them."""
    ledger = open_ledger(tmp_path / "ledger.sqlite", create=True)
    with ledger.writing() as connection:
        NOTES.create(connection)
    log, lengths = tmp_path / "ledger.sqlite-wal", []
    for _minute in range(4):
        write(ledger)
        lengths.append(log.stat().st_size)
        ledger.move_log()
    ledger.close()

    assert max(lengths) < 1.5 * lengths[0]


def test_whoever_reads_keeps_their_view_and_nobody_waits(tmp_path: Path) -> None:
    """What is still read stays in the log."""
    ledger = open_ledger(tmp_path / "ledger.sqlite", create=True)
    with ledger.writing() as connection:
        NOTES.create(connection)
    write(ledger, 3)
    with ledger.reading() as reader:
        assert reader.execute(select(func.count()).select_from(NOTES)).scalar_one() == 3
        write(ledger, 2)
        ledger.move_log()
        assert reader.execute(select(func.count()).select_from(NOTES)).scalar_one() == 3
    with ledger.reading() as reader:
        assert reader.execute(select(func.count()).select_from(NOTES)).scalar_one() == 5
    ledger.close()


def test_in_postgresql_there_is_nothing_to_move(ledger: Ledger) -> None:
    """It sees to its own log; asking for it does no harm in either."""
    ledger.move_log()
