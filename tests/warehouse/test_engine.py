"""The engine hands columns over without pandas, keeps their order, and says which statement failed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.warehouse import StatementFailed, identifier, literal, open_engine

if TYPE_CHECKING:
    from pathlib import Path


def test_null_is_nan_in_floating_columns() -> None:
    """A missing amount is NaN in numpy and NULL in SQL, both ways."""
    with open_engine() as engine:
        engine.register("given", {"v": np.array([1.5, np.nan])})
        assert engine.run("select count(v), count(*) from given") == [(1, 2)]
        assert np.isnan(engine.arrays("select v from given")["v"][1])


def test_rows_keep_their_order_from_table_to_array() -> None:
    """Arrays line up with the sorted table they came from, at a size that uses every thread."""
    with open_engine() as engine:
        engine.create("t", "select hash(i) as h from range(500000) r(i) order by h")
        h = engine.arrays("select h from t")["h"]
    assert (np.diff(h.astype(np.float64)) >= 0).all()


def test_values_are_bound_not_pasted() -> None:
    """A hostile value is data."""
    with open_engine() as engine:
        assert engine.value("select $text", text="'; drop table t; --") == "'; drop table t; --"


@pytest.mark.parametrize("name", ['a"b', "a;b", "a b", "数据"])
def test_an_identifier_is_quoted_whole(name: str) -> None:
    """Headers of files may hold anything."""
    with open_engine() as engine:
        engine.create("t", f"select 1 as {identifier(name)}")
        assert list(engine.arrays("select * from t")) == [name]


def test_a_path_with_a_quote_is_written(tmp_path: Path) -> None:
    """Paths are literals in COPY; a quote in one must not end it."""
    path = tmp_path / "it's.parquet"
    with open_engine() as engine:
        engine.copy_to("select 1 as x", path, "format parquet")
        assert engine.value(f"select x from {literal(str(path))}") == 1


def test_a_failing_statement_says_which_and_why() -> None:
    """A foreign error arrives as ours, from its cause."""
    with open_engine() as engine, pytest.raises(StatementFailed, match="no_such_table") as raised:
        engine.create("orders", "select * from no_such_table")
    assert raised.value.__cause__ is not None


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system pins no process to a processor")
def test_a_pinned_process_takes_only_its_own_processors() -> None:
    """Threads beyond these would wait for each other."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        with open_engine() as engine:
            assert engine.value("select current_setting('threads')") == 1
    finally:
        os.sched_setaffinity(0, allowed)
    with open_engine() as engine:
        assert engine.value("select current_setting('threads')") == len(allowed)


def test_a_connection_beside_sees_tables_and_keeps_what_it_registers_to_itself() -> None:
    """What is written in one thread does not take a name from the other."""
    with open_engine(threads=1) as engine:
        engine.create("kept", "select 1 as one")
        with engine.beside() as other:
            other.register("shown", {"two": np.array([2])})
            assert other.value("select one + two from kept, shown") == 3
            with pytest.raises(StatementFailed, match="shown"):
                engine.run("select * from shown")
