"""A look at a file before it comes in: what would be read, and nothing stored."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from evergrove.ingest import read_orders
from evergrove.ingest.columns.files import open_file
from evergrove.ingest.presets.preset import FOLDER, Preset, checked_name, written
from evergrove.ingest.tables.declared import declared_tables
from evergrove.ingest.tables.judging import TOLD
from evergrove.ingest.tables.refunds import as_orders
from evergrove.ingest.tables.service import read_table
from evergrove.warehouse import identifier, memory_for, open_engine, write_durably

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from evergrove.ingest import Intake, ReadOptions
    from evergrove.warehouse import Engine

SHOWN = 5
"""First rows that are shown."""
_SAME = 0.8
"""Share of a file's headers by which the next one of its kind is told."""


@dataclass(frozen=True)
class Preview:
    """
    What would be read from a file.

    Attributes:
        table: To which its rows belong.
        intake: The account: mapping, counts, what would be rejected.
        names: Columns of ``rows``.
        rows: The first good ones, as they would be stored.
        sealed: Cells that would be sealed in the ledger, by column.
        dropped: Cells that would be kept nowhere, by column.
        unused: Cells of good rows that could not be used, by column.
        ignored: Headers of which nothing is taken.
        header: All headers of the file.
    """

    table: str
    intake: Intake
    names: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    sealed: Mapping[str, int]
    dropped: Mapping[str, int]
    unused: Mapping[str, int]
    ignored: tuple[str, ...]
    header: tuple[str, ...]


def preview_file(file: Path, table: str, options: ReadOptions) -> Preview:
    """
    Read a file of orders, refunds or a declared table of the warehouse, and store nothing.

    Args:
        file: CSV, TSV, Parquet, JSON or XLSX.
        table: To which its rows belong.
        options: As for the import, with the presets that the workspace keeps.

    Raises:
        InputError: The file cannot be read or understood.
    """
    with open_engine(memory_mb=memory_for([file])) as engine:
        header = open_file(engine, 0, str(file), file, options).header
        declared = declared_tables().get(table)
        if declared is not None and declared.store == "warehouse":
            read = read_table(engine, declared, file, options, datetime.now(UTC))
            told = [column.name for column in declared.kept]
            names, rows = _filled(engine, TOLD, told, "line")
            cells = (read.sealed, read.dropped, read.unused)
            return Preview(table, read.intake, names, rows, *cells, read.ignored, header)
        chosen = as_orders(engine, file, options) if table == "refunds" else options
        intake = read_orders(engine, [file], chosen)
        source, listed = ("refunds", "refund_date") if table == "refunds" else ("orders", "order_date")
        names, rows = _filled(engine, source, ["order_id", "customer_id", listed, "amount"], listed)
    used = {match.column for match in intake.columns}
    return Preview(
        table, intake, names, rows, {}, {}, {}, tuple(name for name in header if name not in used), header
    )


def _filled(
    engine: Engine, source: str, names: list[str], order_by: str
) -> tuple[tuple[str, ...], tuple[tuple[Any, ...], ...]]:
    """The first rows of a table, without the columns that are blank in all of them."""
    listed = ", ".join(map(identifier, names))
    rows = engine.run(f"select {listed} from {source} order by {identifier(order_by)} limit {SHOWN}")
    kept = [i for i in range(len(names)) if any(row[i] is not None for row in rows)]
    return tuple(names[i] for i in kept), tuple(tuple(row[i] for i in kept) for row in rows)


def save_preset(workspace: Path, name: str, seen: Preview, options: ReadOptions) -> Path:
    """
    Keep how a file was read, so that the next one with (nearly) its headers is read alike.

    Args:
        workspace: Its folder.
        name: Of the preset; one that is there is replaced.
        seen: The file as it was read.
        options: As they were given: their mapping, zone, currency and encoding are kept.

    Returns:
        The file it stands in.

    Raises:
        BadPresetName: The name is no file name.
        NotWritable: The disk refused.
    """
    columns: dict[str, tuple[str, ...]] = {}
    for match in seen.intake.columns:
        columns.setdefault(match.role, (match.column,))
    columns |= {role: () for role, header in options.mapping.items() if not header}
    styles = {
        role: style
        for role, text in options.mapping.items()
        if (style := text.rpartition(":")[2].strip().lower()) in ("dmy", "mdy", "ymd", "comma", "dot")
    }
    is_own = seen.table in declared_tables() and seen.table != "refunds"
    preset = Preset(
        name=checked_name(name),
        title=name,
        table=seen.table,
        signature=seen.header,
        at_least=math.ceil(_SAME * len(seen.header)),
        columns={} if is_own else columns,
        tables={seen.table: columns} if is_own else {},
        styles=styles,
        encoding=options.encoding,
        timezone=options.timezone,
        currency=options.currency,
        is_exact=True,
    )
    folder = workspace / FOLDER
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.toml"
    write_durably(path, lambda draft: draft.write_text(written(preset), encoding="utf-8") and None)
    return path
