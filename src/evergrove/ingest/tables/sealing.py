"""The cells of a table's rows that never enter the warehouse, laid out for whoever seals them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.ingest.tables.judging import TOLD
from evergrove.ingest.tables.rows import STAGED
from evergrove.warehouse import identifier, literal

if TYPE_CHECKING:
    from evergrove.ingest.tables.declared import TableColumn
    from evergrove.ingest.tables.rows import TableFile
    from evergrove.warehouse import Engine, Snapshot, Warehouse

TEXTS = "told_texts"
"""Of each good row that has any: row_key, customer_id (NULL: nobody's), order_id, day, version_at, and its texts."""


def lay_out_texts(engine: Engine, given: TableFile) -> None:
    """
    Lay out what the good rows say that is personal or free text, in ``TEXTS``.

    Args:
        engine: Holds ``STAGED`` and ``TOLD``.
        given: The file and its table.
    """
    engine.drop(TEXTS)
    columns = _found(given)
    if not columns:
        return
    cells = [
        f"nullif(trim({identifier(f't_{column.name}')}), '') as {identifier(column.name)}"
        for column in columns
    ]
    owner = "customer_id" if given.table.column("customer_id") else "cast(null as varchar)"
    order = "order_id" if given.table.column("order_id") else "cast(null as varchar)"
    day = next((f"cast({c.name} as date)" for c in given.table.kept if c.type in ("day", "moment")), "null")
    filled = " or ".join(f"{identifier(column.name)} is not null" for column in columns)
    engine.create(
        TEXTS,
        f"with told as (select line, row_key, {owner} as customer_id, {order} as order_id,"
        f" cast({day} as date) as day, version_at from {TOLD}),"
        f" texts as (select line, {', '.join(cells)} from {STAGED})"
        f" select told.* exclude (line), texts.* exclude (line) from told inner join texts on texts.line = told.line"
        f" where {filled}",
    )


def find_owners(engine: Engine, warehouse: Warehouse, before: Snapshot | None) -> None:
    """Give rows that name an order and no customer to the customer of that order, where it is in."""
    if (
        TEXTS not in engine.names
        or before is None
        or not warehouse.show(engine, before, "orders", "owned_orders")
    ):
        return
    engine.run(
        f"update {TEXTS} set customer_id = (select max(owned.customer_id) from owned_orders as owned"
        f" where owned.order_id = {TEXTS}.order_id) where customer_id is null and order_id is not null"
    )
    engine.drop("owned_orders")


def count_texts(engine: Engine, given: TableFile) -> tuple[dict[str, int], dict[str, int]]:
    """Cells of good rows, by column: those that somebody's row holds, and those that are let go of."""
    sealed: dict[str, int] = {}
    dropped: dict[str, int] = {}
    for column in given.table.sealed:
        if column.name not in given.found.positions:
            continue
        cell = identifier(f"t_{column.name}")
        good = f"select line from {TOLD}"
        cells = int(
            engine.value(
                f"select count(*) from {STAGED} where trim(coalesce({cell}, '')) <> '' and line in ({good})"
            )
        )
        kept = 0
        if not column.is_let_go:
            owned = f"{identifier(column.name)} is not null and customer_id is not null"
            kept = int(engine.value(f"select count(*) from {TEXTS} where {owned}"))
        sealed |= {column.name: kept} if kept else {}
        dropped |= {column.name: cells - kept} if cells > kept else {}
    return sealed, dropped


def _found(given: TableFile) -> list[TableColumn]:
    """The file's columns that are kept, though not in the warehouse."""
    return [c for c in given.table.sealed if not c.is_let_go and c.name in given.found.positions]


def hide_texts(engine: Engine, given: TableFile) -> None:
    """Keep out of ``rejects`` what enters no warehouse: of each row only its other columns, of broken rows nothing."""
    if not any(column.name in given.found.positions for column in given.table.sealed):
        return
    cells = ", ".join(
        f"case when {text} is not null then concat({literal(column.name)}, '=', {text}) end"
        for column in given.table.kept
        if column.name in given.found.positions
        for text in [identifier(f"t_{column.name}")]
    )
    engine.run("update rejects set raw = ''")
    engine.run(
        f"update rejects set raw = shown.raw from (select line, concat_ws(', ', {cells}) as raw from {STAGED}) as shown"
        " where shown.line = rejects.line"
    )
