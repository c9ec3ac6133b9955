"""A reader sees one run from beginning to end, whatever is published meanwhile; memory is given back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from evergrove.pipeline.export import NothingPublished
from evergrove.reading import (
    Asked,
    MovesAsked,
    Reader,
    SnapshotGone,
    View,
    count_customers,
    customer_card,
    customers_page,
    kept_warm,
    moves_page,
    shelf,
)
from evergrove.reading.opened import Opened
from evergrove.warehouse.tables import snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.app import Workspace


def agrees(view: View) -> int:
    """Hold everything that one view tells against each other: the number of the run in each part of it."""
    page = customers_page(view, Asked(limit=500))
    assert len(page.rows) == view.run.tables["scores"].rows == count_customers(view)
    card = customer_card(view, view.parts.seal, str(page.rows[0]["customer_id"]))  # type: ignore[attr-defined]
    assert card.figures["clv_12m"] == page.rows[0]["clv_12m"]
    moves = moves_page(view, MovesAsked(limit=1)).rows
    assert moves[0]["run_seq"] <= view.run.details["run_seq"]
    with view.files() as engine:
        assert engine.value("select count(*) from tiers") == view.run.tables["tiers"].rows
    return view.run.id


def test_a_view_stays_what_it_was_while_another_run_is_published(
    reader: Reader, night: Callable[..., int]
) -> None:
    """Whoever began before the new run reads the old one to the end; whoever begins after it reads the new one."""
    with reader.pinned() as before:
        first, rows = agrees(before), before.run.tables["scores"].rows
        second = night("N1", "N2")
        assert agrees(before) == first
        with reader.pinned() as after:
            assert agrees(after) == second
            assert count_customers(after) == rows + 2
        assert count_customers(before) == rows


@pytest.mark.slow
def test_a_list_goes_on_in_its_snapshot_until_two_more_runs_have_come(
    reader: Reader, night: Callable[..., int]
) -> None:
    """A cursor of the run before is still good; one of the run before that is not, and says so."""
    with reader.pinned() as view:
        first = view.run.id
    night("N1")
    with reader.pinned(), reader.pinned(first) as again:
        assert agrees(again) == first
    night("N2")
    with reader.pinned():
        pass
    with pytest.raises(SnapshotGone), reader.pinned(first):
        pass


@pytest.mark.slow
def test_memory_of_a_run_is_given_back_once_its_last_reader_has_ended(
    reader: Reader, night: Callable[..., int]
) -> None:
    """An overtaken run that is still read stays readable; after that its engine is closed."""
    with reader.pinned() as old:
        night("N1")
        with reader.pinned():
            pass
        night("N2")
        with reader.pinned():
            pass
        assert agrees(old) == old.run.id  # two runs later, and still held
        opened = old.opened
    assert opened.holders == 0
    with pytest.raises(Exception, match=r"[Cc]onnection"), opened.engine() as engine:
        engine.value("select 1")


@pytest.mark.slow
def test_many_threads_read_while_runs_are_published(
    here: Workspace, reader: Reader, night: Callable[..., int]
) -> None:
    """Eight readers over three runs: every answer is of one run, and each run is brought into memory once."""
    over, seen = Event(), set()

    def read() -> int:
        answers = 0
        while not over.is_set():
            with reader.pinned() as view:
                seen.add(agrees(view))
            answers += 1
        return answers

    with ThreadPoolExecutor(8) as pool:
        readers = [pool.submit(read) for _ in range(8)]
        published = [night(f"N{n}") for n in range(2)]
        over.set()
        assert all(each.result() for each in readers)
    assert seen <= {reader.newest().id, *published, here.warehouse.snapshots("run")[0].id}


@pytest.mark.slow
def test_lists_go_on_in_the_run_before_while_the_newest_is_brought_into_memory(
    reader: Reader, night: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever must see the newest waits for it; whoever reads a list meanwhile is not kept waiting."""
    with reader.pinned() as view:
        first = view.run.id
    second = night("N1")
    begun, go_on = Event(), Event()

    def slowly(*given: Any) -> Opened:
        begun.set()
        assert go_on.wait(20)
        return Opened(*given)

    monkeypatch.setattr(shelf, "Opened", slowly)

    def newest() -> int:
        with reader.pinned() as view:
            return view.run.id

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(newest)
        assert begun.wait(20)
        with reader.pinned(may_lag=True) as view:
            assert agrees(view) == first
        go_on.set()
        assert waiting.result() == second
    with reader.pinned(may_lag=True) as view:
        assert agrees(view) == second


def test_nothing_is_read_before_the_first_run(reader: Reader, here: Workspace) -> None:
    """A workspace without a run says so, and is read as soon as there is one."""
    with here.ledger.writing() as connection:
        connection.execute(update(snapshot).values(retired_at=here.clock.now()))
    with pytest.raises(NothingPublished), reader.pinned():
        pass


@pytest.mark.slow
def test_lists_are_of_the_run_before_until_the_next_one_is_warm(
    reader: Reader, night: Callable[..., int]
) -> None:
    """A list never waits for a run that a thread brings into memory; a single customer is of the newest."""
    with reader.pinned(may_lag=True) as view:
        first = view.run.id
    reader.is_warmed = True
    second = night("N1")
    with reader.pinned(may_lag=True) as view:
        assert view.run.id == first
    with reader.pinned() as view:
        assert view.run.id == second
    with reader.pinned(may_lag=True) as view:
        assert view.run.id == second


@pytest.mark.slow
def test_a_run_is_in_memory_before_anybody_asks(
    reader: Reader, night: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread looks for newer runs; whoever reads after it has looked opens nothing."""
    looked = Event()
    plain = reader.warm

    def warm() -> None:
        plain()
        looked.set()

    monkeypatch.setattr(reader, "warm", warm)
    with kept_warm(reader, every_s=0.01):
        assert looked.wait(20)
        second = night("N1")
        looked.clear()
        assert looked.wait(20)
        looked.clear()
        assert looked.wait(20)  # one look may have begun before the run was published
    assert not reader.is_warmed
    monkeypatch.setattr(shelf, "Opened", None)  # opening would fail
    with reader.pinned() as view:
        assert view.run.id == second
