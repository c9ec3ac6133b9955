"""From a notebook's table to typed orders: which column is which, and are all its cells readable?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.core import InputError, _
from evergrove.customers.origins import STATION
from evergrove.ingest.values.words import plain_header, role_words
from evergrove.warehouse import identifier, literal, statement

if TYPE_CHECKING:
    from datetime import date

    from evergrove.warehouse import Engine

ROLES = ("customer", "date", "amount")
WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")
FLOATING = ("FLOAT", "DOUBLE")


class NotATable(InputError):
    """Something was given that is neither a table nor a file."""

    code = "customers.not_a_table"
    message = _("{kind} is neither a table nor a file that is there.")
    hint = _("Give an Arrow, pandas or polars table with one row per order, or the path of an order file.")


class MissingColumn(InputError):
    """A table lacks a column that a summary needs."""

    code = "customers.missing_column"
    message = _("Found no column for {role} among {columns}.")
    hint = _('Name it: summarize(orders, {role}="...").')


class UnreadableCells(InputError):
    """Some cells of a column are empty or cannot be read."""

    code = "customers.unreadable_cells"
    message = _(
        "{broken} of {total} {total:row|rows} {broken:has|have} no readable {role} in column {column} (first: row {row}, {value})."
    )
    hint = _("Leave these rows out, or mend them.")


def typed_orders(engine: Engine, table: Any, given: dict[str, str]) -> tuple[date | None, bool]:
    """
    Make the tables orders and refunds of a notebook's table.

    Args:
        engine: Where they are made.
        table: Whatever hands over Arrow: pandas, polars, pyarrow.
        given: Names of columns by role; the others are guessed.

    Returns:
        The last order day, None without an order; and whether there are amounts.

    Raises:
        NotATable: It does not hand over Arrow.
        MissingColumn: There is no such column, or none that looks like it.
        UnreadableCells: A customer or a date is missing, a date or an amount cannot be read.
    """
    arrow = _arrow(table)
    engine.register("notebook_rows", arrow)
    chosen = {role: _chosen(role, arrow.column_names, given) for role in ROLES}
    columns = {role: name for role, name in chosen.items() if name is not None}
    described = engine.run("describe notebook_rows")
    kinds = {str(name): str(kind) for name, kind, *_rest in described}
    typed = {
        "customer": _as_id(engine, columns["customer"], kinds[columns["customer"]]),
        "date": _as_day(columns["date"], kinds[columns["date"]], arrow.schema),
        "amount": f"try_cast({identifier(columns['amount'])} as decimal(18, 4))"
        if "amount" in columns
        else "cast(0 as decimal(18, 4))",
    }
    engine.view(
        "typed_rows",
        f"select {typed['customer']} as customer_id, {typed['date']} as order_date, {typed['amount']} as amount"
        " from notebook_rows",
    )
    for role, name in zip(("customer_id", "order_date", "amount"), ROLES, strict=True):
        _check(engine, role, name, columns.get(name))
    for made in ("orders", "refunds"):
        engine.create(made, statement(STATION, f"frame_{made}"))
    return engine.value("select max(order_date) from orders"), "amount" in columns


def _arrow(table: Any) -> Any:
    import pyarrow as pa  # noqa: PLC0415 -- only notebooks need it

    try:
        return pa.table(table)
    except (TypeError, ValueError, pa.ArrowInvalid) as error:
        raise NotATable(kind=type(table).__name__) from error


def _chosen(role: str, names: list[str], given: dict[str, str]) -> str | None:
    if role in given:
        if given[role] not in names:
            raise MissingColumn(role=role, columns=", ".join(names))
        return given[role]
    ranks = role_words()[role].ranks
    known = [name for name in names if plain_header(name) in ranks]
    if not known and role != "amount":
        raise MissingColumn(role=role, columns=", ".join(names))
    return max(known, key=lambda name: ranks[plain_header(name)], default=None)


def _as_id(engine: Engine, column: str, kind: str) -> str:
    """Whole numbers stay numbers, also where pandas made them floating; everything else is text."""
    name = identifier(column)
    broken = f"select count(*) from notebook_rows where {name} <> floor({name}) or not isfinite({name})"
    if kind in WHOLE or (kind in FLOATING and engine.value(broken) == 0):
        return f"cast({name} as bigint)"
    return f"nullif(cast({name} as varchar), '')"


def _as_day(column: str, kind: str, schema: Any) -> str:
    name = identifier(column)
    if kind == "TIMESTAMP WITH TIME ZONE":
        name = f"timezone({literal(schema.field(column).type.tz)}, {name})"
    return f"try_cast({name} as date)"


def _check(engine: Engine, typed: str, role: str, column: str | None) -> None:
    if column is None:
        return
    numbered = f"select row_number() over () as row, {typed} as typed from typed_rows"
    broken, row = engine.run(f"select count(*), min(row) from ({numbered}) where typed is null")[0]
    if broken:
        total = engine.value("select count(*) from notebook_rows")
        shown = f"select cast({identifier(column)} as varchar) from notebook_rows limit 1 offset {row - 1}"
        value = engine.value(shown)
        raise UnreadableCells(
            broken=broken,
            total=total,
            role=role,
            column=column,
            row=row,
            value=repr(value) if value else "empty",
        )
