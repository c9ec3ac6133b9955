"""Tables of a night, written beside the choice of whom to write to: all of them, or an error and nothing published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from evergrove.pipeline import drafting as drafting_module
from evergrove.pipeline.drafting import drafting
from evergrove.warehouse import NotWritable, Warehouse, digest, open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.app import Workspace
    from evergrove.warehouse import Engine

QUERIES = {
    "scores": "select 'C' || i as customer_id, i as value from range(3) as counted(i)",
    "cac_by_source": "select '2026-01' as month, 'ads' as source, 1.5 as cac",
}


@pytest.fixture
def engine() -> Iterator[Engine]:
    """An empty engine."""
    with open_engine(threads=1) as opened:
        yield opened


def test_every_table_is_written_with_the_digest_of_its_rows(begun: Workspace, engine: Engine) -> None:
    """Tables without a column of customers among them."""
    with drafting(engine, begun.warehouse, QUERIES, None) as drafted:
        made = {name: each.result() for name, each in drafted.items()}

    assert {name: each.draft.files[0].rows for name, each in made.items()} == {
        "scores": 3,
        "cac_by_source": 1,
    }
    assert {name: each.digest for name, each in made.items()} == {
        name: digest(engine.arrow(query)) for name, query in QUERIES.items()
    }


def test_large_tables_are_written_one_after_the_other(
    begun: Workspace, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where rows may not wait, the second table is asked for when the first one is on the disk."""
    monkeypatch.setattr(drafting_module, "HELD_BYTES", 0)
    before: list[str] = []
    asked, write = engine.arrow, Warehouse.write

    def arrow(sql: str, **values: Any) -> Any:
        before.append("asked")
        return asked(sql, **values)

    def written(*arguments: Any, **options: Any) -> Any:
        draft = write(*arguments, **options)
        before.append("written")
        return draft

    monkeypatch.setattr(engine, "arrow", arrow)
    monkeypatch.setattr(Warehouse, "write", written)
    with drafting(engine, begun.warehouse, QUERIES, None):
        pass

    assert before == ["asked", "written", "asked", "written"]


def test_a_disk_that_refuses_ends_the_run_with_nothing_published(
    begun: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error comes out of the run as it came up in the writing thread."""

    def refuse(*_arguments: Any, **_options: Any) -> Any:
        raise NotWritable(path="/full", reason="no space left")

    newest = begun.warehouse.newest("run")
    begun.pause("L2")  # so that there is something to do on the same day
    monkeypatch.setattr(Warehouse, "write", refuse)

    with pytest.raises(NotWritable, match="no space left"):
        begun.run()

    assert begun.warehouse.newest("run") == newest
