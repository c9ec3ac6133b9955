"""The lines that stand in a file of orders: kept beside the orders, as a file of order_lines would be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from evergrove.core import EvergroveError, EvergroveWarning, _
from evergrove.ingest.facts.imports import imports
from evergrove.ingest.tables.declared import declared_tables
from evergrove.ingest.tables.service import open_table
from evergrove.pipeline.ingest_tables import ingest_tables
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from evergrove.core import Clock
    from evergrove.ingest import ReadOptions
    from evergrove.people import Seal
    from evergrove.pipeline.ingest import FileOutcome, Parts

LINES = "order_lines"
_ROLES = {
    "order": "order_id",
    "line": "line_id",
    "quantity": "quantity",
    "price": "price",
    "currency": "currency",
    "updated": "updated_at",
}
"""What a column of an orders file is called among the lines."""
_PRODUCT = {"product_id", "sku", "product_name", "category"}


class LinesNotKept(EvergroveWarning):
    """The orders of a file are in, and its lines are not."""

    code = "pipeline.lines_not_kept"
    message = _("{file}: its orders are in, but not the articles on their lines: {reason}")
    hint = _("Give the file once more and say which column is what: --as order_lines --map COLUMN=HEADER.")


def with_lines(
    parts: Parts,
    one: FileOutcome,
    options: ReadOptions,
    clock: Clock,
    *,
    seal: Seal | None = None,
    exported_at: datetime | None = None,
) -> FileOutcome:
    """
    Keep the lines of a file of orders that has come in, where each row is one, with its article and its price.

    They are an import of their own, of the same bytes: giving the file again changes nothing, and completes what was
    killed in between. A file of order_lines that tells of the same order takes their place.

    Args:
        parts: The workspace.
        one: The file, as its orders came in.
        options: As the orders were read with.
        clock: Dates the import.
        seal: For what is personal or free text.
        exported_at: As for the orders.
    """
    with parts.ledger.reading() as connection:
        query = select(imports.c.mapping).where(imports.c.seq == one.seq)
        reading = connection.execute(query).scalar_one()
    if reading.get("grain") != "line" or options.mapping.get("price") == "":
        return one
    chosen = _as_lines(options, reading)
    try:
        if not _has_articles(one.file, chosen):
            return one
        (told,) = ingest_tables(
            parts, [one.file], LINES, chosen, clock, seal=seal, exported_at=exported_at, is_aside=True
        )
    except EvergroveError as error:
        warning = LinesNotKept(file=one.file.name, reason=str(error))
        return replace(one, warnings=(*one.warnings, warning))
    return replace(one, lines=told.rows if told.is_new else None)


def _as_lines(options: ReadOptions, reading: Mapping[str, Any]) -> ReadOptions:
    """The columns that were used for the orders, by their names among the lines; a price makes amounts needless."""
    mapping = {}
    for role, name in _ROLES.items():
        if role in reading["columns"]:
            style = options.mapping.get(role, "").rpartition(":")[2].strip().lower()
            written = f":{style}" if style in ("dmy", "mdy", "ymd", "comma", "dot") else ""
            mapping[name] = f"{reading['columns'][role]}{written}"
    return replace(
        options,
        mapping={"amount": ""} | mapping,
        keep=(),
        currency=options.currency or reading.get("currency", ""),
        timezone=options.timezone or reading.get("timezone", ""),
    )


def _has_articles(file: Path, options: ReadOptions) -> bool:
    """Whether the rows name an article and its price."""
    with open_engine(threads=1) as engine:
        found = open_table(engine, declared_tables()[LINES], file, options).found.positions
    return "price" in found and not _PRODUCT.isdisjoint(found)
