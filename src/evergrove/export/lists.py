"""Lists to work through: one a cell, the most valuable customer first, with the contact columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from evergrove.core import _, fill
from evergrove.export.spreadsheet import WORKBOOK_ROWS, write_csv, write_workbook
from evergrove.export.types import Column
from evergrove.warehouse import identifier, literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from evergrove.warehouse import Engine

_VALUE_IF_ACTIVE = "clv_12m / greatest(p_alive, 1e-12)"

LIST_COLUMNS: tuple[tuple[Column, str], ...] = (
    (Column("tier", "word", "tier", "VARCHAR", _("Value tier.")), _("Tier")),
    (Column("stage", "word", "stage", "VARCHAR", _("Place in the life cycle.")), _("Stage")),
    (Column("action", "word", "action", "VARCHAR", _("Key and name of the playbook.")), _("Playbook")),
    (
        Column(
            "value_if_active",
            "estimate",
            _VALUE_IF_ACTIVE,
            "DOUBLE",
            _("Value of the next 12 months, if active."),
        ),
        _("Value in 12 months, if active"),
    ),
    (
        Column("clv_12m", "estimate", "clv_12m", "DOUBLE", _("Expected value of the next 12 months.")),
        _("Expected value in 12 months"),
    ),
    (
        Column(
            "p_active_180d", "probability", "p_active_180d", "DOUBLE", _("Chance of an order in 180 days.")
        ),
        _("Chance of an order in 180 days"),
    ),
    (
        Column("historic_value", "money", "historic_value", "DECIMAL(18,4)", _("Net revenue so far.")),
        _("Net revenue so far"),
    ),
    (Column("orders", "count", "orders", "BIGINT", _("Paid orders so far.")), _("Orders")),
    (
        Column("last_order_date", "date", "last_order_date", "DATE", _("Day of the latest order.")),
        _("Latest order"),
    ),
    (
        Column("next_order_date", "date", "next_order_date", "DATE", _("Likely day of the next.")),
        _("Next order, likely"),
    ),
)


@dataclass(frozen=True)
class CustomerList:
    """
    One list: a name for its file, a title, and which customers stand in it.

    Attributes:
        name: File name without its ending, such as ``high-decline``.
        title: For people.
        condition: SQL over the published columns, of literals only.
    """

    name: str
    title: str
    condition: str


def cut_short(customers: int, translate: Callable[[str], str]) -> list[str]:
    """What a workbook says on its second sheet when it does not hold everybody."""
    if customers <= WORKBOOK_ROWS:
        return []
    note = _("The {shown} most valuable of {customers} customers; all stand in the CSV file.")
    return [fill(translate(note), {"shown": WORKBOOK_ROWS, "customers": customers})]


def _worded(column: Column, words: Mapping[str, str]) -> Column:
    """The same column with words for its codes."""
    cases = " ".join(f"when {literal(code)} then {literal(word)}" for code, word in words.items())
    return replace(column, sql=f"case c.{identifier(column.name)} {cases} end") if words else column


def write_list(
    engine: Engine,
    wanted: CustomerList,
    folder: Path,
    *,
    kept: Sequence[str],
    words: Mapping[str, Mapping[str, str]],
    translate: Callable[[str], str],
    csv: bool,
    workbook: bool,
) -> int:
    """
    Write one list as CSV and workbook, and count its customers.

    It reads the view ``customers`` (the published table) and ``known_customers`` (the kept columns).

    Args:
        engine: Where both stand.
        wanted: The list.
        folder: Where the files go.
        kept: Columns carried through from the source.
        words: Column -> code -> the word that people read in its place.
        translate: English title -> title in the reader's language.
        csv: Whether to write the CSV file.
        workbook: Whether to write the workbook, of the ``WORKBOOK_ROWS`` most valuable.
    """
    columns = [
        Column("customer_id", "id", "c.customer_id", "VARCHAR", _("The customer's id.")),
        *(Column(f"kept {n}", "text", f"k.{identifier(n)}", "VARCHAR", _("From the source.")) for n in kept),
        *(_worded(column, words.get(column.name, {})) for column, _title in LIST_COLUMNS),
    ]
    titles = [translate(_("Customer")), *kept, *(translate(title) for _column, title in LIST_COLUMNS)]
    selected = ", ".join(f"{c.sql} as {identifier(c.name)}" for c in columns)
    contacts = "left join known_customers k on c.customer_id = cast(k.customer_id as varchar)" if kept else ""
    query = (
        f"select {selected} from (select * from customers where {wanted.condition}) c {contacts} "
        "order by value_if_active desc nulls last, c.historic_value desc, c.customer_id"
    )
    count = int(engine.value(f"select count(*) from customers where {wanted.condition}"))
    if csv:
        write_csv(engine, query, columns, folder / f"{wanted.name}.csv", titles)
    if workbook:
        rows = engine.run(f"{query} limit {WORKBOOK_ROWS}")
        write_workbook(
            rows,
            columns,
            folder / f"{wanted.name}.xlsx",
            titles=titles,
            sheet=wanted.name,
            notes=[wanted.title],
            translate=translate,
        )
    return count
