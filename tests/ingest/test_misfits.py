"""Files of which most rows have another number of cells than the header."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from evergrove.ingest.columns.errors import TooFewCells, TooManyCells

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.ingest.conftest import Reading

    Read = Callable[..., Reading]


@pytest.mark.parametrize("high", [3, 12])
def test_commas_inside_amounts_are_told_from_an_empty_file(read: Read, high: int) -> None:
    """Where most rows have a cell too many, the file is refused and says so; a few are rejected alone."""
    rows = [f"{i},c{i},2024-01-{i:02d},{'1,234.50' if i <= high else '99.50'}" for i in range(1, 13)]
    text = "order_id,customer_id,order_date,amount\n" + "\n".join(rows) + "\n"

    if high == 3:
        assert read(text).rejects() == [(line, "ingest.ragged_row") for line in (2, 3, 4)]
        return
    with pytest.raises(TooManyCells) as refused:
        read(text)
    assert str(refused.value) == (
        "orders.csv: of 12 rows, 12 have more cells than the header, which names 4 columns (first: line 2)."
        " A separator inside a cell, such as the comma in 1,234.50, must stand in quotation marks:"
        " export again with quoted cells, or with another separator, such as a tab or a semicolon."
    )


def test_most_rows_of_another_width_are_refused_also_beside_good_ones(read: Read) -> None:
    """Seven of twelve are most; cells that lack are told from cells too many."""
    header = "order_id,customer_id,order_date,amount\n"
    good = "".join(f"{i},c{i},2024-02-{i:02d},5\n" for i in range(1, 6))

    with pytest.raises(TooManyCells, match="of 12 rows, 7 have more cells"):
        read(header + good + "9,c,2024-01-01,1,234.50\n" * 7)
    with pytest.raises(TooFewCells, match=r"of 12 rows, 7 have fewer cells .* \(first: line 7\)"):
        read(header + good + "9,c,2024-01-01\n" * 7)
