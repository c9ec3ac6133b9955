"""Customers as rows of an export: what the last night published of them, and who they are, as far as it may be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from evergrove.access import sight
from evergrove.people import contacts
from evergrove.people.masking import masked, masked_address
from evergrove.pipeline.left_out import UNPROFILED
from evergrove.pipeline.nights import SCORES
from evergrove.pipeline.segmented import NAMED, catalogue_here
from evergrove.segments.language.evaluating import STORED
from evergrove.warehouse import identifier, literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evergrove.access import Actor
    from evergrove.people import Seal
    from evergrove.pipeline.segment_asking import Parts
    from evergrove.segments.language.catalogue import Catalogue, Field
    from evergrove.warehouse import Engine, Snapshot

PERSONAL = ("email", "name")
"""Columns that are opened from under the seal; masked where they are not to be seen."""
ROWS = "exported"
CHUNK = 1_000


def show_customers(
    engine: Engine,
    parts: Parts,
    seal: Seal,
    actor: Actor,
    seen: Snapshot,
    columns: Sequence[str],
    members: Any,
) -> None:
    """
    Make the table ``exported``: one row a customer, in the order of ``_place``.

    Args:
        engine: Where it is made.
        parts: Of the workspace.
        seal: Opens personal columns.
        actor: Whose sight decides how these are seen.
        seen: The run that is shown.
        columns: Names of the catalogue, and of ``PERSONAL``.
        members: Arrow: customer_id of those who are wanted; None: everybody of whom conditions can be asked.
    """
    with parts.ledger.reading() as connection:
        known = catalogue_here(connection)
    for table in NAMED:
        parts.warehouse.show(engine, seen, table)
    if members is not None:
        engine.register("members", members)
    query = _customers(engine, columns, known, has_members=members is not None)
    # DuckDB refuses a value that no field asks for: the day stands in the text, as in the published tables' queries.
    engine.create("chosen", query.replace("$as_of", f"date {literal(str(seen.as_of))}"))
    _add_persons(engine, parts, seal, actor, [name for name in columns if name in PERSONAL])


def _customers(engine: Engine, columns: Sequence[str], known: Catalogue, *, has_members: bool) -> str:
    """One row a customer, of whom conditions can be asked too; what no table tells is empty."""
    names = ["customer_id", *(name for name in columns if name not in (*PERSONAL, "customer_id"))]
    fields = [known.fields[name] for name in names]
    tables = {each.table for each in fields if each.table in engine.names} - {SCORES}
    listed = [_cell(each, is_there=each.table in engine.names) for each in fields]
    joins = [
        f"left join (select customer_id, {_inner(fields, table)} from {table}) {table} using (customer_id)"
        for table in sorted(tables)
    ]
    if has_members:
        joins.append("semi join members using (customer_id)")
    if UNPROFILED in engine.names:
        joins.append(f"anti join {UNPROFILED} using (customer_id)")
    base = f"(select {_inner(fields, SCORES)} from {SCORES}) {SCORES}"
    return f"select {', '.join(listed)} from {base} {' '.join(joins)}"


def _inner(fields: Sequence[Field], table: str) -> str:
    """The expressions of one table, under names that no other table has."""
    mine = [f"{each.sql} as {identifier(each.name)}" for each in fields if each.table == table]
    return ", ".join(mine)


def _cell(field: Field, *, is_there: bool) -> str:
    type_ = STORED.get(field.type, "varchar")
    if not is_there:
        return f"cast(null as {type_}) as {identifier(field.name)}"
    return f"cast({field.table}.{identifier(field.name)} as {type_}) as {identifier(field.name)}"


def _add_persons(engine: Engine, parts: Parts, seal: Seal, actor: Actor, wanted: Sequence[str]) -> None:
    """The rows with what is known of the persons, a chunk at a time, as the actor may see it."""
    sql = "select row_number() over (order by c.customer_id) as _place, c.*"
    if not wanted:
        engine.create(ROWS, f"{sql} from chosen c")
        return
    ids = [name for (name,) in engine.run("select customer_id from chosen order by customer_id")]
    found: dict[str, list[Any]] = {"customer_id": ids, **{name: [] for name in PERSONAL}}
    is_shown = sight(actor, "personal") == "shown"
    with parts.ledger.reading() as connection:
        for start in range(0, len(ids), CHUNK):
            part = ids[start : start + CHUNK]
            known = contacts(connection, seal, part)
            for name in part:
                email, person = (known[name].email, known[name].name) if name in known else (None, None)
                found["email"].append(_seen(email, masked_address, is_shown=is_shown))
                found["name"].append(_seen(person, masked, is_shown=is_shown))
    engine.register("persons", pa.table({name: pa.array(each, pa.string()) for name, each in found.items()}))
    listed = ", ".join(f"p.{name}" for name in wanted)
    engine.create(ROWS, f"{sql}, {listed} from chosen c left join persons p using (customer_id)")


def _seen(value: str | None, mask: Callable[[str], str], *, is_shown: bool) -> str | None:
    return value if value is None or is_shown else mask(value)
