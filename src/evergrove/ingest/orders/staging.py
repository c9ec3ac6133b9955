"""A file's texts into the engine: batch by batch from text formats, by a scan from Parquet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from evergrove.ingest.columns.guess import GUEST, ROLES
from evergrove.ingest.sources.batches import number_array
from evergrove.ingest.sources.parquet import ParquetSource
from evergrove.warehouse import identifier, literal, statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from evergrove.ingest.columns.mapped import MappedFile
    from evergrove.ingest.sources.batches import Fault, Source
    from evergrove.ingest.sources.column import Column
    from evergrove.warehouse import Engine

PACKAGE = "evergrove.ingest"
TEXT_ROLES = (*ROLES, "created", GUEST)
DATE_ROLES = ("date", "created", "refund_date")
VALUE_ROLES = ("amount", "quantity", "price", "refund")


@dataclass
class Staged:
    """What stands in ``ingest_staged``: its text columns, and the structurally bad rows that do not."""

    columns: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)


def stage(engine: Engine, mapped: MappedFile, zone: str, progress: Callable[[float], None] | None) -> Staged:
    """
    Put the texts of one file's roles and kept columns into ``ingest_staged``.

    The view ``ingest_texts`` shows them with every role's column, absent ones as NULL.
    """
    staged = Staged()
    source = mapped.file.source
    if isinstance(source, ParquetSource):
        staged.columns = _show_parquet(engine, mapped, source, zone)
    else:
        staged.columns = _show_batches(engine, mapped, source, staged.faults, progress)
    engine.create("ingest_staged", statement(PACKAGE, "keyed_texts"), is_utc=mapped.is_utc("date"))
    engine.unregister("ingest_batches")
    absent = {f"{role}_text" for role in TEXT_ROLES} | {"first_text", "moment_value"}
    missing = [f", cast(null as varchar) as {name}" for name in sorted(absent - staged.columns)]
    missing += [
        f", cast(null as decimal(18, 4)) as {role}_value"
        for role in VALUE_ROLES
        if f"{role}_value" not in staged.columns
    ]
    engine.view("ingest_texts", f"select *{''.join(missing)} from ingest_staged")
    return staged


def _text_columns(mapped: MappedFile) -> dict[str, int]:
    """Names in the engine to positions in the file: roles, kept columns, and the first cell."""
    named = {f"{role}_text": at for role in TEXT_ROLES if (at := mapped.guess.position(role)) is not None}
    named |= {f"keep_{i}": at for i, at in enumerate(mapped.kept) if at is not None}
    if 0 not in named.values():
        named["first_text"] = 0  # a row that adds up others says so in its first cell
    return named


def _show_batches(
    engine: Engine,
    mapped: MappedFile,
    source: Source,
    faults: list[Fault],
    progress: Callable[[float], None] | None,
) -> set[str]:
    import pyarrow as pa  # noqa: PLC0415 -- reading Parquet must not pay for it

    columns = _text_columns(mapped)
    positions = list(columns.values())
    schema = pa.schema([("line", pa.int64()), *((name, pa.string()) for name in columns)])

    def batches() -> Iterator[Any]:
        for rows in source.rows(positions, progress):
            faults.extend(rows.faults)
            yield pa.RecordBatch.from_arrays([number_array(rows.lines), *rows.columns], schema=schema)

    engine.register("ingest_batches", pa.RecordBatchReader.from_batches(schema, batches()))
    date_text = "" if "date_text" in columns else ", cast(null as varchar) as date_text"
    engine.view("ingest_incoming", f"select *{date_text} from ingest_batches")
    return {*columns, "date_text"}


def _show_parquet(engine: Engine, mapped: MappedFile, source: ParquetSource, zone: str) -> set[str]:
    expressions: dict[str, str] = {}
    for role in TEXT_ROLES:
        column = mapped.column(role)
        if column is None:
            continue
        if role in DATE_ROLES:
            expressions |= _typed_date(role, column, zone, is_utc=mapped.is_utc(role))
        elif role in VALUE_ROLES and column.kind in ("integer", "decimal"):
            expressions |= _typed_amount(role, column)
        else:
            expressions[f"{role}_text"] = _as_text(column)
    for i, at in enumerate(mapped.kept):
        if at is not None:
            expressions[f"keep_{i}"] = _as_text(mapped.file.columns[at])
    listed = ", ".join(f"{sql} as {name}" for name, sql in expressions.items())
    engine.view("ingest_incoming", f"select file_row_number + 1 as line, {listed} from {source.scan}")
    return set(expressions)


def _as_text(column: Column) -> str:
    """A typed cell as text; a whole float, as ids with gaps are stored, as the integer it stands for."""
    name = identifier(column.name)
    if column.kind != "decimal":
        return f"cast({name} as varchar)"
    is_whole = f"abs({name}) < 1e15 and {name} = floor({name})"
    return (
        f"case when {is_whole} then cast(cast({name} as bigint) as varchar) else cast({name} as varchar) end"
    )


def typed_moment(column: Column, zone: str, *, is_utc: bool) -> str:
    """A typed date or timestamp in the shop's zone, as SQL; without a zone it is local, or UTC if so said."""
    name = identifier(column.name)
    if column.kind == "day" or not (is_utc or column.kind == "instant"):
        return name
    instant = name if column.kind == "instant" else f"timezone('UTC', {name})"
    return f"timezone({literal(zone)}, {instant})"


def _typed_date(role: str, column: Column, zone: str, *, is_utc: bool) -> dict[str, str]:
    if column.kind not in ("day", "moment", "instant"):
        return {f"{role}_text": f"cast({identifier(column.name)} as varchar)"}
    moment = typed_moment(column, zone, is_utc=is_utc)
    day = {f"{role}_text": f"cast(cast({moment} as date) as varchar)"}
    return day | ({"moment_value": f"cast({moment} as varchar)"} if role == "date" else {})


def _typed_amount(role: str, column: Column) -> dict[str, str]:
    """A number as an exact decimal, rounded to four decimals; what is none stays text for our own rules."""
    name = identifier(column.name)
    is_amount = f"abs(cast({name} as double)) < 1e12"  # NaN is not below anything in this dialect
    return {
        f"{role}_value": f"case when {is_amount} then try_cast({name} as decimal(18, 4)) end",
        f"{role}_text": f"case when not ({is_amount}) then cast({name} as varchar) end",
    }
