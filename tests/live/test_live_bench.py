"""An engine for one pass after the other: what can have no row is left alone, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from evergrove.live.bench import Bench
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

DERIVED = "select n * $times as n from made"


@pytest.fixture
def bench() -> Iterator[Bench]:
    """One of an engine of its own."""
    with open_engine() as engine, engine.beside(Bench) as found:
        assert isinstance(found, Bench)
        yield found


def one_pass(bench: Bench, numbers: list[int], sql: str = DERIVED, *sources: str) -> list[int]:
    """A table of numbers, shown under another name, and what is derived of it."""
    bench.clear()
    bench.create("made", "select unnest($n) as n", n=numbers or [0])
    bench.view("renamed", "select * from made")
    if not numbers:
        bench.create("made", "select 1 as n where false")
    bench.derive("derived", sql, *(sources or ("made",)), times=10)
    return sorted(n for (n,) in bench.run("select n from derived"))


@pytest.mark.parametrize("source", ["made", "renamed"])
def test_a_table_is_made_where_its_source_holds_rows(bench: Bench, source: str) -> None:
    """Whatever the passes before have left: nothing of one is seen in the next."""
    found = [one_pass(bench, each, DERIVED, source) for each in ([], [1, 2], [], [], [3], [])]

    assert found == [[], [10, 20], [], [], [30], []]


def test_an_empty_table_of_an_empty_source_is_left_alone(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only where the same query made it; another one is asked."""
    one_pass(bench, [])
    made = list[str]()
    create = Bench.create

    def noted(self: Bench, table: str, sql: str, **values: object) -> None:
        made.append(table)
        create(self, table, sql, **values)

    monkeypatch.setattr(Bench, "create", noted)

    one_pass(bench, [])
    assert "derived" not in made
    one_pass(bench, [], "select n + $times as n from made")
    assert "derived" in made


def test_nothing_is_known_of_a_source_that_this_pass_did_not_make(bench: Bench) -> None:
    """Empty in the pass before says nothing of this one."""
    one_pass(bench, [])
    bench.clear()

    assert not bench.is_empty("made")
    assert not bench.is_empty("renamed")
    bench.view("counted", "select count(*) as n from made")
    assert not bench.is_empty("counted")
