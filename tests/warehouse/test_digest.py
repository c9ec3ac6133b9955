"""Two tables have one digest exactly when they say the same."""

from __future__ import annotations

import sys
from datetime import date, datetime
from decimal import Decimal
from subprocess import run
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergrove.warehouse import open_engine
from evergrove.warehouse.digests import digest, digest_of

if TYPE_CHECKING:
    from pathlib import Path

TABLE: dict[str, list[Any]] = {
    "customer_id": ["C1", "顧客2", "C10", ""],
    "tier": ["high", None, "low", ""],
    "amount": [Decimal("1.2000"), None, Decimal("-3.0000"), Decimal("0.0000")],
    "p_alive": [0.25, float("nan"), None, 0.0],
    "since": [date(2026, 1, 1), None, date(1969, 12, 31), date(2026, 1, 1)],
    "at": [datetime(2026, 1, 1, 8, 30), None, None, datetime(2026, 1, 2)],  # noqa: DTZ001 - local times
    "orders": [1, 2, None, 0],
    "was_high": [True, None, False, False],
}


def table(**changed: list[Any]) -> pa.Table:
    """The table above with some columns replaced."""
    return pa.table(TABLE | changed)


def test_order_of_rows_and_columns_does_not_count() -> None:
    """Nor whether the rows lie in one piece."""
    turned = table().take([2, 0, 3, 1]).select(list(reversed(TABLE)))
    pieces = pa.concat_tables([table().slice(0, 1), table().slice(1)])

    assert digest(turned) == digest(pieces) == digest(table())


def test_a_table_read_from_a_file_and_from_an_engine_says_the_same(tmp_path: Path) -> None:
    """Through Parquet, through DuckDB, and with texts in a dictionary."""
    pq.write_table(table(), tmp_path / "t.parquet", row_group_size=2)
    coded = table().set_column(1, "tier", table()["tier"].dictionary_encode())

    with open_engine() as engine:
        shown = digest_of(engine, f"select * from read_parquet('{tmp_path / 't.parquet'}')")
    assert shown == digest(pq.read_table(tmp_path / "t.parquet")) == digest(coded) == digest(table())


@pytest.mark.parametrize(
    ("column", "row", "value"),
    [
        ("customer_id", 0, "C2"),
        ("tier", 1, ""),  # empty is not unknown
        ("tier", 3, None),
        ("amount", 0, Decimal("1.2001")),
        ("p_alive", 0, np.nextafter(0.25, 1.0)),  # the last bit
        ("p_alive", 1, None),  # NaN is not NULL
        ("since", 0, date(2026, 1, 2)),
        ("at", 0, datetime(2026, 1, 1, 8, 31)),  # noqa: DTZ001 - local times
        ("orders", 2, 0),  # NULL is not 0
        ("was_high", 2, None),
    ],
)
def test_every_value_counts(column: str, row: int, value: object) -> None:
    """A change of one cell changes the digest."""
    values = list(TABLE[column])
    values[row] = value

    assert digest(table(**{column: values})) != digest(table())


def test_names_types_and_rows_count() -> None:
    """Other names, whole numbers of another width, one row more."""
    renamed = table().rename_columns(["id", *list(TABLE)[1:]])
    wider = table().set_column(6, "orders", table()["orders"].cast(pa.int32()))
    more = pa.concat_tables([table(), table().slice(0, 1)])

    assert len({digest(each) for each in (table(), renamed, wider, more, table().slice(0, 0))}) == 5


def test_what_stands_under_a_null_does_not_count() -> None:
    """Two ways to the same unknown value."""
    masked = pa.array(np.array([1, 99]), mask=np.array([False, True]))

    assert digest({"a": masked}) == digest({"a": pa.array([1, None])})


def test_a_sliced_column_is_read_where_it_lies() -> None:
    """Offsets into a longer buffer."""
    whole = pa.table({"a": ["x", "yy", "zzz", "w"], "b": [1.0, 2.0, 3.0, 4.0]})

    assert digest(whole.slice(1, 2)) == digest({"a": pa.array(["yy", "zzz"]), "b": pa.array([2.0, 3.0])})


def test_negative_zero_is_zero() -> None:
    """Sums of nothing come out as either."""
    assert digest({"a": np.array([-0.0])}) == digest({"a": np.array([0.0])})


def test_a_name_twice_is_refused() -> None:
    """Which of the two would be meant?"""
    with pytest.raises(ValueError, match="twice"):
        digest(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]))


@given(
    st.lists(st.tuples(st.text(max_size=3), st.none() | st.floats(allow_nan=False)), max_size=6),
    st.randoms(use_true_random=False),
)
def test_equal_content_equal_digest(rows: list[tuple[str, float | None]], random: Any) -> None:
    """In any order; and another digest without the first row."""
    shuffled = list(rows)
    random.shuffle(shuffled)

    def of(chosen: list[tuple[str, float | None]]) -> str:
        kinds = {
            "a": pa.array([a for a, _ in chosen], pa.string()),
            "b": pa.array([b for _, b in chosen], pa.float64()),
        }
        return digest(kinds)

    assert of(shuffled) == of(rows)
    if rows:
        assert of(rows[1:]) != of(rows)


def test_a_digest_does_without_pandas() -> None:
    """Every run takes some, and to import pandas takes longer than all of them."""
    script = (
        "import sys; from evergrove.warehouse import digest_of, open_engine\n"
        "with open_engine() as engine:\n"
        "    digest_of(engine, \"select null::double as a, 'x' as b, date '2026-01-01' as c, true as d, 1.5 as e\")\n"
        "sys.exit('pandas' in sys.modules)"
    )
    assert run([sys.executable, "-c", script], check=False).returncode == 0
