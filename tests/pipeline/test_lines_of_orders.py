"""A file of orders with a row a line: its articles are kept beside the orders, once, whatever comes in later."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete

from evergrove.app import imports, open_workspace
from evergrove.core import SetClock
from evergrove.ingest import ReadOptions
from evergrove.ingest.facts.imports import imports as imported
from evergrove.ingest.facts.tables import show_tables
from evergrove.pipeline.lines_of_orders import LinesNotKept
from evergrove.testing.workspaces import copy_of
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evergrove.app import Workspace
    from evergrove.pipeline import FileOutcome

NOW = datetime(2026, 7, 2, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
WRITTEN = datetime(2026, 6, 5, tzinfo=UTC)
ORDERS = """order_id,customer_id,order_date,product_name,category,quantity,unit_price,note
A1,ann,2026-06-01,Tee,Tops,2,10.00,
A1,ann,2026-06-01,Cap,Hats,1,5.00,for nanna
A1,ann,2026-06-01,Tee,Tops,2,10.00,
A2,bob,2026-06-02,Cap,Hats,1,5.00,
"""
LINES = """order_id,line_id,product_name,category,quantity,price
A1,7,Tee,Tops,4,10.00
A1,8,Cap,Hats,1,5.00
"""
FROM_ORDERS = [("A1", "Cap", 1), ("A1", "Tee", 2), ("A1", "Tee", 2), ("A2", "Cap", 1)]
FROM_BOTH = [("A1", "Cap", 1), ("A1", "Tee", 4), ("A2", "Cap", 1)]


@pytest.fixture
def here(begun_on_sqlite: tuple[Path, str], tmp_path: Path) -> Iterator[Workspace]:
    """A workspace of the test's own."""
    with open_workspace(copy_of(begun_on_sqlite[0], tmp_path / "workspace"), SetClock(NOW)) as workspace:
        yield workspace


def take(here: Workspace, name: str, text: str, **options: Any) -> FileOutcome:
    """Bring in orders."""
    path = here.folder.parent / name
    path.write_text(text)
    (one,) = here.ingest([path], ReadOptions(**options), exported_at=WRITTEN).files
    return one


def take_lines(here: Workspace, name: str, text: str) -> bool:
    """Bring in a file of order_lines; whether it was new."""
    path = here.folder.parent / name
    path.write_text(text)
    return imports.add_table(here, path, "order_lines", ReadOptions(), exported_at=WRITTEN).is_new


def lines(here: Workspace) -> list[tuple[Any, ...]]:
    """(order, article, quantity) of the lines that hold, of the orders of these tests."""
    with open_engine(threads=1) as engine:
        show_tables(engine, here.warehouse, here.warehouse.newest())
        return engine.run(
            "select order_id, product_name, cast(quantity as integer) from order_lines"
            " where order_id in ('A1', 'A2') order by all"
        )


def test_lines_with_articles_and_prices_are_kept(here: Workspace) -> None:
    """Every row is accounted for among the lines too; identical lines of one order are two."""
    one = take(here, "o.csv", ORDERS)
    assert one.lines is not None
    assert (one.lines.read, one.lines.good) == (4, 4)
    assert lines(here) == FROM_ORDERS


def test_the_same_bytes_again_change_nothing(here: Workspace) -> None:
    """Neither as orders nor as lines."""
    take(here, "o.csv", ORDERS)
    again = take(here, "again.csv", ORDERS)
    assert (again.is_new, again.lines) == (False, None)
    assert take_lines(here, "lines.csv", ORDERS) is False
    assert lines(here) == FROM_ORDERS


@pytest.mark.parametrize("order", list(permutations(("orders", "lines", "orders"))))
def test_a_file_of_lines_takes_the_place_of_those_of_the_orders(
    here: Workspace, order: tuple[str, ...]
) -> None:
    """Order by order and whichever came first: nothing is doubled."""
    for each in order:
        if each == "orders":
            take(here, "o.csv", ORDERS)
        else:
            take_lines(here, "l.csv", LINES)
    assert lines(here) == FROM_BOTH


def test_what_was_killed_between_orders_and_lines_is_completed(here: Workspace) -> None:
    """The orders are in, their lines are not: giving the file again brings these."""
    take(here, "o.csv", ORDERS)
    with here.ledger.writing() as connection:
        connection.execute(delete(imported).where(imported.c.table_name == "order_lines"))
    again = take(here, "o.csv", ORDERS)
    assert (again.is_new, again.lines is not None) == (False, True)
    assert lines(here) == FROM_ORDERS


@pytest.mark.parametrize(
    "text",
    [
        "order_id,customer_id,order_date,amount\nA1,ann,2026-06-01,10\nA2,bob,2026-06-02,5\n",
        "order_id,line_id,customer_id,order_date,amount\nA1,1,ann,2026-06-01,10\nA1,2,ann,2026-06-01,5\n",
    ],
)
def test_files_without_articles_have_no_lines(here: Workspace, text: str) -> None:
    """A row an order, or lines of which only the amount is told."""
    assert take(here, "o.csv", text).lines is None
    assert lines(here) == []


def test_names_of_columns_that_were_said_hold_for_the_lines(here: Workspace) -> None:
    """Headers that nobody could guess: what ``--map`` said of the orders goes for their lines."""
    text = ORDERS.replace("order_id", "vorgang").replace("quantity", "stk").replace("unit_price", "einzel")
    mapping = {"order": "vorgang", "quantity": "stk", "price": "einzel:dot"}
    one = take(here, "o.csv", text, mapping=mapping)
    assert [each for each in one.warnings if isinstance(each, LinesNotKept)] == []
    assert lines(here) == FROM_ORDERS


def test_affinity_comes_of_the_lines_of_the_orders(here: Workspace) -> None:
    """The run's traits know what Ann likes, without a file of lines."""
    take(here, "o.csv", ORDERS)
    here.run()
    with open_engine(threads=1) as engine:
        newest = here.warehouse.newest("run")
        assert newest is not None
        assert here.warehouse.show(engine, newest, "traits")
        found = dict(
            engine.run("select customer_id, top_category from traits where customer_id in ('ann', 'bob')")
        )
    assert found == {"ann": "Tops", "bob": "Hats"}
