"""Engines that share one DuckDB know nothing of each other, and nobody notices that they share."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

from evergrove.testing.processes import forked
from evergrove.warehouse import Engine, StatementFailed, keep_engine, open_engine

DATABASE = "select current_database()"
COUNTED = "select count(distinct hash(i) % 1000) from range(2000000) t(i)"
"""Work for several threads."""


def _names(engine: Engine) -> set[str]:
    """Everything that has a name in an engine."""
    return {name for (name,) in engine.run("select table_name from information_schema.tables")}


def test_what_one_engine_made_is_gone_for_the_next() -> None:
    """Tables, views and registered columns of one name, in engines one after the other."""
    with keep_engine():
        for nth in (1, 2, 3):
            with open_engine() as engine:
                assert _names(engine) == set()
                engine.create("made", f"select {nth} as x")
                engine.view("seen", "select x * 10 as x from made")
                engine.register("given", {"x": np.array([nth * 100])})
                assert engine.value(
                    "select sum(x) from (from made union all from seen union all from given)"
                ) == (nth * 111)


def test_an_engine_within_another_has_tables_of_its_own() -> None:
    """A sample is drawn in an engine of its own while the night's stays open."""
    with keep_engine(), open_engine() as outer:
        outer.create("t", "select 1 as x")
        with open_engine() as inner:
            inner.create("t", "select 2 as x")
            assert (inner.value("from t"), outer.value("from t")) == (2, 1)
        assert outer.value("from t") == 1


def test_each_engine_has_the_limits_that_it_was_opened_with() -> None:
    """What one was told holds for it alone: threads and memory as in an engine of its own."""
    asked = "select current_setting('threads'), current_setting('memory_limit')"
    wanted: list[dict[str, Any]] = [{}, {"threads": 1, "memory_mb": 400}, {"memory_mb": 900}, {}]

    def limits() -> list[object]:
        found: list[object] = []
        for each in wanted:
            with open_engine(**each) as engine:
                found += engine.run(asked)
        return found

    alone = limits()
    with keep_engine():
        assert limits() == alone
    assert len(set(alone)) == 3


def test_a_failure_in_one_engine_does_not_reach_the_next() -> None:
    """A statement fails, and a block is left by an error: the next engine works."""
    with keep_engine():
        with open_engine() as engine, pytest.raises(StatementFailed):
            engine.run("select * from nothing")
        with pytest.raises(KeyError), open_engine() as engine:
            engine.create("t", "select 1 as x")
            raise KeyError
        with open_engine() as engine:
            assert engine.value("select 1") == 1


def test_what_is_kept_is_closed_at_the_end_whoever_still_uses_it() -> None:
    """An engine outlives the block in which it was opened; afterwards engines are opened by themselves."""
    with keep_engine():
        opened = open_engine()
        engine = opened.__enter__()
    assert engine.value(DATABASE).startswith("part_")
    opened.__exit__(None, None, None)
    with open_engine() as after:
        assert after.value(DATABASE) == "memory"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.parametrize("is_open", [False, True])
def test_a_child_opens_an_engine_of_its_own(is_open: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Carried through a fork a DuckDB lacks its threads; the child finds none, idle or in use."""

    def child() -> None:
        with open_engine() as engine:
            assert engine.value(COUNTED) == 1000

    with keep_engine():
        with open_engine() as engine:
            assert engine.value(COUNTED) == 1000
            if is_open:
                assert not forked(child, 30).was_killed()
        if not is_open:
            assert not forked(child, 30).was_killed()
        with open_engine() as engine:
            assert engine.value(COUNTED) == 1000
