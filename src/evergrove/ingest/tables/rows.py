"""The rows of a declared table: staged as texts, and typed by our rules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from evergrove.ingest.orders.staging import typed_moment
from evergrove.ingest.orders.vocabulary import odd_texts
from evergrove.ingest.sources.batches import arrow_table, number_array
from evergrove.ingest.sources.parquet import ParquetSource
from evergrove.ingest.tables.cells import PLAIN_INSTANT, Meaning, Place, meanings, plain_pattern
from evergrove.ingest.values.amounts import LIMIT
from evergrove.ingest.values.dates import EARLIEST, PLACEHOLDERS
from evergrove.ingest.values.words import plain, total_words
from evergrove.warehouse import identifier, literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from evergrove.ingest.columns.files import OpenFile
    from evergrove.ingest.orders.context import Context
    from evergrove.ingest.presets.preset import Preset
    from evergrove.ingest.sources.batches import Fault
    from evergrove.ingest.sources.column import Column
    from evergrove.ingest.tables.declared import DeclaredTable, TableColumn
    from evergrove.ingest.tables.matching import Found
    from evergrove.warehouse import Engine

STAGED, READ = "ingest_texts", "ingest_read"
_LONGEST_TOTAL = 24


@dataclass(frozen=True)
class TableFile:
    """A file, the table its rows belong to, and where that table's columns stand."""

    file: OpenFile
    table: DeclaredTable
    found: Found
    context: Context
    preset: Preset | None = None

    def column(self, column: TableColumn) -> Column | None:
        """The file's column for one of the table."""
        at = self.found.positions.get(column.name)
        return None if at is None else self.file.columns[at]


def stage(engine: Engine, given: TableFile, progress: Callable[[float], None] | None) -> list[Fault]:
    """Put the texts of the table's columns into ``STAGED``, absent ones as NULL; the structurally bad rows."""
    faults: list[Fault] = []
    source = given.file.source
    columns = {f"t_{name}": at for name, at in given.found.positions.items()}
    columns["first_text"] = 0  # a row that adds up others says so in its first cell
    if isinstance(source, ParquetSource):
        listed = [f"{_as_text(given, name, at)} as {identifier(name)}" for name, at in columns.items()]
        scan = f"select file_row_number + 1 as line, {', '.join(listed)} from {source.scan}"
        engine.create("ingest_staged", scan)
    else:
        engine.register("ingest_batches", _batches(source, columns, faults, progress))
        engine.create("ingest_staged", "select * from ingest_batches")
        engine.unregister("ingest_batches")
    absent = [column.name for column in given.table.columns if column.name not in given.found.positions]
    nulls = "".join(f", cast(null as varchar) as {identifier(f't_{name}')}" for name in absent)
    engine.view(STAGED, f"select *{nulls} from ingest_staged")
    return faults


def _batches(
    source: Any, columns: dict[str, int], faults: list[Fault], progress: Callable[[float], None] | None
) -> Any:
    import pyarrow as pa  # noqa: PLC0415 -- reading Parquet must not pay for it

    places = list(dict.fromkeys(columns.values()))
    schema = pa.schema([("line", pa.int64()), *((name, pa.string()) for name in columns)])

    def rows() -> Iterator[Any]:
        for batch in source.rows(places, progress):
            faults.extend(batch.faults)
            arrays = [batch.columns[places.index(at)] for at in columns.values()]
            yield pa.RecordBatch.from_arrays([number_array(batch.lines), *arrays], schema=schema)

    return pa.RecordBatchReader.from_batches(schema, rows())


def _as_text(given: TableFile, name: str, at: int) -> str:
    """A typed cell as a text that reads plainly: times in the shop's zone, numbers without an exponent."""
    cell = given.file.columns[at]
    column = given.table.column(name.removeprefix("t_")) if name.startswith("t_") else None
    quoted = identifier(cell.name)
    if cell.kind in ("day", "moment", "instant") and column is not None:
        moment = typed_moment(cell, given.context.zone, is_utc=False)
        return f"strftime(cast({moment} as timestamp), '%Y-%m-%d %H:%M:%S')"
    if cell.kind == "decimal":
        scale = "decimal(28, 10)" if column is not None and column.type == "rate" else "decimal(18, 4)"
        whole = f"abs({quoted}) < 1e15 and {quoted} = floor({quoted})"
        return (
            f"case when {whole} then cast(cast({quoted} as bigint) as varchar)"
            f" when abs(cast({quoted} as double)) < {LIMIT} then cast(cast({quoted} as {scale}) as varchar)"
            f" else cast({quoted} as varchar) end"
        )
    return f"cast({quoted} as varchar)"


def read_rows(engine: Engine, given: TableFile) -> None:
    """
    Type every text of ``STAGED``: ``READ``, a value and a fault for each column that is kept.

    Raises:
        AmbiguousDates, MixedDates, AmbiguousAmounts: A column can be read in several ways.
    """
    values, joins = ["texts.line"], []
    for column in given.table.kept:
        if column.name not in given.found.positions:
            values.append(f"cast(null as {column.stored}) as {identifier(column.name)}")
            values += [f"cast(null as varchar) as {identifier(f'{part}_{column.name}')}" for part in "fc"]
            continue
        pattern, longest = plain_pattern(column.type, is_local=not _is_utc(given, column))
        odd = odd_texts(engine, f"t_{column.name}", pattern, longest)
        context = replace(given.context, today=None) if column.may_be_future else given.context
        _publish(engine, column, meanings(column, _place(given, column), odd, context))
        values += _typed(column, given)
        mean = identifier(f"ingest_mean_{column.name}")
        joins.append(f"left join {mean} as {mean} on {mean}.text = texts.{identifier(f't_{column.name}')}")
    engine.create(READ, f"select {', '.join(values)} from {STAGED} as texts {' '.join(joins)}")
    firsts = odd_texts(engine, "first_text", "[0-9]", _LONGEST_TOTAL)
    totals = [text for text in firsts if plain(text) in total_words()]
    engine.create("ingest_totals", "select unnest(cast($totals as varchar[])) as text", totals=totals)


def _is_utc(given: TableFile, column: TableColumn) -> bool:
    header = given.file.header[given.found.positions[column.name]]
    return header.strip().lower().endswith(("(utc)", "(gmt)"))


def _place(given: TableFile, column: TableColumn) -> Place:
    header = given.file.header[given.found.positions[column.name]]
    style = given.found.styles.get(column.name, "")
    return Place(given.file.name, header, given.file.script, style)


def _publish(engine: Engine, column: TableColumn, learned: Sequence[Meaning]) -> None:
    """The dictionary of one column: text, value, currency, fault."""
    texts = {
        name: [getattr(meaning, name) for meaning in learned]
        for name in ("text", "value", "currency", "fault")
    }
    engine.register("ingest_dictionary", arrow_table(texts))
    listed = (
        f"text, cast(nullif(value, '') as {column.stored}) as value,"
        " nullif(currency, '') as currency, nullif(fault, '') as fault"
    )
    engine.create(f"ingest_mean_{column.name}", f"select {listed} from ingest_dictionary")
    engine.unregister("ingest_dictionary")


def _typed(column: TableColumn, given: TableFile) -> list[str]:
    """SQL of a column's value, its fault, and the currency beside it."""
    text, mean = f"texts.{identifier(f't_{column.name}')}", identifier(f"ingest_mean_{column.name}")
    plainly = f"try_cast({text} as {column.stored})"
    if column.type in ("day", "moment"):
        there = f"timezone({literal(given.context.zone)}, try_cast({text} as timestamptz))"
        moment = (
            f"case when regexp_matches({text}, {literal(PLAIN_INSTANT)}) then date_trunc('second', {there})"
            f" else try_cast({text} as timestamp) end"
        )
        plainly = f"cast({moment} as {column.stored})"
    fault = _day_fault(plainly, column, given) if column.type in ("day", "moment") else ""
    value = f"case when {fault} is null then {plainly} end" if fault else plainly
    asked = f"when {text} is not null then {fault}" if fault else ""
    return [
        f"case when {mean}.text is null then {value} else {mean}.value end as {identifier(column.name)}",
        f"case when {mean}.text is not null then {mean}.fault {asked} end as {identifier(f'f_{column.name}')}",
        f"{mean}.currency as {identifier(f'c_{column.name}')}",
    ]


def _day_fault(plainly: str, column: TableColumn, given: TableFile) -> str:
    """The same that ``dates`` says of a day, for one that SQL casts by itself."""
    day = f"cast({plainly} as date)"
    known = ", ".join(f"date {literal(day.isoformat())}" for day in sorted(PLACEHOLDERS))
    cases = [
        f"when {plainly} is null then 'ingest.bad_date'",
        f"when {day} in ({known}) then 'ingest.date_placeholder'",
        f"when {day} < date {literal(EARLIEST.isoformat())} then 'ingest.date_too_early'",
    ]
    if given.context.today is not None and not column.may_be_future:
        latest = f"date {literal(given.context.today.isoformat())} + 1"
        cases.append(f"when {day} > {latest} then 'ingest.date_in_future'")
    return f"case {' '.join(cases)} end"
