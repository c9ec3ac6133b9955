"""One thread stores what all have brought: many in one transaction, all or nothing, and never lost once acknowledged."""

from __future__ import annotations

from concurrent.futures import wait
from threading import Event as Signal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from evergrove.core.failpoints import watch_failpoints
from evergrove.ingest.events.errors import EventsBusy
from evergrove.ingest.events.tables import EVENT
from evergrove.ingest.events.writer import MOST_TOGETHER, EventWriter
from evergrove.ledger import LedgerFailed, create_all, open_ledger
from evergrove.testing.kill import kill_points

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from evergrove.ingest.events import Event
    from evergrove.ledger import Ledger


@pytest.fixture
def writer(ledger: Ledger) -> Iterator[EventWriter]:
    """A writer over each database."""
    writer = EventWriter(ledger)
    yield writer
    writer.close()


@pytest.fixture
def gate() -> Iterator[tuple[Signal, Signal]]:
    """Holds the writer before its first transaction: (it has come there, let it go on)."""
    come, go_on = Signal(), Signal()

    def watch(name: str) -> None:
        if name == "events.storing":
            come.set()
            assert go_on.wait(30)

    watch_failpoints(watch)
    yield come, go_on
    watch_failpoints(None)
    go_on.set()


def names(ledger: Ledger) -> list[str]:
    """What is there."""
    with ledger.reading() as connection:
        return sorted(connection.execute(select(EVENT.c.message_id)).scalars())


def test_what_gathers_during_one_commit_shares_the_next(
    writer: EventWriter, told: Callable[..., Event], gate: tuple[Signal, Signal]
) -> None:
    """Forty requests are two transactions; each hears of its own events."""
    come, go_on = gate
    commits = []
    writer.on_stored = lambda: commits.append(1)
    first = writer.put([told("first")])
    assert come.wait(30)
    others = [writer.put([told(f"m{n}"), told("first")]) for n in range(40)]
    go_on.set()
    wait([first, *others], 30)

    assert [each.verdict for each in first.result()] == ["new"]
    assert {tuple(each.verdict for each in other.result()) for other in others} == {("new", "duplicate")}
    assert len(commits) == 2


def test_one_transaction_has_no_more_than_its_share(
    writer: EventWriter, told: Callable[..., Event], gate: tuple[Signal, Signal]
) -> None:
    """A lock held for long would keep all other writers waiting."""
    come, go_on = gate
    commits = []
    writer.on_stored = lambda: commits.append(1)
    futures = [writer.put([told("first")])]
    assert come.wait(30)
    futures += [writer.put([told(f"m{n}-{i}") for i in range(MOST_TOGETHER // 2)]) for n in range(4)]
    go_on.set()
    wait(futures, 30)

    assert len(commits) == 3


def test_whoever_has_gone_before_it_was_stored_leaves_nothing(
    ledger: Ledger, writer: EventWriter, told: Callable[..., Event], gate: tuple[Signal, Signal]
) -> None:
    """No answer, nothing stored; the others are not disturbed."""
    come, go_on = gate
    first = writer.put([told("first")])
    assert come.wait(30)
    gone, stays = writer.put([told("gone")]), writer.put([told("stays")])
    assert gone.cancel()
    go_on.set()
    wait([first, stays], 30)

    assert names(ledger) == ["first", "stays"]


def test_too_many_are_told_to_come_back_and_a_closed_one_takes_nothing(
    ledger: Ledger, told: Callable[..., Event], gate: tuple[Signal, Signal]
) -> None:
    """What waits is stored before the end."""
    come, go_on = gate
    writer = EventWriter(ledger, most_waiting=2)
    writer.put([told("first")])
    assert come.wait(30)
    writer.put([told("a"), told("b")])
    with pytest.raises(EventsBusy):
        writer.put([told("c")])
    go_on.set()
    writer.close()

    assert names(ledger) == ["a", "b", "first"]
    with pytest.raises(EventsBusy):
        writer.put([told("d")])


def test_a_failed_transaction_is_told_to_all_and_leaves_nothing(
    ledger: Ledger, writer: EventWriter, told: Callable[..., Event]
) -> None:
    """A full disk, between the rows and the commit; afterwards all goes on."""

    def full(name: str) -> None:
        if name == "ledger.commit":
            raise LedgerFailed(where="here", reason="database or disk is full")

    watch_failpoints(full)
    try:
        with pytest.raises(LedgerFailed):
            writer.put([told("a"), told("b")]).result(30)
    finally:
        watch_failpoints(None)

    assert names(ledger) == []
    assert [each.verdict for each in writer.put([told("a")]).result(30)] == ["new"]


def test_on_a_full_disk_nothing_is_half_stored(tmp_path: Path, told: Callable[..., Event]) -> None:
    """SQLite's own limit: the file may not grow, in the middle of a portion; with room again all goes on."""
    ledger = open_ledger(tmp_path / "ledger.sqlite", create=True)
    create_all(ledger)
    writer = EventWriter(ledger)

    def most_pages(number: int) -> None:
        with ledger._engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            (pages,) = raw.execute("pragma page_count").fetchone()
            raw.execute(f"pragma max_page_count = {pages + number}")

    most_pages(8)  # the pool has one connection, which the writer uses
    portion = [told(f"m{n}") for n in range(400)]
    with pytest.raises(LedgerFailed, match="full"):
        writer.put(portion).result(30)
    assert names(ledger) == []
    most_pages(100_000)
    assert len(writer.put(portion).result(30)) == 400
    writer.close()
    ledger.close()


def test_one_request_that_cannot_be_stored_spoils_no_other(
    writer: EventWriter, told: Callable[..., Event], gate: tuple[Signal, Signal]
) -> None:
    """What comes together is stored one by one then."""
    come, go_on = gate
    first = writer.put([told("first")])
    assert come.wait(30)
    bad, good = writer.put([told("bad", kind="nonsense")]), writer.put([told("good")])
    go_on.set()
    wait([first, bad, good], 30)

    assert bad.exception() is not None
    assert [each.verdict for each in good.result()] == ["new"]


@pytest.mark.slow
@pytest.mark.usefixtures("kill_sweep")
def test_killed_anywhere_what_was_acknowledged_is_there_and_a_retry_doubles_nothing(
    tmp_path: Path, told: Callable[..., Event]
) -> None:
    """Reliability c2: at every commit and at every place before and behind it."""
    where, heard = tmp_path / "ledger.sqlite", tmp_path / "heard"
    ledger = open_ledger(where, create=True)
    create_all(ledger)
    ledger.close()

    def run() -> None:
        ledger = open_ledger(where)
        writer = EventWriter(ledger)
        with heard.open("a") as stream:
            for nth in range(4):
                futures = [(name, writer.put([told(name)])) for name in (f"m{nth}a", f"m{nth}b")]
                for name, future in futures:
                    future.result(30)
                    stream.write(f"{name}\n")
                    stream.flush()
        writer.close()
        ledger.close()

    def verify() -> None:
        ledger = open_ledger(where)
        acknowledged = set(heard.read_text().split()) if heard.exists() else set()
        assert acknowledged <= set(names(ledger))
        with ledger.reading() as connection:
            rows, distinct = connection.execute(
                select(func.count(), func.count(func.distinct(EVENT.c.message_id)))
            ).one()
        assert rows == distinct
        ledger.close()

    assert kill_points(run, verify) >= 8
    assert len(names(ledger)) == 8
