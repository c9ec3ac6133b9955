"""Who watches hears of statements, counts, times and events; who does not pays nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, text

from evergrove.core import watching
from evergrove.ledger import LedgerBusy, create_all, open_ledger, store
from evergrove.warehouse import open_engine
from evergrove.warehouse.locked import open_locked_engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


class Heard:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.statements: list[tuple[str, str]] = []
        self.rest: list[tuple[object, ...]] = []

    def ran(self, store: str, sql: str, seconds: float) -> None:
        """A statement."""
        assert seconds >= 0
        self.statements.append((store, sql))

    def counted(self, what: str, labels: tuple[str, ...], number: float) -> None:
        """A count."""
        self.rest.append((what, labels, number))

    def took(self, what: str, labels: tuple[str, ...], seconds: float) -> None:
        """A time."""
        self.rest.append((what, labels, seconds >= 0))

    def said(self, level: watching.Level, event: str, fields: Mapping[str, object]) -> None:
        """An event."""
        self.rest.append((level, event, dict(fields)))


@pytest.fixture
def heard() -> Iterator[Heard]:
    """One who watches during the test."""
    found = Heard()
    over = watching.watch(found)
    yield found
    over()


def test_statements_of_both_stores_are_told_without_their_values(heard: Heard, tmp_path: Path) -> None:
    """The text holds places for values, never the values."""
    ledger = open_ledger(tmp_path / "ledger.sqlite", create=True)
    create_all(ledger)
    with ledger.reading() as connection:
        connection.execute(text("select :name"), {"name": "Mei Lin"})
    with open_engine() as engine:
        assert engine.value("select $name", name="Mei Lin") == "Mei Lin"
        engine.arrow("select $name as it", name="Mei Lin")
    with open_locked_engine() as locked:
        locked.arrow_within(5.0, "select $name as other", name="Mei Lin")
    ledger.close()

    assert ("ledger", "select ?") in heard.statements
    assert ("warehouse", "select $name") in heard.statements
    assert ("warehouse", "select $name as it") in heard.statements
    assert ("warehouse", "select $name as other") in heard.statements
    assert not [sql for _store, sql in heard.statements if "Mei" in sql]


def test_a_ledger_that_nobody_watches_has_no_listeners(tmp_path: Path) -> None:
    """Nothing is called at each statement unless somebody listened when it was opened."""
    ledger = open_ledger(tmp_path / "ledger.sqlite", create=True)
    assert not event.contains(ledger._engine, "before_cursor_execute", store._begin_watch)
    ledger.close()


def test_a_busy_ledger_is_counted(heard: Heard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time somebody waited in vain."""
    monkeypatch.setattr("evergrove.ledger.opening.BUSY_TIMEOUT_S", 0.01)
    one = open_ledger(tmp_path / "ledger.sqlite", create=True)
    create_all(one)
    with one.writing(), pytest.raises(LedgerBusy), one.writing():
        pass
    one.close()

    assert heard.rest == [("ledger.busy", (), 1)]


def test_counts_times_and_events_reach_whoever_watches(heard: Heard) -> None:
    """With their labels; a block is timed also where it raises."""
    watching.counted("events.taken", "order", number=3)
    with pytest.raises(LookupError), watching.timed("live.pass"):
        raise LookupError
    watching.said("published", snapshot="s1", level="warning")

    assert heard.rest == [
        ("events.taken", ("order",), 3),
        ("live.pass", (), True),
        ("warning", "published", {"snapshot": "s1"}),
    ]


def test_nobody_is_told_after_it_is_over() -> None:
    """What ``watch`` returns ends it."""
    found = Heard()
    over = watching.watch(found)
    assert watching.is_watched()
    over()
    watching.counted("events.taken")

    assert found.rest == []
    assert not watching.is_watched()
