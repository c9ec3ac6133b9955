"""The file that somebody asked for: a published table, or customers of a condition, as far as its owner may see them."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from evergrove.access import require
from evergrove.core import _
from evergrove.export import Column, write_csv, write_parquet, write_workbook
from evergrove.export.requested.types import (
    CUSTOMERS,
    WORKBOOK_MOST,
    NoCondition,
    TooManyRows,
    UnknownColumn,
)
from evergrove.pipeline.export import (
    COLUMNS,
    ORDER,
    check_table,
    published_rows,
    show_published,
    snapshot_with,
)
from evergrove.pipeline.nights import SCORES
from evergrove.pipeline.requested_customers import PERSONAL, ROWS, show_customers
from evergrove.pipeline.segment_asking import find
from evergrove.pipeline.segmented import catalogue_here
from evergrove.segments.language.evaluating import STORED
from evergrove.segments.language.parsing import parse
from evergrove.warehouse import identifier, open_engine, write_durably

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from evergrove.access import Actor
    from evergrove.export.requested.types import ExportRequest
    from evergrove.export.types import Kind
    from evergrove.people import Seal
    from evergrove.pipeline.segment_asking import Parts
    from evergrove.segments.language.catalogue import Catalogue, Field
    from evergrove.warehouse import Engine, Snapshot

RIGHTS = ("exports.write", "customers.read")
CONDITION_S = 30.0
"""How long somebody's condition may take in a job."""
USUAL = (
    *("customer_id", "tier", "stage", "health", "clv_12m", "clv_12m_low", "clv_12m_high", "clv"),
    *("historic_value", "p_alive", "p_active_180d", "orders", "spend_12m"),
    *("first_order_date", "last_order_date", "next_order_date"),
)
"""Columns of customers, where nobody names any."""
_KINDS: dict[str, Kind] = {
    "money": "money",
    "number": "estimate",
    "share": "probability",
    "count": "count",
    "date": "date",
    "word": "word",
    "flag": "word",
    "text": "text",
}


def check_request(parts: Parts, request: ExportRequest) -> None:
    """
    Refuse what no job could write, before one is queued.

    Raises:
        NoSuchTable, UnknownColumn, NoCondition: It names what there is not.
        InvalidSegment: The condition is none.
        NothingPublished, NothingTold, NothingGrouped: There is nothing to write yet.
    """
    if request.table != CUSTOMERS:
        check_table(request.table)
        if request.condition:
            raise NoCondition(table=request.table)
    with parts.ledger.reading() as connection:
        known = catalogue_here(connection)
    _chosen(request, known)
    if request.condition:
        parse(request.condition, known)
    snapshot_with(parts.warehouse, SCORES if request.table == CUSTOMERS else request.table)


def write_requested(
    parts: Parts, seal: Seal, actor: Actor, request: ExportRequest, path: Path, tell: Callable[[str], object]
) -> int:
    """
    Write the file; only its owner at the machine may read it, and a cell begins no formula.

    Args:
        parts: Of the workspace.
        seal: Opens personal columns.
        actor: Whose file it is, with the rights of this moment.
        request: What is wanted.
        path: The file.
        tell: Told what is done now; may raise to end the work.

    Returns:
        Rows written.

    Raises:
        RightMissing: The right was withdrawn.
        TooManyRows: A workbook cannot hold them.
        InputError: As ``check_request`` says.
    """
    for right in RIGHTS:
        require(actor, right)
    check_request(parts, request)
    seen = snapshot_with(parts.warehouse, SCORES if request.table == CUSTOMERS else request.table)
    with _shown(parts, seal, actor, request, seen, tell) as (engine, columns, order):
        tell(_("Writing the file"))
        count = int(engine.value(f"select count(*) from {ROWS}"))
        if request.format == "xlsx" and count > WORKBOOK_MOST:
            raise TooManyRows(rows=count, most=WORKBOOK_MOST)
        write_durably(path, partial(_fill, engine, request, columns, f"{ROWS} order by {order}", seen))
    return count


@contextmanager
def _shown(
    parts: Parts,
    seal: Seal,
    actor: Actor,
    request: ExportRequest,
    seen: Snapshot,
    tell: Callable[[str], object],
) -> Iterator[tuple[Engine, list[Column], str]]:
    """An engine with the table ``exported``, its columns, and their order."""
    tell(_("Finding the rows"))
    with parts.ledger.reading() as connection:
        known = catalogue_here(connection)
    columns = _chosen(request, known)
    members = find(parts, parse(request.condition, known), CONDITION_S).members if request.condition else None
    with open_engine() as engine:
        if request.table != CUSTOMERS:
            show_published(engine, parts.warehouse, seen, request.table)
            listed = ", ".join(identifier(each.name) for each in columns)
            # Its order may be by columns that are not wanted: the rows keep the one in which they are written down.
            ordered = f"select * from ({published_rows(seen, request.table)}) order by {ORDER[request.table]}"
            engine.create(ROWS, f"select {listed}, row_number() over () as _place from ({ordered})")
            yield engine, columns, "_place"
            return
        show_customers(engine, parts, seal, actor, seen, [each.name for each in columns], members)
        yield engine, columns, "_place"


def _chosen(request: ExportRequest, known: Catalogue) -> list[Column]:
    """The columns of a request."""
    if request.table != CUSTOMERS:
        there = {each.name: each for each in COLUMNS[request.table]}
    else:
        there = {name: _column(each) for name, each in known.fields.items()}
        there |= {
            name: Column(name, "text", name, "VARCHAR", _("Of the person; masked without the right."))
            for name in PERSONAL
        }
    usual = USUAL if request.table == CUSTOMERS else tuple(there)
    for name in request.columns:
        if name not in there:
            raise UnknownColumn(column=name, table=request.table, known=", ".join(there))
    return [there[name] for name in dict.fromkeys(request.columns or usual)]


def _column(of: Field) -> Column:
    kind: Kind = "id" if of.name == "customer_id" else _KINDS[of.type]
    return Column(of.name, kind, of.sql, STORED.get(of.type, "varchar").upper(), of.words[0], of.unit)


def _fill(
    engine: Engine, request: ExportRequest, columns: Sequence[Column], rows: str, seen: Snapshot, part: Path
) -> None:
    listed = ", ".join(identifier(each.name) for each in columns)
    query = f"select {listed} from {rows}"
    if request.format == "csv":
        write_csv(engine, query, columns, part)
    elif request.format == "xlsx":
        write_workbook(engine.run(query), columns, part, sheet=request.table)
    elif request.format == "jsonl":
        shown = ", ".join(_in_json(each) for each in columns)
        engine.copy_to(f"select {shown} from {rows}", part, "format json, use_tmp_file false")
    else:
        lineage = {"as_of": str(seen.as_of), "snapshot": seen.id}
        schema = f"evergrove.{request.table}/1"
        write_parquet(engine, query, part, lineage=lineage, columns=columns, schema=schema)


def _in_json(column: Column) -> str:
    """Money is text there, so that no reader makes it inexact."""
    name = identifier(column.name)
    return f"cast({name} as varchar) as {name}" if column.kind == "money" else name
